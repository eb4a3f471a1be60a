/* trial.c - plays texts in fresh processes and shrinks what fails. */
#include "trial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "words.h"

enum {
    TRIAL_ATTEMPTS = 1000,
    TRIAL_SHRINK_S = 15,
    TRIAL_INLINE = 200,
    TRIAL_SHORT_WORDS = 10000,
};

const char *trial_text(const char *script)
{
    struct stat status;
    char *text = NULL;
    int file;

    file = open(script, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return strpbrk(script, "(=") != NULL ? script : NULL;
    if (fstat(file, &status) == 0)
        text = check_map((size_t)status.st_size + 1);
    if (text != NULL &&
        pread(file, text, (size_t)status.st_size, 0) != status.st_size)
        text = NULL;
    close(file);
    return text;
}

/* A text under trial: in a file that fresh processes read. */
struct trial {
    struct check_run *run;
    const struct trial_of *of;
    int file;
    char path[32];
    struct child_end end; /* of the last that failed */
    char said[700];       /* by it */
};

static int trial_write(const struct trial *trial, const char *text)
{
    size_t length = strlen(text);

    if (ftruncate(trial->file, 0) != 0)
        return -1;
    return pwrite(trial->file, text, length, 0) == (ssize_t)length ? 0 : -1;
}

static bool trial_fails(void *argument, const char *text)
{
    struct trial *trial = argument;
    unsigned timeout_ms = words_count(text) < TRIAL_SHORT_WORDS
                              ? trial->of->short_ms
                              : trial->of->timeout_ms;
    struct child_end end;
    char said[sizeof(trial->said)] = "";

    if (trial_write(trial, text) != 0 ||
        check_script(trial->run, trial->of->id, trial->path, timeout_ms, &end,
                     said, sizeof(said)) != 0)
        return false;
    if (!end.timed_out && end.signal == 0 && end.status != 1)
        return false;
    trial->end = end;
    memcpy(trial->said, said, sizeof(said));
    return true;
}

/* What a play ended with, in a few words. */
static const char *trial_ending(const struct child_end *end, const char *said)
{
    const char *word = check_end_word(end);

    return word != NULL ? word : said;
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

/* Where a text that is too long for the message is kept. */
static int trial_keep(const struct trial *trial, const char *text,
                      char *ret_path, size_t bytes)
{
    const char *folder = trial->run->out;
    size_t length = strlen(text);
    int file;
    bool whole;

    snprintf(ret_path, bytes, "%s/%s-%llu.script", folder, trial->of->id,
             (unsigned long long)trial->run->seed);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return -1;
    file = open(ret_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return -1;
    whole = write(file, text, length) == (ssize_t)length;
    close(file);
    return whole ? 0 : -1;
}

static const char *trial_program(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static enum verdict trial_verdict(struct trial *trial, const char *text,
                                  size_t words, size_t before)
{
    const struct check_run *run = trial->run;
    bool fits = strlen(text) <= TRIAL_INLINE;
    char path[200] = "";

    if (!fits && trial_keep(trial, text, path, sizeof(path)) != 0)
        snprintf(path, sizeof(path), "(which could not be written)");
    return fail(trial->run,
                "%.150s; %zu words of %zu (seed %llu) do it: %s %s --subject "
                "%s --script %s%s%s",
                trial_ending(&trial->end, trial_said(trial)), words, before,
                (unsigned long long)run->seed, trial_program(run->probe_path),
                trial->of->id, run->subject_path, fits ? "'" : "",
                fits ? text : path, fits ? "'" : "");
}

enum verdict trial_blame(struct check_run *run, const struct trial_of *of,
                         char *text, const struct child_end *end,
                         const char *said)
{
    struct trial trial = { .run = run, .of = of };
    size_t before = words_count(text);
    struct words_shrinking shrinking = {
        .fails = trial_fails,
        .argument = &trial,
        .attempts_max = TRIAL_ATTEMPTS,
        .until_ns = clock_wall_ns() + (uint64_t)TRIAL_SHRINK_S * NS_PER_S,
    };

    trial.file = memfd_create("script", 0);
    snprintf(trial.path, sizeof(trial.path), "/proc/self/fd/%d", trial.file);
    if (trial.file < 0)
        return fail(run, "%s, and no file to say why", trial_ending(end, said));
    if (!trial_fails(&trial, text))
        return fail(run,
                    "%s, in a script of %zu words (seed %llu) that does "
                    "not fail by itself",
                    trial_ending(end, said), before,
                    (unsigned long long)run->seed);
    if (words_shrink(text, &shrinking) != 0)
        return error(run, "%s, and no memory to shrink",
                     trial_ending(end, said));
    figure(run, "shrink_attempts", shrinking.attempts);
    return trial_verdict(&trial, text, shrinking.words, before);
}
