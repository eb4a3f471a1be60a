/* command_check.c - `assay check`: does a subject do what it must? */
#include "command.h"

#include <argp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "machine.h"
#include "profile.h"
#include "requirement.h"
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
    KEY_OUT,
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
      "Write a JSON line for each verdict as it is decided; '-' is stdout, "
      "instead of the table",
      3 },
    { "junit", KEY_JUNIT, "FILE", 0, "Write a JUnit file", 3 },
    { "tap", KEY_TAP, NULL, 0, "Print TAP on stdout instead of the table", 3 },
    { "out", KEY_OUT, "DIR", 0,
      "Folder for the scripts of random checks that fail (assay-out), made "
      "when there is one",
      3 },
    { 0 },
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

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct check_settings *settings = state->input;

    switch (key) {
    case KEY_PROFILE:
        parse_profile(state, argument, settings);
        break;
    case KEY_KIND:
        settings->kind = argument_kind(state, argument);
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
    case KEY_OUT:
        settings->out = argument;
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
    status = check_run(&settings);
    text_list_free(settings.filters);
    return status;
}
