/* obheap_slow.c - what happens when the head of a class has nothing to give,
 * when a pool changes its state, and what raw is asked. */
#include <stddef.h>

#include "obheap_hot.h"

/* ---- states of a pool ---- */

static void slow_cut(struct obheap *heap, struct pool *pool, unsigned class)
{
    pool_init(pool, pool->start,
              heap->edition->pool_bytes - EDITION_HEADER_BYTES,
              edition_class_bytes(heap->edition, class));
    pool->class = (uint8_t) class;
    obheap_map_set_class(&heap->map, pool->start, class);
}

/* A pool of the same class as before keeps its list of free blocks, and so
 * their order (init_pool). With front lists addresses are free, and cutting it
 * anew spares a look at every block. */
static struct pool *slow_new_pool(struct obheap *heap, unsigned class)
{
    struct obpool *fresh = obheap_take_pool(heap);
    if (!fresh)
        return NULL;
    if (fresh->pool.class != class || heap->front_max > 0)
        slow_cut(heap, &fresh->pool, class);
    hot_link_first(heap, &fresh->pool);
    return &fresh->pool;
}

/* CPython unlinks a pool with its last block; we do when it is asked again. */
HOT void *slow_take(struct obheap *heap, unsigned class)
{
    struct pool *pool = heap->used[class];
    while (pool != &heap->none) {
        hot_unlink_first(heap, class, pool);
        pool = heap->used[class];
        void *block = hot_pop(pool);
        if (HOT_LIKELY(block != NULL))
            return block;
    }
    obheap_settle(heap);
    pool = slow_new_pool(heap, class);
    return pool ? hot_pop(pool) : NULL;
}

/* Leaves the front list, which is empty, for the first pool of the class. */
HOT void *slow_take_next(struct obheap *heap, unsigned class)
{
    if (heap->front_max == 0)
        return slow_take(heap, class);
    void *block = hot_pop(heap->used[class]);
    if (!block)
        block = slow_take(heap, class);
    heap->now[class] = block ? heap->used[class] : &heap->front[class];
    return block;
}

void *obheap_take_slowly(struct obheap *heap, unsigned class)
{
    return slow_take_next(heap, class);
}

void *obheap_refill(struct obheap *heap, unsigned class, size_t bytes)
{
    void *block = slow_take_next(heap, class);
    return HOT_LIKELY(block != NULL) ? block : obheap_raw_malloc(heap, bytes);
}

static void slow_return(struct obheap *heap, struct pool *pool)
{
    hot_unlink(heap, pool);
    heap->now[pool->class] = &heap->front[pool->class];
    obheap_give_pool(heap, (struct obpool *)pool);
}

void obheap_settle(struct obheap *heap)
{
    struct pool *pool = heap->idle;
    heap->idle = NULL;
    if (pool && pool_is_empty(pool))
        slow_return(heap, pool);
}

/* Behind an idle pool nothing may stand in the list of its class, or the next
 * block would have come from there. */
static void slow_emptied(struct obheap *heap, struct pool *pool)
{
    if (heap->idle == pool)
        heap->idle = NULL;
    obheap_settle(heap);
    if (pool->next == &heap->none &&
        obheap_pool_would_return(heap, (struct obpool *)pool))
        heap->idle = pool;
    else
        slow_return(heap, pool);
}

/* The idle pool may be emptied again and again without a look at its arena,
 * since whatever changes arenas settles it. */
void obheap_emptied(struct obheap *heap, struct pool *pool)
{
    if (heap->idle != pool || pool->next != &heap->none)
        slow_emptied(heap, pool);
}

/* ---- raw ---- */

void *obheap_raw_malloc(struct obheap *heap, size_t bytes)
{
    if (bytes > PTRDIFF_MAX)
        return NULL;
    void *block = heap->raw.malloc(heap->raw.context, bytes);
    heap->raw_blocks += block != NULL;
    return block;
}

void *obheap_raw_calloc(struct obheap *heap, size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total) || total > PTRDIFF_MAX)
        return NULL;
    void *block = heap->raw.calloc(heap->raw.context, count, bytes);
    heap->raw_blocks += block != NULL;
    return block;
}

void *obheap_raw_realloc(struct obheap *heap, void *block, size_t bytes)
{
    if (bytes > PTRDIFF_MAX)
        return NULL;
    return heap->raw.realloc(heap->raw.context, block, bytes);
}

void obheap_raw_free(struct obheap *heap, void *block)
{
    heap->raw.free(heap->raw.context, block);
    heap->raw_blocks--;
}
