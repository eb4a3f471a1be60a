/* report_frontier.c - time against peak memory, a panel a row. */
#include <math.h>

#include "report_draw.h"
#include "report_panels.h"

#define MIB (1024.0 * 1024.0)

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

static void draw_frontier(const void *context, struct plot *plot, size_t number)
{
    const struct drawing *drawing = context;
    const struct summary *summary = &drawing->campaign->summary;
    const struct summary_row *row = &summary->rows[number];
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

int report_draw_frontier(const struct drawing *drawing,
                         struct failure *ret_error)
{
    const struct panels panels = {
        .section = "frontier",
        .points = true,
        .before = "",
        .behind =
            ". Time against peak memory, medians of the blocks; lower left is "
            "better. Ringed and joined: no other subject is better in "
            "both (the frontier, by these medians; for whether a step is "
            "more than noise see the intervals). A subject without a "
            "point has no honest figures on that row; its status stands "
            "in the table.",
        .draw = draw_frontier,
    };

    return report_draw_rows(drawing, panels, ret_error);
}
