/* arena.h - 4 MiB of address space cut into 64 slots, lent out in runs.
 *
 *   arena (aligned to 4 MiB)
 *   | slot 0          | slot 1 | slot 2 | ...                   | slot 63 |
 *   | slots[] pools[] |  pool  |  a run of three slots |  free  |
 *
 * Slot 0 describes the others: for every slot who owns it and the class of
 * its blocks (all that free() reads, 16 bytes), and apart from that the pool.
 * So a pointer finds its owner by a mask and a shift. Whether there is an
 * arena under it at all is one bit of a map of the whole address space: a
 * pointer that the dynamic linker got before we were loaded has none.
 *
 * Threads: all calls. The arenas have one lock; what lies in a run, and its
 *          slots' descriptions, belong to whom it was lent.
 * Errors:  NULL or false when the system gives no memory.
 * Owner:   a run is the caller's until arena_give(). */
#ifndef ASSAY_MALLOC_ARENA_H
#define ASSAY_MALLOC_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lock.h"
#include "pool.h"

#define ARENA_BYTES      ((size_t)4 << 20)
#define ARENA_LOG        22u
#define ARENA_SLOTS      64u
#define ARENA_SLOT_BYTES ((size_t)64 << 10)
#define ARENA_SLOT_LOG   16u

/* The longest run that is lent; longer blocks get a mapping of their own. */
#define ARENA_RUN_SLOTS 16u
#define ARENA_RUN_BYTES (ARENA_RUN_SLOTS * ARENA_SLOT_BYTES)

/* User addresses have 47 bits: the kernel gives more only when asked. */
#define ARENA_ADDRESS_BITS 47u
#define ARENA_MAP_WORDS    ((size_t)1 << (ARENA_ADDRESS_BITS - ARENA_LOG - 6))

/* Values of slot.class that are no size class. */
enum {
    SLOT_RUN = 254, /* the first slot of a block that is a run */
    SLOT_NONE = 255 /* free, or inside a run */
};

struct heap;

struct slot {
    struct heap *owner; /* of a pool; NULL for all else */
    uint8_t class;
    uint8_t lead; /* index of the first slot of the pool */
};

struct arena {
    struct slot slots[ARENA_SLOTS];
    struct pool pools[ARENA_SLOTS];
    uint32_t index; /* in the table of arenas */
};

/* One bit for each 4 MiB of address space; 4 MiB that stay untouched. */
extern uint64_t arena_map[ARENA_MAP_WORDS];
extern struct lock arena_lock;

static inline bool arena_holds(const void *p)
{
    uintptr_t number = (uintptr_t)p >> ARENA_LOG;
    uint64_t word = __atomic_load_n(&arena_map[number / 64], __ATOMIC_RELAXED);
    return (word >> (number % 64)) & 1;
}

static inline struct arena *arena_of(const void *p)
{
    return (struct arena *)((uintptr_t)p & ~(ARENA_BYTES - 1));
}

static inline unsigned arena_slot_index(const void *p)
{
    return (unsigned)((uintptr_t)p >> ARENA_SLOT_LOG) % ARENA_SLOTS;
}

static inline struct slot *arena_slot_of(const void *p)
{
    return &arena_of(p)->slots[arena_slot_index(p)];
}

static inline struct pool *arena_pool_of(const void *p)
{
    return &arena_of(p)->pools[arena_slot_of(p)->lead];
}

static inline size_t arena_slots_for(size_t bytes)
{
    return (bytes + ARENA_SLOT_BYTES - 1) / ARENA_SLOT_BYTES;
}

/* `slots` neighbours, at most ARENA_RUN_SLOTS. *ret_zero says whether every
 * byte is known to be zero. */
void *arena_take(unsigned slots, bool *ret_zero);
void arena_give(void *start, unsigned slots);

/* Makes a run longer in place, if what follows is free. */
bool arena_extend(void *start, unsigned slots, unsigned more);

/* Gives all that is free back to the system, now. True if something was. */
bool arena_trim(void);

/* Calls `visit` with every arena, under the lock. */
void arena_each(void (*visit)(struct arena *arena, uint64_t lent,
                              uint64_t dirty, void *context),
                void *context);

struct fault arena_verify(void);

#endif
