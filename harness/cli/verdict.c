/* verdict.c - asks a probe program one check, and judges how it ended. */
#include "verdict.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "environment.h"
#include "hang.h"
#include "places.h"
#include "requirement.h"
#include "subject.h"
#include "supervisor.h"
#include "text.h"

static const char *const verdict_words[] = {
    [VERDICT_PASS] = "pass",
    [VERDICT_SKIP] = "skip",
    [VERDICT_ERROR] = "error",
    [VERDICT_FAIL] = "fail",
    [VERDICT_HANG] = "hang",
    [VERDICT_CRASH] = "crash",
    [VERDICT_NOT_ACTIVE] = "not-active",
    [VERDICT_CANCELLED] = "cancelled",
};

const char *verdict_word(enum verdict_kind kind)
{
    return verdict_words[kind];
}

int verdict_from_word(const char *word)
{
    for (int i = 0; i < VERDICT_KINDS; i++)
        if (strcmp(verdict_words[i], word) == 0)
            return i;
    return -1;
}

/* ---- judging ---- */

/* Strings of a record are read with a bound: a subject may scribble. What is
 * no printable ASCII becomes '?', since verdicts are written as UTF-8. */
static void verdict_copy(char *to, size_t room, const char *from)
{
    size_t i = 0;

    for (; i + 1 < room && from[i] != '\0'; i++)
        to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
    to[i] = '\0';
}

/* The record's words for a check: see probe_seal(). */
static enum verdict_kind verdict_of_status(uint32_t status)
{
    switch (status) {
    case STATUS_OK:
        return VERDICT_PASS;
    case STATUS_WRONG_OUTPUT:
        return VERDICT_FAIL;
    case STATUS_UNSUPPORTED:
        return VERDICT_SKIP;
    case STATUS_NOT_ACTIVE:
        return VERDICT_NOT_ACTIVE;
    default:
        return VERDICT_ERROR;
    }
}

static void verdict_take_record(struct verdict *verdict,
                                const struct record *record)
{
    static char text[sizeof(record->message) + 1];

    verdict->kind = verdict_of_status(record->status);
    verdict->figure_count = record->figure_count;
    memcpy(verdict->figures, record->figures, sizeof(verdict->figures));
    for (uint32_t i = 0; i < verdict->figure_count; i++)
        verdict_copy(verdict->figures[i].name, sizeof(verdict->figures[i].name),
                     record->figures[i].name);
    memcpy(text, record->message, sizeof(record->message));
    verdict_copy(verdict->message, sizeof(verdict->message), text);
    verdict_copy(verdict->outcome, sizeof(verdict->outcome), record->outcome);
    verdict_copy(verdict->provider, sizeof(verdict->provider),
                 record->provider);
    verdict_copy(verdict->build_id, sizeof(verdict->build_id),
                 record->build_id);
}

static void verdict_add(struct verdict *verdict, const char *text)
{
    size_t used = strlen(verdict->message);

    snprintf(verdict->message + used, sizeof(verdict->message) - used, "%s%s",
             used > 0 ? "; " : "", text);
}

/* When it ended, in words. */
static const char *verdict_when(const struct verdict *verdict, bool sealed,
                                char text[48])
{
    if (!sealed)
        return "before it left a verdict";
    snprintf(text, 48, "after its verdict (%s), at exit",
             verdict_word(verdict->kind));
    return text;
}

/* A signal, a hang and a strange exit outweigh any record but a failure's,
 * which keeps its figures: what crashes at exit has crashed. */
static void verdict_judge(struct verdict *verdict,
                          const struct supervised_end *end, bool sealed)
{
    enum verdict_kind kind = VERDICT_ERROR;
    char text[256], room[48];
    const char *when = verdict_when(verdict, sealed, room);

    switch (end->ending) {
    case ENDING_SIGNALLED:
        kind = VERDICT_CRASH;
        snprintf(text, sizeof(text), "ended by SIG%s (%s) %s",
                 sigabbrev_np(end->code), strsignal(end->code), when);
        break;
    case ENDING_TIMEOUT:
        kind = VERDICT_HANG;
        snprintf(text, sizeof(text), "still running after %.1f s, %s",
                 (double)end->wall_ns / 1e9, when);
        break;
    case ENDING_CANCELLED:
        verdict->kind = VERDICT_CANCELLED;
        return;
    default:
        if (sealed && end->code == 0)
            return; /* the record speaks */
        snprintf(text, sizeof(text), "exit status %d %s%s", end->code, when,
                 sealed ? "" : ": something called exit()");
    }
    verdict->code = end->code;
    if (!sealed || verdict->kind != VERDICT_FAIL)
        verdict->kind = kind;
    verdict_add(verdict, text);
}

/* What the process printed, though the probe prints nothing by itself. */
static void verdict_take_output(struct verdict *verdict, int capture_fd)
{
    char shown[sizeof(verdict->output)] = "";
    struct stat file;
    char *text;

    if (fstat(capture_fd, &file) != 0 || file.st_size == 0)
        return;
    verdict->output_bytes = (uint32_t)file.st_size;
    if (pread(capture_fd, shown, sizeof(shown) - 1, 0) <= 0)
        return;
    shown[strcspn(shown, "\n")] = '\0';
    verdict_copy(verdict->output, sizeof(verdict->output), shown);
    if (verdict->kind == VERDICT_PASS || verdict->kind == VERDICT_SKIP)
        return;
    text = text_format("it printed: %s", verdict->output);
    verdict_add(verdict, text);
    free(text);
}

/* ---- running ---- */

static char **verdict_arguments(const char *program,
                                const struct requirement *requirement,
                                const struct subject *subject, uint64_t seed,
                                const char *out)
{
    char **list = text_split("");

    list = text_list_add(list, text_copy(program));
    list = text_list_add(list, text_copy(requirement->id));
    list = text_list_add(list, text_copy("--subject"));
    list = text_list_add(list, text_copy(subject->path));
    if (out != NULL) {
        list = text_list_add(list, text_copy("--out"));
        list = text_list_add(list, text_copy(out));
    }
    list = text_list_add(list, text_copy("--seed"));
    return text_list_add(list, text_format("%lu", seed));
}

struct verdict_run {
    const struct requirement *requirement;
    const struct subject *subject;
    const char *program;
    int capture_fd;
    uint32_t timeout_ms;
    const char *out;
};

static int verdict_supervise(const struct verdict_run *run,
                             struct record *record, int record_fd,
                             struct verdict *verdict)
{
    char **arguments = verdict_arguments(run->program, run->requirement,
                                         run->subject, verdict->seed, run->out);
    char **settings = environment_for(run->subject, 0);
    char *capture =
        text_format("/proc/%d/fd/%d", (int)getpid(), run->capture_fd);
    struct supervised_end end;
    struct supervised what = {
        .path = run->program,
        .argv = arguments,
        .envp = settings,
        .record_fd = record_fd,
        .capture = capture,
        .timeout_ms = run->timeout_ms,
        .on_timeout = hang_describe,
        .on_timeout_context = verdict->stack,
    };
    int result = supervisor_run(&what, &end);

    if (result == 0) {
        bool sealed = record_is_sealed(record);

        verdict->wall_ns = end.wall_ns;
        verdict->strays = end.strays;
        if (sealed)
            verdict_take_record(verdict, record);
        verdict_judge(verdict, &end, sealed);
        verdict_take_output(verdict, run->capture_fd);
    }
    free(capture);
    text_list_free(settings);
    text_list_free(arguments);
    return result;
}

int verdict_of(const struct requirement *requirement,
               const struct subject *subject, uint64_t seed,
               uint32_t timeout_ms, const char *out,
               struct verdict *ret_verdict)
{
    char *program = place_of_program(kind_probe(requirement->kind));
    struct verdict_run run = {
        requirement, subject,
        program,     memfd_create("assay-output", MFD_CLOEXEC),
        timeout_ms,  out
    };
    struct record *record;
    int record_fd, result = run.capture_fd < 0 ? -errno : 0;

    memset(ret_verdict, 0, sizeof(*ret_verdict));
    ret_verdict->kind = VERDICT_ERROR;
    ret_verdict->seed = seed;
    if (program == NULL)
        result = -ENOENT;
    if (result == 0)
        result = record_create(&record, &record_fd);
    if (result == 0) {
        result = verdict_supervise(&run, record, record_fd, ret_verdict);
        record_destroy(record, record_fd);
    }
    close(run.capture_fd);
    free(program);
    return result;
}

/* ---- by hand ---- */

static char *verdict_longer(char *text, const char *more)
{
    char *longer = text_format("%s%s", text, more);

    free(text);
    return longer;
}

/* The word as a shell takes it for one. */
static char *verdict_quoted(const char *word)
{
    char *quoted;

    if (word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "0123456789_@%+=:,./-")] == '\0')
        return text_copy(word);
    quoted = text_copy("'");
    for (; *word != '\0'; word++) {
        char letter[2] = { *word, '\0' };

        quoted = verdict_longer(quoted, *word == '\'' ? "'\\''" : letter);
    }
    return verdict_longer(quoted, "'");
}

static char *verdict_add_word(char *line, const char *word)
{
    char *quoted = verdict_quoted(word);

    line = verdict_longer(verdict_longer(line, " "), quoted);
    free(quoted);
    return line;
}

char *verdict_command(const struct requirement *requirement,
                      const struct subject *subject, uint64_t seed)
{
    const char *probe = kind_probe(requirement->kind);
    char *program = place_of_program(probe);
    char **words = verdict_arguments(program != NULL ? program : probe,
                                     requirement, subject, seed, NULL);
    char *line = text_copy("gdb --args env");
    char *preload = text_format("LD_PRELOAD=%s", subject->path);

    for (size_t i = 0; subject->environment[i] != NULL; i++)
        line = verdict_add_word(line, subject->environment[i]);
    if (!kind_is_plugin(subject->kind))
        line = verdict_add_word(line, preload);
    for (size_t i = 0; words[i] != NULL; i++)
        line = verdict_add_word(line, words[i]);
    free(preload);
    text_list_free(words);
    free(program);
    return line;
}
