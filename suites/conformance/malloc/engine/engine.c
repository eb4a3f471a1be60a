/* engine.c - plays scripts in processes of their own. */
#include "engine/engine.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "../../engine/trial.h"
#include "engine/play.h"

enum { ENGINE_TRY_PARTS = 4, ENGINE_SHORT_TRY_MS = 2000 };

static enum verdict engine_replay(struct check_run *run,
                                  const struct engine *engine)
{
    const char *text = trial_text(run->script);
    struct script script;
    struct play play = { 0 };

    if (text == NULL || script_parse(&script, text) != 0)
        return error(run, "--script: %s",
                     text == NULL ? "the file cannot be read"
                                  : "no operation as the README has them");
    if (play_script(&play, &script, engine->looks) != 0)
        return error(run, "no memory or thread");
    figure(run, "operations", (double)script.count);
    return play.failed ? fail(run, "%s", play.text) : pass(run);
}

static char *engine_text(const struct script *script)
{
    size_t bytes = script_print(script, NULL, 0) + 1;
    char *text = check_map(bytes);

    if (text != NULL)
        script_print(script, text, bytes);
    return text;
}

/* The first play failed: which script is to blame. */
static enum verdict engine_blame(struct check_run *run,
                                 const struct engine *engine,
                                 const struct script *script,
                                 const struct child_end *end, const char *said)
{
    unsigned try_ms = engine->timeout_ms / ENGINE_TRY_PARTS;
    const struct trial_of of = {
        .id = engine->id,
        .timeout_ms = try_ms,
        .short_ms = try_ms < ENGINE_SHORT_TRY_MS ? try_ms : ENGINE_SHORT_TRY_MS,
    };
    char *text = engine_text(script);

    if (text == NULL)
        return error(run, "no memory for a script");
    return trial_blame(run, &of, text, end, said);
}

/* What the forked child plays, and where it says how it went. */
struct stint {
    const struct engine *engine;
    const struct script *script;
    struct play *play; /* shared */
};

enum { ENGINE_WELL, ENGINE_WRONG, ENGINE_NO_MEMORY };

static int engine_stint(void *argument)
{
    struct stint *stint = argument;

    if (play_script(stint->play, stint->script, stint->engine->looks) != 0)
        return ENGINE_NO_MEMORY;
    return stint->play->failed ? ENGINE_WRONG : ENGINE_WELL;
}

static struct play *engine_shared(void)
{
    void *pages = mmap(NULL, sizeof(struct play), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return pages == MAP_FAILED ? NULL : pages;
}

enum verdict engine_decide(struct check_run *run, const struct engine *engine)
{
    struct script_plan plan = engine->plan;
    struct stint stint = { .engine = engine, .play = engine_shared() };
    struct script script;
    struct child_end end;

    if (run->script != NULL)
        return engine_replay(run, engine);
    plan.seed = run->seed;
    if (stint.play == NULL || script_draw(&script, &plan) != 0)
        return error(run, "no memory for a script");
    stint.script = &script;
    if (check_child(engine_stint, &stint, engine->timeout_ms, &end) != 0 ||
        end.status == ENGINE_NO_MEMORY)
        return error(run, "no process, memory or thread");
    figure(run, "operations", (double)script.count);
    if (check_end_word(&end) == NULL && end.status == ENGINE_WELL)
        return pass(run);
    if (end.status < 0)
        return fail(run, "the process that played the script ended with %s",
                    check_end_word(&end));
    /* What came later has not been played. */
    if (stint.play->next + 1 < script.count)
        script.count = stint.play->next + 1;
    return engine_blame(run, engine, &script, &end, stint.play->text);
}
