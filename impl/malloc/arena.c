/* arena.c - runs of slots: first fit, in the order the arenas were made.
 *
 * First fit fills old arenas and lets young ones drain, and those go back to
 * the system whole. A run is found in a word of 64 bits by shifting. */
#include "arena.h"

#include "arena_table.h"
#include "huge.h"
#include "os.h"

uint64_t arena_map[ARENA_MAP_WORDS];
struct lock arena_lock;
struct arena_entry arena_table[ARENA_TABLE_LENGTH];
size_t arena_table_end;
size_t arena_first_free;
size_t arena_dirty_free;

static uint64_t arena_bits(unsigned first, unsigned slots)
{
    return (((uint64_t)1 << slots) - 1) << first;
}

/* The bits at which `slots` free ones begin: a run of length a+b is a run of
 * length a with one of length b behind it. */
static uint64_t arena_runs(uint64_t free, unsigned slots)
{
    for (unsigned length = 1; length < slots && free;) {
        unsigned step = length <= slots - length ? length : slots - length;
        free &= free >> step;
        length += step;
    }
    return free;
}

void arena_map_set(const struct arena *arena, bool present)
{
    uintptr_t number = (uintptr_t)arena >> ARENA_LOG;
    uint64_t bit = (uint64_t)1 << (number % 64);
    uint64_t word = arena_map[number / 64];
    word = present ? word | bit : word & ~bit;
    __atomic_store_n(&arena_map[number / 64], word, __ATOMIC_RELAXED);
}

static struct arena_entry *arena_unused_entry(void)
{
    for (size_t i = 0; i < arena_table_end; i++)
        if (!arena_table[i].arena)
            return &arena_table[i];
    if (arena_table_end == ARENA_TABLE_LENGTH)
        return NULL;
    return &arena_table[arena_table_end++];
}

/* Just below the newest arena is where the system would put the next. */
static void *arena_hint(void)
{
    static struct arena *lowest;
    if (arena_table_end > 0 && arena_table[arena_table_end - 1].arena)
        lowest = arena_table[arena_table_end - 1].arena;
    return lowest ? (char *)lowest - ARENA_BYTES : NULL;
}

static bool arena_addressable(const void *start)
{
    return (uintptr_t)start >> ARENA_ADDRESS_BITS == 0;
}

static struct arena_entry *arena_grow(void)
{
    struct arena *arena =
        os_map_aligned(ARENA_BYTES, ARENA_BYTES, arena_hint());
    if (!arena && huge_trim())
        arena = os_map_aligned(ARENA_BYTES, ARENA_BYTES, NULL);
    if (!arena)
        return NULL;
    struct arena_entry *entry = arena_unused_entry();
    if (!entry || !arena_addressable(arena)) {
        os_unmap(arena, ARENA_BYTES);
        return NULL;
    }
    size_t index = (size_t)(entry - arena_table);
    for (unsigned i = 0; i < ARENA_SLOTS; i++)
        arena->slots[i] = (struct slot){ NULL, SLOT_NONE, (uint8_t)i };
    arena->index = (uint32_t)index;
    *entry = (struct arena_entry){ arena, ARENA_ALL_FREE, 0, 0 };
    if (index < arena_first_free)
        arena_first_free = index;
    arena_map_set(arena, true);
    return entry;
}

static struct arena_entry *arena_find(unsigned slots)
{
    while (arena_first_free < arena_table_end &&
           arena_table[arena_first_free].free == 0)
        arena_first_free++;
    for (size_t i = arena_first_free; i < arena_table_end; i++)
        if (arena_runs(arena_table[i].free, slots))
            return &arena_table[i];
    return NULL;
}

static void arena_claim(struct arena_entry *entry, uint64_t bits,
                        bool *ret_zero)
{
    uint64_t dirty = entry->dirty & bits;
    arena_dirty_free -= (size_t)__builtin_popcountll(dirty);
    entry->free &= ~bits;
    entry->dirty |= bits;
    *ret_zero = dirty == 0;
}

static void *arena_take_locked(unsigned slots, bool *ret_zero)
{
    struct arena_entry *entry = arena_find(slots);
    if (!entry)
        entry = arena_grow();
    if (!entry)
        return NULL;
    uint64_t runs = arena_runs(entry->free, slots);
    unsigned first = (unsigned)__builtin_ctzll(runs);
    arena_claim(entry, arena_bits(first, slots), ret_zero);
    return (char *)entry->arena + first * ARENA_SLOT_BYTES;
}

void *arena_take(unsigned slots, bool *ret_zero)
{
    lock_take(&arena_lock);
    void *start = arena_take_locked(slots, ret_zero);
    lock_give(&arena_lock);
    return start;
}

void arena_give(void *start, unsigned slots)
{
    struct arena *arena = arena_of(start);
    unsigned first = arena_slot_index(start);
    for (unsigned i = first; i < first + slots; i++)
        arena->slots[i] = (struct slot){ NULL, SLOT_NONE, (uint8_t)i };

    lock_take(&arena_lock);
    struct arena_entry *entry = &arena_table[arena->index];
    entry->free |= arena_bits(first, slots);
    arena_dirty_free += slots;
    if (arena->index < arena_first_free)
        arena_first_free = arena->index;
    arena_purge_some(entry);
    lock_give(&arena_lock);
}

bool arena_extend(void *start, unsigned slots, unsigned more)
{
    struct arena *arena = arena_of(start);
    unsigned first = arena_slot_index(start) + slots;
    if (first + more > ARENA_SLOTS)
        return false;
    uint64_t bits = arena_bits(first, more);
    bool zero;
    lock_take(&arena_lock);
    struct arena_entry *entry = &arena_table[arena->index];
    bool fits = (entry->free & bits) == bits;
    if (fits)
        arena_claim(entry, bits, &zero);
    lock_give(&arena_lock);
    return fits;
}

void arena_each(void (*visit)(struct arena *arena, uint64_t lent,
                              uint64_t dirty, void *context),
                void *context)
{
    lock_take(&arena_lock);
    for (size_t i = 0; i < arena_table_end; i++) {
        struct arena_entry *entry = &arena_table[i];
        if (entry->arena)
            visit(entry->arena, ~entry->free & ARENA_ALL_FREE, entry->dirty,
                  context);
    }
    lock_give(&arena_lock);
}

static struct fault arena_verify_entry(size_t index, size_t *dirty_free)
{
    const struct arena_entry *entry = &arena_table[index];
    const struct arena *arena = entry->arena;
    *dirty_free += (size_t)__builtin_popcountll(entry->free & entry->dirty);
    if (!arena_holds(arena))
        return fault_at("arena is missing from the map", arena, 0, 1);
    if (arena->index != index)
        return fault_at("arena does not know its place in the table", arena,
                        arena->index, index);
    if (entry->free && index < arena_first_free)
        return fault_at("free slots lie before the first-fit mark", arena,
                        index, arena_first_free);
    for (unsigned i = 1; i < ARENA_SLOTS; i++) {
        bool is_free = (entry->free >> i) & 1;
        if (is_free && arena->slots[i].class != SLOT_NONE)
            return fault_at("a free slot has a class", &arena->slots[i],
                            arena->slots[i].class, SLOT_NONE);
    }
    return FAULT_NONE;
}

struct fault arena_verify(void)
{
    struct fault fault = FAULT_NONE;
    size_t dirty_free = 0;
    lock_take(&arena_lock);
    for (size_t i = 0; i < arena_table_end && !fault.what; i++)
        if (arena_table[i].arena)
            fault = arena_verify_entry(i, &dirty_free);
    if (!fault.what && dirty_free != arena_dirty_free)
        fault = fault_at("dirty free slots are miscounted", NULL,
                         arena_dirty_free, dirty_free);
    lock_give(&arena_lock);
    return fault;
}
