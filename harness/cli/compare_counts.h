/* compare_counts.h - counted instructions of two campaigns, side by side. */
#ifndef ASSAY_COMPARE_COUNTS_H
#define ASSAY_COMPARE_COUNTS_H

#include <stdbool.h>
#include <stdio.h>

#include "failure.h"
#include "results.h"

/* -1 with a message where the counts are of other requests, or are none. */
int compare_counts_refusal(const struct results *before,
                           const struct results *after,
                           struct failure *ret_error);

/* Prints every row and subject that both have. True when one takes more
 * instructions by more than `threshold` (0.005: half a per cent), or can no
 * longer be counted. */
bool compare_counts(const struct results *before, const struct results *after,
                    double threshold, bool markdown, FILE *out);

#endif
