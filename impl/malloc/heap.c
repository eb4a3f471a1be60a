/* heap.c - refilling lists from pools, and giving blocks back to pools. */
#include "heap.h"

#include <string.h>

/* A list may hold this much, within these counts: enough that a program that
 * frees and allocates at random meets blocks that are still in the cache, and
 * little enough to forget. */
#define LIST_BYTES     16384
#define LIST_COUNT_MIN 4
#define LIST_COUNT_MAX 128

/* Blocks are linked up when a pool is first used, this much at a time. */
#define CARVE_BYTES 4096

/* A heap without a thread keeps a pool of a class for the next one if this is
 * all that was used of it: short threads come in great numbers. */
#define IDLE_POOL_BYTES 8192

static int32_t heap_room(unsigned class)
{
    size_t count = LIST_BYTES / class_bytes(class);
    if (count > LIST_COUNT_MAX)
        count = LIST_COUNT_MAX;
    return count < LIST_COUNT_MIN ? LIST_COUNT_MIN : (int32_t)count;
}

/* Eight blocks or more in every pool, so that the rest of a pool that fits no
 * block is small. */
static unsigned heap_pool_slots(unsigned class)
{
    size_t bytes = class_bytes(class);
    unsigned slots = 1;
    while (slots * ARENA_SLOT_BYTES < 16 * bytes && slots < 8)
        slots *= 2;
    return slots;
}

void heap_init(struct heap *heap, uint32_t number)
{
    memset(heap, 0, sizeof *heap);
    heap->number = number;
    for (unsigned i = 0; i < CLASS_COUNT; i++)
        heap->lists[i].room = heap_room(i);
}

/* --- pools, under the heap's lock ---------------------------------------- */

static void heap_describe(struct heap *heap, struct pool *pool, unsigned class,
                          unsigned slots)
{
    struct slot *slot = arena_slot_of(pool->start);
    unsigned lead = arena_slot_index(pool->start);
    for (unsigned i = 0; i < slots; i++)
        slot[i] = (struct slot){ heap, (uint8_t) class, (uint8_t)lead };
    pool->class = (uint8_t) class;
    pool->slots = (uint8_t)slots;
}

/* Short of memory, a pool of fewer blocks is better than none: any slot holds
 * at least one. */
static void *heap_take_slots(unsigned class, unsigned *ret_slots)
{
    bool zero;
    for (unsigned slots = heap_pool_slots(class); slots > 0; slots /= 2) {
        void *start = arena_take(slots, &zero);
        if (!start)
            continue;
        *ret_slots = slots;
        return start;
    }
    return NULL;
}

static struct pool *heap_add_pool(struct heap *heap, unsigned class)
{
    unsigned slots;
    void *start = heap_take_slots(class, &slots);
    if (!start)
        return NULL;
    struct pool *pool = &arena_of(start)->pools[arena_slot_index(start)];
    pool_init(pool, start, slots * ARENA_SLOT_BYTES, class_bytes(class));
    heap_describe(heap, pool, class, slots);
    pool_list_append(&heap->pools[class], pool);
    return pool;
}

static void heap_drop_pool(struct heap *heap, struct pool *pool)
{
    pool_list_remove(&heap->pools[pool->class], pool);
    arena_give(pool->start, pool->slots);
}

/* The last usable pool of a class is kept although it is empty: the next
 * block would have to fetch one again. */
static void heap_put(struct heap *heap, struct block *block)
{
    struct pool *pool = arena_pool_of(block);
    struct pool_list *list = &heap->pools[pool->class];
    pool_push(pool, block);
    if (!pool->listed)
        pool_list_append(list, pool);
    if (pool_is_empty(pool) && list->first != list->last)
        heap_drop_pool(heap, pool);
}

/* The one empty pool that heap_put() keeps goes too, if blocks were ever made
 * in more than its first `keep_bytes`. */
static void heap_flush_class(struct heap *heap, unsigned class,
                             size_t keep_bytes)
{
    struct heap_list *list = &heap->lists[class];
    while (list->head) {
        struct block *block = list->head;
        list->head = block->next;
        heap_put(heap, block);
    }
    list->room = heap_room(class);
    struct pool *first = heap->pools[class].first;
    if (first && pool_is_empty(first) &&
        (size_t)first->carved * first->block_bytes > keep_bytes)
        heap_drop_pool(heap, first);
}

static void heap_flush_locked(struct heap *heap, size_t keep_bytes)
{
    for (unsigned i = 0; i < CLASS_COUNT; i++)
        heap_flush_class(heap, i, keep_bytes);
}

/* A class that the program has left keeps a list that holds pools of blocks
 * in use by nobody. Whenever a pool is fetched one other class is flushed:
 * a busy one loses little by it. */
static void heap_sweep(struct heap *heap, unsigned busy_class)
{
    unsigned class = heap->sweep;
    heap->sweep = (uint8_t)((class + 1) % CLASS_COUNT);
    if (class != busy_class)
        heap_flush_class(heap, class, 0);
}

/* Short of memory, the lists of other classes are worth looking through. */
static struct pool *heap_usable_pool(struct heap *heap, unsigned class)
{
    struct pool *pool = heap->pools[class].first;
    if (pool)
        return pool;
    heap_sweep(heap, class);
    pool = heap_add_pool(heap, class);
    if (pool)
        return pool;
    heap_flush_locked(heap, 0);
    return heap_add_pool(heap, class);
}

/* --- what others sent ----------------------------------------------------- */

void heap_receive(struct heap *owner, struct block *head, struct block *tail)
{
    struct block *old = __atomic_load_n(&owner->remote, __ATOMIC_RELAXED);
    do {
        tail->next = old;
    } while (!__atomic_compare_exchange_n(&owner->remote, &old, head, true,
                                          __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

static struct block *heap_take_remote(struct heap *heap)
{
    if (!__atomic_load_n(&heap->remote, __ATOMIC_RELAXED))
        return NULL;
    return __atomic_exchange_n(&heap->remote, NULL, __ATOMIC_ACQUIRE);
}

static void heap_drain_to_lists(struct heap *heap)
{
    struct block *block = heap_take_remote(heap);
    while (block) {
        struct block *next = block->next;
        unsigned class = arena_slot_of(block)->class;
        if (!heap_push(&heap->lists[class], block))
            heap_put(heap, block);
        block = next;
    }
}

static void heap_drain_to_pools(struct heap *heap)
{
    struct block *block = heap_take_remote(heap);
    while (block) {
        struct block *next = block->next;
        heap_put(heap, block);
        block = next;
    }
}

void heap_drain(struct heap *heap)
{
    if (!__atomic_load_n(&heap->remote, __ATOMIC_RELAXED))
        return;
    lock_take(&heap->lock);
    heap_drain_to_lists(heap);
    lock_give(&heap->lock);
}

/* --- the slow side of malloc and free ------------------------------------- */

static void *heap_refill_locked(struct heap *heap, unsigned class)
{
    struct heap_list *list = &heap->lists[class];
    heap_drain_to_lists(heap);
    if (list->head)
        return heap_pop(list);
    struct pool *pool = heap_usable_pool(heap, class);
    if (!pool)
        return NULL;
    uint32_t count = 0;
    list->head = pool_take(pool, CARVE_BYTES, &count);
    list->room -= (int32_t)count;
    if (pool_is_spent(pool))
        pool_list_remove(&heap->pools[class], pool);
    return heap_pop(list);
}

void *heap_refill(struct heap *heap, unsigned class)
{
    lock_take(&heap->lock);
    void *block = heap_refill_locked(heap, class);
    lock_give(&heap->lock);
    return block;
}

static __attribute__((noinline)) void heap_put_locking(struct heap *heap,
                                                       struct block *block)
{
    lock_take(&heap->lock);
    heap_put(heap, block);
    lock_give(&heap->lock);
}

/* Most blocks that come here neither wake a spent pool nor complete one, and
 * need no lock. */
void heap_overflow(struct heap *heap, const struct slot *slot,
                   struct block *block)
{
    struct pool *pool = &arena_of(slot)->pools[slot->lead];
    if (pool->listed && pool->free_count + 1 < pool->carved)
        pool_push(pool, block);
    else
        heap_put_locking(heap, block);
}

/* --- blocks of other owners ----------------------------------------------- */

static void heap_send_now(struct heap *heap, struct heap_outgoing *out)
{
    struct heap *owner = out->owner;
    lock_take(&heap->lock);
    struct block *head = out->head;
    out->head = NULL;
    out->bytes = 0;
    if (head)
        heap_receive(owner, head, out->tail);
    lock_give(&heap->lock);
    if (head)
        heap_tend(owner);
}

void heap_send(struct heap *heap, struct heap *owner, struct block *block)
{
    struct heap_outgoing *out = &heap->outgoing[owner->number % HEAP_OUTGOING];
    if (out->owner != owner && out->head)
        heap_send_now(heap, out);
    if (!out->head) {
        out->owner = owner;
        out->tail = block;
    }
    block->next = out->head;
    __atomic_store_n(&out->head, block, __ATOMIC_RELEASE);
    out->bytes += (uint32_t)class_bytes(arena_slot_of(block)->class);
    if (out->bytes >= HEAP_OUTGOING_BYTES)
        heap_send_now(heap, out);
}

void heap_send_all(struct heap *heap)
{
    for (unsigned i = 0; i < HEAP_OUTGOING; i++)
        if (heap->outgoing[i].head)
            heap_send_now(heap, &heap->outgoing[i]);
}

/* --- between threads ------------------------------------------------------ */

void heap_flush(struct heap *heap, size_t keep_bytes)
{
    lock_take(&heap->lock);
    heap_drain_to_pools(heap);
    heap_flush_locked(heap, keep_bytes);
    lock_give(&heap->lock);
}

/* A thread that vanished in a fork may have left a pool's count one short. */
static void heap_mend(struct heap *heap)
{
    for (unsigned i = 0; i < CLASS_COUNT; i++) {
        struct pool *next;
        for (struct pool *p = heap->pools[i].first; p; p = next) {
            next = p->next;
            pool_recount(p);
        }
    }
    heap->vanished = false;
    heap_flush_locked(heap, IDLE_POOL_BYTES);
}

void heap_make_idle(struct heap *heap)
{
    heap_send_all(heap);
    heap_flush(heap, IDLE_POOL_BYTES);
    lock_take(&heap->lock);
    heap->state = HEAP_IDLE;
    lock_give(&heap->lock);
    heap_tend(heap);
}

void heap_make_active(struct heap *heap)
{
    lock_take(&heap->lock);
    if (heap->vanished)
        heap_mend(heap);
    heap->state = HEAP_ACTIVE;
    lock_give(&heap->lock);
}

/* Whoever holds the lock may have drained before our blocks came: look again
 * once it is free. When it is taken, the taker looks again. */
void heap_tend(struct heap *heap)
{
    while (__atomic_load_n(&heap->remote, __ATOMIC_RELAXED)) {
        if (__atomic_load_n(&heap->state, __ATOMIC_RELAXED) != HEAP_IDLE ||
            !lock_try(&heap->lock))
            return;
        bool idle = heap->state == HEAP_IDLE;
        if (idle && heap->vanished)
            heap_mend(heap);
        if (idle)
            heap_drain_to_pools(heap);
        lock_give(&heap->lock);
        if (!idle)
            return;
    }
}

void heap_trim_idle(struct heap *heap)
{
    if (!lock_try(&heap->lock))
        return;
    if (heap->state == HEAP_IDLE && heap->vanished)
        heap_mend(heap);
    if (heap->state == HEAP_IDLE) {
        heap_drain_to_pools(heap);
        heap_flush_locked(heap, 0);
    }
    lock_give(&heap->lock);
}
