/* cell_runner.h - runs the cell program for a test, and reads its record.
 *
 * The subject is preloaded between fork and exec of the cell, never into the
 * test runner. */
#ifndef ASSAY_CELL_RUNNER_H
#define ASSAY_CELL_RUNNER_H

#include <jansson.h>
#include <stdint.h>

#include "record.h"

enum { CELL_ARGUMENTS_MAX = 16 };

struct cell_outcome {
    int exit_status; /* or minus the signal that ended it */
    bool sealed;     /* whether a finished record was left */
    struct record record;
};

/* Runs `assay-cell arguments...` with `preload` (colon-separated paths, or
 * NULL). `arguments` ends with NULL. -1 when nothing could be started. */
int cell_runner_run(struct cell_outcome *ret_outcome, const char *preload,
                    const char *const *arguments);

/* Shows each workload of `assay-cell --list` to `take`. An assertion fails
 * where that is no JSON. */
void cell_runner_list(void (*take)(const json_t *workload));

#endif
