/* program_outcome.c - what the evidence of a cell amounts to.
 *
 * The order is the law: how it ended comes before whether the subject was
 * active, and that before the answer. So a crash is a crash even where it
 * came too early for the witness, and a wrong answer is blamed on a subject
 * only where it was the subject's. */
#include "program_parts.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "subject.h"
#include "supervisor.h"
#include "text.h"

/* Everything the judgement looks at. */
struct evidence {
    const struct program_cell *cell;
    const struct program_place *place;
    const struct program_files *files;
    struct program_report report;
    struct program_witness witness;
    char last_words[256]; /* of the program's stderr */
};

static const char *const figures[] = {
    "user_ns",
    "sys_ns",
    "maxrss_bytes",
    "minor_faults",
    "major_faults",
    "voluntary_switches",
    "involuntary_switches",
};

/* Sets status, code and message; always 0: the cell has a result. */
__attribute__((format(printf, 4, 5))) static int settle(
    struct cell_result *result, enum status status, int code,
    const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    result->status = status;
    result->code = code;
    vsnprintf(result->message, sizeof(result->message), format, arguments);
    va_end(arguments);
    return 0;
}

static void take_figures(const struct evidence *from,
                         struct cell_result *result)
{
    const struct program_report *report = &from->report;
    for (size_t i = 0; i < TEXT_COUNT(figures); i++)
        cell_set_figure(result, figures[i],
                        program_report_figure(report, figures[i]));
    cell_set_figure(result, "cpu_ns",
                    program_report_figure(report, "user_ns") +
                        program_report_figure(report, "sys_ns"));
    cell_set_figure(result, "wall_ns",
                    program_report_figure(report, "wall_ns"));
    cell_set_figure(result, "processes", from->witness.processes);
    snprintf(result->provider, sizeof(result->provider), "%s",
             from->witness.provider);
    if (from->witness.direct_spoke && from->witness.stranger[0] == '\0')
        snprintf(result->build_id, sizeof(result->build_id), "%s",
                 from->cell->subject->build_id);
}

/* What the tools themselves had to say, for an error of ours. */
static int tools_fail(const struct evidence *from, const char *what,
                      struct failure *ret_error)
{
    char line[256];
    program_last_line(from->files->capture, line, sizeof(line));
    return failure_set(ret_error, "program %s under %s: %s%s%s",
                       from->cell->program->name, from->cell->subject->name,
                       what, line[0] != '\0' ? ": " : "", line);
}

static int settle_signal(const struct evidence *from,
                         struct cell_result *result)
{
    const char *name = sigabbrev_np(from->report.code);
    return settle(result, STATUS_CRASHED, from->report.code,
                  "ended by signal %d (SIG%s)%s%s", from->report.code,
                  name != NULL ? name : "?",
                  from->last_words[0] != '\0' ? ": " : "", from->last_words);
}

static int settle_exit(const struct evidence *from, struct cell_result *result)
{
    return settle(result, STATUS_FAILED, from->report.code,
                  "exit status %d%s%s", from->report.code,
                  from->last_words[0] != '\0' ? ": " : "", from->last_words);
}

static int settle_inactive(const struct evidence *from,
                           struct cell_result *result)
{
    if (from->witness.stranger[0] != '\0')
        return settle(result, STATUS_NOT_ACTIVE, 0, "%.500s",
                      from->witness.stranger);
    return settle(result, STATUS_NOT_ACTIVE, 0,
                  "process %d left no witness: a static program, or one that "
                  "drops LD_PRELOAD",
                  (int)from->report.pid);
}

/* The server is well, so what failed is the client, or the talk with it. */
static int settle_service(const struct evidence *from,
                          const struct supervised_end *end,
                          struct cell_result *result)
{
    char line[256];
    program_last_line(from->files->capture, line, sizeof(line));
    return settle(result, STATUS_FAILED, end->code, "%s", line);
}

/* hyperfine's clock; for a client, its exit status, too. */
static int take_clock(const struct evidence *from, struct cell_result *result,
                      struct failure *ret_error)
{
    bool is_server =
        json_object_get(from->cell->program->definition, "server") != NULL;
    double wall_ns;
    int code;
    if (from->cell->kind == CELL_MEMORY && !is_server)
        return 0; /* the launcher's clock is good enough for these */
    if (program_hyperfine_read(from->files->hyperfine, &wall_ns, &code) < 0)
        return tools_fail(from, "hyperfine left no time", ret_error);
    cell_set_figure(result, "wall_ns", wall_ns);
    if (code != 0)
        settle(result, STATUS_FAILED, code,
               is_server ? "the client ended with status %d"
                         : "the program ended with status %d",
               code);
    return 0;
}

static int judge_answer(const struct evidence *from, struct cell_result *result,
                        char *ret_digest)
{
    struct failure error;
    if (program_output_gather(from->cell, from->place, from->files, ret_digest,
                              &error) < 0)
        return settle(result, STATUS_WRONG_OUTPUT, 0, "%.500s", error.text);
    char first[17] = { 0 };
    memcpy(first, ret_digest, sizeof(first) - 1);
    result->digest = strtoull(first, NULL, 16);
    if (!program_output_agrees(from->cell, from->place, ret_digest,
                               result->message, sizeof(result->message)))
        result->status = STATUS_WRONG_OUTPUT;
    return 0;
}

/* How the measured program itself ended. 1 where that settles the cell. */
static int judge_ending(const struct evidence *from,
                        const struct supervised_end *end,
                        struct cell_result *result, struct failure *ret_error)
{
    if (!from->report.is_there)
        return tools_fail(from, "the launcher left no report", ret_error);
    if (strcmp(from->report.kind, "not-started") == 0) {
        char line[256];
        program_last_line(from->files->capture, line, sizeof(line));
        return failure_set(ret_error, "program %s cannot be started: %s %s",
                           from->cell->program->name,
                           strerror(from->report.code), line);
    }
    if (strcmp(from->report.kind, "signalled") == 0)
        settle_signal(from, result);
    else if (from->report.code != 0)
        settle_exit(from, result);
    else if (json_object_get(from->cell->program->definition, "server") !=
                 NULL &&
             end->code != 0)
        settle_service(from, end, result);
    else
        return 0;
    return 1;
}

static int judge_ended(const struct evidence *from,
                       const struct supervised_end *end,
                       struct cell_result *result, char *ret_digest,
                       struct failure *ret_error)
{
    int settled = judge_ending(from, end, result, ret_error);
    if (settled < 0)
        return -1;
    take_figures(from, result);
    if (settled > 0)
        return 0;
    if (!from->witness.direct_spoke || from->witness.stranger[0] != '\0')
        return settle_inactive(from, result);
    if (take_clock(from, result, ret_error) < 0)
        return -1;
    if (result->status != STATUS_OK)
        return 0;
    return judge_answer(from, result, ret_digest);
}

static void evidence_read(struct evidence *from)
{
    program_report_read(from->files->report, &from->report);
    program_witness_read(from->files->witness, from->report.pid,
                         from->cell->subject->path, &from->witness);
    program_last_line(from->files->errors, from->last_words,
                      sizeof(from->last_words));
}

int program_outcome(const struct program_cell *cell,
                    const struct program_place *place,
                    const struct program_files *files,
                    const struct supervised_end *end,
                    struct cell_result *ret_result, char *ret_digest,
                    struct failure *ret_error)
{
    struct evidence from = { .cell = cell, .place = place, .files = files };
    ret_result->strays = end->strays;
    if (end->ending == ENDING_CANCELLED)
        return settle(ret_result, STATUS_CANCELLED, 0, "stopped by the user");
    if (end->ending == ENDING_TIMEOUT)
        return settle(ret_result, STATUS_TIMEOUT, 0,
                      "still running after %u ms", cell->timeout_ms);
    evidence_read(&from);
    int result =
        end->ending == ENDING_SIGNALLED && !from.report.is_there
            ? tools_fail(&from, "a tool was ended by a signal", ret_error)
            : judge_ended(&from, end, ret_result, ret_digest, ret_error);
    program_report_free(&from.report);
    return result;
}
