/* command_compare.c - `assay compare`: what changed between campaigns. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "compare.h"
#include "compare_counts.h"
#include "text.h"

/* Under 5 % few changes are worth a stopped merge, and on shared machines
 * fewer can be seen. */
#define THRESHOLD_PERCENT 5.0

/* Counts are equal from run to run but for what a subject draws at random. */
#define THRESHOLD_COUNTS_PERCENT 0.5

enum {
    KEY_THRESHOLD = 512,
    KEY_SUBJECTS,
    KEY_MEASURE,
    KEY_ALLOW,
    KEY_MARKDOWN,
    KEY_JSON,
    KEY_DASHBOARD,
    KEY_COUNTS,
};

static const struct argp_option options[] = {
    { "threshold", KEY_THRESHOLD, "PERCENT", 0,
      "A change counts when it is larger than this, and significant (5; of "
      "counts 0.5)",
      0 },
    { "counts", KEY_COUNTS, NULL, 0,
      "Compare instruction counts: both are of 'assay bench --counts'", 0 },
    { "subjects", KEY_SUBJECTS, "X,Y", 0,
      "Compare these only (all that both campaigns have)", 0 },
    { "measures", KEY_MEASURE, "X,Y", 0,
      "wall, net (wall time less the floor's), cpu, memory (wall)", 0 },
    { "allow", KEY_ALLOW, "FIELD,...", 0,
      "Compare though these differ: machine, baseline, scale, threads, quick, "
      "allocator_options, cell, workloads",
      0 },
    { "markdown", KEY_MARKDOWN, "FILE", 0,
      "Also write Markdown for a pull request; - for stdout, without the "
      "table",
      0 },
    { "json", KEY_JSON, "FILE", 0,
      "Also write all figures as JSON; - for stdout, without the table", 0 },
    { "dashboard", KEY_DASHBOARD, "FILE", 0,
      "Also write the entries that github-action-benchmark reads with its tool "
      "customSmallerIsBetter",
      0 },
    { 0 },
};

struct compare_settings {
    struct compare_request request;
    char **allowed;
    char **folders;
    const char *markdown;
    const char *json;
    const char *dashboard;
    bool counts;
    bool threshold_given;
};

static void parse_threshold(struct argp_state *state, const char *text,
                            struct compare_settings *settings)
{
    char *end;
    double percent = strtod(text, &end);

    if (end == text || *end != '\0' || !(percent >= 0 && percent < 1000))
        argp_error(state, "--threshold: '%s' is no percentage", text);
    settings->request.threshold = percent / 100;
    settings->threshold_given = true;
}

static void parse_measures(struct argp_state *state, const char *text,
                           struct compare_settings *settings)
{
    char **words = text_split(text);

    memset(settings->request.measures, 0, sizeof(settings->request.measures));
    for (size_t i = 0; words[i] != NULL; i++) {
        bool known = false;

        for (int measure = 0; measure < MEASURES; measure++)
            if (strcmp(words[i], measure_word((enum measure)measure)) == 0)
                known = settings->request.measures[measure] = true;
        if (!known)
            argp_error(state,
                       "unknown measure '%s'; there are wall, net, cpu and "
                       "memory",
                       words[i]);
    }
    text_list_free(words);
}

static void parse_allowed(struct argp_state *state, char *text,
                          struct compare_settings *settings)
{
    settings->allowed = text_split(text);
    for (size_t i = 0; settings->allowed[i] != NULL; i++) {
        char *const *fields = (char *const *)compare_fields;
        size_t at = 0;

        while (fields[at] != NULL &&
               strcmp(fields[at], settings->allowed[i]) != 0)
            at++;
        if (fields[at] == NULL) {
            char *known = text_join(fields);

            argp_error(state, "--allow: unknown field '%s'; there are %s",
                       settings->allowed[i], known);
            free(known);
        }
    }
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct compare_settings *settings = state->input;

    switch (key) {
    case KEY_THRESHOLD:
        parse_threshold(state, argument, settings);
        break;
    case KEY_SUBJECTS:
        settings->request.subjects = text_split(argument);
        break;
    case KEY_MEASURE:
        parse_measures(state, argument, settings);
        break;
    case KEY_ALLOW:
        parse_allowed(state, argument, settings);
        break;
    case KEY_COUNTS:
        settings->counts = true;
        break;
    case KEY_MARKDOWN:
        settings->markdown = argument;
        break;
    case KEY_JSON:
        settings->json = argument;
        break;
    case KEY_DASHBOARD:
        settings->dashboard = argument;
        break;
    case ARGP_KEY_ARG:
        settings->folders =
            text_list_add(settings->folders, text_copy(argument));
        break;
    case ARGP_KEY_END:
        if (text_list_count(settings->folders) < 2)
            argp_error(state, "two or more results folders are needed: the "
                              "old one, and what is compared with it");
        if (!settings->threshold_given && settings->counts)
            settings->request.threshold = THRESHOLD_COUNTS_PERCENT / 100;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const char help[] =
    "Tells what changed between the campaigns in OLD and NEW.\v"
    "A subject is compared by its effect, its ratio to the baseline of the "
    "same block, so that a slower day of the whole machine falls out. "
    "Campaigns of different machines, scales or versions of a workload are "
    "refused, unless --allow says otherwise.\n\n"
    "  assay compare results/base results/new\n"
    "  assay compare --threshold 3 --markdown comment.md base new\n\n"
    "Exit status: 0 nothing got worse; 1 a regression over the threshold that "
    "is significant, or a row that lost its honest time; 2 wrong usage, or "
    "campaigns that do not compare; 3 assay itself failed.";

static const struct argp argp = { options, parse, "OLD NEW...", help,
                                  NULL,    NULL,  NULL };

/* ---- writing ---- */

static FILE *open_output(const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "ae");

    if (file == NULL)
        fprintf(stderr, "assay: cannot write %s: %s\n", path, strerror(errno));
    return file;
}

static int close_output(FILE *file, const char *path)
{
    int failed = ferror(file) | (file == stdout ? fflush(file) : fclose(file));

    if (failed)
        fprintf(stderr, "assay: cannot write %s\n", path);
    return failed ? -1 : 0;
}

static int write_markdown(const struct comparison *comparison, const char *path)
{
    FILE *file = open_output(path);

    if (file == NULL)
        return -1;
    comparison_print_markdown(comparison, file);
    return close_output(file, path);
}

/* Takes `value` over. */
static int write_json(json_t *value, const char *path)
{
    FILE *file = open_output(path);
    int result = -1;

    if (file != NULL) {
        json_dumpf(value, file, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
        fputc('\n', file);
        result = close_output(file, path);
    }
    json_decref(value);
    return result;
}

static bool is_stdout(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

static int write_all(const struct comparison *comparison,
                     const struct compare_settings *settings)
{
    int result = 0;

    if (!is_stdout(settings->markdown) && !is_stdout(settings->json) &&
        !is_stdout(settings->dashboard))
        comparison_print(comparison, stdout);
    if (settings->markdown != NULL)
        result |= write_markdown(comparison, settings->markdown);
    if (settings->json != NULL)
        result |= write_json(comparison_to_json(comparison), settings->json);
    if (settings->dashboard != NULL)
        result |=
            write_json(comparison_to_entries(comparison), settings->dashboard);
    return result;
}

/* ---- comparing ---- */

static int compare_pair(const struct campaign_read *before,
                        const struct campaign_read *after,
                        const struct compare_settings *settings)
{
    struct comparison comparison;
    struct failure error;
    int status;

    if (compare_refusal(before, after, settings->allowed, &error) != 0 ||
        comparison_make(before, after, &settings->request, &comparison,
                        &error) != 0)
        return command_refuse(EXIT_USAGE, error.text);
    if (comparison.count == 0)
        status = command_refuse(EXIT_USAGE,
                                "the campaigns have no row and subject in "
                                "common: nothing can be compared");
    else if (write_all(&comparison, settings) != 0)
        status = EXIT_BROKEN;
    else
        status =
            comparison_has_regression(&comparison) ? EXIT_FINDING : EXIT_GOOD;
    comparison_free(&comparison);
    return status;
}

/* ---- counts ---- */

static int compare_counted(const struct results *before,
                           const struct results *after,
                           const struct compare_settings *settings)
{
    double threshold = settings->request.threshold;
    struct failure error;
    bool worse;

    if (compare_counts_refusal(before, after, &error) != 0)
        return command_refuse(EXIT_USAGE, error.text);
    worse = compare_counts(before, after, threshold,
                           is_stdout(settings->markdown), stdout);
    if (settings->markdown != NULL && !is_stdout(settings->markdown)) {
        FILE *file = open_output(settings->markdown);

        if (file == NULL)
            return EXIT_BROKEN;
        compare_counts(before, after, threshold, true, file);
        if (close_output(file, settings->markdown) != 0)
            return EXIT_BROKEN;
    }
    return worse ? EXIT_FINDING : EXIT_GOOD;
}

static int compare_counts_of(const struct compare_settings *settings)
{
    struct results before, after;
    struct failure error;
    int worst = EXIT_GOOD;

    if (results_load(settings->folders[0], &before, &error) != 0)
        return command_refuse(EXIT_USAGE, error.text);
    for (size_t i = 1; settings->folders[i] != NULL; i++) {
        int status;

        if (results_load(settings->folders[i], &after, &error) != 0) {
            worst = command_refuse(EXIT_USAGE, error.text);
            break;
        }
        status = compare_counted(&before, &after, settings);
        results_free(&after);
        if (status > worst)
            worst = status;
    }
    results_free(&before);
    return worst;
}

/* The later ones are each compared with the first; the worst status counts. */
static int compare_all(const struct campaign_read *before,
                       const struct compare_settings *settings)
{
    int worst = EXIT_GOOD;

    for (size_t i = 1; settings->folders[i] != NULL; i++) {
        struct campaign_read after;
        struct failure error;
        int status;

        if (campaign_read(settings->folders[i], &after, &error) != 0)
            return command_refuse(EXIT_USAGE, error.text);
        if (i > 1)
            putchar('\n');
        status = compare_pair(before, &after, settings);
        campaign_read_free(&after);
        if (status > worst)
            worst = status;
    }
    return worst;
}

/* Files are appended to, one comparison after another; so they start empty.
 */
static int empty_file(const char *path)
{
    FILE *file;

    if (path == NULL || is_stdout(path))
        return 0;
    file = fopen(path, "we");
    if (file != NULL)
        return fclose(file);
    fprintf(stderr, "assay: cannot write %s: %s\n", path, strerror(errno));
    return -1;
}

static int compare_with(const struct compare_settings *settings)
{
    struct campaign_read before;
    struct failure error;
    int status;

    if (empty_file(settings->markdown) != 0 ||
        empty_file(settings->json) != 0 || empty_file(settings->dashboard) != 0)
        return EXIT_USAGE;
    if (settings->counts)
        return compare_counts_of(settings);
    if (campaign_read(settings->folders[0], &before, &error) != 0)
        return command_refuse(EXIT_USAGE, error.text);
    status = compare_all(&before, settings);
    campaign_read_free(&before);
    return status;
}

int command_compare(int count, char **words)
{
    struct compare_settings settings = {
        .request = { .measures = { [MEASURE_WALL] = true },
                     .threshold = THRESHOLD_PERCENT / 100 },
        .folders = text_split(""),
    };
    int status;

    argp_parse(&argp, count, words, 0, NULL, &settings);
    status = compare_with(&settings);
    text_list_free((char **)settings.request.subjects);
    text_list_free(settings.allowed);
    text_list_free(settings.folders);
    return status;
}
