/* command_check.c - `assay check`: does a subject do what it must? */
#include "command.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_report.h"
#include "deviation.h"
#include "machine.h"
#include "profile.h"
#include "text.h"

enum {
    KEY_PROFILE = 256,
    KEY_SEVERITY,
    KEY_SEED,
    KEY_REPEAT,
    KEY_JSON,
    KEY_JUNIT,
    KEY_TAP,
    KEY_STRICT,
    KEY_TIMEOUT,
    KEY_KIND,
    REPEAT_MAX = 10000,
    JOBS_MAX = 256,
};

static const struct argp_option options[] = {
    { "profile", KEY_PROFILE, "NAME", 0,
      "What may fail the run: dropin (default of a malloc), c17, c23, "
      "posix2024, hardened, contract (default of a plug-in)",
      1 },
    { "kind", KEY_KIND, "KIND", 0,
      "As what it is checked: malloc, allocator or collector (as what its "
      "symbols say)",
      1 },
    { "filter", 'f', "X,Y", 0,
      "Only these: ids, families, or patterns such as 'ALN-*' (all)", 1 },
    { "severity", KEY_SEVERITY, "X,Y", 0,
      "Of MUST, SHOULD and QUALITY (MUST,SHOULD; all where --filter is given "
      "and in profile hardened); 'all' is all three",
      1 },
    { "strict", KEY_STRICT, NULL, 0,
      "QUALITY requirements that do not hold fail the run, too", 1 },
    { "jobs", 'j', "N", 0, "Checks at a time (the usable processors)", 2 },
    { "seed", KEY_SEED, "N", 0,
      "Seed of the random checks (drawn anew, and printed)", 2 },
    { "repeat", KEY_REPEAT, "N", 0,
      "Runs of each check, with seeds that follow one another (1)", 2 },
    { "timeout", KEY_TIMEOUT, "SECONDS", 0,
      "Watchdog of each check at most (as each says, mostly 10)", 2 },
    { "json", KEY_JSON, "FILE", 0,
      "Write a JSON line for each verdict; '-' is stdout, instead of the table",
      3 },
    { "junit", KEY_JUNIT, "FILE", 0, "Write a JUnit file", 3 },
    { "tap", KEY_TAP, NULL, 0, "Print TAP on stdout instead of the table", 3 },
    { 0 },
};

struct check_settings {
    char **given; /* the subject; one */
    int kind;     /* -1: as its symbols say */
    const char *profile;
    char **filters;
    unsigned severities; /* 0: by default */
    unsigned jobs;
    unsigned repeat;
    unsigned timeout_s;
    uint64_t seed;
    bool seed_given;
    bool strict;
    bool tap;
    const char *json;
    const char *junit;
};

/* ---- options ---- */

static void parse_severities(struct argp_state *state, const char *argument,
                             struct check_settings *settings)
{
    char **words = text_split(argument);

    for (size_t i = 0; words[i] != NULL; i++) {
        int severity = severity_from_word(words[i]);

        if (strcasecmp(words[i], "all") == 0)
            settings->severities = (1u << SEVERITIES) - 1;
        else if (severity >= 0)
            settings->severities |= 1u << severity;
        else
            argp_error(state,
                       "'%s' is no severity: MUST, SHOULD, QUALITY or all",
                       words[i]);
    }
    text_list_free(words);
}

static void parse_profile(struct argp_state *state, const char *argument,
                          struct check_settings *settings)
{
    char **names = profile_names();

    if (profile_find(argument) == NULL) {
        char *nearest = text_nearest(argument, names);
        char *all = text_join(names);

        argp_error(state, "unknown profile '%s'%s%s; known: %s", argument,
                   *nearest != '\0' ? "; " : "", nearest, all);
    }
    text_list_free(names);
    settings->profile = argument;
}

static void parse_kind(struct argp_state *state, const char *argument,
                       struct check_settings *settings)
{
    settings->kind = kind_from_word(argument);
    if (settings->kind < 0)
        argp_error(state, "'%s' is no kind: malloc, allocator or collector",
                   argument);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct check_settings *settings = state->input;

    switch (key) {
    case KEY_PROFILE:
        parse_profile(state, argument, settings);
        break;
    case KEY_KIND:
        parse_kind(state, argument, settings);
        break;
    case 'f':
        settings->filters = text_split(argument);
        break;
    case KEY_SEVERITY:
        parse_severities(state, argument, settings);
        break;
    case KEY_STRICT:
        settings->strict = true;
        break;
    case 'j':
        settings->jobs =
            argument_number(state, argument, "--jobs", 1, JOBS_MAX);
        break;
    case KEY_SEED:
        settings->seed = argument_number64(state, argument, "--seed");
        settings->seed_given = true;
        break;
    case KEY_REPEAT:
        settings->repeat =
            argument_number(state, argument, "--repeat", 1, REPEAT_MAX);
        break;
    case KEY_TIMEOUT:
        settings->timeout_s =
            argument_number(state, argument, "--timeout", 1, 86400);
        break;
    case KEY_JSON:
        settings->json = argument;
        break;
    case KEY_JUNIT:
        settings->junit = argument;
        break;
    case KEY_TAP:
        settings->tap = true;
        break;
    case ARGP_KEY_ARGS:
        settings->given = state->argv + state->next;
        if (state->argc - state->next > 1)
            argp_error(state, "one subject at a time; '%s' is one too many",
                       settings->given[1]);
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "no subject given: a name that 'assay list' shows, "
                          "or the path of a shared library");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const char help[] =
    "Decides whether a malloc, an object allocator or a collector does what "
    "it must: each requirement in a process of its own.\v"
    "SUBJECT is a name that 'assay list' shows, or the path of a shared "
    "library: one that replaces malloc, or a plug-in that exports "
    "assay_allocator or assay_collector.\n\n"
    "  assay check ./libmine.so\n"
    "  assay check reference-pool\n"
    "  assay check glibc --profile c23 --filter 'ALN-*,ERR-1'\n"
    "  assay check reference --severity all --repeat 20 --json verdicts.jsonl\n"
    "\n'assay explain ID' tells what a requirement wants, and why.\n\n"
    "Exit status: 0 the profile is met; 1 it is not; 2 wrong usage; 3 assay "
    "itself failed.";

static const struct argp argp = { options, parse, "SUBJECT", help,
                                  NULL,    NULL,  NULL };

static void fill_defaults(struct check_settings *settings)
{
    bool all = settings->filters != NULL || settings->strict ||
               (settings->profile != NULL &&
                strcmp(settings->profile, "hardened") == 0);

    if (settings->severities == 0)
        settings->severities =
            all ? (1u << SEVERITIES) - 1
                : 1u << SEVERITY_MUST | 1u << SEVERITY_SHOULD;
    if (settings->jobs == 0)
        settings->jobs = machine_processors();
    if (!settings->seed_given)
        settings->seed = seed_by_time();
}

/* ---- running ---- */

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
            "defines malloc, calloc, realloc and free, or a plug-in that "
            "exports assay_allocator or assay_collector.",
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

    if (outputs->json != NULL)
        check_json_print(report, outputs->json);
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

static int die_interrupted(void)
{
    fputs("assay: stopped; there is no verdict.\n", stderr);
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
    struct failure error;
    int status;

    watch_interrupts();
    switch (checking_run(&request, &checking, &error)) {
    case CHECKING_COMPLETE:
        status = report_all(&report, settings, outputs);
        checking_free(&checking);
        return status;
    case CHECKING_CANCELLED:
        return die_interrupted();
    default:
        return command_refuse(EXIT_BROKEN, error.text);
    }
}

static int check_chosen(const struct check_settings *settings,
                        const struct subject *subject,
                        const struct requirement *const *chosen)
{
    struct deviations deviations;
    struct check_outputs outputs;
    struct failure error;
    int status;

    if (deviations_load(subject, &deviations, &error) != 0)
        return command_refuse(EXIT_BROKEN, error.text);
    if (outputs_open(settings, &outputs, &error) != 0)
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
        status = check_chosen(settings, subject, chosen);
        free(chosen);
    }
    requirements_free(&list);
    return status;
}

static int check_given(const struct check_settings *settings)
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

int command_check(int count, char **words)
{
    struct check_settings settings = { .kind = -1, .repeat = 1 };
    int status;

    argp_parse(&argp, count, words, 0, NULL, &settings);
    if (settings.tap && settings.json != NULL &&
        strcmp(settings.json, "-") == 0)
        return command_refuse(EXIT_USAGE,
                              "--tap and '--json -' both want stdout");
    fill_defaults(&settings);
    status = check_given(&settings);
    text_list_free(settings.filters);
    return status;
}
