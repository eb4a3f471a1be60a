/* command_explain.c - `assay explain`: what a requirement wants, and why. */
#include "command.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"
#include "requirement.h"
#include "text.h"

enum { KEY_LIST = 256, KEY_JSON, LINE_WIDTH = 79, INDENT = 12 };

static const struct argp_option options[] = {
    { "list", KEY_LIST, NULL, 0, "List all requirements, one a line", 0 },
    { "json", KEY_JSON, NULL, 0, "Print JSON", 0 },
    { 0 },
};

struct explain_settings {
    char *given;
    bool list;
    bool json;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct explain_settings *settings = state->input;

    switch (key) {
    case KEY_LIST:
        settings->list = true;
        break;
    case KEY_JSON:
        settings->json = true;
        break;
    case ARGP_KEY_ARG:
        if (settings->given != NULL)
            argp_error(state, "one id at a time; '%s' is one too many",
                       argument);
        settings->given = argument;
        break;
    case ARGP_KEY_END:
        if (settings->given == NULL && !settings->list)
            argp_error(state, "no id given; --list shows them all");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp argp = {
    options,
    parse,
    "[ID]",
    "Tells what a requirement wants, where that stands, why it exists and "
    "what was filed about it.\vID is one requirement, a family, or a "
    "pattern.\n\n  assay explain ALN-4\n  assay explain ALN\n  assay explain "
    "--list\n\n"
    "Exit status: 0 good; 2 wrong usage, such as an id that there is not; 3 "
    "assay itself failed.",
    NULL,
    NULL,
    NULL
};

/* Folds at blanks, below the label. */
static void print_folded(const char *label, const char *text)
{
    if (*text == '\0')
        return;
    printf("  %-*s", INDENT - 2, label);
    text_fold(stdout, text, INDENT, LINE_WIDTH);
}

static char *explain_profiles(const struct requirement *requirement)
{
    char **names = text_split("");
    char *joined;

    for (const struct profile *profile = profiles; profile->name != NULL;
         profile++)
        if (requirement_counts(requirement, profile->name))
            names = text_list_add(names, text_copy(profile->name));
    joined = names[0] == NULL
                 ? text_copy("none: it is reported, and fails a run with "
                             "--strict")
                 : text_join(names);
    text_list_free(names);
    return joined;
}

/* How it is run, where that is not the usual way. */
static char *explain_ways(const struct requirement *requirement)
{
    return text_format("%sat most %u s%s%s%s",
                       requirement->random ? "from a seed, " : "",
                       requirement->timeout_s,
                       requirement->threads ? ", with threads or processes"
                                            : "",
                       requirement->waits ? ", mostly waiting" : "",
                       requirement->alone ? ", alone on the machine" : "");
}

static void explain_print(const struct requirement *requirement)
{
    char *counts = explain_profiles(requirement);
    char *ways = explain_ways(requirement);
    char *file = text_format("suites/conformance/%s/%s.c",
                             kind_word(requirement->kind), requirement->file);

    printf("%s (%s)\n", requirement->id, severity_word(requirement->severity));
    print_folded("wants", requirement->statement);
    print_folded("source", requirement->source);
    print_folded("why", requirement->why);
    print_folded("claimed", requirement->wants);
    print_folded("counts in", counts);
    print_folded("runs", ways);
    print_folded("check", file);
    free(file);
    free(ways);
    free(counts);
}

static void explain_line(const struct requirement *requirement)
{
    printf("%-8s %-8s %s\n", requirement->id,
           severity_word(requirement->severity), requirement->statement);
}

static json_t *explain_json(const struct requirement *requirement)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i}",
                     "id", requirement->id, "kind",
                     kind_word(requirement->kind), "wants", requirement->wants,
                     "family", requirement->family, "file", requirement->file,
                     "severity", severity_word(requirement->severity),
                     "profiles", requirement->profiles, "statement",
                     requirement->statement, "source", requirement->source,
                     "why", requirement->why, "timeout_s",
                     (int)requirement->timeout_s);
}

static void explain_all(const struct requirement *const *chosen,
                        const struct explain_settings *settings)
{
    json_t *list = json_array();

    for (size_t i = 0; chosen[i] != NULL; i++) {
        if (settings->json)
            json_array_append_new(list, explain_json(chosen[i]));
        else if (settings->list)
            explain_line(chosen[i]);
        else
            explain_print(chosen[i]);
        if (!settings->json && !settings->list && chosen[i + 1] != NULL)
            putchar('\n');
    }
    if (settings->json) {
        json_dumpf(list, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(list);
}

int command_explain(int count, char **words)
{
    struct explain_settings settings = { 0 };
    struct requirement_choice choice = { .severities = (1u << SEVERITIES) - 1,
                                         .kind = -1 };
    const struct requirement **chosen;
    struct requirements list;
    struct failure error;
    int status = EXIT_GOOD;

    argp_parse(&argp, count, words, 0, NULL, &settings);
    if (requirements_load(-1, &list, &error) != 0)
        return command_refuse(EXIT_BROKEN, error.text);
    if (settings.given != NULL)
        choice.filters = text_split(settings.given);
    if (requirements_choose(&list, &choice, &chosen, &error) != 0) {
        status = command_refuse(EXIT_USAGE, error.text);
    } else {
        explain_all(chosen, &settings);
        free(chosen);
    }
    text_list_free((char **)choice.filters);
    requirements_free(&list);
    return status;
}
