/* walk.c - figures and verification: what looks at everything at once. */
#include <string.h>

#include "block.h"
#include "huge.h"
#include "os.h"

/* --- figures ----------------------------------------------------------------
 */

static void walk_count_slot(struct arena *arena, unsigned index,
                            struct alloc_stats *stats)
{
    const struct slot *slot = &arena->slots[index];
    const struct pool *pool = &arena->pools[index];
    if (slot->class == SLOT_RUN) {
        stats->run_count++;
        stats->run_bytes += pool->block_bytes;
    } else if (slot->owner && slot->lead == index) {
        size_t given = pool->carved - pool->free_count;
        stats->pool_count++;
        stats->pool_bytes += pool->slots * ARENA_SLOT_BYTES;
        stats->pool_free_bytes +=
            pool->slots * ARENA_SLOT_BYTES - given * pool->block_bytes;
    }
}

static void walk_count_arena(struct arena *arena, uint64_t lent, uint64_t dirty,
                             void *context)
{
    struct alloc_stats *stats = context;
    size_t dirty_free = (size_t)__builtin_popcountll(dirty & ~lent);
    stats->arena_count++;
    stats->arena_bytes += ARENA_BYTES;
    stats->dirty_bytes += dirty_free * ARENA_SLOT_BYTES;
    for (unsigned i = 1; i < ARENA_SLOTS; i++)
        if ((lent >> i) & 1)
            walk_count_slot(arena, i, stats);
}

static void walk_count_heap(struct heap *heap, void *context)
{
    (void)heap;
    ((struct alloc_stats *)context)->heap_count++;
}

void block_stats(struct alloc_stats *ret_stats)
{
    struct alloc_stats stats = { 0 };
    arena_each(walk_count_arena, &stats);
    huge_stats(&stats);
    thread_each_heap(walk_count_heap, &stats);
    *ret_stats = stats;
}

/* --- verification -----------------------------------------------------------
 */

struct walk {
    struct fault fault;
    struct pool_marks marks;
};

static void walk_find(struct walk *walk, struct fault fault)
{
    if (!walk->fault.what)
        walk->fault = fault;
}

static void walk_check_pool(struct walk *walk, const struct pool *pool,
                            const struct slot *slot)
{
    walk_find(walk, pool_verify(pool, &walk->marks));
    if (pool->block_bytes != class_bytes(slot->class))
        walk_find(walk, fault_at("pool and slot disagree about the class", pool,
                                 pool->block_bytes, class_bytes(slot->class)));
    if (pool->listed == pool_is_spent(pool))
        walk_find(walk, fault_at(pool->listed ? "a spent pool is listed"
                                              : "a usable pool is not listed",
                                 pool, pool->listed, !pool->listed));
}

static void walk_check_arena(struct arena *arena, uint64_t lent, uint64_t dirty,
                             void *context)
{
    struct walk *walk = context;
    if (lent & ~dirty)
        walk_find(walk, fault_at("a lent slot counts as zeroed", arena,
                                 (size_t)(lent & ~dirty), 0));
    for (unsigned i = 1; i < ARENA_SLOTS; i++) {
        const struct slot *slot = &arena->slots[i];
        if (slot->owner && slot->lead == i)
            walk_check_pool(walk, &arena->pools[i], slot);
    }
}

static void walk_check_list(struct walk *walk, const struct heap *heap,
                            unsigned class)
{
    for (const struct block *b = heap->lists[class].head; b; b = b->next) {
        if (!arena_holds(b)) {
            walk_find(walk,
                      fault_at("a listed block is in no arena", b, class, 0));
            return;
        }
        const struct slot *slot = arena_slot_of(b);
        const struct pool *pool = arena_pool_of(b);
        size_t offset = (size_t)((const char *)b - pool->start);
        if (slot->owner != heap)
            walk_find(walk, fault_at("a listed block has another owner", b,
                                     (size_t)slot->owner, (size_t)heap));
        if (slot->class != class)
            walk_find(walk, fault_at("a listed block has another class", b,
                                     slot->class, class));
        else if (offset % pool->block_bytes != 0)
            walk_find(walk, fault_at("a listed block is off its boundary", b,
                                     offset % pool->block_bytes, 0));
    }
}

static void walk_check_pools(struct walk *walk, const struct heap *heap,
                             unsigned class)
{
    const struct pool *before = NULL;
    const struct pool *pool = heap->pools[class].first;
    for (; pool; before = pool, pool = pool->next) {
        if (pool->prev != before)
            walk_find(walk, fault_at("a list of pools is broken", pool,
                                     (size_t)pool->prev, (size_t)before));
        if (pool->class != class || arena_slot_of(pool->start)->owner != heap)
            walk_find(walk, fault_at("a pool is in a foreign list", pool,
                                     pool->class, class));
    }
    if (heap->pools[class].last != before)
        walk_find(walk,
                  fault_at("a list of pools has a wrong end", before,
                           (size_t)heap->pools[class].last, (size_t)before));
}

static void walk_check_heap(struct heap *heap, void *context)
{
    struct walk *walk = context;
    for (unsigned i = 0; i < CLASS_COUNT; i++) {
        walk_check_list(walk, heap, i);
        walk_check_pools(walk, heap, i);
        if (heap->state == HEAP_IDLE && heap->lists[i].head && !heap->vanished)
            walk_find(walk, fault_at("an idle heap keeps blocks", heap, i, 0));
    }
    for (const struct block *b = heap->remote; b; b = b->next)
        if (arena_slot_of(b)->owner != heap)
            walk_find(walk,
                      fault_at("a block was sent to a foreign heap", b,
                               (size_t)arena_slot_of(b)->owner, (size_t)heap));
}

struct fault block_verify(void)
{
    struct walk walk;
    walk.fault = arena_verify();
    arena_each(walk_check_arena, &walk);
    thread_each_heap(walk_check_heap, &walk);
    walk_find(&walk, huge_verify());
    return walk.fault;
}
