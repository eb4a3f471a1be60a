/* obheap_arena.c - arenas: taken from the hook, kept in order, given back.
 *
 * Source: new_arena, allocate_from_new_pool and insert_to_freepool in
 * CPython's Objects/obmalloc.c; the four cases of arena_settle_order are
 * theirs. */
#include <string.h>

#include "obheap.h"
#include "os.h"

/* ---- memory of arenas ---- */

static char *arena_get(struct obheap *heap)
{
    if (heap->spare_count > 0)
        return heap->spare[--heap->spare_count];
    return heap->arenas.alloc(heap->arenas.context, heap->edition->arena_bytes);
}

static void arena_give_back(struct obheap *heap, char *address)
{
    heap->arenas.free(heap->arenas.context, address,
                      heap->edition->arena_bytes);
}

static void arena_put(struct obheap *heap, char *address)
{
    if (heap->spare_count < heap->spare_max)
        heap->spare[heap->spare_count++] = address;
    else
        arena_give_back(heap, address);
}

void obheap_drop_spare(struct obheap *heap)
{
    while (heap->spare_count > 0)
        arena_give_back(heap, heap->spare[--heap->spare_count]);
}

/* ---- descriptions ---- */

/* Descriptions are pages of the system, so that whoever stands behind raw is
 * asked for blocks only. They never move, since pools are linked by address;
 * one that is no longer used waits for the next arena. */
enum { CHUNK_ARENAS = 15 };

struct obarena_chunk {
    struct obarena_chunk *older;
    uint32_t count; /* described so far */
    struct obarena arena[CHUNK_ARENAS];
};

#define CHUNK_BYTES os_round_up(sizeof(struct obarena_chunk), OS_PAGE_BYTES)

static struct obarena *arena_describe(struct obheap *heap)
{
    struct obarena *arena = heap->unused;
    if (arena) {
        heap->unused = arena->next;
        return arena;
    }
    struct obarena_chunk *chunk = heap->chunks;
    if (!chunk || chunk->count == CHUNK_ARENAS) {
        chunk = os_map(CHUNK_BYTES);
        if (!chunk)
            return NULL;
        chunk->older = heap->chunks;
        heap->chunks = chunk;
    }
    arena = &chunk->arena[chunk->count++];
    arena->older = heap->newest;
    heap->newest = arena;
    return arena;
}

static void arena_forget(struct obheap *heap, struct obarena *arena)
{
    arena->first = NULL;
    arena->address = NULL;
    arena->next = heap->unused;
    heap->unused = arena;
}

/* An arena that does not begin at a pool's boundary loses the pool that its
 * two ends would make. */
static void arena_cut(const struct obheap *heap, struct obarena *arena,
                      char *address)
{
    size_t pool_bytes = heap->edition->pool_bytes;
    size_t excess = (uintptr_t)address & (pool_bytes - 1);
    arena->address = address;
    arena->first = excess ? address + pool_bytes - excess : address;
    arena->total_count = OBHEAP_POOLS - (excess != 0);
    arena->free_count = arena->total_count;
    arena->carved_count = 0;
    arena->free_pools = NULL;
    arena->next = arena->prev = NULL;
}

/* ---- taking ---- */

static void arena_enter(struct obheap *heap, struct obarena *arena, bool there)
{
    for (uint32_t i = 0; i < arena->total_count; i++)
        obheap_map_set(&heap->map, arena->first + i * heap->edition->pool_bytes,
                       there ? &arena->pool[i] : NULL);
}

/* Makes a fresh arena the only usable one. */
static bool arena_take(struct obheap *heap)
{
    struct obarena *arena = arena_describe(heap);
    if (!arena)
        return false;
    char *address = arena_get(heap);
    if (address &&
        !obheap_map_reserve(&heap->map, address, heap->edition->arena_bytes)) {
        arena_give_back(heap, address);
        address = NULL;
    }
    if (!address) {
        arena_forget(heap, arena);
        return false;
    }
    arena_cut(heap, arena, address);
    arena_enter(heap, arena, true);
    heap->arenas_taken++;
    if (++heap->arenas_now > heap->arenas_peak)
        heap->arenas_peak = heap->arenas_now;
    heap->usable = arena;
    heap->last_with[arena->free_count] = arena;
    return true;
}

/* A pool of the arena that was never given out. */
static struct obpool *arena_carve(const struct obheap *heap,
                                  struct obarena *arena)
{
    uint32_t index = arena->carved_count++;
    struct obpool *pool = &arena->pool[index];
    memset(pool, 0, sizeof *pool);
    pool->arena = arena;
    pool->pool.class = OBHEAP_NO_CLASS;
    pool->pool.start =
        arena->first + index * heap->edition->pool_bytes + EDITION_HEADER_BYTES;
    return pool;
}

/* The head of the order has one free pool fewer: it stays the head. */
static void arena_count_down(struct obheap *heap, struct obarena *arena)
{
    uint32_t count = arena->free_count;
    if (heap->last_with[count] == arena)
        heap->last_with[count] = NULL;
    if (count > 1)
        heap->last_with[count - 1] = arena;
    arena->free_count = count - 1;
}

struct obpool *obheap_take_pool(struct obheap *heap)
{
    if (!heap->usable && !arena_take(heap))
        return NULL;
    struct obarena *arena = heap->usable;
    arena_count_down(heap, arena);
    struct obpool *pool = arena->free_pools;
    if (pool)
        arena->free_pools = (struct obpool *)pool->pool.next;
    else
        pool = arena_carve(heap, arena);
    pool->pool.next = NULL;
    if (arena->free_count == 0) {
        heap->usable = arena->next;
        if (heap->usable)
            heap->usable->prev = NULL;
        arena->next = arena->prev = NULL;
    }
    return pool;
}

/* ---- giving back ---- */

static bool arena_goes_back(const struct obheap *heap,
                            const struct obarena *arena, uint32_t free_count)
{
    if (free_count != arena->total_count)
        return false;
    return heap->release == ARENA_RELEASE_ALWAYS ||
           (heap->release == ARENA_RELEASE_KEEP_LAST && arena->next);
}

static void arena_unlink(struct obheap *heap, struct obarena *arena)
{
    if (arena->prev)
        arena->prev->next = arena->next;
    else
        heap->usable = arena->next;
    if (arena->next)
        arena->next->prev = arena->prev;
}

static void arena_link_after(struct obarena *arena, struct obarena *before)
{
    arena->prev = before;
    arena->next = before->next;
    if (arena->next)
        arena->next->prev = arena;
    before->next = arena;
}

static void arena_release(struct obheap *heap, struct obarena *arena)
{
    char *address = arena->address;
    arena_unlink(heap, arena);
    arena_enter(heap, arena, false);
    arena_forget(heap, arena);
    heap->arenas_now--;
    arena_put(heap, address);
}

/* The arena has one free pool more than `before` and may stand too far to
 * the left. `rightmost` was the last with as many as it had. */
static void arena_settle_order(struct obheap *heap, struct obarena *arena,
                               struct obarena *rightmost)
{
    uint32_t count = arena->free_count;
    if (arena_goes_back(heap, arena, count)) {
        arena_release(heap, arena);
        return;
    }
    if (count == 1) { /* it was on no list */
        arena->prev = NULL;
        arena->next = heap->usable;
        if (arena->next)
            arena->next->prev = arena;
        heap->usable = arena;
    }
    if (!heap->last_with[count])
        heap->last_with[count] = arena;
    if (count == 1 || arena == rightmost)
        return;
    arena_unlink(heap, arena);
    arena_link_after(arena, rightmost);
}

void obheap_give_pool(struct obheap *heap, struct obpool *pool)
{
    struct obarena *arena = pool->arena;
    uint32_t before = arena->free_count;
    struct obarena *rightmost = heap->last_with[before];
    pool->pool.next = (struct pool *)arena->free_pools;
    arena->free_pools = pool;
    if (rightmost == arena) {
        struct obarena *left = arena->prev;
        heap->last_with[before] =
            left && left->free_count == before ? left : NULL;
    }
    arena->free_count++;
    arena_settle_order(heap, arena, rightmost);
}

bool obheap_pool_would_return(const struct obheap *heap,
                              const struct obpool *pool)
{
    const struct obarena *arena = pool->arena;
    uint32_t count = arena->free_count;
    if (count == 0)
        return true; /* it would become the head */
    return arena == heap->usable && heap->last_with[count] == arena &&
           !arena_goes_back(heap, arena, count + 1);
}

/* ---- the end ---- */

void obheap_drop_arenas(struct obheap *heap)
{
    struct obarena_chunk *older;

    obheap_drop_spare(heap);
    for (struct obarena *arena = heap->newest; arena; arena = arena->older)
        if (arena->address)
            arena_give_back(heap, arena->address);
    for (struct obarena_chunk *chunk = heap->chunks; chunk; chunk = older) {
        older = chunk->older;
        os_unmap(chunk, CHUNK_BYTES);
    }
    heap->newest = heap->usable = heap->unused = NULL;
    heap->chunks = NULL;
}
