/* arena_purge.c - when memory of free slots goes back to the system.
 *
 * There is no timer and no thread of ours, so it happens when something else
 * is given back: at once what exceeds a bound, and what has lain unused for a
 * second. Below the bound memory stays, because a program that frees 32 MiB
 * often wants them again, and a page fault costs more than many allocations. */
#include "arena_table.h"

#include "os.h"

#define PURGE_BOUND_SLOTS ((size_t)1024) /* 64 MiB */
#define PURGE_REST_SLOTS  (PURGE_BOUND_SLOTS * 3 / 4)
#define PURGE_AGE_MS      1000
#define PURGE_LOOK_MS     250

/* False if the system would not; the arena is then as it was. */
static bool purge_whole(struct arena_entry *entry)
{
    size_t dirty = (size_t)__builtin_popcountll(entry->free & entry->dirty);
    arena_map_set(entry->arena, false);
    if (!os_unmap(entry->arena, ARENA_BYTES)) {
        arena_map_set(entry->arena, true);
        return false;
    }
    arena_dirty_free -= dirty;
    *entry = (struct arena_entry){ NULL, 0, 0, 0 };
    return true;
}

/* The dirty free slots from bit `first` on that are neighbours. */
static unsigned purge_run_length(uint64_t dirty, unsigned first)
{
    uint64_t rest = ~(dirty >> first);
    return rest ? (unsigned)__builtin_ctzll(rest) : ARENA_SLOTS - first;
}

/* A slot whose purge fails stays dirty: nobody will take it for zeros. */
static bool purge_slots(struct arena_entry *entry)
{
    bool some = false;
    uint64_t dirty = entry->free & entry->dirty;
    while (dirty) {
        unsigned first = (unsigned)__builtin_ctzll(dirty);
        unsigned length = purge_run_length(dirty, first);
        uint64_t bits = (((uint64_t)1 << length) - 1) << first;
        char *start = (char *)entry->arena + first * ARENA_SLOT_BYTES;
        if (os_purge(start, length * ARENA_SLOT_BYTES)) {
            entry->dirty &= ~bits;
            arena_dirty_free -= length;
            some = true;
        }
        dirty &= ~bits;
    }
    return some;
}

static bool purge_entry(struct arena_entry *entry)
{
    if (!entry->arena || !(entry->free & entry->dirty))
        return false;
    if (entry->free == ARENA_ALL_FREE && purge_whole(entry))
        return true;
    return purge_slots(entry);
}

/* From the youngest arena down: first fit reuses the old ones first. */
static void purge_excess(void)
{
    for (size_t i = arena_table_end;
         i-- > 0 && arena_dirty_free > PURGE_REST_SLOTS;)
        purge_entry(&arena_table[i]);
}

static void purge_aged(uint64_t now_ms)
{
    for (size_t i = 0; i < arena_table_end; i++)
        if (now_ms - arena_table[i].freed_ms >= PURGE_AGE_MS)
            purge_entry(&arena_table[i]);
}

void arena_purge_some(struct arena_entry *freed)
{
    static uint64_t looked_ms;
    uint64_t now_ms = os_now_ms();
    freed->freed_ms = now_ms;
    if (arena_dirty_free > PURGE_BOUND_SLOTS)
        purge_excess();
    if (now_ms - looked_ms >= PURGE_LOOK_MS) {
        looked_ms = now_ms;
        purge_aged(now_ms);
    }
}

bool arena_trim(void)
{
    bool some = false;
    lock_take(&arena_lock);
    for (size_t i = 0; i < arena_table_end; i++)
        some |= purge_entry(&arena_table[i]);
    lock_give(&arena_lock);
    return some;
}
