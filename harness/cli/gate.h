/* gate.h - conformance before comparison: of each subject, the requirements
 * that the chosen rows need.
 *
 * A subject that fails one of them gets no time on the rows that need it,
 * whether the failure is a known deviation or not: a row that is not served
 * as it must be says nothing by its time. It stands beside the shadow-checked
 * cell of every row, which asks the row's own requests; this asks the corners.
 *
 * At most GATE_BUDGET_S a subject; what is not decided by then, and what the
 * probe has no check of, refuses nothing. What passed is remembered by the
 * digests of library and probe (gate_cache.h); a failure is asked anew.
 *
 * Owner: gate_free(). */
#ifndef ASSAY_GATE_H
#define ASSAY_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include "cell.h"
#include "failure.h"
#include "plan.h"
#include "progress.h"

enum { GATE_BUDGET_S = 5 };

struct gate;

enum gate_ending { GATE_MADE, GATE_CANCELLED, GATE_FAILED };

enum gate_ending gate_make(const struct plan *plan,
                           const struct progress *progress,
                           struct gate **ret_gate, struct failure *ret_error);
void gate_free(struct gate *gate);

/* Whether the subject may not run the row (both as in the plan); then
 * *ret_result is what stands in its place, with the requirement and what was
 * seen. NULL refuses nothing. */
bool gate_refuses(const struct gate *gate, size_t row, size_t subject,
                  struct cell_result *ret_result);

#endif
