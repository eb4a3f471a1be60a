/* check.h - what a check of an object allocator has, beside what every check
 * has.
 *
 *   CHECK(OBJ_5, MUST, "what a reset ended can be had again",
 *         "assay/allocator.h: reset", .wants = ASSAY_ALLOCATOR_RESET)
 *
 * The plug-in is `subject`; its table was held to assay/allocator.h before.
 * Heaps are made on `check_backend`, which counts, fills, guards, and refuses
 * when it is told to (harness/lib/backend.h). */
#ifndef ASSAY_ALLOCATOR_CHECK_H
#define ASSAY_ALLOCATOR_CHECK_H

#include "../check.h"
#include "assay/allocator.h"
#include "backend.h"

extern const struct assay_allocator *subject;
extern struct counting_backend check_backend;

#endif
