/* report_micro.c - micro-benchmarks over size, a panel an operation. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "report_draw.h"
#include "report_panels.h"
#include "text.h"

struct curves {
    const json_t *lines;
    char **families; /* a panel each */
    char **subjects;
};

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

static void draw_curves(const void *context, struct plot *plot, size_t number)
{
    const struct curves *curves = context;
    const char *family = curves->families[number], *comma = "";
    char *const *subjects = curves->subjects;
    size_t points = 0, missing = 0;

    panel_frame(plot, family, "bytes", "ns an operation");
    for (size_t i = 0; subjects[i] != NULL; i++) {
        json_t *curve = curve_of(curves->lines, family, subjects[i]);

        points += json_array_size(curve);
        curve_data(plot, curve, number, i);
        if (json_array_size(curve) == 0)
            label_missing(plot, curves->lines, family, subjects[i], missing++);
        json_decref(curve);
    }
    if (points == 0) {
        panel_empty(plot, "no subject has a time");
        return;
    }
    fputs("set logscale xy\nset format x '%.0s%c'\nset xrange [*:*]\n"
          "set yrange [*:*]\nplot ",
          plot->script);
    for (size_t i = 0; subjects[i] != NULL; i++) {
        fprintf(plot->script, "%s$m%zu_%zu using 1:2:3:4 with yerrorlines ",
                comma, number, i);
        plot_line_look(plot, i);
        fprintf(plot->script, " pt %zu ps 0.5", i % 8 + 4);
        comma = ", ";
    }
    fputc('\n', plot->script);
}

int report_draw_micro(struct report *report, size_t campaign,
                      const char *folder, struct failure *ret_error)
{
    const json_t *lines = report->list[campaign].micro;
    const struct curves curves = {
        .lines = lines,
        .families = names_of(lines, true),
        .subjects = names_of(lines, false),
    };
    char *stem = text_format("c%zu-micro", campaign + 1);
    const struct panels panels = {
        .report = report,
        .section = "micro",
        .campaign = campaign,
        .folder = folder,
        .stem = stem,
        .titles = (const char *const *)curves.families,
        .count = text_list_count(curves.families),
        .subjects = (const char *const *)curves.subjects,
        .subject_count = text_list_count(curves.subjects),
        .before = "",
        .behind = ", over size: the median of the repetitions, and all of them "
                  "from the smallest to the largest as bars.",
        .draw = draw_curves,
        .context = &curves,
    };
    int result = panels_draw(&panels, ret_error);

    free(stem);
    text_list_free(curves.families);
    text_list_free(curves.subjects);
    return result;
}
