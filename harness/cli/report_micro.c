/* report_micro.c - micro-benchmarks over size, a panel an operation. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "report_draw.h"
#include "report_plot.h"
#include "text.h"

enum { WIDTH = 760, PANELS = 5, COLUMNS = 2, PANEL_HEIGHT = 250 };

/* Medians of one family and subject, by size: [[size, median, low, high]]. */
static json_t *curve_of(const json_t *lines, const char *family,
                        const char *subject)
{
    json_t *curve = json_array();
    const json_t *line;
    size_t i;

    json_array_foreach((json_t *)lines, i, line)
    {
        const json_t *times = json_object_get(line, "repetitions_ns");
        size_t count = json_array_size(times);
        double *values = calloc(count + 1, sizeof(*values));

        for (size_t k = 0; k < count; k++)
            values[k] = json_number_value(json_array_get(times, k));
        statistics_sort(values, count);
        if (count > 0 && strcmp(line_text(line, "name"), family) == 0 &&
            strcmp(line_text(line, "subject"), subject) == 0)
            json_array_append_new(
                curve, json_pack("[f, f, f, f]",
                                 json_number_value(
                                     json_object_get(line, "size_bytes")),
                                 statistics_quantile(values, count, 0.5),
                                 values[0], values[count - 1]));
        free(values);
    }
    return curve;
}

static char **names_of(const json_t *lines, bool families)
{
    char **names = text_split("");
    const json_t *line;
    size_t i;

    json_array_foreach((json_t *)lines, i, line)
    {
        char *name = text_copy(line_text(line, families ? "name" : "subject"));
        size_t at = 0;

        while (names[at] != NULL && strcmp(names[at], name) != 0)
            at++;
        if (names[at] == NULL)
            names = text_list_add(names, name);
        else
            free(name);
    }
    return names;
}

static void curve_data(struct plot *plot, const json_t *curve, size_t panel,
                       size_t subject)
{
    const json_t *point;
    size_t i;

    fprintf(plot->script, "$m%zu_%zu << END\nNaN\tNaN\tNaN\tNaN\n", panel,
            subject);
    json_array_foreach((json_t *)curve, i, point)
        fprintf(plot->script, "%.9g\t%.9g\t%.9g\t%.9g\n",
                json_number_value(json_array_get(point, 0)),
                json_number_value(json_array_get(point, 1)),
                json_number_value(json_array_get(point, 2)),
                json_number_value(json_array_get(point, 3)));
    fputs("END\n", plot->script);
}

/* A subject without a curve says why, in the panel. */
static void label_missing(struct plot *plot, const json_t *lines,
                          const char *family, const char *subject, size_t place)
{
    const json_t *line;
    const char *status = "not asked";
    char *text;
    size_t i;

    json_array_foreach((json_t *)lines, i, line)
    {
        if (strcmp(line_text(line, "name"), family) == 0 &&
            strcmp(line_text(line, "subject"), subject) == 0)
            status = line_text(line, "status");
    }
    text = text_format("%s: %s", subject, status);
    fputs("set label ", plot->script);
    plot_text(plot, text);
    fprintf(plot->script,
            " at graph 0.03,%.2f font ',10' textcolor '#a00000'\n",
            0.93 - 0.1 * (double)place);
    free(text);
}

static void panel(struct plot *plot, const json_t *lines, const char *family,
                  size_t number, char *const *subjects)
{
    const char *comma = "";
    size_t points = 0, missing = 0;

    fputs("unset label\nunset key\n", plot->script);
    for (size_t i = 0; subjects[i] != NULL; i++) {
        json_t *curve = curve_of(lines, family, subjects[i]);

        points += json_array_size(curve);
        curve_data(plot, curve, number, i);
        if (json_array_size(curve) == 0)
            label_missing(plot, lines, family, subjects[i], missing++);
        json_decref(curve);
    }
    fputs("set title ", plot->script);
    plot_text(plot, family);
    fputs("\nset xlabel 'bytes'\nset ylabel 'ns an operation'\n"
          "set logscale xy\nset format x '%.0s%c'\nset xrange [*:*]\n"
          "set yrange [*:*]\n",
          plot->script);
    if (points == 0) {
        fputs("unset logscale\nset xrange [0:1]\nset yrange [0:1]\n"
              "plot NaN title 'no subject has a time'\n",
              plot->script);
        return;
    }
    fputs("plot ", plot->script);
    for (size_t i = 0; subjects[i] != NULL; i++) {
        fprintf(plot->script, "%s$m%zu_%zu using 1:2:3:4 with yerrorlines ",
                comma, number, i);
        plot_line_look(plot, i);
        fprintf(plot->script, " pt %zu ps 0.5", i % 8 + 4);
        comma = ", ";
    }
    fputc('\n', plot->script);
}

static int page_of(struct report *report, size_t campaign, const char *folder,
                   char *const *families, char *const *subjects, size_t first,
                   struct failure *ret_error)
{
    size_t left = text_list_count(families) - first;
    size_t count = left < PANELS ? left : PANELS;
    int rows = (int)(count + COLUMNS) / COLUMNS, result;
    char *file =
        text_format("c%zu-micro-%zu.svg", campaign + 1, first / PANELS + 1);
    char *path = text_format("%s/%s", folder, file);
    bool shown[text_list_count(subjects) + 1];
    struct plot plot;

    memset(shown, 1, sizeof(shown));
    plot_begin(&plot, path, WIDTH, rows * PANEL_HEIGHT);
    plot_grid(&plot, rows, COLUMNS);
    for (size_t i = first; i < first + count; i++)
        panel(&plot, report->list[campaign].micro, families[i], i, subjects);
    plot_legend(&plot, (const char *const *)subjects, shown,
                text_list_count(subjects), true, NULL);
    result = plot_end(&plot, ret_error);
    if (result == 0)
        report_note_plot(report, file, "micro", campaign,
                         text_format("%s%s, over size: the median of the "
                                     "repetitions, and all of them from the "
                                     "smallest to the largest as bars.",
                                     families[first],
                                     count > 1 ? " and the next" : ""));
    free(path);
    free(file);
    return result;
}

int report_draw_micro(struct report *report, size_t campaign,
                      const char *folder, struct failure *ret_error)
{
    const json_t *lines = report->list[campaign].micro;
    char **families = names_of(lines, true);
    char **subjects = names_of(lines, false);
    int result = 0;

    for (size_t at = 0; at < text_list_count(families) && result == 0;
         at += PANELS)
        result = page_of(report, campaign, folder, families, subjects, at,
                         ret_error);
    text_list_free(families);
    text_list_free(subjects);
    return result;
}
