/* obheap_slow.c - what happens when the head of a class has nothing to give,
 * when a pool changes its state, and what raw is asked. */
#include <stddef.h>

#include "obheap_hot.h"

/* ---- the list of a class: NULL-terminated by `none` as its empty head ---- */

static void slow_link_front(struct obheap *heap, struct pool *pool)
{
    struct pool *head = heap->used[pool->class];
    if (head == &heap->none)
        head = NULL;
    pool->prev = NULL;
    pool->next = head;
    pool->listed = 1;
    if (head)
        head->prev = pool;
    heap->used[pool->class] = pool;
}

static void slow_unlink(struct obheap *heap, struct pool *pool)
{
    struct pool *next = pool->next;
    if (pool->prev)
        pool->prev->next = next;
    else
        heap->used[pool->class] = next ? next : &heap->none;
    if (next)
        next->prev = pool->prev;
    pool->next = pool->prev = NULL;
    pool->listed = 0;
}

/* ---- states of a pool ---- */

/* CPython unlinks a pool with its last block; we do when it is asked again. */
static void slow_drop_full(struct obheap *heap, unsigned class)
{
    struct pool *head = heap->used[class];
    while (head != &heap->none && pool_is_spent(head)) {
        slow_unlink(heap, head);
        head = heap->used[class];
    }
}

/* A pool of the same class as before keeps its list of free blocks, and so
 * their order (init_pool). */
static struct pool *slow_new_pool(struct obheap *heap, unsigned class)
{
    struct obpool *fresh = obheap_take_pool(heap);
    if (!fresh)
        return NULL;
    struct pool *pool = &fresh->pool;
    if (pool->class != class) {
        pool_init(pool, pool->start,
                  heap->edition->pool_bytes - EDITION_HEADER_BYTES,
                  edition_class_bytes(heap->edition, class));
        pool->class = (uint8_t) class;
    }
    slow_link_front(heap, pool);
    return pool;
}

void *obheap_take_slowly(struct obheap *heap, unsigned class)
{
    slow_drop_full(heap, class);
    struct pool *pool = heap->used[class];
    if (pool == &heap->none) {
        obheap_settle(heap);
        pool = slow_new_pool(heap, class);
    }
    return pool ? hot_pop(pool) : NULL;
}

void *obheap_refill(struct obheap *heap, unsigned class, size_t bytes)
{
    void *block = obheap_take_slowly(heap, class);
    return block ? block : obheap_raw_malloc(heap, bytes);
}

static void slow_return(struct obheap *heap, struct pool *pool)
{
    slow_unlink(heap, pool);
    obheap_give_pool(heap, (struct obpool *)pool);
}

void obheap_settle(struct obheap *heap)
{
    struct pool *pool = heap->idle;
    heap->idle = NULL;
    if (pool && pool_is_empty(pool))
        slow_return(heap, pool);
}

/* It was full until this free: it is now the first of its class. */
static void slow_unfill(struct obheap *heap, struct pool *pool)
{
    if (heap->used[pool->class] == pool)
        return;
    if (pool->listed)
        slow_unlink(heap, pool);
    slow_link_front(heap, pool);
}

/* Behind an idle pool nothing may stand in the list of its class, or the next
 * block would have come from there. */
static void slow_emptied(struct obheap *heap, struct pool *pool)
{
    if (heap->idle == pool)
        heap->idle = NULL;
    obheap_settle(heap);
    if (!pool->next && obheap_pool_would_return(heap, (struct obpool *)pool))
        heap->idle = pool;
    else
        slow_return(heap, pool);
}

/* The idle pool may be emptied again and again without a look at its arena,
 * since whatever changes arenas settles it. A pool of one class has room for
 * two blocks at least: one that was full is not empty now. */
void obheap_after_free(struct obheap *heap, struct pool *pool)
{
    if (pool->free_count == pool->carved) {
        if (heap->idle != pool || pool->next)
            slow_emptied(heap, pool);
    } else if (pool->free_count == 1 && pool->carved == pool->capacity) {
        slow_unfill(heap, pool);
    }
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
