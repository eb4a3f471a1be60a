/* counts.h - what a campaign counted, computed from its lines.
 *
 * A subject is counted twice on each row. The counts are equal, unless it
 * looks at a clock (to give memory back, say) or draws at random: how far they
 * lie apart is said beside them, and nothing below that is called.
 *
 * Owner: counts_free(); texts belong to the results. */
#ifndef ASSAY_COUNTS_H
#define ASSAY_COUNTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "results.h"
#include "status.h"

/* One subject on one row; per operation. */
struct counted {
    const char *row;
    const char *subject;
    enum status status;
    int code;
    const char *message;
    double operations;
    double instructions; /* the fewer of its counts */
    double most;         /* the more */
    double accesses;     /* of data, reads and writes */
    double first_misses; /* of data, in a simulated first-level cache */
    double last_misses;  /* of data, in a simulated last-level cache */
    double ratio;        /* of instructions, to the baseline's; NaN */
};

struct counts {
    const json_t *identity;
    const char *baseline;
    struct counted *list; /* in the order of the lines: row by row */
    size_t count;
};

/* Whether the campaign counted (its header says so). */
bool counts_are_in(const struct results *results);

struct counts counts_read(const struct results *results);
void counts_free(struct counts *counts);

/* The entry of a subject on a row, or NULL. */
const struct counted *counts_find(const struct counts *counts, const char *row,
                                  const char *subject);

/* Whether a row of a subject could not be counted. */
bool counts_have_finding(const struct counts *counts);

void counts_print(const struct counts *counts, FILE *out);
json_t *counts_to_json(const struct counts *counts);

#endif
