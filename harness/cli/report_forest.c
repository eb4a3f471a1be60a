/* report_forest.c - effects with their intervals, rows one below the other. */
#include <math.h>
#include <stdlib.h>

#include "report_draw.h"
#include "text.h"

enum { FOREST_ROWS = 20 };

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
        for (int decade = (int)floor(log10(low)); pow(10, decade) < high;
             decade++)
            fprintf(plot->script, high / low < 1000 ? ", %g, %g, %g" : ", %g",
                    pow(10, decade), 2 * pow(10, decade), 5 * pow(10, decade));
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
                               : summary_status(cell, word, sizeof(word)));
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

static int forest_page(const struct drawing *drawing, const char *section,
                       size_t page, const struct summary_row *const *rows,
                       size_t count, struct failure *ret_error)
{
    const struct summary *summary = &drawing->campaign->summary;
    char *stem = report_plot_stem(drawing, section);
    char *file = text_format("%s-%zu.svg", stem, page + 1);
    struct plot plot;
    double low, high;
    int result;

    report_plot_begin(&plot, drawing->folder, file,
                      110 + (int)(count * (14 + 11 * summary->subject_count)));
    forest_frame(drawing, &plot, rows, count);
    forest_span(drawing, rows, count, &low, &high);
    forest_ticks(&plot, low, high);
    for (size_t i = 0; i < summary->subject_count; i++)
        if (drawing->shown[i] && i != summary->baseline)
            forest_data(&plot, summary, rows, count, i);
    forest_plot(drawing, &plot);
    result = plot_end(&plot, drawing->report->plotter, ret_error);
    if (result == 0)
        report_note_plot(
            drawing->report, file, section, drawing->number,
            text_format("Effect on %s%s: the ratio of time to %s's with its 95 "
                        "%% interval. A point without a bar has too few blocks "
                        "for one; a row without a time says why at the right.",
                        rows[0]->name,
                        count > 1 ? " and the rows below it" : "",
                        summary->subjects[summary->baseline]));
    free(file);
    free(stem);
    return result;
}

int report_draw_forest(const struct drawing *drawing, bool programs,
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
