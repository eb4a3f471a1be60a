/* oracle_obmalloc_arenas.c - gives arenas, keeps count, and refuses. */
#include "oracle_obmalloc.h"

#include <sys/mman.h>

/* Room for an arena at any skew, and what lies behind it. */
enum { SLOT_BYTES = 2 * ARENA_BYTES };

static const size_t region_bytes = (size_t)ARENA_SLOTS * SLOT_BYTES;

/* The part of an address that may vary: pool-aligned and not, in one leaf of
 * CPython's address map or in two. */
static const uint32_t skews[] = { 0,      16,      0x1000,  0x3ff0,
                                  0x4000, 0x7f000, 0x80000, 0xffff0 };

void arenas_open(struct arena_source *source, uint64_t seed, int64_t skew_bytes)
{
    size_t bytes = region_bytes + SLOT_BYTES;
    unsigned char *map =
        mmap(NULL, bytes, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (map == MAP_FAILED)
        oracle_give_up("no address space for arenas");
    *source = (struct arena_source){ .skew_bytes = skew_bytes,
                                     .random = random_stream(seed, 1) };
    source->region = map + (SLOT_BYTES - (uintptr_t)map % SLOT_BYTES);
    for (uint32_t i = 0; i < ARENA_SLOTS; i++)
        source->spare[i] = i;
    source->spare_count = ARENA_SLOTS;
}

static void arenas_note(struct arena_source *source, enum arena_event_kind kind,
                        uint32_t ordinal)
{
    if (source->event_count < ARENA_EVENTS_MAX)
        source->events[source->event_count] =
            (struct arena_event){ kind, ordinal };
    source->event_count++;
}

static bool arenas_refuses(struct arena_source *source)
{
    if (source->spare_count == 0)
        return true;
    if (source->refuse_count == 0)
        return false;
    if (source->refuse_after > 0) {
        source->refuse_after--;
        return false;
    }
    source->refuse_count--;
    return true;
}

static uint32_t arenas_skew(struct arena_source *source)
{
    uint32_t count = sizeof skews / sizeof *skews;
    uint32_t drawn = random_below(&source->random, 2 * count);

    if (source->skew_bytes != SKEW_VARIED)
        return (uint32_t)source->skew_bytes;
    if (drawn < count)
        return skews[drawn];
    return random_below(&source->random, ARENA_BYTES / STEP_BYTES) * STEP_BYTES;
}

static unsigned char *arenas_start(const struct arena_source *source,
                                   uint32_t slot)
{
    return source->region + (size_t)slot * SLOT_BYTES +
           source->slots[slot].skew_bytes;
}

static uint32_t arenas_take_slot(struct arena_source *source)
{
    uint32_t drawn = random_below(&source->random, source->spare_count);
    uint32_t slot = source->spare[drawn];

    source->spare[drawn] = source->spare[--source->spare_count];
    return slot;
}

/* Only the arena's own pages may be touched: who reads further crashes. */
static void arenas_protect(void *start, int protection)
{
    uintptr_t first = (uintptr_t)start & ~(uintptr_t)4095;
    uintptr_t end = ((uintptr_t)start + ARENA_BYTES + 4095) & ~(uintptr_t)4095;

    if (mprotect((void *)first, end - first, protection) != 0)
        oracle_give_up("mprotect of an arena failed");
}

void *arenas_alloc(void *context, size_t bytes)
{
    struct arena_source *source = context;
    uint32_t slot;

    if (bytes != ARENA_BYTES || arenas_refuses(source)) {
        source->refused++;
        arenas_note(source, ARENA_REFUSED, source->taken);
        return NULL;
    }
    slot = arenas_take_slot(source);
    source->slots[slot] =
        (struct arena_slot){ source->taken++, arenas_skew(source), true };
    arenas_note(source, ARENA_TAKEN, source->slots[slot].ordinal);
    arenas_protect(arenas_start(source, slot), PROT_READ | PROT_WRITE);
    return arenas_start(source, slot);
}

/* The slot that holds this address, or ARENA_SLOTS. */
static uint32_t arenas_slot(const struct arena_source *source,
                            const void *address)
{
    size_t distance = (uintptr_t)address - (uintptr_t)source->region;

    return distance < region_bytes ? (uint32_t)(distance / SLOT_BYTES)
                                   : ARENA_SLOTS;
}

/* What was freed holds nothing any more and may not be touched. */
static void arenas_discard(void *start)
{
    uintptr_t first = ((uintptr_t)start + 4095) & ~(uintptr_t)4095;

    madvise((void *)first, ARENA_BYTES - 4096, MADV_DONTNEED);
    arenas_protect(start, PROT_NONE);
}

void arenas_free(void *context, void *arena, size_t bytes)
{
    struct arena_source *source = context;
    uint32_t slot = arenas_slot(source, arena);

    if (slot == ARENA_SLOTS || bytes != ARENA_BYTES ||
        !source->slots[slot].live || arenas_start(source, slot) != arena) {
        arenas_note(source, ARENA_MISTAKEN, 0);
        return;
    }
    arenas_note(source, ARENA_RELEASED, source->slots[slot].ordinal);
    source->slots[slot].live = false;
    source->spare[source->spare_count++] = slot;
    source->released++;
    arenas_discard(arena);
}

struct place arenas_place(const struct arena_source *source,
                          const void *address)
{
    uint32_t slot = arenas_slot(source, address);
    size_t offset;

    if (address == NULL)
        return (struct place){ .kind = PLACE_NULL };
    if (slot == ARENA_SLOTS)
        return (struct place){ .kind = PLACE_RAW };
    offset = (uintptr_t)address - (uintptr_t)arenas_start(source, slot);
    if (!source->slots[slot].live || offset >= ARENA_BYTES)
        return (struct place){ .kind = PLACE_LOST };
    return (struct place){ PLACE_ARENA, source->slots[slot].ordinal,
                           (uint32_t)offset };
}
