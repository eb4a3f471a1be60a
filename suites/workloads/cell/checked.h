/* checked.h - puts the shadow model between a workload and the subject. */
#ifndef ASSAY_CELL_CHECKED_H
#define ASSAY_CELL_CHECKED_H

#include "record.h"
#include "workload.h"

/* Bounds of a checked run: large enough that blocks are reused many times,
 * small enough that every row is checked within a second. */
enum { CHECKED_OPERATIONS = 20000, CHECKED_LIVE = 4000 };

/* From here on run->calls leads through the model, and the first violation
 * ends the process with its record finished. Every block of an object
 * allocator is aligned to `heap_align` and to no more; of a malloc it is 0.
 * -1 without memory. */
int checked_begin(struct run *run, const struct workload *workload,
                  size_t heap_align, struct record *record);

/* After finish(): the digest of what was really asked for, and whether
 * nothing is left alive. */
void checked_end(struct run *run);

#endif
