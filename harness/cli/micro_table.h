/* micro_table.h - micro-benchmarks of a campaign, computed from its lines.
 *
 * The ratio to the baseline is the Hodges-Lehmann shift of the logarithms of
 * the repetitions, with its exact 95 % interval (statistics_shift()). Each
 * interval stands for itself: of a hundred of them about five lie beside 1 by
 * chance, as the twin's show.
 *
 * Owner: micro_table_free(); texts belong to the results. */
#ifndef ASSAY_MICRO_TABLE_H
#define ASSAY_MICRO_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "results.h"
#include "status.h"

/* One benchmark under one subject. */
struct micro_timed {
    const json_t *line;
    const char *name;
    long long size_bytes;
    const char *subject;
    enum status status;
    size_t repetitions;
    double *ns; /* of one operation; `repetitions` of them */
    double median_ns, fewest_ns, most_ns; /* NaN without repetitions */
    double ratio, low, high; /* NaN for the baseline, and without a time */
};

struct micro_table {
    const char *baseline;
    const char *library_version; /* of google-benchmark */
    const char *build_type;      /* as it says itself, or "" */
    struct micro_timed *list;    /* in the order of the lines */
    size_t count;
};

/* Whether the campaign is one of micro-benchmarks (its header says so). */
bool micro_is_in(const struct results *results);

struct micro_table micro_table_read(const struct results *results);
void micro_table_free(struct micro_table *table);

/* Whether a benchmark of a subject has no time, and should. */
bool micro_table_has_finding(const struct micro_table *table);

void micro_table_print(const struct micro_table *table, FILE *out);
json_t *micro_table_to_json(const struct micro_table *table);

#endif
