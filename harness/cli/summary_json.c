/* summary_json.c - the summary for machines. */
#include <math.h>

#include "line.h"
#include "summary.h"

static const char *const measure_words[MEASURES] = {
    [MEASURE_WALL] = "wall",
    [MEASURE_NET] = "net",
    [MEASURE_CPU] = "cpu",
    [MEASURE_MEMORY] = "memory",
};

/* JSON knows neither NaN nor infinity. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *effect_json(const struct statistics_row *effect)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "ratio",
                     number(effect->ratio), "low", number(effect->low), "high",
                     number(effect->high), "coverage", number(effect->coverage),
                     "noise", number(effect->noise), "p", number(effect->p),
                     "p_adjusted", number(effect->p_adjusted), "verdict",
                     statistics_verdict_name(effect->verdict));
}

static json_t *effects_json(const struct summary_cell *cell)
{
    json_t *effects = json_object();

    for (int measure = 0; measure < MEASURES; measure++)
        if (cell->has_effect[measure])
            json_object_set_new(effects, measure_words[measure],
                                effect_json(&cell->effect[measure]));
    return effects;
}

static json_t *asides_json(const struct summary_cell *cell)
{
    json_t *asides = json_object();
    char text[ASIDE_ROOM];

    for (size_t i = 0; i < ASIDES; i++)
        if (isfinite(cell->aside[i]))
            json_object_set_new(asides, aside_figures[i],
                                json_real(cell->aside[i]));
    if (aside_text(cell->aside, text, sizeof(text)))
        json_object_set_new(asides, "sentence", json_string(text));
    return asides;
}

static json_t *cell_json(const struct summary_cell *cell)
{
    return json_pack(
        "{s:s, s:i, s:s, s:s, s:i, s:i, s:b, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "status", status_word(cell->status), "code", cell->code, "message",
        cell->message, "requirement", cell->requirement, "blocks",
        (int)cell->timed, "strays", (int)cell->strays, "printed", cell->printed,
        "operations", number(cell->operations), "wall_ns",
        number(cell->wall_ns), "cpu_ns", number(cell->cpu_ns),
        "ns_per_operation", number(cell->wall_ns / cell->operations),
        "memory_bytes", number(cell->memory_bytes), "peak_rss_bytes",
        number(cell->peak_rss_bytes), "peak_pss_bytes",
        number(cell->peak_pss_bytes), "after_rss_bytes",
        number(cell->after_rss_bytes), "live_peak_bytes",
        number(cell->live_peak_bytes), "overhead_over_floor",
        number(cell->floor_ratio), "smallest_detectable",
        number(cell->detectable), "effects", effects_json(cell), "asides",
        asides_json(cell));
}

static json_t *row_json(const struct summary *summary, size_t row)
{
    const struct summary_row *its = &summary->rows[row];
    json_t *cells = json_object();

    for (size_t i = 0; i < summary->subject_count; i++)
        json_object_set_new(cells, summary->subjects[i],
                            cell_json(&its->cells[i]));
    return json_pack("{s:s, s:s, s:b, s:o, s:b, s:o, s:o}", "row", its->name,
                     "question", line_text(its->info, "question"), "program",
                     its->program, "allocator_share",
                     number(its->allocator_share), "measures_allocator",
                     its->measures_allocator, "loop_ns", number(its->loop_ns),
                     "subjects", cells);
}

static json_t *means_json(const struct summary *summary)
{
    json_t *means = json_object();

    for (size_t i = 0; i < summary->subject_count; i++) {
        const struct statistics_summary *mean = &summary->means[i];

        if (i == summary->baseline || i == summary->floor || isnan(mean->ratio))
            continue;
        json_object_set_new(
            means, summary->subjects[i],
            json_pack("{s:o, s:o, s:o, s:o, s:o}", "ratio", number(mean->ratio),
                      "low", number(mean->low), "high", number(mean->high),
                      "without_one_low", number(mean->without_low),
                      "without_one_high", number(mean->without_high)));
    }
    return means;
}

json_t *summary_to_json(const struct summary *summary)
{
    json_t *rows = json_array();
    double low = 0, high = 1;

    for (size_t row = 0; row < summary->row_count; row++)
        json_array_append_new(rows, row_json(summary, row));
    statistics_binomial_interval(summary->twin_called, summary->twin_judged,
                                 0.05, &low, &high);
    return json_pack("{s:s, s:i, s:O, s:b, s:s, s:o, s:o, s:{s:i, s:i, s:f, "
                     "s:f}, s:o, s:o, s:i, s:i}",
                     "format", "assay-summary", "version", 1, "header",
                     summary->header, "complete", summary->complete, "baseline",
                     summary->subjects[summary->baseline], "rows", rows,
                     "geometric_means", means_json(summary), "twin", "called",
                     (int)summary->twin_called, "judged",
                     (int)summary->twin_judged, "low", low, "high", high,
                     "worst_load", number(summary->worst_load), "worst_steal",
                     number(summary->worst_steal), "cells_disturbed",
                     (int)summary->disturbed, "cells_undisturbed",
                     (int)summary->undisturbed);
}
