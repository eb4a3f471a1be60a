/* pool.h - one run of pages cut into blocks of one size.
 *
 *      start                 carved                      capacity
 *      |  block | block | ...  |     never touched yet     |
 *      `--- given out, or in the free list ---'
 *
 * Invariants (pool_verify decides them):
 *   free_count is the length of the list at `free`, and at most `carved`;
 *   every block of the list lies below `carved`, on a block boundary, once.
 * A pool is empty when all carved blocks are in its list, and spent when the
 * list is empty and nothing is left to carve.
 *
 * Its description lies apart from its blocks: headers inside equally spaced
 * pools would all fall into the same few cache sets.
 *
 * Threads: one at a time, the pool's owner.
 * Errors:  none; pool_take() returns NULL of a spent pool.
 * Owner:   the pages belong to whoever called pool_init(). */
#ifndef ASSAY_ALLOC_POOL_H
#define ASSAY_ALLOC_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault.h"

/* A free block holds the link to the next one. */
struct block {
    struct block *next;
};

struct pool {
    struct pool *next; /* in a pool_list */
    struct pool *prev;
    struct block *free; /* blocks given back, the newest first */
    char *start;
    uint32_t block_bytes;
    uint32_t capacity; /* in blocks, as the next two */
    uint32_t carved;
    uint32_t free_count;
    uint8_t class;
    uint8_t listed; /* 1 while in a pool_list */
    uint8_t slots;  /* for the arena that lent the pages */
};

struct pool_list {
    struct pool *first;
    struct pool *last;
};

void pool_init(struct pool *pool, void *start, size_t bytes,
               size_t block_bytes);

/* The whole free list as a chain; or else, newly carved, as many blocks as
 * fit `carve_bytes` (at least one). NULL when the pool is spent. */
struct block *pool_take(struct pool *pool, size_t carve_bytes,
                        uint32_t *ret_count);

/* Sets free_count by counting the list: for a pool whose owner vanished in
 * the middle of a push. */
void pool_recount(struct pool *pool);

/* Bits for pool_verify() to mark blocks in, one for each. */
#define POOL_BLOCKS_MAX 4096
struct pool_marks {
    uint64_t word[POOL_BLOCKS_MAX / 64];
};

struct fault pool_verify(const struct pool *pool, struct pool_marks *marks);

void pool_list_append(struct pool_list *list, struct pool *pool);
void pool_list_remove(struct pool_list *list, struct pool *pool);

/* The list is right after each single store, the count may lag by one: a
 * fork of another thread may stop us between any two stores for ever. */
static inline void pool_push(struct pool *pool, struct block *block)
{
    block->next = pool->free;
    __atomic_store_n(&pool->free, block, __ATOMIC_RELEASE);
    pool->free_count++;
}

static inline bool pool_is_empty(const struct pool *pool)
{
    return pool->free_count == pool->carved;
}

static inline bool pool_is_spent(const struct pool *pool)
{
    return !pool->free && pool->carved == pool->capacity;
}

#endif
