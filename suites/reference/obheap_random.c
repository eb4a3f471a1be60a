/* obheap_random.c - random requests: after each, every structure of the heap
 * is held to its invariants, and the block lies where the model has it. */
#include <criterion/criterion.h>
#include <string.h>

#include "model_heap.h"
#include "obheap.h"
#include "random.h"
#include "recorded_arenas.h"

/* Blocks for several of the largest arenas, half of them made at first. */
enum { SLOTS = 20000, FILLING = 10000, OPERATIONS = 22000 };

static struct {
    unsigned char *start;
    size_t bytes;
    struct model_place place;
} slot[SLOTS];

/* What a script runs on; the model is NULL where a front list makes addresses
 * differ. */
static struct recorded_arenas arenas;
static struct obheap *heap;
static struct model_heap *model;

static unsigned char pattern(size_t at, size_t i)
{
    return (unsigned char)(at * 31 + i * 7);
}

static void fill(size_t at)
{
    for (size_t i = 0; i < slot[at].bytes; i++)
        slot[at].start[i] = pattern(at, i);
}

static void look(size_t at, size_t bytes, uint64_t seed)
{
    for (size_t i = 0; i < bytes; i++)
        cr_assert(slot[at].start[i] == pattern(at, i), "seed %lu", seed);
}

static size_t draw_bytes(struct random *random, const struct edition *e,
                         unsigned phase)
{
    size_t limit = e->limit_bytes;

    if (phase == 1) /* one class, so that pools fill and empty */
        return 3 * e->step_bytes;
    if (phase == 2) /* few blocks a pool, so that arenas do */
        return limit - random_below(random, (uint32_t)e->step_bytes);
    return random_below(random, (uint32_t)limit + 40);
}

/* A block in no pool has no place; nor has one of a front list. */
static void compare(size_t at, uint64_t seed)
{
    size_t offset = 0;
    int arena = recorded_place(&arenas, slot[at].start, &offset);

    if (!model)
        return;
    cr_assert(arena == slot[at].place.arena,
              "seed %lu: %zu bytes lie in arena %d, and in %d by the model",
              seed, slot[at].bytes, arena, slot[at].place.arena);
    cr_assert(arena < 0 || offset == slot[at].place.offset,
              "seed %lu: %zu bytes lie at %zu, and at %zu by the model", seed,
              slot[at].bytes, offset, slot[at].place.offset);
}

static void drop(size_t at, uint64_t seed)
{
    look(at, slot[at].bytes, seed);
    obheap_free(heap, slot[at].start);
    if (model && slot[at].place.arena >= 0)
        model_free(model, slot[at].place);
    slot[at].start = NULL;
}

static void take(size_t at, size_t bytes, bool zeroed, uint64_t seed)
{
    slot[at].start =
        zeroed ? obheap_calloc(heap, 1, bytes) : obheap_malloc(heap, bytes);
    slot[at].bytes = bytes;
    cr_assert(slot[at].start);
    for (size_t i = 0; zeroed && i < bytes; i++)
        cr_assert(slot[at].start[i] == 0);
    if (model)
        slot[at].place = model_malloc(model, bytes);
    compare(at, seed);
    fill(at);
}

static void resize(size_t at, size_t bytes, uint64_t seed)
{
    slot[at].start = obheap_realloc(heap, slot[at].start, bytes);
    cr_assert(slot[at].start);
    look(at, bytes < slot[at].bytes ? bytes : slot[at].bytes, seed);
    slot[at].bytes = bytes;
    if (model && slot[at].place.arena >= 0)
        slot[at].place = model_realloc(model, slot[at].place, bytes);
    compare(at, seed);
    fill(at);
}

/* A neighbourhood at a time: pools and arenas empty only so. */
static void drop_range(struct random *random, uint64_t seed)
{
    const unsigned char *pivot = slot[random_below(random, SLOTS)].start;
    size_t span = obheap_edition(heap)->arena_bytes;

    for (size_t at = 0; at < SLOTS; at++)
        if (slot[at].start && (size_t)(slot[at].start - pivot) < span &&
            !random_chance(random, 20))
            drop(at, seed);
}

static void step(struct random *random, unsigned phase, uint64_t seed)
{
    size_t at = random_below(random, SLOTS);
    size_t bytes = draw_bytes(random, obheap_edition(heap), phase);

    if (random_chance(random, 2))
        drop_range(random, seed);
    if (!slot[at].start)
        take(at, bytes, random_chance(random, 200), seed);
    else if (random_chance(random, phase == 3 ? 900 : 500))
        drop(at, seed);
    else
        resize(at, bytes, seed);
}

static void check(uint64_t seed, unsigned operation)
{
    struct fault fault = obheap_verify(heap);
    cr_assert(!fault.what, "seed %lu, operation %u: %s (%zu, expected %zu)",
              seed, operation, fault.what, fault.found, fault.expected);
}

static void check_blocks(uint64_t seed)
{
    struct obheap_stats stats;
    size_t live = 0, small = 0;

    for (size_t at = 0; at < SLOTS; at++)
        live += slot[at].start != NULL;
    cr_assert(obheap_allocated_blocks(heap) == live, "seed %lu", seed);
    obheap_stats(heap, &stats);
    for (unsigned class = 0; class < OBHEAP_CLASSES_MAX; class ++)
        small += stats.class[class].used_blocks;
    cr_assert(small + stats.raw_blocks == live, "seed %lu", seed);
    cr_assert(stats.used_bytes + stats.free_bytes + stats.header_bytes +
                      stats.quantization_bytes + stats.free_pool_bytes +
                      stats.alignment_bytes ==
                  stats.arena_bytes_now,
              "seed %lu: the parts are not the sum", seed);
}

static void script(const struct edition *e, size_t skew_bytes,
                   uint32_t front_blocks, uint64_t seed)
{
    struct memory_arenas hook = recorded_hook(&arenas);
    struct obheap_config config = { .edition = e,
                                    .arenas = &hook,
                                    .front_blocks = front_blocks,
                                    .spare_arenas = front_blocks % 3 };
    struct random random = random_stream(seed, skew_bytes + front_blocks);

    arenas = (struct recorded_arenas){ .skew_bytes = skew_bytes };
    heap = obheap_create(&config);
    model = front_blocks ? NULL : model_open(e, e->release, skew_bytes);
    memset(slot, 0, sizeof slot);
    for (unsigned i = 0; i < OPERATIONS; i++) {
        if (i < FILLING)
            take(i, draw_bytes(&random, e, i / 1000 % 4), false, seed);
        else
            step(&random, i / 1000 % 4, seed);
        check(seed, i);
        if (i % 500 == 0)
            check_blocks(seed);
    }
    for (size_t at = 0; at < SLOTS; at++)
        if (slot[at].start)
            drop(at, seed);
    check(seed, OPERATIONS);
    check_blocks(seed);
    cr_assert(!model || (model_arenas_taken(model) == arenas.taken &&
                         model_arenas_released(model) == arenas.released));
    obheap_flush_front(heap);
    check(seed, OPERATIONS);
    obheap_destroy(heap);
    if (model)
        model_close(model);
    cr_assert(arenas.taken == arenas.released && arenas.strange == 0);
    cr_assert(arenas.taken > 2, "seed %lu: no arena came and went", seed);
}

#define RANDOM_TEST(stem, name)                                 \
    Test(obheap_random, stem##_aligned, .timeout = 60)          \
    {                                                           \
        script(edition_find(name), 0, 0, 1);                    \
        script(edition_find(name), 0, 0, 2);                    \
    }                                                           \
    Test(obheap_random, stem##_not_aligned, .timeout = 60)      \
    {                                                           \
        script(edition_find(name), 0x1010, 0, 3);               \
    }                                                           \
    Test(obheap_random, stem##_with_front_lists, .timeout = 60) \
    {                                                           \
        script(edition_find(name), 0, 5, 4);                    \
        script(edition_find(name), 16, 50, 5);                  \
    }

RANDOM_TEST(classic_256, "classic-256")
RANDOM_TEST(classic_512, "classic-512")
RANDOM_TEST(py38, "py38")
RANDOM_TEST(py311, "py311")
RANDOM_TEST(py313, "py313")
