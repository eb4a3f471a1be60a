/* report_draw.c - which plots a report has. */
#include <stdlib.h>

#include "report.h"
#include "report_draw.h"
#include "report_plot.h"
#include "text.h"

enum { WIDTH = 760 };

/* ---- pieces ---- */

void report_plot_begin(struct plot *plot, const char *folder, const char *file,
                       int height)
{
    char *path = text_format("%s/%s", folder, file);

    plot_begin(plot, path, WIDTH, height);
    free(path);
}

void report_note_plot(struct report *report, const char *file,
                      const char *section, size_t campaign, char *caption)
{
    json_array_append_new(report->plots,
                          json_pack("{s:s, s:s, s:I, s:s}", "file", file,
                                    "section", section, "campaign",
                                    (json_int_t)campaign, "caption", caption));
    free(caption);
}

char *report_plot_stem(const struct drawing *drawing, const char *section)
{
    return drawing->number == 0
               ? text_copy(section)
               : text_format("c%zu-%s", drawing->number + 1, section);
}

int report_draw_rows(const struct drawing *drawing, struct panels model,
                     struct failure *ret_error)
{
    const struct summary *summary = &drawing->campaign->summary;
    const char **rows = calloc(summary->row_count + 1, sizeof(*rows));
    char *stem = report_plot_stem(drawing, model.section);
    int result;

    for (size_t i = 0; i < summary->row_count; i++)
        rows[i] = summary->rows[i].name;
    model.report = drawing->report;
    model.campaign = drawing->number;
    model.folder = drawing->folder;
    model.stem = stem;
    model.titles = rows;
    model.count = summary->row_count;
    model.subjects = summary->subjects;
    model.shown = drawing->shown;
    model.subject_count = summary->subject_count;
    model.context = drawing;
    result = panels_draw(&model, ret_error);
    free(stem);
    free((void *)rows);
    return result;
}

/* ---- all of a campaign ---- */

static int draw_campaign(struct drawing *drawing, struct failure *ret_error)
{
    const struct summary *summary = &drawing->campaign->summary;
    bool *shown = calloc(summary->subject_count + 1, sizeof(*shown));
    int result;

    for (size_t i = 0; i < summary->subject_count; i++)
        shown[i] = report_shows(summary, i);
    drawing->shown = shown;
    result = report_draw_forest(drawing, false, ret_error);
    if (result == 0)
        result = report_draw_forest(drawing, true, ret_error);
    if (result == 0)
        result = report_draw_frontier(drawing, ret_error);
    if (result == 0)
        result = report_draw_timeline(drawing, ret_error);
    free(shown);
    return result;
}

static int draw_all(struct report *report, const char *folder,
                    struct failure *ret_error)
{
    int result = 0;

    for (size_t i = 0; i < report->count && result == 0; i++) {
        struct drawing drawing = {
            .report = report,
            .campaign = &report->list[i],
            .number = i,
            .folder = folder,
        };

        if (report->list[i].has_summary)
            result = draw_campaign(&drawing, ret_error);
        if (result == 0 && json_array_size(report->list[i].micro) > 0)
            result = report_draw_micro(report, i, folder, ret_error);
    }
    if (result == 0)
        result = report_draw_trend(report, folder, ret_error);
    return result;
}

int report_draw(struct report *report, const char *folder,
                struct failure *ret_error)
{
    struct plotter plotter;
    int result;

    plotter_begin(&plotter);
    report->plotter = &plotter;
    result = draw_all(report, folder, ret_error);
    report->plotter = NULL;
    plotter_end(&plotter);
    return result;
}
