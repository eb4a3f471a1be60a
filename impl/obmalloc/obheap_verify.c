/* obheap_verify.c - holds a heap to its invariants, and names what is wrong.
 *
 * In what order: every pool by itself, its arena's sums and list, the order
 * of arenas, the lists of the classes, the map, the front lists. Each pool is
 * either free (in its arena's list, or never carved), or used; a used pool
 * with something to give is in the list of its class exactly once. */
#include <stddef.h>

#include "obheap_hot.h"

struct verify {
    const struct obheap *heap;
    struct pool_marks marks;
    size_t listed; /* pools that say that they are in a class's list */
    size_t arenas; /* descriptions in use */
    size_t usable; /* of these, with free pools */
};

#define VERIFY_TRY(call)              \
    do {                              \
        struct fault fault_ = (call); \
        if (fault_.what)              \
            return fault_;            \
    } while (0)

/* ---- pools ---- */

static struct fault verify_pool(struct verify *v, const struct obpool *obpool)
{
    const struct pool *pool = &obpool->pool;
    const struct edition *e = v->heap->edition;

    if (pool->class == OBHEAP_NO_CLASS)
        return fault_at("a used pool has no class", pool, 0, 0);
    if (pool->block_bytes != edition_class_bytes(e, pool->class))
        return fault_at("pool's blocks are not of its class", pool,
                        pool->block_bytes, edition_class_bytes(e, pool->class));
    if (pool->capacity != edition_blocks(e, pool->class))
        return fault_at("pool's capacity is not its class's", pool,
                        pool->capacity, edition_blocks(e, pool->class));
    VERIFY_TRY(pool_verify(pool, &v->marks));
    if (!pool->listed && !pool_is_spent(pool))
        return fault_at("a used pool is in no list", pool, pool->free_count, 0);
    v->listed += pool->listed;
    return FAULT_NONE;
}

static struct fault verify_free_pool(struct verify *v,
                                     const struct obpool *obpool)
{
    const struct pool *pool = &obpool->pool;

    if (pool->listed)
        return fault_at("a free pool is in the list of a class", pool, 0, 0);
    if (pool->class == OBHEAP_NO_CLASS)
        return FAULT_NONE;
    return pool_verify(pool, &v->marks);
}

/* ---- an arena ---- */

static struct fault verify_free_list(const struct obarena *arena,
                                     uint32_t *ret_length)
{
    uint32_t length = 0;

    for (const struct obpool *p = arena->free_pools; p;
         p = (const struct obpool *)p->pool.next) {
        if (p < arena->pool || p >= arena->pool + arena->carved_count)
            return fault_at("a foreign pool is in an arena's list", p, 0, 0);
        if (!pool_is_empty(&p->pool))
            return fault_at("a pool with used blocks is in its arena's list", p,
                            p->pool.carved - p->pool.free_count, 0);
        if (++length > arena->carved_count)
            return fault_at("an arena's list of pools is a ring", arena, 0, 0);
    }
    *ret_length = length;
    return FAULT_NONE;
}

static struct fault verify_place(const struct verify *v,
                                 const struct obarena *arena, uint32_t index)
{
    const struct obpool *pool = &arena->pool[index];
    const char *start = arena->first + index * v->heap->edition->pool_bytes;

    if (pool->arena != arena)
        return fault_at("a pool names another arena", pool, 0, 0);
    if (pool->pool.start != start + EDITION_HEADER_BYTES)
        return fault_at("a pool lies elsewhere than its place says", pool,
                        (size_t)pool->pool.start, (size_t)start);
    if (hot_find(v->heap, v->heap->edition, pool->pool.start) != &pool->pool)
        return fault_at("the map does not lead to a pool", pool, 0, 0);
    return FAULT_NONE;
}

static struct fault verify_arena(struct verify *v, const struct obarena *arena)
{
    uint32_t listed = 0, empty = 0;

    VERIFY_TRY(verify_free_list(arena, &listed));
    for (uint32_t i = 0; i < arena->carved_count; i++) {
        const struct obpool *pool = &arena->pool[i];
        VERIFY_TRY(verify_place(v, arena, i));
        empty += pool_is_empty(&pool->pool);
        VERIFY_TRY(pool_is_empty(&pool->pool) ? verify_free_pool(v, pool)
                                              : verify_pool(v, pool));
    }
    if (listed != empty)
        return fault_at("empty pools are missing from their arena's list",
                        arena, listed, empty);
    uint32_t free_count = empty + arena->total_count - arena->carved_count;
    if (arena->free_count != free_count)
        return fault_at("an arena miscounts its free pools", arena,
                        arena->free_count, free_count);
    return FAULT_NONE;
}

static struct fault verify_arenas(struct verify *v)
{
    const struct obheap *heap = v->heap;

    for (const struct obarena *a = heap->newest; a; a = a->older) {
        if (!a->address)
            continue;
        v->arenas++;
        v->usable += a->free_count > 0;
        VERIFY_TRY(verify_arena(v, a));
    }
    if (v->arenas != heap->arenas_now)
        return fault_at("the heap miscounts its arenas", heap, heap->arenas_now,
                        v->arenas);
    if (heap->arenas_peak < heap->arenas_now ||
        heap->arenas_taken < heap->arenas_peak)
        return fault_at("the heap's peak of arenas is impossible", heap,
                        heap->arenas_peak, heap->arenas_now);
    return FAULT_NONE;
}

/* ---- the order of arenas ---- */

static struct fault verify_neighbours(const struct obarena *arena)
{
    if (arena->free_count == 0)
        return fault_at("an arena without free pools is usable", arena, 0, 1);
    if (arena->next && arena->next->prev != arena)
        return fault_at("the order of arenas is not linked backwards", arena, 0,
                        0);
    if (arena->next && arena->next->free_count < arena->free_count)
        return fault_at("arenas are not in ascending order of free pools",
                        arena, arena->free_count, arena->next->free_count);
    return FAULT_NONE;
}

static struct fault verify_order(const struct verify *v)
{
    const struct obheap *heap = v->heap;
    const struct obarena *last_with[OBHEAP_POOLS + 1] = { NULL };
    size_t length = 0;

    if (heap->usable && heap->usable->prev)
        return fault_at("the first usable arena has one before it",
                        heap->usable, 0, 0);
    for (const struct obarena *a = heap->usable; a; a = a->next) {
        VERIFY_TRY(verify_neighbours(a));
        last_with[a->free_count] = a;
        if (++length > v->usable)
            return fault_at("more arenas are in order than have free pools", a,
                            length, v->usable);
    }
    if (length != v->usable)
        return fault_at("an arena with free pools is not usable", heap, length,
                        v->usable);
    for (unsigned i = 1; i <= OBHEAP_POOLS; i++)
        if (heap->last_with[i] != last_with[i])
            return fault_at("the last arena with so many free pools is another",
                            heap->last_with[i], i, i);
    return FAULT_NONE;
}

/* ---- the lists of classes ---- */

static struct fault verify_class(const struct verify *v, unsigned class,
                                 size_t *length)
{
    const struct pool *none = &v->heap->none, *before = NULL;

    for (const struct pool *p = v->heap->used[class]; p != none; p = p->next) {
        if (p->class != class || !p->listed)
            return fault_at("a pool is in the list of another class", p,
                            p->class, class);
        if (p->prev != before)
            return fault_at("a class's list is not linked backwards", p, 0, 0);
        if (++*length > v->listed)
            return fault_at("a class's list is longer than it can be", p,
                            *length, v->listed);
        before = p;
    }
    return FAULT_NONE;
}

static struct fault verify_classes(const struct verify *v)
{
    size_t length = 0;

    for (unsigned class = 0; class < OBHEAP_CLASSES_MAX; class ++)
        VERIFY_TRY(verify_class(v, class, &length));
    if (length != v->listed)
        return fault_at("pools say they are listed and are not", v->heap,
                        length, v->listed);
    if (v->heap->none.free || v->heap->none.capacity)
        return fault_at("the pool that stands for none has blocks",
                        &v->heap->none, v->heap->none.capacity, 0);
    return FAULT_NONE;
}

/* ---- front lists ---- */

/* What requests look at is the front list, or a pool of the class. */
static struct fault verify_now(const struct obheap *heap, unsigned class)
{
    const struct pool *now = heap->now[class];

    if (heap->front_max == 0 || now == &heap->front[class])
        return FAULT_NONE;
    if (now->class != class || !now->listed)
        return fault_at("requests look at a pool that is not in their class",
                        now, now->class, class);
    return FAULT_NONE;
}

static struct fault verify_front(const struct obheap *heap, unsigned class)
{
    const struct pool *list = &heap->front[class];
    size_t length = 0;

    for (const struct block *b = list->free; b; b = b->next) {
        const struct pool *pool = hot_find(heap, heap->edition, b);
        if (!pool || pool->class != class)
            return fault_at("a block is in the front list of another class", b,
                            pool ? pool->class : OBHEAP_NO_CLASS, class);
        if (++length > list->free_count)
            break;
    }
    if (length != list->free_count || list->carved || list->capacity)
        return fault_at("a front list miscounts its blocks", list,
                        list->free_count, length);
    if (length > heap->front_max)
        return fault_at("a front list is longer than allowed", list, length,
                        heap->front_max);
    return verify_now(heap, class);
}

struct fault obheap_verify(struct obheap *heap)
{
    struct verify v = { .heap = heap };

    obheap_settle(heap);
    VERIFY_TRY(verify_arenas(&v));
    VERIFY_TRY(verify_order(&v));
    VERIFY_TRY(verify_classes(&v));
    for (unsigned class = 0; class < OBHEAP_CLASSES_MAX; class ++)
        VERIFY_TRY(verify_front(heap, class));
    return FAULT_NONE;
}
