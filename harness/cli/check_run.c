/* check_run.c - the checks of one subject: what is refused before anything
 * runs, where verdicts go, and the exit status that comes of them. */
#include "check_run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_report.h"
#include "command.h"
#include "deviation.h"

static void on_interrupt(int number)
{
    (void)number;
    checking_cancel();
}

static void watch_interrupts(void)
{
    struct sigaction action = { .sa_handler = on_interrupt,
                                .sa_flags = SA_RESETHAND };

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Asked for as a plug-in, it has the table of that kind. */
static int subject_has_table(const struct subject *subject,
                             struct failure *ret_error)
{
    const char *symbol = kind_symbol(subject->kind);

    if (subject->exports[subject->kind])
        return 0;
    return failure_set(ret_error,
                       "%s exports no data symbol %s\nDefine `const struct %s "
                       "%s = { ... };` as assay/%s.h has it, and let it be "
                       "visible.",
                       subject->path, symbol, symbol, symbol,
                       kind_word(subject->kind));
}

/* A message for each way in which a file is nothing that can be checked. */
static int subject_is_checkable(const struct subject *subject,
                                struct failure *ret_error)
{
    if (kind_is_plugin(subject->kind))
        return subject_has_table(subject, ret_error);
    if (functions_are_own(&subject->functions))
        return failure_set(
            ret_error,
            "subject %s replaces no malloc: it is called as %s\nA "
            "malloc or a plug-in can be checked; 'assay bench' compares it.",
            subject->name, subject->functions.name[FUNCTION_MALLOC]);
    if (!subject->exports[KIND_MALLOC])
        return failure_set(
            ret_error,
            "%s exports no malloc: preloaded it would replace nothing, and "
            "every verdict would be the C library's\nGive a library that "
            "defines malloc, calloc, realloc and free, or a plug-in: its "
            "table is `const struct assay_allocator assay_allocator` (or "
            "assay_collector), not static.",
            subject->path);
    return 0;
}

/* Files are opened before anything runs: a path that cannot be written is
 * wrong usage. */
struct check_outputs {
    FILE *json;
    FILE *junit;
};

static FILE *output_open(const char *path, struct failure *ret_error)
{
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");

    if (file == NULL)
        failure_set(ret_error, "cannot write %s: %s", path, strerror(errno));
    return file;
}

static int outputs_open(const struct check_settings *settings,
                        struct check_outputs *outputs,
                        struct failure *ret_error)
{
    *outputs = (struct check_outputs){ 0 };
    if (settings->json != NULL &&
        (outputs->json = output_open(settings->json, ret_error)) == NULL)
        return -1;
    if (settings->junit != NULL &&
        (outputs->junit = output_open(settings->junit, ret_error)) == NULL)
        return -1;
    return 0;
}

static int output_close(FILE *file)
{
    int bad;

    if (file == NULL)
        return 0;
    bad = fflush(file) != 0 || ferror(file);
    if (file != stdout)
        fclose(file);
    return bad;
}

/* The verdict of a plug-in that is refused is a sentence about it. */
static void not_active_say(const struct subject *subject, const char *message)
{
    if (kind_is_plugin(subject->kind))
        fprintf(stderr, "assay: %s %s\nNothing was checked.\n", subject->path,
                message);
    else
        fprintf(stderr,
                "assay: %s is not active: %s\nNothing was checked; a library "
                "must replace malloc, calloc, realloc and free by its own.\n",
                subject->path, message);
}

static void not_active_print(const struct check_report *report)
{
    for (size_t i = 0; i < report->checking->count; i++) {
        const struct checked *checked = &report->checking->all[i];

        if (checked->runs > 0 && checked->worst->kind == VERDICT_NOT_ACTIVE)
            not_active_say(report->subject, checked->worst->message);
    }
}

static int report_all(const struct check_report *report,
                      const struct check_settings *settings,
                      const struct check_outputs *outputs)
{
    struct finding_totals totals =
        finding_totals(&report->rules, report->checking);
    bool json_on_stdout = outputs->json == stdout;

    if (outputs->junit != NULL)
        check_junit_print(report, outputs->junit);
    if (settings->tap)
        check_tap_print(report, stdout);
    else if (report->checking->not_active)
        not_active_print(report);
    else if (json_on_stdout)
        check_summary_print(report, stderr);
    else
        check_table_print(report, stdout);
    if (output_close(outputs->json) || output_close(outputs->junit) ||
        output_close(stdout))
        return command_refuse(EXIT_BROKEN, "cannot write the verdicts");
    return finding_is_clean(&totals) ? EXIT_GOOD : EXIT_FINDING;
}

/* A requirement is decided: its line is written at once. */
struct check_lines {
    const struct check_report *report;
    FILE *json;
};

static void check_line_write(void *context, const struct checked *checked)
{
    const struct check_lines *lines = context;

    if (lines->json != NULL)
        check_json_print(lines->report, checked, lines->json);
}

static int die_interrupted(const struct check_settings *settings)
{
    fputs("assay: stopped; there is no verdict on the whole.\n", stderr);
    if (settings->json != NULL && strcmp(settings->json, "-") != 0)
        fprintf(stderr, "What was decided by then is in %s.\n", settings->json);
    signal(SIGINT, SIG_DFL);
    raise(SIGINT);
    return EXIT_BROKEN;
}

/* Everything is settled: runs the checks. */
static int check_subject(const struct check_settings *settings,
                         const struct subject *subject,
                         const struct requirement *const *chosen,
                         const struct deviations *deviations,
                         const struct check_outputs *outputs)
{
    struct checking_request request = {
        .subject = subject,
        .chosen = chosen,
        .jobs = settings->jobs,
        .repeat = settings->repeat,
        .seed = settings->seed,
        .timeout_ms = settings->timeout_s * 1000,
        .out = settings->out,
        .on_checked = check_line_write,
    };
    struct checking checking;
    struct check_report report = {
        .subject = subject,
        .checking = &checking,
        .rules = { settings->profile != NULL ? settings->profile
                                             : kind_profile(subject->kind),
                   settings->strict, deviations },
        .seed = settings->seed,
        .repeat = settings->repeat,
        .colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL,
    };
    struct check_lines lines = { &report, outputs->json };
    struct failure error;
    int status;

    request.context = &lines;
    watch_interrupts();
    switch (checking_run(&request, &checking, &error)) {
    case CHECKING_COMPLETE:
        status = report_all(&report, settings, outputs);
        checking_free(&checking);
        return status;
    case CHECKING_CANCELLED:
        return die_interrupted(settings);
    default:
        return command_refuse(EXIT_BROKEN, error.text);
    }
}

static int check_chosen(const struct check_settings *settings,
                        const struct subject *subject,
                        const struct requirements *list,
                        const struct requirement *const *chosen)
{
    struct deviations deviations;
    struct check_outputs outputs;
    struct failure error;
    int status;

    if (deviations_load(subject, &deviations, &error) != 0)
        return command_refuse(EXIT_BROKEN, error.text);
    if (deviations_verify(&deviations, subject, list, &error) != 0)
        status = command_refuse(EXIT_BROKEN, error.text);
    else if (outputs_open(settings, &outputs, &error) != 0)
        status = command_refuse(EXIT_USAGE, error.text);
    else
        status =
            check_subject(settings, subject, chosen, &deviations, &outputs);
    deviations_free(&deviations);
    return status;
}

static int check_found(const struct check_settings *settings,
                       const struct subject *subject)
{
    struct requirement_choice choice = { settings->filters,
                                         settings->severities, subject->kind };
    const struct requirement **chosen;
    struct requirements list;
    struct failure error;
    int status;

    if (requirements_load(subject->kind, &list, &error) != 0)
        return command_refuse(EXIT_BROKEN, error.text);
    if (requirements_choose(&list, &choice, &chosen, &error) != 0) {
        status = command_refuse(EXIT_USAGE, error.text);
    } else {
        status = check_chosen(settings, subject, &list, chosen);
        free(chosen);
    }
    requirements_free(&list);
    return status;
}

int check_run(const struct check_settings *settings)
{
    struct subject subject;
    struct failure error;
    int status;

    if (subject_find_as(settings->given[0], settings->kind, &subject, &error) !=
        0)
        return command_refuse(EXIT_USAGE, error.text);
    status = subject_is_checkable(&subject, &error) != 0
                 ? command_refuse(EXIT_USAGE, error.text)
                 : check_found(settings, &subject);
    subject_free(&subject);
    return status;
}
