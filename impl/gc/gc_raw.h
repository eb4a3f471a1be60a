/* gc_raw.h - the system's memory, so that all of it can be given back at
 * once: what lies below a collector's own heap. Blocks are linked in a ring.
 *
 * Threads: one at a time for each ring.
 * Errors:  NULL.
 * Owner:   gc_raw_end() frees every block that is still out. */
#ifndef ASSAY_GC_RAW_H
#define ASSAY_GC_RAW_H

#include "assay/memory.h"

struct gc_raw {
    struct gc_raw *next;
    struct gc_raw *prev;
};

/* The ring must stay where it is. */
void gc_raw_start(struct gc_raw *ring);
void gc_raw_end(struct gc_raw *ring);
struct memory_allocator gc_raw_allocator(struct gc_raw *ring);

#endif
