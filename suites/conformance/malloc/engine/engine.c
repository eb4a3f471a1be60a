/* engine.c - plays scripts in processes of their own and shrinks what fails. */
#include "engine/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "engine/play.h"
#include "engine/shrink.h"

enum { ENGINE_ATTEMPTS = 1000, ENGINE_SHRINK_S = 15, ENGINE_INLINE = 200 };

/* The text of a script, of the file or of the option itself. */
static const char *engine_text(const char *script)
{
    struct stat status;
    int file;
    char *text;

    if (strchr(script, '(') != NULL)
        return script;
    file = open(script, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0)
        return NULL;
    text = check_map((size_t)status.st_size + 1);
    if (text != NULL &&
        pread(file, text, (size_t)status.st_size, 0) != status.st_size)
        text = NULL;
    close(file);
    return text;
}

static enum verdict engine_replay(struct check_run *run,
                                  const struct engine *engine)
{
    const char *text = engine_text(run->script);
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

/* A script under trial: in a file that fresh processes read. */
struct trial {
    struct check_run *run;
    const struct engine *engine;
    int file;
    char path[32];
    char *text;
    size_t text_bytes;
    struct child_end end; /* of the last that failed */
    char said[400];       /* by it */
};

static int trial_write(struct trial *trial, const struct script *script)
{
    size_t length = script_print(script, trial->text, trial->text_bytes);

    if (length >= trial->text_bytes || ftruncate(trial->file, 0) != 0)
        return -1;
    return pwrite(trial->file, trial->text, length, 0) == (ssize_t)length ? 0
                                                                          : -1;
}

static bool trial_fails(void *argument, const struct script *script)
{
    struct trial *trial = argument;
    unsigned timeout_ms = trial->engine->timeout_ms / 4;
    struct child_end end;
    char said[sizeof(trial->said)] = "";

    if (script->count < 10000)
        timeout_ms = timeout_ms < 2000 ? timeout_ms : 2000;
    if (trial_write(trial, script) != 0 ||
        check_script(trial->run, trial->engine->id, trial->path, timeout_ms,
                     &end, said, sizeof(said)) != 0)
        return false;
    if (!end.timed_out && end.signal == 0 && end.status != 1)
        return false;
    trial->end = end;
    memcpy(trial->said, said, sizeof(said));
    return true;
}

static int trial_create(struct trial *trial, struct check_run *run,
                        const struct engine *engine)
{
    *trial = (struct trial){ .run = run, .engine = engine };
    trial->text_bytes = engine->plan.operations * 48 + 4096;
    trial->text = check_map(trial->text_bytes);
    trial->file = memfd_create("script", 0);
    snprintf(trial->path, sizeof(trial->path), "/proc/self/fd/%d", trial->file);
    return trial->text == NULL || trial->file < 0 ? -1 : 0;
}

/* What a play ended with, in a few words. */
static const char *engine_ending(const struct child_end *end, const char *text)
{
    if (end->timed_out)
        return "a hang";
    return end->signal != 0 ? check_signal_word(end->signal) : text;
}

/* What a replay said after its verdict, without the line's end. */
static const char *trial_said(struct trial *trial)
{
    static const char before[] = "wrong-output: ";
    char *text = strstr(trial->said, before);

    text = text != NULL ? text + strlen(before) : trial->said;
    text[strcspn(text, "\n")] = '\0';
    return text;
}

/* Where a script that is too long for the message is kept. */
static int trial_keep(const struct trial *trial, const struct script *script,
                      char *ret_path, size_t bytes)
{
    size_t length = script_print(script, trial->text, trial->text_bytes);
    int file;
    bool whole;

    snprintf(ret_path, bytes, "%s/%s-%llu.script", trial->run->out,
             trial->engine->id, (unsigned long long)trial->run->seed);
    if (mkdir(trial->run->out, 0777) != 0 && errno != EEXIST)
        return -1;
    file = open(ret_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return -1;
    whole = write(file, trial->text, length) == (ssize_t)length;
    close(file);
    return whole ? 0 : -1;
}

static enum verdict trial_verdict(struct trial *trial,
                                  const struct script *script, size_t before)
{
    char operations[ENGINE_INLINE + 1], path[200] = "";
    bool fits =
        script_print(script, operations, sizeof(operations)) <= ENGINE_INLINE;

    if (!fits && trial_keep(trial, script, path, sizeof(path)) != 0)
        snprintf(path, sizeof(path), "(which could not be written)");
    return fail(trial->run,
                "%.150s; %zu operations of %zu (seed %llu) do it: assay-probe "
                "%s --subject %s --script %s%s%s",
                engine_ending(&trial->end, trial_said(trial)), script->count,
                before, (unsigned long long)trial->run->seed, trial->engine->id,
                trial->run->subject_path, fits ? "'" : "",
                fits ? operations : path, fits ? "'" : "");
}

/* The first play failed: with what, and which script is to blame. */
static enum verdict engine_blame(struct check_run *run,
                                 const struct engine *engine,
                                 struct script *script, const char *first)
{
    struct trial trial;
    size_t before = script->count;
    struct shrinking shrinking = {
        .fails = trial_fails,
        .argument = &trial,
        .attempts_max = ENGINE_ATTEMPTS,
        .until_ns = clock_wall_ns() + (uint64_t)ENGINE_SHRINK_S * NS_PER_S,
    };

    if (trial_create(&trial, run, engine) != 0)
        return error(run, "%s, and no memory to say why", first);
    if (!trial_fails(&trial, script))
        return fail(run,
                    "%s, in a script of %zu operations (seed %llu) that does "
                    "not fail each time",
                    first, before, (unsigned long long)run->seed);
    if (script_shrink(script, &shrinking) != 0)
        return error(run, "%s, and no memory to shrink", first);
    figure(run, "shrink_attempts", shrinking.attempts);
    return trial_verdict(&trial, script, before);
}

/* What the forked child plays, and where it says how it went. */
struct stint {
    const struct engine *engine;
    const struct script *script;
    struct play *play; /* shared */
};

/* Of a stint that came to its end: no status that a subject's exit() has. */
enum { ENGINE_WELL = 93 };

static int engine_stint(void *argument)
{
    struct stint *stint = argument;

    if (play_script(stint->play, stint->script, stint->engine->looks) != 0)
        return 2;
    return stint->play->failed ? 1 : ENGINE_WELL;
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
        end.status == 2)
        return error(run, "no process, memory or thread");
    figure(run, "operations", (double)script.count);
    if (!end.timed_out && end.signal == 0 && end.status == ENGINE_WELL)
        return pass(run);
    if (!end.timed_out && end.signal == 0 && end.status != 1)
        return fail(run,
                    "the process that played the script ended with exit "
                    "status %d: something called exit()",
                    end.status);
    /* What came later has not been played. */
    if (stint.play->next + 1 < script.count)
        script.count = stint.play->next + 1;
    return engine_blame(run, engine, &script,
                        engine_ending(&end, stint.play->text));
}
