/* heap.h - a heap per thread: short free lists in front of pools.
 *
 *   malloc -> lists[class] -> pools[class] -> a run of an arena -> the system
 *   free   -> lists[class], or the block's pool when the list has no room
 *   free of another thread's block -> outgoing[] -> the owner's `remote`
 *
 * A list is refilled with the whole free list of a pool, which costs the same
 * however long that is. A pool is in pools[class] unless it is spent. Blocks
 * in lists count as given out for their pool: the list is what keeps a pool
 * from going from spent to usable and back at every free.
 *
 * A heap never dies, so that its address may be written in slots and its
 * `remote` may be pushed to at any time. When its thread ends it becomes
 * idle, gives back what is empty, and waits for the next thread.
 *
 * The law of fork: another thread may fork between any two of our stores, and
 * the child then finds the heap as they left it. So whatever changes more
 * than one word that matters is done under `lock`, which fork takes; popping,
 * pushing and pool_push() without it are right after each single store.
 * `room`, which may then be off by one, is a hint and nothing else.
 *
 * Threads: a heap's calls come from its thread, except heap_receive() and
 *          heap_tend(), which any thread may make.
 * Errors:  NULL when there is no memory; freeing never fails.
 * Owner:   blocks given out are their user's. */
#ifndef ASSAY_MALLOC_HEAP_H
#define ASSAY_MALLOC_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "lock.h"
#include "pool.h"
#include "sizes.h"

/* How many owners a thread gathers foreign blocks for at a time, and how
 * many bytes for each before they are sent. */
#define HEAP_OUTGOING       8u
#define HEAP_OUTGOING_BYTES 16384

/* One class's free list. malloc adds to room, free takes from it; below zero
 * the list is full. */
struct heap_list {
    struct block *head;
    int32_t room;
};

/* Foreign blocks on their way home, linked from head to tail. */
struct heap_outgoing {
    struct heap *owner;
    struct block *head;
    struct block *tail;
    uint32_t bytes;
};

enum heap_state { HEAP_ACTIVE, HEAP_IDLE };

struct heap {
    struct heap_list lists[CLASS_COUNT];
    struct pool_list pools[CLASS_COUNT];
    struct heap_outgoing outgoing[HEAP_OUTGOING];
    struct lock lock;
    enum heap_state state; /* under lock */
    bool vanished;         /* its thread was lost in a fork; under lock */
    uint8_t sweep;         /* the class to flush next */
    uint32_t number;
    struct heap *next_idle; /* these two under the registry's lock */
    struct heap *next_all;
    _Alignas(64) struct block *remote; /* blocks sent home by others */
};

void heap_init(struct heap *heap, uint32_t number);

/* The list of the class is empty: refills it and pops a block. */
void *heap_refill(struct heap *heap, unsigned class);

/* The list of the class has no room: the block goes back to its pool, which
 * `slot` (that of the block) leads to. */
void heap_overflow(struct heap *heap, const struct slot *slot,
                   struct block *block);

/* Sends a block of another owner home, soon. */
void heap_send(struct heap *heap, struct heap *owner, struct block *block);
void heap_send_all(struct heap *heap);

/* The owner's side: a chain of blocks comes home. Lock-free. */
void heap_receive(struct heap *owner, struct block *head, struct block *tail);

/* Puts what others sent where it belongs. */
void heap_drain(struct heap *heap);

/* Gives back every block in the lists and every empty pool, but for one of
 * each class of which no more than `keep_bytes` were ever used. */
void heap_flush(struct heap *heap, size_t keep_bytes);

/* The thread ends, or begins. */
void heap_make_idle(struct heap *heap);
void heap_make_active(struct heap *heap);

/* If the heap is idle, gives back all it keeps. */
void heap_trim_idle(struct heap *heap);

/* If the heap is idle, drains it on its behalf. */
void heap_tend(struct heap *heap);

static inline void *heap_pop(struct heap_list *list)
{
    struct block *block = list->head;
    if (__builtin_expect(block != NULL, 1)) {
        list->head = block->next;
        list->room++;
    }
    return block;
}

/* False when the list has no room. */
static inline bool heap_push(struct heap_list *list, struct block *block)
{
    if (__builtin_expect(list->room <= 0, 0))
        return false;
    block->next = list->head;
    __atomic_store_n(&list->head, block, __ATOMIC_RELEASE);
    list->room--;
    return true;
}

#endif
