/* report.c - finds and reads the campaigns of a report. */
#include "report.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line.h"
#include "report_glance.h"
#include "text.h"

bool report_shows(const struct summary *summary, size_t subject)
{
    return subject != summary->twin && subject != summary->floor;
}

/* ---- one campaign ---- */

/* Lines know their number; micro-benchmarks are set apart, since they are of
 * no row. */
static void sort_lines(struct report_campaign *campaign)
{
    json_t *others = json_array(), *line;
    size_t i;

    campaign->micro = json_array();
    json_array_foreach(campaign->results.lines, i, line)
    {
        bool micro = strcmp(line_text(line, "kind"), "micro") == 0;

        json_object_set_new(line, "line", json_integer((json_int_t)i + 2));
        json_array_append(micro ? campaign->micro : others, line);
    }
    json_decref(campaign->results.lines);
    campaign->results.lines = others;
}

static json_t *read_matrix(const char *folder)
{
    char *path = text_format("%s/matrix.json", folder);
    json_t *matrix = json_load_file(path, 0, NULL);

    free(path);
    return matrix;
}

static void campaign_free(struct report_campaign *campaign)
{
    if (campaign->has_summary)
        summary_free(&campaign->summary);
    results_free(&campaign->results);
    json_decref(campaign->micro);
    json_decref(campaign->matrix);
    json_decref(campaign->glance);
    free(campaign->folder);
}

static bool is_counted(const struct results *results)
{
    return json_is_true(
        json_object_get(json_object_get(results->header, "identity"),
                        "counts"));
}

static int take_summary(struct report_campaign *campaign,
                        struct failure *ret_error)
{
    const json_t *identity =
        json_object_get(campaign->results.header, "identity");

    if (json_array_size(json_object_get(identity, "rows")) == 0 &&
        json_array_size(campaign->micro) > 0)
        return 0;
    if (summary_make(&campaign->results, &campaign->summary, ret_error) != 0)
        return -1;
    campaign->has_summary = true;
    campaign->glance = report_glance(&campaign->results, &campaign->summary);
    return 0;
}

static int campaign_take(const char *folder,
                         struct report_campaign *ret_campaign,
                         struct failure *ret_error)
{
    struct report_campaign campaign = { 0 };

    if (results_load(folder, &campaign.results, ret_error) != 0)
        return -1;
    campaign.folder = text_copy(folder);
    sort_lines(&campaign);
    campaign.matrix = read_matrix(folder);
    if (is_counted(&campaign.results) ||
        take_summary(&campaign, ret_error) != 0) {
        if (is_counted(&campaign.results))
            failure_set(ret_error, "holds instruction counts, not times; "
                                   "'assay compare --counts' reads them");
        campaign_free(&campaign);
        return -1;
    }
    *ret_campaign = campaign;
    return 0;
}

/* ---- folders ---- */

static void leave_out(struct report *report, const char *folder,
                      const char *why)
{
    report->left_out = text_list_add(report->left_out,
                                     strncmp(why, folder, strlen(folder)) == 0
                                         ? text_copy(why)
                                         : text_format("%s: %s", folder, why));
}

static void take_folder(struct report *report, const char *folder)
{
    struct report_campaign campaign;
    struct failure error;

    if (campaign_take(folder, &campaign, &error) != 0) {
        leave_out(report, folder, error.text);
        return;
    }
    report->list =
        realloc(report->list, (report->count + 1) * sizeof(*report->list));
    report->list[report->count++] = campaign;
}

static bool holds_results(const char *folder)
{
    char *path = text_format("%s/%s", folder, RESULTS_FILE);
    bool is = access(path, F_OK) == 0;

    free(path);
    return is;
}

/* The folders of campaigns within; how many there were. */
static size_t take_folders(struct report *report, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    size_t found = 0;

    for (int i = 0; i < count; i++) {
        char *path = text_format("%s/%s", folder, entries[i]->d_name);

        if (entries[i]->d_name[0] != '.' && holds_results(path)) {
            take_folder(report, path);
            found++;
        }
        free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return found;
}

/* Those with rows before those of micro-benchmarks alone: the page opens with
 * the first. */
static int newer_first(const void *left, const void *right)
{
    const struct report_campaign *a = left, *b = right;
    int order = strcmp(line_text(b->results.header, "started"),
                       line_text(a->results.header, "started"));

    if (a->has_summary != b->has_summary)
        return a->has_summary ? -1 : 1;
    return order != 0 ? order : strcmp(a->folder, b->folder);
}

static int say_nothing_to_show(struct report *report, struct failure *ret_error)
{
    if (report->left_out[0] == NULL)
        return failure_set(ret_error, "there is nothing to report");
    return failure_set(ret_error, "there is nothing to report:\n%.900s",
                       report->left_out[0]);
}

/* The last matrix that was given counts. */
static void take_matrix(json_t **matrix, json_t *given)
{
    json_decref(*matrix);
    *matrix = given;
}

/* A folder of verdicts holds no campaign: its matrix stands beside the newest
 * one that has none of its own. Takes it over. */
static void attach_matrix(struct report *report, json_t *matrix)
{
    for (size_t i = 0; i < report->count && matrix != NULL; i++)
        if (report->list[i].has_summary && report->list[i].matrix == NULL) {
            report->list[i].matrix = matrix;
            return;
        }
    json_decref(matrix);
}

int report_read(char *const *folders, struct report *ret_report,
                struct failure *ret_error)
{
    struct report report = {
        .title = "",
        .left_out = text_split(""),
        .notes = text_split(""),
        .plots = json_array(),
    };
    json_t *matrix = NULL, *verdicts;

    for (size_t i = 0; folders[i] != NULL; i++)
        if (holds_results(folders[i]))
            take_folder(&report, folders[i]);
        else if ((verdicts = read_matrix(folders[i])) != NULL)
            take_matrix(&matrix, verdicts);
        else if (take_folders(&report, folders[i]) == 0)
            leave_out(&report, folders[i],
                      "holds no results.jsonl, nor do the folders in it; give "
                      "a folder that 'assay bench --out' has filled");
    if (report.count == 0) {
        json_decref(matrix);
        say_nothing_to_show(&report, ret_error);
        report_free(&report);
        return -1;
    }
    qsort(report.list, report.count, sizeof(*report.list), newer_first);
    attach_matrix(&report, matrix);
    *ret_report = report;
    return 0;
}

void report_free(struct report *report)
{
    for (size_t i = 0; i < report->count; i++)
        campaign_free(&report->list[i]);
    free(report->list);
    text_list_free(report->left_out);
    text_list_free(report->notes);
    json_decref(report->plots);
    *report = (struct report){ 0 };
}
