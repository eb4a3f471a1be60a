/* micro_figures.h - what one process of assay-micro measured: google-
 * benchmark's JSON, taken into the figures of the entries it ran.
 *
 * Owner: micro_figures_free() for an array of `count`. */
#ifndef ASSAY_MICRO_FIGURES_H
#define ASSAY_MICRO_FIGURES_H

#include <jansson.h>
#include <stddef.h>

#include "cell.h"
#include "micro_list.h"

/* One entry under one subject, over all rounds so far. */
struct micro_figures {
    enum status status; /* ok until something was not */
    int code;
    char message[512];
    char provider[512];
    char build_type[16];    /* of google-benchmark, as it says itself */
    json_t *repetitions_ns; /* one operation, a repetition each */
    double moved_share;     /* sum over rounds; 0 where nothing is resized */
    unsigned moved_rounds;  /* how many said so */
};

/* Adds a round: `result` is how the process ended, `path` its JSON, which is
 * removed. `figures` has an element for each of the `count` entries. */
void micro_figures_take(struct micro_figures *figures,
                        const struct micro_entry *entries, size_t count,
                        const struct cell_result *result, const char *path);

/* The line of the results. */
json_t *micro_figures_line(const struct micro_figures *figures,
                           const struct micro_entry *entry,
                           const char *subject);

void micro_figures_free(struct micro_figures *figures, size_t count);

#endif
