/* stats.h - figures of an allocator, in bytes and counts, at one moment. */
#ifndef ASSAY_ALLOC_STATS_H
#define ASSAY_ALLOC_STATS_H

#include <stddef.h>

struct alloc_stats {
    size_t arena_count;
    size_t arena_bytes; /* address space in arenas */
    size_t pool_count;
    size_t pool_bytes;      /* handed to pools */
    size_t pool_free_bytes; /* of these, free or never carved */
    size_t run_count;       /* blocks that are page runs of an arena */
    size_t run_bytes;
    size_t dirty_bytes;   /* free page runs that still hold memory */
    size_t mapping_count; /* blocks with a mapping of their own */
    size_t mapping_bytes;
    size_t cached_bytes; /* freed mappings kept for the next block */
    size_t heap_count;   /* thread heaps, idle ones included */
};

#endif
