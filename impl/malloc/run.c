/* run.c - a run's size stands where a pool's description would. */
#include "run.h"

#include <string.h>

#include "arena.h"
#include "os.h"

static struct pool *run_of(const void *p)
{
    return &arena_of(p)->pools[arena_slot_index(p)];
}

static void run_describe(void *p, size_t bytes, size_t slots)
{
    struct pool *run = run_of(p);
    run->slots = (uint8_t)slots;
    run->block_bytes = (uint32_t)os_round_up(bytes, OS_PAGE_BYTES);
}

void *run_alloc(size_t bytes, bool zero)
{
    size_t slots = arena_slots_for(bytes);
    bool is_zero;
    void *p = arena_take((unsigned)slots, &is_zero);
    if (!p)
        return NULL;
    run_describe(p, bytes, slots);
    arena_slot_of(p)->class = SLOT_RUN;
    if (zero && !is_zero)
        memset(p, 0, bytes);
    return p;
}

void run_free(void *p)
{
    arena_give(p, run_of(p)->slots);
}

bool run_resize(void *p, size_t bytes)
{
    size_t slots = run_of(p)->slots;
    size_t wanted = arena_slots_for(bytes);
    if (wanted > ARENA_RUN_SLOTS)
        return false;
    if (wanted > slots &&
        !arena_extend(p, (unsigned)slots, (unsigned)(wanted - slots)))
        return false;
    run_describe(p, bytes, wanted);
    if (wanted < slots)
        arena_give((char *)p + wanted * ARENA_SLOT_BYTES,
                   (unsigned)(slots - wanted));
    return true;
}

bool run_is_block(const void *p)
{
    return arena_slot_of(p)->class == SLOT_RUN &&
           ((uintptr_t)p & (ARENA_SLOT_BYTES - 1)) == 0;
}

size_t run_usable(const void *p)
{
    return run_of(p)->block_bytes;
}
