/* obheap_hot.h - what runs at every request, for an edition known when this
 * is compiled. Source of the rules: pymalloc_alloc, pymalloc_free and
 * pymalloc_realloc in CPython's Objects/obmalloc.c. */
#ifndef ASSAY_OBMALLOC_OBHEAP_HOT_H
#define ASSAY_OBMALLOC_OBHEAP_HOT_H

#include <string.h>

#include "obheap.h"

#define HOT             static inline __attribute__((always_inline))
#define HOT_LIKELY(x)   __builtin_expect(!!(x), 1)
#define HOT_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Zero wraps round and is as little a pool's affair as what is too large. */
HOT bool hot_is_small(const struct edition *e, size_t bytes)
{
    return bytes - 1 < e->limit_bytes;
}

HOT unsigned hot_class(const struct edition *e, size_t bytes)
{
    return (unsigned)((bytes - 1) / e->step_bytes);
}

HOT unsigned hot_place_log(const struct edition *e)
{
    return (unsigned)__builtin_ctzl(e->pool_bytes);
}

/* The pool that an address lies in, or NULL. */
HOT struct pool *hot_find(const struct obheap *heap, const struct edition *e,
                          const void *address)
{
    size_t place;
    const struct obheap_leaf *leaf =
        obheap_map_leaf(&heap->map, (uintptr_t)address, hot_place_log(e),
                        &place);
    return HOT_LIKELY(leaf != NULL) ? (struct pool *)leaf->pool[place] : NULL;
}

/* ---- the list of a class, ended by `none`: whatever is written to that one
 * does no harm, and spares a branch ---- */

HOT void hot_link_first(struct obheap *heap, struct pool *pool)
{
    struct pool *first = heap->used[pool->class];
    pool->prev = NULL;
    pool->next = first;
    pool->listed = 1;
    first->prev = pool;
    heap->used[pool->class] = pool;
}

HOT void hot_unlink_first(struct obheap *heap, unsigned class,
                          struct pool *first)
{
    heap->used[class] = first->next;
    first->next->prev = NULL;
    first->listed = 0;
}

HOT void hot_unlink(struct obheap *heap, struct pool *pool)
{
    if (!pool->prev) {
        hot_unlink_first(heap, pool->class, pool);
        return;
    }
    pool->prev->next = pool->next;
    pool->next->prev = pool->prev;
    pool->listed = 0;
}

/* ---- a pool ---- */

/* A block of the pool, or NULL when it is spent. */
HOT void *hot_pop(struct pool *pool)
{
    struct block *block = pool->free;
    if (HOT_LIKELY(block != NULL)) {
        pool->free = block->next;
        pool->free_count--;
        return block;
    }
    if (HOT_LIKELY(pool->carved < pool->capacity))
        return pool->start + (size_t)pool->carved++ * pool->block_bytes;
    return NULL;
}

/* A pool that was full until this free becomes the first of its class. */
HOT void hot_unfill(struct obheap *heap, struct pool *pool)
{
    if (heap->used[pool->class] == pool)
        return;
    if (pool->listed)
        hot_unlink(heap, pool);
    hot_link_first(heap, pool);
}

HOT void hot_push(struct obheap *heap, struct pool *pool, struct block *block)
{
    struct block *newest = pool->free;
    block->next = newest;
    pool->free = block;
    if (HOT_UNLIKELY(++pool->free_count == pool->carved))
        obheap_emptied(heap, pool);
    else if (!newest && pool->carved == pool->capacity)
        hot_unfill(heap, pool);
}

/* ---- a heap ---- */

/* A block that needs no look at any other pool, or NULL. */
HOT void *hot_take(struct obheap *heap, bool front, unsigned class)
{
    return hot_pop(front ? heap->now[class] : heap->used[class]);
}

HOT void *hot_malloc(struct obheap *heap, const struct edition *e, bool front,
                     size_t bytes)
{
    if (HOT_UNLIKELY(!hot_is_small(e, bytes)))
        return obheap_raw_malloc(heap, bytes);
    unsigned class = hot_class(e, bytes);
    void *block = hot_take(heap, front, class);
    return HOT_LIKELY(block != NULL) ? block
                                     : obheap_refill(heap, class, bytes);
}

HOT void hot_free_exact(struct obheap *heap, const struct edition *e,
                        void *block)
{
    struct pool *pool = hot_find(heap, e, block);
    if (HOT_LIKELY(pool != NULL))
        hot_push(heap, pool, block);
    else if (block)
        obheap_raw_free(heap, block);
}

/* The same for a caller who does not know the edition: how many bits of an
 * address lie within a pool stands beside the map. */
HOT void hot_free_own(struct obheap *heap, void *block)
{
    size_t place;
    const struct obheap_leaf *leaf =
        obheap_map_leaf(&heap->map, (uintptr_t)block, heap->map.place_log,
                        &place);
    struct pool *pool =
        HOT_LIKELY(leaf != NULL) ? (struct pool *)leaf->pool[place] : NULL;
    if (HOT_LIKELY(pool != NULL))
        hot_push(heap, pool, block);
    else
        obheap_raw_free(heap, block);
}

/* The pool itself is looked at only when the front list of its class has no
 * room. */
HOT void hot_free_front(struct obheap *heap, const struct edition *e,
                        void *block)
{
    size_t place;
    const struct obheap_leaf *leaf =
        obheap_map_leaf(&heap->map, (uintptr_t)block, hot_place_log(e), &place);
    unsigned number = HOT_LIKELY(leaf != NULL) ? leaf->number[place] : 0;
    if (HOT_UNLIKELY(number == 0)) {
        if (block)
            obheap_raw_free(heap, block);
        return;
    }
    struct pool *list = &heap->front[number - 1];
    if (HOT_UNLIKELY(list->free_count >= heap->front_max)) {
        hot_push(heap, &leaf->pool[place]->pool, block);
        return;
    }
    pool_push(list, block);
    heap->now[number - 1] = list;
}

HOT void hot_free(struct obheap *heap, const struct edition *e, bool front,
                  void *block)
{
    if (front)
        hot_free_front(heap, e, block);
    else
        hot_free_exact(heap, e, block);
}

HOT void *hot_calloc(struct obheap *heap, const struct edition *e, bool front,
                     size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total))
        return NULL;
    if (!hot_is_small(e, total))
        return obheap_raw_calloc(heap, count, bytes);
    void *block = hot_take(heap, front, hot_class(e, total));
    if (HOT_UNLIKELY(!block))
        block = obheap_take_slowly(heap, hot_class(e, total));
    return HOT_LIKELY(block != NULL) ? memset(block, 0, total)
                                     : obheap_raw_calloc(heap, count, bytes);
}

/* Above three quarters of its class a block stays where it is: a copy would
 * cost more than the bytes that it saves. */
HOT bool hot_stays(size_t class_bytes, size_t bytes)
{
    return bytes <= class_bytes && 4 * bytes > 3 * class_bytes;
}

HOT void *hot_realloc(struct obheap *heap, const struct edition *e, bool front,
                      void *block, size_t bytes)
{
    if (!block)
        return hot_malloc(heap, e, front, bytes);
    struct pool *pool = hot_find(heap, e, block);
    if (!pool)
        return obheap_raw_realloc(heap, block, bytes);
    size_t old_bytes = pool->block_bytes;
    if (hot_stays(old_bytes, bytes))
        return block;
    void *moved = hot_malloc(heap, e, front, bytes);
    if (!moved)
        return NULL;
    memcpy(moved, block, bytes < old_bytes ? bytes : old_bytes);
    hot_free(heap, e, front, block);
    return moved;
}

#endif
