/* summary_take.c - the lines of a campaign, taken in cell by cell. */
#include "summary_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"

/* A timer tick on a quiet machine takes the processor away less often */
#define SWITCHES_PER_S_MAX 100.0

size_t summary_find(const json_t *list, const char *name)
{
    const json_t *entry;
    size_t i;

    json_array_foreach((json_t *)list, i, entry)
    {
        if (strcmp(line_text(entry, "name"), name) == 0)
            return i;
    }
    return SIZE_MAX;
}

static void take_status(struct summary_cell *cell, const json_t *line)
{
    enum status status = line_status(line);

    cell->strays += (size_t)json_integer_value(json_object_get(line, "strays"));
    cell->printed |=
        json_integer_value(json_object_get(line, "output_bytes")) > 0;
    if (status == STATUS_OK || cell->status != STATUS_OK)
        return;
    cell->status = status;
    cell->code = (int)json_integer_value(json_object_get(line, "code"));
    cell->message = line_text(line, "message");
    cell->requirement = line_text(line, "requirement");
}

static double larger(double known, double value)
{
    return isnan(known) || value > known ? value : known;
}

/* Columns of a timeline entry: see line.c. */
enum { COLUMN_RSS = 2, COLUMN_PSS = 3 };

static void take_timeline(struct summary_cell *cell, const json_t *line)
{
    const json_t *looks = json_object_get(line, "timeline"), *look;
    size_t i;

    json_array_foreach((json_t *)looks, i, look)
    {
        double rss = json_number_value(json_array_get(look, COLUMN_RSS));
        double pss = json_number_value(json_array_get(look, COLUMN_PSS));

        cell->peak_rss_bytes = larger(cell->peak_rss_bytes, rss);
        cell->peak_pss_bytes = larger(cell->peak_pss_bytes, pss);
        cell->after_rss_bytes = rss;
    }
}

double summary_memory_of(const json_t *line)
{
    double mark = line_figure(line, "vm_hwm_bytes", NAN);

    return isnan(mark) ? line_figure(line, "maxrss_bytes", NAN)
                       : mark - line_figure(line, "harness_bytes", 0);
}

static void take_switches(struct summary *summary, const json_t *info,
                          const json_t *line)
{
    double switches = line_figure(line, "involuntary_switches", 0);
    double seconds = line_figure(line, "wall_ns", NAN) / 1e9;

    /* Threads of a row may well share a processor; its clients always do. */
    if (json_is_true(json_object_get(info, "threads")) ||
        json_is_true(json_object_get(info, "program")))
        return;
    if (switches / seconds > SWITCHES_PER_S_MAX)
        summary->disturbed++;
    else
        summary->undisturbed++;
}

static void take_time(const struct summary_builder *builder, size_t row,
                      size_t subject, const json_t *line)
{
    struct summary_row *its = &builder->summary->rows[row];
    struct summary_cell *cell = &its->cells[subject];
    json_int_t block = json_integer_value(json_object_get(line, "block"));
    double loop = line_figure(line, "loop_wall_ns", NAN);
    struct summary_timing *timing;

    if (line_status(line) != STATUS_OK || block < 1 ||
        (size_t)block > builder->blocks)
        return;
    cell->operations = line_figure(line, "operations", 1);
    cell->live_peak_bytes = line_figure(line, "live_peak_bytes", NAN);
    if (!isnan(loop))
        its->loop_ns = isnan(its->loop_ns)
                           ? loop / cell->operations
                           : fmin(its->loop_ns, loop / cell->operations);
    take_switches(builder->summary, its->info, line);
    timing = timing_at(builder, row, subject, (size_t)block - 1);
    timing->wall = line_figure(line, "wall_ns", NAN);
    timing->cpu = line_figure(line, "cpu_ns", NAN);
    timing->memory = summary_memory_of(line);
    for (size_t i = 0; i < ASIDES; i++)
        timing->aside[i] = line_figure(line, aside_figures[i], NAN);
}

static int take_line(const struct summary_builder *builder, const json_t *line,
                     struct failure *ret_error)
{
    struct summary *summary = builder->summary;
    const char *kind = line_text(line, "kind");
    size_t row, subject;

    if (strcmp(kind, "end") == 0) {
        summary->complete = true;
        return 0;
    }
    if (strcmp(kind, "block") == 0) {
        summary->worst_steal =
            fmax(summary->worst_steal,
                 json_number_value(json_object_get(line, "steal_share")));
        summary->worst_load =
            fmax(summary->worst_load,
                 json_number_value(json_object_get(line, "load_average")));
        return 0;
    }
    row = summary_find(json_object_get(summary->identity, "rows"),
                       line_text(line, "row"));
    subject = summary_find(json_object_get(summary->identity, "subjects"),
                           line_text(line, "subject"));
    if (row == SIZE_MAX || subject == SIZE_MAX) {
        failure_set(ret_error,
                    "a line names row '%s' and subject '%s', which the header "
                    "does not",
                    line_text(line, "row"), line_text(line, "subject"));
        return -1;
    }
    take_status(&summary->rows[row].cells[subject], line);
    if (strcmp(kind, "memory") == 0)
        take_timeline(&summary->rows[row].cells[subject], line);
    if (strcmp(kind, "time") == 0)
        take_time(builder, row, subject, line);
    return 0;
}

static struct summary_timing no_timing(void)
{
    struct summary_timing timing = { .wall = NAN, .cpu = NAN, .memory = NAN };

    for (size_t i = 0; i < ASIDES; i++)
        timing.aside[i] = NAN;
    return timing;
}

int summary_take(struct summary_builder *builder, const struct results *results,
                 struct failure *ret_error)
{
    struct summary *summary = builder->summary;
    size_t cells =
        summary->row_count * summary->subject_count * builder->blocks;
    const json_t *line;
    size_t i;

    builder->timings = malloc((cells + 1) * sizeof(*builder->timings));
    for (i = 0; i < cells; i++)
        builder->timings[i] = no_timing();
    json_array_foreach(results->lines, i, line)
    {
        if (take_line(builder, line, ret_error) != 0)
            return -1;
    }
    return 0;
}
