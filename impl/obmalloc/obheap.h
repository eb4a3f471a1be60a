/* obheap.h - the inside of a heap: arenas, their order, and their pools.
 *
 *   heap.used[class] -> pool -> pool -> none         blocks to give out
 *   heap.usable -> arena -> arena -> NULL            pools to give out
 *                  free_count ascending
 *   heap.unused -> arena -> NULL                     descriptions to reuse
 *
 * A pool is *used* (some blocks given out, some not), *full* (all given out)
 * or *empty*. CPython keeps used pools in the list of their class, full pools
 * in no list, and empty pools in the list of their arena. We keep to that as
 * far as a caller can tell, and delay what he cannot:
 *
 *   - A pool that becomes full stays in its list until the next request finds
 *     it so. A block freed to it meanwhile moves it to the front, which is
 *     where CPython links a pool that was full.
 *   - The pool that became empty last (heap.idle) stays in its list, when
 *     it is the last of that list and its arena would give it out again at
 *     once: then the next request of the class gets the block that it would
 *     have got anyway. Whatever looks at arenas settles this first
 *     (obheap_settle).
 *
 * A pool's description lies beside its arena and not at its head as CPython's
 * does: at strides of 16 KiB all heads fall into the same few sets of a
 * cache, and an untouched pool stays untouched. Which pool an address lies in
 * is told by a map of the address space (obheap_map.h).
 *
 * Order of arenas (bpo-37029, Tim Peters): the usable arenas stand in
 * ascending order of free pools, so that the fullest is drawn from first and
 * the emptiest drains. last_with[n] is the rightmost with n free pools, so
 * that moving an arena is O(1).
 *
 * Threads: one at a time.
 * Errors:  NULL or false for want of memory, and the heap is as it was.
 * Owner:   a heap owns its arenas and descriptions until it is destroyed. */
#ifndef ASSAY_OBMALLOC_OBHEAP_H
#define ASSAY_OBMALLOC_OBHEAP_H

#include <assay/memory.h>

#include "edition.h"
#include "fault.h"
#include "obheap_map.h"
#include "pool.h"

/* Pools of an arena, in every edition. */
enum { OBHEAP_POOLS = 64 };

/* What pool.class holds before a pool was ever cut into blocks. */
enum { OBHEAP_NO_CLASS = 255 };

struct obpool {
    struct pool pool; /* first: one address for both */
    struct obarena *arena;
};

struct obarena {
    char *first; /* the first pool; NULL while the description is unused */
    struct obarena *next; /* in heap.usable or heap.unused */
    struct obarena *prev;
    struct obpool *free_pools; /* empty ones, the newest first */
    uint32_t free_count;       /* these, and those never touched */
    uint32_t total_count;
    uint32_t carved_count; /* pools that were ever given out */
    char *address;         /* as the hook gave it */
    struct obarena *older; /* all descriptions of the heap */
    struct obpool pool[OBHEAP_POOLS] __attribute__((aligned(64)));
};

struct obheap {
    /* The pool that the next block of a class comes from; never NULL: every
     * list ends with `none`, from which nothing can be taken. */
    struct pool *used[OBHEAP_CLASSES_MAX];
    struct obheap_map map;
    struct pool *idle;
    struct pool none;

    /* A front list is a pool without pages of its own: requests see no
     * difference. now[class] is where the next block comes from: the front
     * list, or, when that was empty, a pool of the class. Where blocks that
     * are freed find the list full, they go to their pool. */
    uint32_t front_max;
    struct pool *now[OBHEAP_CLASSES_MAX];
    struct pool front[OBHEAP_CLASSES_MAX];

    const struct edition *edition;
    enum arena_release release;
    struct obarena *usable;
    struct obarena *unused;
    struct obarena *newest;       /* of all descriptions, through `older` */
    struct obarena_chunk *chunks; /* the pages that they lie in */
    struct obarena *last_with[OBHEAP_POOLS + 1];

    struct memory_allocator raw;
    struct memory_allocator arena_raw; /* of classic arenas: never replaced */
    struct memory_arenas arenas;
    size_t raw_blocks; /* given out by raw and not freed */
    size_t arenas_now;
    size_t arenas_taken;
    size_t arenas_peak;
    char *spare[OBHEAP_SPARE_MAX]; /* released arenas, the newest last */
    uint32_t spare_count;
    uint32_t spare_max;
};

/* ---- obheap_arena.c ---- */

/* An empty pool of the arena with the fewest. NULL when there is none and no
 * arena to be had. */
struct obpool *obheap_take_pool(struct obheap *heap);

/* Takes an empty pool back. Its arena may go back with it. */
void obheap_give_pool(struct obheap *heap, struct obpool *pool);

/* Would the arena of this pool, had it back, give it out at once, and nothing
 * else happen? */
bool obheap_pool_would_return(const struct obheap *heap,
                              const struct obpool *pool);

/* Gives the spare arenas back. */
void obheap_drop_spare(struct obheap *heap);

/* Returns every arena and every description. */
void obheap_drop_arenas(struct obheap *heap);

/* ---- obheap_slow.c: what the hot paths leave to others ---- */

/* A block of a class whose first pool is spent; NULL when no arena is to be
 * had. */
void *obheap_take_slowly(struct obheap *heap, unsigned class);

/* The same for a request of this many bytes, which raw serves at last. */
void *obheap_refill(struct obheap *heap, unsigned class, size_t bytes);

/* No block of the pool is given out any more. */
void obheap_emptied(struct obheap *heap, struct pool *pool);

/* Does what was delayed: afterwards every list is as CPython's, but for full
 * pools. */
void obheap_settle(struct obheap *heap);

void *obheap_raw_malloc(struct obheap *heap, size_t bytes);
void *obheap_raw_calloc(struct obheap *heap, size_t count, size_t bytes);
void *obheap_raw_realloc(struct obheap *heap, void *block, size_t bytes);
void obheap_raw_free(struct obheap *heap, void *block);

/* ---- obheap.c ---- */

/* Gives the blocks of all front lists back to their pools. */
void obheap_flush_front(struct obheap *heap);

/* ---- obheap_layers.c ---- */

/* The four functions compiled for an edition, with or without front lists. */
struct memory_allocator obheap_layer(const struct edition *edition, bool front);

/* ---- obheap_verify.c ---- */

/* Holds every structure of the heap to its invariants. Slow; may settle what
 * was delayed, which no caller can tell. */
struct fault obheap_verify(struct obheap *heap);

#endif
