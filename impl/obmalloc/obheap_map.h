/* obheap_map.h - which arena does an address lie in?
 *
 * The address space is cut into granules of an arena's size. An arena touches
 * one granule, or two when it is not aligned; a granule holds the end of one
 * arena and the beginning of another at most. Two levels of tables lead from
 * an address to its granule (CPython has three, Objects/obmalloc.c, "radix
 * tree"; user addresses have 48 bits here, and a heap of its own lies on few
 * of them). Tables are pages of the system, so that what is never looked at
 * costs nothing.
 *
 * Errors:  an arena above 48 bits cannot be entered, and is refused. */
#ifndef ASSAY_OBMALLOC_OBHEAP_MAP_H
#define ASSAY_OBMALLOC_OBHEAP_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OBHEAP_ADDRESS_BITS = 48, OBHEAP_LEAF_BITS = 14 };

struct obarena;

struct obheap_granule {
    struct obarena *begun;  /* the arena that begins in this granule */
    struct obarena *before; /* the arena that began in the one before */
};

struct obheap_map {
    struct obheap_granule **top;
    unsigned granule_log; /* log2 of an arena's bytes */
};

/* False for want of memory. */
bool obheap_map_create(struct obheap_map *map, size_t arena_bytes);
void obheap_map_destroy(struct obheap_map *map);

/* False when the arena cannot be entered; the map is then unchanged. */
bool obheap_map_enter(struct obheap_map *map, struct obarena *arena,
                      const char *address);
void obheap_map_remove(struct obheap_map *map, const char *address);

/* NULL when no arena of this heap is near. The arena found may still not hold
 * the address: its pools decide. */
static inline const struct obheap_granule *obheap_map_granule(
    const struct obheap_map *map, uintptr_t address, unsigned granule_log)
{
    uintptr_t granule = address >> granule_log;
    uintptr_t top_mask = ((uintptr_t)1 << (OBHEAP_ADDRESS_BITS -
                                           OBHEAP_LEAF_BITS - granule_log)) -
                         1;
    const struct obheap_granule *leaf =
        map->top[(granule >> OBHEAP_LEAF_BITS) & top_mask];
    if (!leaf)
        return NULL;
    return &leaf[granule & (((uintptr_t)1 << OBHEAP_LEAF_BITS) - 1)];
}

#endif
