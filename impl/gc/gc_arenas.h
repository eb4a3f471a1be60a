/* gc_arenas.h - arenas of a collector's own heap: on large pages when there
 * are many, so that a walk through objects misses fewer translations and a
 * growing heap is interrupted less often.
 *
 * Up to GC_ARENAS_SMALL bytes each arena is a mapping of its own, on ordinary
 * pages. From then on arenas are cut from slabs of the size of a large page,
 * each of which the system is asked to back with one. Offsets in arenas, and
 * when arenas are taken and given back, are the heap's affair and the same.
 *
 * Threads: one at a time for each collector.
 * Errors:  NULL.
 * Owner:   gc_arenas_end() gives back what no arena was cut from. */
#ifndef ASSAY_GC_ARENAS_H
#define ASSAY_GC_ARENAS_H

#include "assay/memory.h"

/* A small heap pays nothing for a page that is larger than itself. */
#define GC_ARENAS_SMALL ((size_t)8 << 20)

struct gc_arenas {
    size_t bytes; /* of arenas that are out */
    char *next;   /* the rest of a slab, or NULL */
    char *end;
};

struct memory_arenas gc_arenas_hook(struct gc_arenas *arenas);
void gc_arenas_end(struct gc_arenas *arenas);

#endif
