/* oracle_obmalloc_arenas.c - gives arenas, keeps count, and refuses. */
#include "oracle_obmalloc.h"

#include <sys/mman.h>

#define MIB ((size_t)1 << 20)

/* Both sides look addresses up in tables that end at multiples of 16 GiB:
 * arenas lie on both sides of one, and some across it. */
#define BOUNDARY_BYTES ((uintptr_t)16 << 30)

enum { PAGE_BYTES = 4096, BOUNDARIES_TRIED = 64, SLOTS_DRAWN = 8 };

/* The part of an address that may vary: pool-aligned and not, in one leaf of
 * CPython's address map or in two. */
static const uint32_t skews[] = { 0,      16,      0x1000,  0x3ff0,
                                  0x4000, 0x7f000, 0x80000, 0xffff0 };

/* Close to a fixed skew arenas can follow one another without a gap, so that
 * one's end and another's beginning share a place of the address map. Those
 * of varied skew do at every second seed. */
static size_t arenas_stride(struct arena_source *source)
{
    if (source->skew_bytes == SKEW_VARIED)
        return random_chance(&source->random, 500) ? 2 * MIB
                                                   : MIB + 4 * POOL_BYTES;
    return source->skew_bytes % PAGE_BYTES == 0 ? MIB : 2 * MIB;
}

static unsigned char *arenas_map(uintptr_t hint, size_t bytes)
{
    int fixed = hint != 0 ? MAP_FIXED_NOREPLACE : 0;
    unsigned char *map =
        mmap((void *)hint, bytes, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);

    return map == MAP_FAILED ? NULL : map;
}

/* Address space with a boundary in its middle; any, where all are taken. */
static unsigned char *arenas_region(size_t bytes)
{
    unsigned char *map = arenas_map(0, bytes);
    uintptr_t boundary = (uintptr_t)map & ~(BOUNDARY_BYTES - 1);

    if (map == NULL)
        oracle_give_up("no address space for arenas");
    for (int i = 0; i < BOUNDARIES_TRIED; i++, boundary -= BOUNDARY_BYTES) {
        unsigned char *middle = arenas_map(boundary - bytes / 2, bytes);

        if (middle != NULL) {
            munmap(map, bytes);
            return middle;
        }
    }
    return map;
}

void arenas_open(struct arena_source *source, uint64_t seed, int64_t skew_bytes)
{
    size_t offset = skew_bytes == SKEW_VARIED ? 0 : (size_t)skew_bytes;
    uintptr_t region;

    *source = (struct arena_source){ .skew_bytes = skew_bytes,
                                     .random = random_stream(seed, 1) };
    source->stride_bytes = arenas_stride(source);
    region =
        (uintptr_t)arenas_region(ARENA_SLOTS * source->stride_bytes + 2 * MIB);
    source->region = (unsigned char *)((region + MIB - 1) / MIB * MIB + offset);
    for (uint32_t i = 0; i < ARENA_SLOTS; i++)
        source->spare[ARENA_SLOTS - 1 - i] =
            i % 2 == 0 ? (ARENA_SLOTS + i) / 2 : (ARENA_SLOTS - i - 1) / 2;
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
    uint32_t room = (uint32_t)source->stride_bytes - ARENA_BYTES;
    uint32_t count = sizeof skews / sizeof *skews;
    uint32_t drawn = random_below(&source->random, 2 * count);

    if (source->skew_bytes != SKEW_VARIED)
        return 0; /* the region has it */
    if (drawn < count)
        return skews[drawn] % room;
    return random_below(&source->random, room / STEP_BYTES) * STEP_BYTES;
}

static unsigned char *arenas_start(const struct arena_source *source,
                                   uint32_t slot)
{
    return source->region + slot * source->stride_bytes +
           source->slots[slot].skew_bytes;
}

/* One of the last few: from the middle outwards, and those that were given
 * back are soon used again. So arenas are often neighbours. */
static uint32_t arenas_take_slot(struct arena_source *source)
{
    uint32_t few =
        source->spare_count < SLOTS_DRAWN ? source->spare_count : SLOTS_DRAWN;
    uint32_t last = --source->spare_count;
    uint32_t drawn = last - random_below(&source->random, few);
    uint32_t slot = source->spare[drawn];

    source->spare[drawn] = source->spare[last];
    return slot;
}

/* Only the arena's own pages may be touched: who reads further crashes. */
static void arenas_protect(void *start, int protection)
{
    uintptr_t first = (uintptr_t)start & ~(uintptr_t)(PAGE_BYTES - 1);
    uintptr_t end = ((uintptr_t)start + ARENA_BYTES + PAGE_BYTES - 1) &
                    ~(uintptr_t)(PAGE_BYTES - 1);

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

    return distance < ARENA_SLOTS * source->stride_bytes
               ? (uint32_t)(distance / source->stride_bytes)
               : ARENA_SLOTS;
}

/* What was freed holds nothing any more and may not be touched. */
static void arenas_discard(void *start)
{
    uintptr_t first =
        ((uintptr_t)start + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1);

    madvise((void *)first, ARENA_BYTES - PAGE_BYTES, MADV_DONTNEED);
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
