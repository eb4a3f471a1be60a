/* obheap_map.h - which pool does an address lie in?
 *
 * The address space is cut into places of a pool's size. A leaf tells of a
 * million neighbours, for each the description of the pool there and its
 * class; the top leads to the leaves. Pools are aligned, arenas need not be.
 * (CPython's tree tells only whether there is an arena, Objects/obmalloc.c,
 * "radix tree"; its pools begin with a description.)
 *
 * What is looked up is what must be known before a freed block can be stored,
 * and thus before the next request can be answered: so the last leaf entered
 * stands beside the map, one load instead of two, and a class stands in the
 * leaf, one load instead of three. Tables are pages of the system: what is
 * never looked at costs nothing.
 *
 * Threads: one at a time, the heap's.
 * Errors:  an arena above 48 bits cannot be entered, and is refused.
 * Owner:   a map owns its tables until obheap_map_destroy(). */
#ifndef ASSAY_OBMALLOC_OBHEAP_MAP_H
#define ASSAY_OBMALLOC_OBHEAP_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OBHEAP_ADDRESS_BITS = 48, OBHEAP_LEAF_BITS = 20 };
enum { OBHEAP_LEAF_PLACES = 1 << OBHEAP_LEAF_BITS };

struct obpool;

struct obheap_leaf {
    struct obpool *pool[OBHEAP_LEAF_PLACES]; /* NULL: none of this heap */
    uint8_t number[OBHEAP_LEAF_PLACES];      /* class + 1, while it is used */
};

struct obheap_map {
    uintptr_t leaf_tag; /* which part of the address space `leaf` tells of */
    struct obheap_leaf *leaf;
    struct obheap_leaf **top;
    unsigned place_log; /* log2 of a pool's bytes */
};

/* False for want of memory. */
bool obheap_map_create(struct obheap_map *map, size_t pool_bytes);
void obheap_map_destroy(struct obheap_map *map);

/* Makes room to tell of an arena's pools, from `first` on. False when there
 * is none. */
bool obheap_map_reserve(struct obheap_map *map, const char *first,
                        size_t bytes);

/* Tells of the pool at `start`; NULL: of none any more. Its class is unknown
 * until it is set. */
void obheap_map_set(struct obheap_map *map, const char *start,
                    struct obpool *pool);

/* The class of the pool at `start` from now on. */
void obheap_map_set_class(struct obheap_map *map, const char *start,
                          unsigned class);

/* The leaf that tells of an address, and which of its places; or NULL. */
static inline __attribute__((always_inline)) struct obheap_leaf *
obheap_map_leaf(const struct obheap_map *map, uintptr_t address,
                unsigned place_log, size_t *ret_place)
{
    uintptr_t place = address >> place_log;
    uintptr_t tag = place >> OBHEAP_LEAF_BITS;

    *ret_place = place & (OBHEAP_LEAF_PLACES - 1);
    if (__builtin_expect(tag == map->leaf_tag, 1))
        return map->leaf;
    if (tag >> (OBHEAP_ADDRESS_BITS - OBHEAP_LEAF_BITS - place_log))
        return NULL;
    return map->top[tag];
}

#endif
