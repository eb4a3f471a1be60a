/* engine.c - draws scripts, and plays them in a process of their own. */
#include "engine/engine.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../../engine/trial.h"
#include "engine/stress.h"

enum { ENGINE_NODES = 20000, ENGINE_TRY_MS = 5000 };

#define ENGINE_NO_SCRIPT "no memory for a script"

/* Where the child says how far it is, shared with the one who waits. */
struct stint {
    const struct engine *engine;
    uint64_t seed;
    unsigned script;
    size_t done; /* operations of it */
    char said[400];
};

enum verdict engine_play(const struct script *script, size_t *ret_done,
                         char *ret_said, size_t room)
{
    static struct world world;

    stress_restart();
    if (world_open(&world, SCRIPT_PLACES, ENGINE_NODES))
        script_play(script, &world, ret_done);
    counting_backend_refuse(&check_backend, 0, 0);
    /* What was counted for the caller ends before the heap. */
    while (world.held_count > 0 && !world_is_wrong(&world))
        world_release(&world, 0);
    if (!world_is_wrong(&world))
        world_close(&world);
    snprintf(ret_said, room, "%s", world.complaint);
    if (!world_is_wrong(&world))
        return VERDICT_PASS;
    return world.troubled ? VERDICT_ERROR : VERDICT_FAIL;
}

static struct script_plan engine_plan(const struct engine *engine,
                                      uint64_t seed, unsigned script)
{
    struct script_plan plan = engine->plan;

    plan.seed = random_mix(seed * 1000003 + script);
    /* Every plan has scripts of all sorts. */
    plan.automatic = plan.automatic > 0 && script % 2 ? 1 + script % 7 : 0;
    plan.refuses = plan.refuses && script % 3 == 2;
    return plan;
}

/* Ends with a verdict. */
static int engine_stint(void *argument)
{
    struct stint *stint = argument;
    enum verdict verdict;

    for (; stint->script < stint->engine->scripts; stint->script++) {
        struct script_plan plan =
            engine_plan(stint->engine, stint->seed, stint->script);
        struct script script;

        stint->done = 0;
        if (script_draw(&script, &plan) != 0) {
            snprintf(stint->said, sizeof(stint->said), ENGINE_NO_SCRIPT);
            return VERDICT_ERROR;
        }
        verdict = engine_play(&script, &stint->done, stint->said,
                              sizeof(stint->said));
        if (verdict != VERDICT_PASS)
            return (int)verdict;
        munmap(script.operations, script.capacity * sizeof(struct operation));
    }
    return VERDICT_PASS;
}

static enum verdict engine_replay(struct check_run *run)
{
    const char *text = trial_text(run->script);
    struct script script;
    char said[400];

    if (text == NULL || script_parse(&script, text) != 0)
        return error(run, "--script: %s",
                     text == NULL ? "the file cannot be read"
                                  : "no operation as engine/script.h has them");
    figure(run, "operations", (double)script.count);
    switch (engine_play(&script, NULL, said, sizeof(said))) {
    case VERDICT_PASS:
        return pass(run);
    case VERDICT_FAIL:
        return fail(run, "%s", said);
    default:
        return error(run, "%s", said);
    }
}

/* The script that failed, as text up to where it did. */
static char *engine_text(const struct engine *engine, const struct stint *stint)
{
    struct script_plan plan = engine_plan(engine, stint->seed, stint->script);
    struct script script;
    char *text;
    size_t bytes;

    if (script_draw(&script, &plan) != 0)
        return NULL;
    if (stint->done + 1 < script.count)
        script.count = stint->done + 1;
    bytes = script.count * 40 + 1;
    text = check_map(bytes);
    if (text != NULL)
        script_print(&script, text, bytes);
    return text;
}

static enum verdict engine_blame(struct check_run *run,
                                 const struct engine *engine,
                                 const struct stint *stint,
                                 const struct child_end *end)
{
    const struct trial_of of = { engine->id, ENGINE_TRY_MS, ENGINE_TRY_MS };
    char *text = engine_text(engine, stint);

    figure(run, "failing_script", stint->script);
    if (text == NULL)
        return error(run, ENGINE_NO_SCRIPT);
    return trial_blame(run, &of, text, end, stint->said);
}

enum verdict engine_decide(struct check_run *run, const struct engine *engine)
{
    struct stint *stint = mmap(NULL, sizeof(*stint), PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct child_end end;

    if (run->script != NULL)
        return engine_replay(run);
    if (stint == MAP_FAILED)
        return error(run, "no memory for scripts");
    *stint = (struct stint){ .engine = engine, .seed = run->seed };
    if (check_child(engine_stint, stint, engine->timeout_ms, &end) != 0)
        return error(run, "no process");
    figure(run, "scripts", stint->script);
    if (check_end_word(&end) == NULL && end.status == VERDICT_PASS)
        return pass(run);
    if (end.status == VERDICT_ERROR)
        return error(run, "%s", stint->said);
    if (end.status < 0)
        return fail(run,
                    "the process that played %u scripts ended in the middle "
                    "of script %u with %s",
                    engine->scripts, stint->script, check_end_word(&end));
    return engine_blame(run, engine, stint, &end);
}
