/* report_glance.h - the answers at a glance: for a server, a batch job and an
 * interpreter, which subject was fastest, which leanest, and how sure that is.
 *
 * Rows belong to a use by their workload (the list is in report_uses.c and in
 * the README). A block's score of a subject is the mean logarithm of its ratio
 * to the baseline over the rows of the use, so that one block is one number.
 * All pairs of subjects are compared block by block with the exact
 * signed-rank test, and Holm's correction runs over all pairs: choosing the
 * best by looking does not make it surer. A subject without an honest time on
 * one of the rows is not ranked, and named. */
#ifndef ASSAY_REPORT_GLANCE_H
#define ASSAY_REPORT_GLANCE_H

#include <jansson.h>

#include "results.h"
#include "summary.h"

/* "server", "batch job", "interpreter", or NULL: of no use in particular. */
const char *report_use_of(const char *workload);
extern const char *const report_uses[]; /* ended by NULL */

/* [{use, measure, rows, ranked: [{subject, ratio, low, high, verdict}],
 * unranked, sentence, decided}], two entries a use. `verdict` is that of the
 * subject against the first. New reference. */
json_t *report_glance(const struct results *results,
                      const struct summary *summary);

#endif
