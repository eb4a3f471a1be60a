/* compare_json.c - a comparison for machines, and for dashboards. */
#include <math.h>
#include <stdlib.h>

#include "compare.h"
#include "line.h"
#include "text.h"

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *side(const struct summary_cell *cell, enum measure measure)
{
    return json_pack("{s:s, s:i, s:o, s:i}", "status",
                     status_word(cell->status), "code", cell->code, "effect",
                     cell->has_effect[measure]
                         ? number(cell->effect[measure].ratio)
                         : json_null(),
                     "blocks", (int)cell->log_ratio_count[measure]);
}

static json_t *entry(const struct compared *one)
{
    return json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:s}",
                     "row", one->row, "subject", one->subject, "measure",
                     measure_word(one->measure), "control", one->control,
                     "before", side(one->before, one->measure), "after",
                     side(one->after, one->measure), "ratio",
                     number(one->ratio), "low", number(one->low), "high",
                     number(one->high), "p_adjusted", number(one->p_adjusted),
                     "verdict", change_word(one->change));
}

static json_t *missing(char *const *list)
{
    json_t *array = json_array();

    for (size_t i = 0; list[i] != NULL; i++)
        json_array_append_new(array, json_string(list[i]));
    return array;
}

json_t *comparison_to_json(const struct comparison *comparison)
{
    json_t *list = json_array();

    for (size_t i = 0; i < comparison->count; i++)
        json_array_append_new(list, entry(&comparison->list[i]));
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:f, s:b, s:o, s:o, s:o}",
                     "format", "assay-comparison", "version", 1, "before",
                     comparison->before->folder, "after",
                     comparison->after->folder, "baseline",
                     comparison->after->summary
                         .subjects[comparison->after->summary.baseline],
                     "threshold", comparison->threshold, "regression",
                     comparison_has_regression(comparison), "rows", list,
                     "only_before", missing(comparison->only_before),
                     "only_after", missing(comparison->only_after));
}

/* The dashboard shows one number and one text for its spread. */
static json_t *dashboard_entry(const struct compared *one, const char *baseline)
{
    const struct statistics_row *effect = &one->after->effect[one->measure];
    char *name = text_format("%s on %s, %s", one->subject, one->row,
                             measure_word(one->measure));
    char *unit = text_format("ratio to %s", baseline);
    char *range = text_format("%.3f..%.3f", effect->low, effect->high);
    char *extra = text_format("after / before %.3f: %s", one->ratio,
                              change_word(one->change));
    json_t *value =
        json_pack("{s:s, s:s, s:f, s:s, s:s}", "name", name, "unit", unit,
                  "value", effect->ratio, "range", range, "extra", extra);

    free(extra);
    free(range);
    free(unit);
    free(name);
    return value;
}

json_t *comparison_to_entries(const struct comparison *comparison)
{
    const struct summary *summary = &comparison->after->summary;
    json_t *list = json_array();

    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared *one = &comparison->list[i];

        if (!one->control && one->after->has_effect[one->measure])
            json_array_append_new(
                list,
                dashboard_entry(one, summary->subjects[summary->baseline]));
    }
    return list;
}
