/* check.h - what a check of a collector has, beside what every check has.
 *
 *   CHECK(GC_3, MUST, "what is in no cycle ends with its last reference",
 *         "assay/collector.h: COUNTS", .wants = ASSAY_COLLECTOR_COUNTS)
 *
 * The plug-in is `subject`; its table was held to assay/collector.h before.
 * Heaps are made on `check_backend`, which counts, fills, guards, and refuses
 * when it is told to (harness/lib/backend.h). */
#ifndef ASSAY_COLLECTOR_CHECK_H
#define ASSAY_COLLECTOR_CHECK_H

#include "../check.h"
#include "assay/collector.h"
#include "backend.h"

/* Of a check that counts what the subject does: GC-35, which collects in
 * between, leaves it out. Beside enum check_flag. */
enum { COLLECTOR_EXACT = 1 << 8 };

/* Whether the subject claims that: CAN(COUNTS). */
#define CAN(bit) ((subject->can & ASSAY_COLLECTOR_##bit) != 0)

extern const struct assay_collector *subject;
extern struct counting_backend check_backend;

/* For create(): on check_backend. */
extern const struct assay_collector_config check_config;

#endif
