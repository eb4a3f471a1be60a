/* report_timeline.c - memory over time, a panel a row. */
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "report_draw.h"
#include "report_panels.h"

#define MIB (1024.0 * 1024.0)

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

static void draw_timeline(const void *context, struct plot *plot, size_t number)
{
    const struct drawing *drawing = context;
    const struct summary *summary = &drawing->campaign->summary;
    const struct summary_row *row = &summary->rows[number];
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

int report_draw_timeline(const struct drawing *drawing,
                         struct failure *ret_error)
{
    const struct panels panels = {
        .section = "memory",
        .area = "requested, live",
        .before = "",
        .behind =
            ". Resident memory over time (harness included), one watched cell "
            "of each subject; the grey area is what the row had requested "
            "and not freed, as the first subject's cell ran through it. "
            "Real programs tell no requested bytes; a subject without a "
            "line was not watched, or did not run the row to its end.",
        .draw = draw_timeline,
    };

    if (!has_timelines(drawing->campaign))
        return 0;
    return report_draw_rows(drawing, panels, ret_error);
}
