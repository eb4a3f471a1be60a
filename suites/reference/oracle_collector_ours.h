/* oracle_collector_ours.h - what the files of the reference's side share. */
#ifndef ASSAY_ORACLE_COLLECTOR_OURS_H
#define ASSAY_ORACLE_COLLECTOR_OURS_H

#include "oracle_collector.h"

#include "assay/memory.h"

/* A heap of the edition, in front of which blocks can be refused
 * (oracle_collector_ours_memory.c). */
const struct memory_allocator *ours_memory(void);
void ours_fail_next(bool on);

#endif
