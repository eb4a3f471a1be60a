/* report_data.c - the document behind the HTML page: every figure with the
 * numbers of the lines it comes from. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "report.h"
#include "report_draw.h"
#include "report_markdown.h"
#include "text.h"

static json_t *figure(const json_t *line, const char *name)
{
    double value = line_figure(line, name, NAN);

    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *memory_of(const json_t *line)
{
    double value = summary_memory_of(line);

    return isfinite(value) ? json_real(value) : json_null();
}

/* {row: {subject: [[line, kind, block, status, wall, cpu, memory], ..]}} */
static json_t *sources_json(const struct results *results)
{
    json_t *rows = json_object(), *line;
    size_t i;

    json_array_foreach(results->lines, i, line)
    {
        const char *row = line_text(line, "row");
        const char *subject = line_text(line, "subject");
        json_t *cells = json_object_get(rows, row), *list;

        if (*row == '\0')
            continue;
        if (cells == NULL)
            json_object_set_new(rows, row, cells = json_object());
        list = json_object_get(cells, subject);
        if (list == NULL)
            json_object_set_new(cells, subject, list = json_array());
        json_array_append_new(
            list,
            json_pack("[O, s, O, s, o, o, o]", json_object_get(line, "line"),
                      line_text(line, "kind"), json_object_get(line, "block"),
                      line_text(line, "status"), figure(line, "wall_ns"),
                      figure(line, "cpu_ns"), memory_of(line)));
    }
    return rows;
}

/* {row: {repeat, workload, frontier: [subject..]}} */
static json_t *rows_json(const struct report_campaign *campaign)
{
    const struct summary *summary = &campaign->summary;
    json_t *rows = json_object();

    for (size_t i = 0; i < summary->row_count; i++) {
        const struct summary_row *row = &summary->rows[i];
        char *repeat = report_repeat(campaign->results.header, row->name);
        json_t *frontier = json_array();

        for (size_t k = 0; k < summary->subject_count; k++)
            if (report_on_frontier(summary, row, k))
                json_array_append_new(frontier,
                                      json_string(summary->subjects[k]));
        json_object_set_new(rows, row->name,
                            json_pack("{s:s, s:o}", "repeat", repeat,
                                      "frontier", frontier));
        free(repeat);
    }
    return rows;
}

static json_t *campaign_json(const struct report *report,
                             const struct report_campaign *campaign)
{
    json_t *value =
        json_pack("{s:s, s:O, s:b, s:O, s:o}", "folder", campaign->folder,
                  "header", campaign->results.header, "torn",
                  campaign->results.torn, "micro", campaign->micro,
                  "not_compared", report_not_compared(report, campaign));

    if (campaign->matrix != NULL)
        json_object_set(value, "matrix", campaign->matrix);
    if (!campaign->has_summary)
        return value;
    json_object_set_new(value, "summary", summary_to_json(&campaign->summary));
    json_object_set(value, "glance", campaign->glance);
    json_object_set_new(value, "rows", rows_json(campaign));
    json_object_set_new(value, "sources", sources_json(&campaign->results));
    json_object_set_new(
        value, "floor",
        json_string(campaign->summary.subjects[campaign->summary.floor]));
    json_object_set_new(
        value, "twin",
        json_string(campaign->summary.subjects[campaign->summary.twin]));
    return value;
}

static json_t *texts_json(char *const *texts)
{
    json_t *list = json_array();

    for (size_t i = 0; texts[i] != NULL; i++)
        json_array_append_new(list, json_string(texts[i]));
    return list;
}

json_t *report_data(const struct report *report)
{
    json_t *campaigns = json_array();

    for (size_t i = 0; i < report->count; i++)
        json_array_append_new(campaigns,
                              campaign_json(report, &report->list[i]));
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:O}", "title",
                     report->title, "assay", ASSAY_VERSION, "campaigns",
                     campaigns, "left_out", texts_json(report->left_out),
                     "notes", texts_json(report->notes), "series",
                     report_series(report), "plots", report->plots);
}
