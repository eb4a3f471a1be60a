/* cell.h - one subject on one row, in a fresh process: what came of it.
 *
 * The same result stands behind a synthetic row and a real program, so that
 * campaign, results and tables need not know which it was.
 *
 * Owner: plain data; the timeline is the caller's. */
#ifndef ASSAY_CELL_H
#define ASSAY_CELL_H

#include <stdint.h>

#include "record.h"
#include "status.h"

struct memory_timeline;
struct subject;

/* What a cell is run for; time and memory are never taken together. */
enum cell_kind {
    CELL_TIME,   /* clocks run; nobody looks at its memory from outside */
    CELL_MEMORY, /* a timeline is taken; its times are not published */
    CELL_SHADOW, /* small and checked against the shadow model: the gate */
};

struct cell_result {
    enum status status;
    int code; /* signal or exit status, as the status says */
    char message[512];
    char requirement[16]; /* the id that a shadow-checked run found broken */
    char provider[512];
    char build_id[64];
    uint64_t digest; /* of requests (synthetic) or of output (program) */
    uint32_t strays;
    uint32_t output_bytes; /* printed by a cell that should print nothing */
    uint32_t figure_count;
    struct record_figure figures[RECORD_FIGURES];
};

double cell_figure(const struct cell_result *result, const char *name,
                   double otherwise);
void cell_set_figure(struct cell_result *result, const char *name,
                     double value);

#endif
