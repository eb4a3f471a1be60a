/* report_draw.c - which plots a report has, and what each shows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "report.h"
#include "report_draw.h"
#include "report_plot.h"
#include "text.h"

#define MIB (1024.0 * 1024.0)

enum {
    WIDTH = 760,
    FOREST_ROWS = 20,
    PANELS = 5, /* and one for the legend */
    COLUMNS = 2,
    PANEL_HEIGHT = 250,
};

struct drawing {
    struct report *report;
    const struct report_campaign *campaign;
    size_t number; /* of the campaign */
    const char *folder;
    bool *shown; /* [subject] */
};

/* ---- pieces ---- */

void report_note_plot(struct report *report, const char *file,
                      const char *section, size_t campaign, char *caption)
{
    json_array_append_new(report->plots,
                          json_pack("{s:s, s:s, s:I, s:s}", "file", file,
                                    "section", section, "campaign",
                                    (json_int_t)campaign, "caption", caption));
    free(caption);
}

/* "memory-2.svg"; of the second campaign "c2-memory-2.svg". */
static char *file_name(const struct drawing *drawing, const char *stem,
                       size_t page)
{
    if (drawing->number == 0)
        return text_format("%s-%zu.svg", stem, page + 1);
    return text_format("c%zu-%s-%zu.svg", drawing->number + 1, stem, page + 1);
}

static void begin(const struct drawing *drawing, struct plot *plot,
                  const char *file, int height)
{
    char *path = text_format("%s/%s", drawing->folder, file);

    plot_begin(plot, path, WIDTH, height);
    free(path);
}

/* ---- effects: rows one below the other ---- */

static bool has_point(const struct summary_cell *cell)
{
    return cell->has_effect[MEASURE_WALL] &&
           isfinite(cell->effect[MEASURE_WALL].ratio);
}

static double place_of(size_t at, size_t subject, size_t subjects)
{
    return -(double)at - 0.4 +
           0.8 * (double)(subjects - subject) / (double)(subjects + 1);
}

/* The logarithms that the effects and their intervals span, 1 included. */
static void forest_span(const struct drawing *drawing,
                        const struct summary_row *const *rows, size_t count,
                        double *ret_low, double *ret_high)
{
    const struct summary *summary = &drawing->campaign->summary;

    *ret_low = 0.9;
    *ret_high = 1.1;
    for (size_t at = 0; at < count; at++)
        for (size_t i = 0; i < summary->subject_count; i++) {
            const struct summary_cell *cell = &rows[at]->cells[i];
            const struct statistics_row *effect = &cell->effect[MEASURE_WALL];
            bool bounded = isfinite(effect->high);

            if (!drawing->shown[i] || i == summary->baseline ||
                !has_point(cell))
                continue;
            *ret_low = fmin(*ret_low, bounded ? effect->low : effect->ratio);
            *ret_high = fmax(*ret_high, bounded ? effect->high : effect->ratio);
        }
}

/* As many ticks as there is room for: 1, 2 and 5 of each decade, and tenths
 * where all lies near 1. */
static void forest_ticks(struct plot *plot, double low, double high)
{
    const double near[] = { 0.5, 0.6, 0.7, 0.8, 0.9, 1,
                            1.1, 1.2, 1.4, 1.6, 1.8, 2 };

    low /= 1.1;
    high *= 1.1;
    fprintf(plot->script, "set xrange [%.6g:%.6g]\nset xtics (1", low, high);
    if (high / low < 3.5)
        for (size_t i = 0; i < TEXT_COUNT(near); i++)
            fprintf(plot->script, ", %g", near[i]);
    else
        for (double tick = pow(10, floor(log10(low))); tick < high; tick *= 10)
            fprintf(plot->script, high / low < 1000 ? ", %g, %g, %g" : ", %g",
                    tick, 2 * tick, 5 * tick);
    fputs(")\n", plot->script);
}

/* Why there is no point, at the right edge: a gap would be a lie. */
static void label_missing(const struct drawing *drawing, struct plot *plot,
                          const struct summary_row *row, size_t at)
{
    const struct summary *summary = &drawing->campaign->summary;

    for (size_t i = 0; i < summary->subject_count; i++) {
        const struct summary_cell *cell = &row->cells[i];
        char word[64], *text;

        if (!report_shows(summary, i) || i == summary->baseline ||
            has_point(cell))
            continue;
        fputs("set rmargin 24\n", plot->script);
        text = text_format("%s: %s", summary->subjects[i],
                           cell->status == STATUS_OK
                               ? "no baseline"
                               : report_status(cell, word, sizeof(word)));
        fputs("set label ", plot->script);
        plot_text(plot, text);
        fprintf(plot->script,
                " at graph 1.01, first %.3f font ',9' textcolor '#a00000'\n",
                place_of(at, i, summary->subject_count));
        free(text);
    }
}

static void forest_data(struct plot *plot, const struct summary *summary,
                        const struct summary_row *const *rows, size_t count,
                        size_t subject)
{
    fprintf(plot->script, "$s%zu << END\nNaN\tNaN\tNaN\tNaN\n", subject);
    for (size_t at = 0; at < count; at++) {
        const struct summary_cell *cell = &rows[at]->cells[subject];
        const struct statistics_row *effect = &cell->effect[MEASURE_WALL];
        bool bounded = isfinite(effect->high);

        if (!has_point(cell))
            continue;
        fprintf(plot->script, "%.9g\t%.4f\t%.9g\t%.9g\n", effect->ratio,
                place_of(at, subject, summary->subject_count),
                bounded ? effect->low : effect->ratio,
                bounded ? effect->high : effect->ratio);
    }
    fputs("END\n", plot->script);
}

static void forest_frame(const struct drawing *drawing, struct plot *plot,
                         const struct summary_row *const *rows, size_t count)
{
    fprintf(plot->script,
            "set logscale x\nset xlabel 'time / baseline''s time (log scale; "
            "left is faster)'\nset yrange [%.1f:0.5]\nset ytics (",
            0.5 - (double)count);
    for (size_t at = 0; at < count; at++) {
        fputs(at > 0 ? ", " : "", plot->script);
        plot_text(plot, rows[at]->name);
        fprintf(plot->script, " -%zu", at);
    }
    fputs(")\nset arrow from first 1, graph 0 to first 1, graph 1 nohead lc "
          "rgb '#444444' dt 2\nset key outside top center horizontal\n",
          plot->script);
    for (size_t at = 0; at < count; at++)
        label_missing(drawing, plot, rows[at], at);
}

static void forest_plot(const struct drawing *drawing, struct plot *plot)
{
    const struct summary *summary = &drawing->campaign->summary;
    const char *comma = "";

    fputs("plot ", plot->script);
    for (size_t i = 0; i < summary->subject_count; i++) {
        if (!drawing->shown[i] || i == summary->baseline)
            continue;
        fprintf(plot->script, "%s$s%zu using 1:2:3:4 with xerrorbars ", comma,
                i);
        plot_point_look(plot, i);
        fputs(" title ", plot->script);
        plot_text(plot, summary->subjects[i]);
        comma = ", ";
    }
    if (*comma == '\0')
        fputs("NaN notitle", plot->script);
    fputc('\n', plot->script);
}

static int forest_page(struct drawing *drawing, const char *stem, size_t page,
                       const struct summary_row *const *rows, size_t count,
                       struct failure *ret_error)
{
    const struct summary *summary = &drawing->campaign->summary;
    char *file = file_name(drawing, stem, page);
    struct plot plot;
    double low, high;
    int result;

    begin(drawing, &plot, file,
          110 + (int)(count * (14 + 11 * summary->subject_count)));
    forest_frame(drawing, &plot, rows, count);
    forest_span(drawing, rows, count, &low, &high);
    forest_ticks(&plot, low, high);
    for (size_t i = 0; i < summary->subject_count; i++)
        if (drawing->shown[i] && i != summary->baseline)
            forest_data(&plot, summary, rows, count, i);
    forest_plot(drawing, &plot);
    result = plot_end(&plot, ret_error);
    if (result == 0)
        report_note_plot(
            drawing->report, file, stem, drawing->number,
            text_format("Effect on %s%s: the ratio of time to %s's with its 95 "
                        "%% interval. A point without a bar has too few blocks "
                        "for one; a row without a time says why at the right.",
                        rows[0]->name,
                        count > 1 ? " and the rows below it" : "",
                        summary->subjects[summary->baseline]));
    free(file);
    return result;
}

static int draw_forest(struct drawing *drawing, bool programs,
                       struct failure *ret_error)
{
    const struct summary *summary = &drawing->campaign->summary;
    const struct summary_row **rows =
        calloc(summary->row_count + 1, sizeof(struct summary_row *));
    size_t count = 0;
    int result = 0;

    for (size_t i = 0; i < summary->row_count; i++)
        if (summary->rows[i].program == programs)
            rows[count++] = &summary->rows[i];
    for (size_t at = 0; at < count && result == 0; at += FOREST_ROWS)
        result =
            forest_page(drawing, programs ? "programs" : "effects",
                        at / FOREST_ROWS, rows + at,
                        count - at < FOREST_ROWS ? count - at : FOREST_ROWS,
                        ret_error);
    free((void *)rows);
    return result;
}

/* ---- pages of panels ---- */

/* Draws the panel of a row. */
typedef void draw_panel(const struct drawing *drawing, struct plot *plot,
                        const struct summary_row *row, size_t number);

struct panels {
    const char *stem;
    const char *caption; /* behind the names of the rows */
    const char *area;    /* in the legend; NULL: points, not lines */
    draw_panel *draw;
};

static int panel_page(struct drawing *drawing, const struct panels *panels,
                      size_t page, size_t first, size_t last,
                      struct failure *ret_error)
{
    const struct summary *summary = &drawing->campaign->summary;
    char *file = file_name(drawing, panels->stem, page);
    int lines = (int)(last - first + COLUMNS) / COLUMNS;
    struct plot plot;
    int result;

    begin(drawing, &plot, file, lines * PANEL_HEIGHT);
    plot_grid(&plot, lines, COLUMNS);
    for (size_t i = first; i < last; i++)
        panels->draw(drawing, &plot, &summary->rows[i], i);
    plot_legend(&plot, summary->subjects, drawing->shown,
                summary->subject_count, panels->area != NULL, panels->area);
    result = plot_end(&plot, ret_error);
    if (result == 0)
        report_note_plot(drawing->report, file, panels->stem, drawing->number,
                         text_format("%s%s. %s", summary->rows[first].name,
                                     last > first + 1 ? " and the rows after it"
                                                      : "",
                                     panels->caption));
    free(file);
    return result;
}

static int draw_panels(struct drawing *drawing, const struct panels *panels,
                       struct failure *ret_error)
{
    size_t rows = drawing->campaign->summary.row_count;
    int result = 0;

    for (size_t at = 0; at < rows && result == 0; at += PANELS)
        result = panel_page(drawing, panels, at / PANELS, at,
                            at + PANELS < rows ? at + PANELS : rows, ret_error);
    return result;
}

static void panel_frame(struct plot *plot, const char *title, const char *x,
                        const char *y)
{
    fputs("unset arrow\nunset label\nunset key\nset title ", plot->script);
    plot_text(plot, title);
    fputs("\nset xlabel ", plot->script);
    plot_text(plot, x);
    fputs("\nset ylabel ", plot->script);
    plot_text(plot, y);
    fputc('\n', plot->script);
}

/* In place of a panel whose row has nothing to show. */
static void panel_empty(struct plot *plot, const char *why)
{
    fputs("set label 1 ", plot->script);
    plot_text(plot, why);
    fputs(" at graph 0.5,0.5 center textcolor '#a00000'\nset xrange [0:1]\n"
          "set yrange [0:1]\nplot NaN notitle\n",
          plot->script);
}

/* ---- time against memory ---- */

static bool has_both(const struct summary *summary,
                     const struct summary_row *row, size_t subject)
{
    return report_shows(summary, subject) &&
           row->cells[subject].status == STATUS_OK &&
           isfinite(row->cells[subject].wall_ns) &&
           isfinite(row->cells[subject].memory_bytes);
}

bool report_on_frontier(const struct summary *summary,
                        const struct summary_row *row, size_t subject)
{
    const struct summary_cell *own = &row->cells[subject];

    if (!has_both(summary, row, subject))
        return false;
    for (size_t i = 0; i < summary->subject_count; i++) {
        const struct summary_cell *other = &row->cells[i];

        if (has_both(summary, row, i) && other->wall_ns <= own->wall_ns &&
            other->memory_bytes <= own->memory_bytes &&
            (other->wall_ns < own->wall_ns ||
             other->memory_bytes < own->memory_bytes))
            return false;
    }
    return true;
}

/* In which unit the times of a row are read best. */
struct unit {
    const char *word;
    double ns;
};

static struct unit unit_of(const struct summary *summary,
                           const struct summary_row *row)
{
    double most = 0;

    for (size_t i = 0; i < summary->subject_count; i++)
        if (has_both(summary, row, i))
            most = fmax(most, row->cells[i].wall_ns / row->cells[i].operations);
    return most < 1e4   ? (struct unit){ "ns", 1 }
           : most < 1e7 ? (struct unit){ "us", 1e3 }
                        : (struct unit){ "ms", 1e6 };
}

/* The frontier's corners from the fastest to the leanest. */
static void frontier_data(struct plot *plot, const struct summary *summary,
                          const struct summary_row *row, size_t number)
{
    double last = -INFINITY, unit = unit_of(summary, row).ns;

    fprintf(plot->script, "$f%zu << END\nNaN\tNaN\n", number);
    for (size_t step = 0; step < summary->subject_count; step++) {
        size_t best = SIZE_MAX;

        for (size_t i = 0; i < summary->subject_count; i++)
            if (report_on_frontier(summary, row, i) &&
                row->cells[i].wall_ns > last &&
                (best == SIZE_MAX ||
                 row->cells[i].wall_ns < row->cells[best].wall_ns))
                best = i;
        if (best == SIZE_MAX)
            break;
        last = row->cells[best].wall_ns;
        fprintf(plot->script, "%.9g\t%.9g\n",
                last / row->cells[best].operations / unit,
                row->cells[best].memory_bytes / MIB);
    }
    fputs("END\n", plot->script);
}

static void frontier_points(const struct drawing *drawing, struct plot *plot,
                            const struct summary_row *row, size_t number)
{
    const struct summary *summary = &drawing->campaign->summary;
    double unit = unit_of(summary, row).ns;

    for (size_t i = 0; i < summary->subject_count; i++) {
        const struct summary_cell *cell = &row->cells[i];

        if (!has_both(summary, row, i))
            continue;
        fprintf(plot->script, "$p%zu_%zu << END\n%.9g\t%.9g\nEND\n", number, i,
                cell->wall_ns / cell->operations / unit,
                cell->memory_bytes / MIB);
    }
    fprintf(plot->script,
            "plot $f%zu using 1:2 with steps lw 1 dt 3 lc rgb '#444444'",
            number);
    for (size_t i = 0; i < summary->subject_count; i++) {
        if (!has_both(summary, row, i))
            continue;
        fprintf(plot->script, ", $p%zu_%zu using 1:2 with points ", number, i);
        plot_point_look(plot, i);
        if (report_on_frontier(summary, row, i))
            fprintf(plot->script,
                    ", $p%zu_%zu using 1:2 with points pt 6 ps 1.6 lw 1 lc rgb "
                    "'#444444'",
                    number, i);
    }
    fputc('\n', plot->script);
}

static void draw_frontier(const struct drawing *drawing, struct plot *plot,
                          const struct summary_row *row, size_t number)
{
    const struct summary *summary = &drawing->campaign->summary;
    bool any = false;

    for (size_t i = 0; i < summary->subject_count; i++)
        any |= has_both(summary, row, i);
    panel_frame(plot, row->name, row->program ? "ms a run" : "ns an operation",
                "peak MiB");
    if (!any) {
        panel_empty(plot, "no subject has both figures");
        return;
    }
    frontier_data(plot, summary, row, number);
    fputs("set xrange [0:*]\nset yrange [0:*]\nset offsets graph 0, graph "
          "0.08, graph 0.08, 0\n",
          plot->script);
    frontier_points(drawing, plot, row, number);
}

/* ---- memory over time ---- */

static bool has_timelines(const struct report_campaign *campaign)
{
    const json_t *line;
    size_t i;

    json_array_foreach(campaign->results.lines, i, line)
    {
        if (json_array_size(json_object_get(line, "timeline")) > 0)
            return true;
    }
    return false;
}

static const json_t *timeline_of(const struct drawing *drawing, const char *row,
                                 const char *subject)
{
    const json_t *line;
    size_t i;

    json_array_foreach(drawing->campaign->results.lines, i, line)
    {
        const json_t *looks = json_object_get(line, "timeline");

        if (json_array_size(looks) > 0 && line_status(line) == STATUS_OK &&
            strcmp(line_text(line, "row"), row) == 0 &&
            strcmp(line_text(line, "subject"), subject) == 0)
            return looks;
    }
    return NULL;
}

/* Milliseconds, resident MiB, live MiB: columns 0, 2 and 5 of a look. */
static void timeline_data(struct plot *plot, const json_t *looks, size_t row,
                          size_t subject)
{
    const json_t *look;
    size_t i;

    fprintf(plot->script, "$t%zu_%zu << END\n", row, subject);
    json_array_foreach((json_t *)looks, i, look)
        fprintf(plot->script, "%.9g\t%.9g\t%.9g\n",
                json_number_value(json_array_get(look, 0)) / 1e3,
                json_number_value(json_array_get(look, 2)) / MIB,
                json_number_value(json_array_get(look, 5)) / MIB);
    fputs("END\n", plot->script);
}

static void timeline_plot(const struct drawing *drawing, struct plot *plot,
                          const bool *there, size_t number, bool live)
{
    const struct summary *summary = &drawing->campaign->summary;
    const char *comma = "";

    fputs("set xrange [0:*]\nset yrange [0:*]\nplot ", plot->script);
    for (size_t i = 0; i < summary->subject_count && live && *comma == '\0';
         i++)
        if (there[i]) {
            fprintf(plot->script,
                    "$t%zu_%zu using 1:3 with filledcurves y1=0 lc rgb "
                    "'#cccccc'",
                    number, i);
            comma = ", ";
        }
    for (size_t i = 0; i < summary->subject_count; i++)
        if (there[i]) {
            fprintf(plot->script, "%s$t%zu_%zu using 1:2 with lines ", comma,
                    number, i);
            plot_line_look(plot, i);
            comma = ", ";
        }
    fputc('\n', plot->script);
}

static void draw_timeline(const struct drawing *drawing, struct plot *plot,
                          const struct summary_row *row, size_t number)
{
    const struct summary *summary = &drawing->campaign->summary;
    bool *there = calloc(summary->subject_count + 1, sizeof(bool)), any = false;

    panel_frame(plot, row->name, "s", "MiB");
    for (size_t i = 0; i < summary->subject_count; i++) {
        const json_t *looks =
            drawing->shown[i]
                ? timeline_of(drawing, row->name, summary->subjects[i])
                : NULL;

        there[i] = looks != NULL;
        any |= there[i];
        if (there[i])
            timeline_data(plot, looks, number, i);
    }
    if (any)
        timeline_plot(drawing, plot, there, number, !row->program);
    else
        panel_empty(plot, "no memory was watched");
    free(there);
}

/* ---- all of a campaign ---- */

static const struct panels frontier_panels = {
    .stem = "frontier",
    .caption =
        "Time against peak memory, medians of the blocks; lower left is "
        "better. Ringed and joined: no other subject is better in both "
        "(the frontier, by these medians; for whether a step is more "
        "than noise see the intervals). A subject without a point has no "
        "honest figures on that row; its status stands in the table.",
    .draw = draw_frontier,
};

static const struct panels timeline_panels = {
    .stem = "memory",
    .caption =
        "Resident memory over time (harness included), one watched cell "
        "of each subject; the grey area is what the row had requested "
        "and not freed, as the first subject's cell ran through it. "
        "Real programs tell no requested bytes; a subject without a line "
        "was not watched, or did not run the row to its end.",
    .area = "requested, live",
    .draw = draw_timeline,
};

static int draw_campaign(struct drawing *drawing, struct failure *ret_error)
{
    const struct summary *summary = &drawing->campaign->summary;
    int result;

    drawing->shown = calloc(summary->subject_count + 1, sizeof(bool));
    for (size_t i = 0; i < summary->subject_count; i++)
        drawing->shown[i] = report_shows(summary, i);
    result = draw_forest(drawing, false, ret_error);
    if (result == 0)
        result = draw_forest(drawing, true, ret_error);
    if (result == 0)
        result = draw_panels(drawing, &frontier_panels, ret_error);
    if (result == 0 && has_timelines(drawing->campaign))
        result = draw_panels(drawing, &timeline_panels, ret_error);
    free(drawing->shown);
    return result;
}

int report_draw(struct report *report, const char *folder,
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
