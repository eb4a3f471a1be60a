/* obheap_editions.c - every class of every edition at its boundaries, and the
 * figures that are published for each. */
#include <criterion/criterion.h>
#include <string.h>

#include "edition.h"
#include "obheap.h"
#include "recorded_arenas.h"

/* Sources: Objects/obmalloc.c of each version, and the blocks a pool of it
 * was counted to hold. */
static const struct {
    const char *name;
    size_t step, limit, pool, arena;
    struct {
        size_t bytes, blocks;
    } in_a_pool[3];
} published[] = {
    { "classic-256",
      8,
      256,
      4096,
      262144,
      { { 8, 506 }, { 32, 126 }, { 256, 15 } } },
    { "classic-512",
      8,
      512,
      4096,
      262144,
      { { 8, 506 }, { 16, 253 }, { 512, 7 } } },
    { "py38", 16, 512, 4096, 262144, { { 16, 253 }, { 32, 126 }, { 512, 7 } } },
    { "py311",
      16,
      512,
      16384,
      1048576,
      { { 16, 1021 }, { 48, 340 }, { 512, 31 } } },
    { "py313",
      16,
      512,
      16384,
      1048576,
      { { 32, 510 }, { 64, 255 }, { 512, 31 } } },
};

enum { EDITIONS = sizeof published / sizeof *published };

Test(obheap_editions, constants_are_those_published)
{
    for (size_t i = 0; i < EDITIONS; i++) {
        const struct edition *e = edition_find(published[i].name);
        cr_assert(e, "%s", published[i].name);
        cr_assert(e->step_bytes == published[i].step);
        cr_assert(e->limit_bytes == published[i].limit);
        cr_assert(e->pool_bytes == published[i].pool);
        cr_assert(e->arena_bytes == published[i].arena);
        cr_assert(e->arena_bytes == OBHEAP_POOLS * e->pool_bytes);
        for (size_t k = 0; k < 3; k++)
            cr_assert(edition_blocks(
                          e, (unsigned)(published[i].in_a_pool[k].bytes /
                                            e->step_bytes -
                                        1)) == published[i].in_a_pool[k].blocks,
                      "%s", e->name);
    }
    cr_assert(!editions[EDITIONS].name && !edition_find("py27"));
}

/* The pools that `count` blocks of `bytes` came from. */
static size_t pools_of(struct obheap *heap, size_t bytes, size_t count)
{
    struct obheap_stats stats;
    size_t pools = 0;

    for (size_t i = 0; i < count; i++)
        cr_assert(obheap_owns(heap, obheap_malloc(heap, bytes)));
    obheap_stats(heap, &stats);
    for (unsigned class = 0; class < OBHEAP_CLASSES_MAX; class ++)
        pools += stats.class[class].pools;
    return pools;
}

static void check_class(const struct edition *e, unsigned class, size_t bytes)
{
    struct recorded_arenas arenas = { 0 };
    struct obheap *heap = recorded_heap(&arenas, e->name);
    size_t blocks = edition_blocks(e, class);

    cr_assert(pools_of(heap, bytes, blocks) == 1, "%s: %zu bytes", e->name,
              bytes);
    cr_assert(pools_of(heap, bytes, 1) == 2, "%s: %zu bytes", e->name, bytes);
    void *block = obheap_malloc(heap, bytes);
    cr_assert(obheap_usable_bytes(heap, block) == (class + 1) * e->step_bytes);
    cr_assert((uintptr_t)block % e->step_bytes == 0);
    memset(block, 0xff, bytes);
    struct fault fault = obheap_verify(heap);
    cr_assert(!fault.what, "%s", fault.what);
    obheap_destroy(heap);
}

Test(obheap_editions, each_class_begins_and_ends_where_its_step_says)
{
    for (const struct edition *e = editions; e->name; e++)
        for (unsigned class = 0; class < edition_classes(e); class ++) {
            check_class(e, class, class * e->step_bytes + 1);
            check_class(e, class, (class + 1) * e->step_bytes);
        }
}

Test(obheap_editions, above_the_limit_raw_serves)
{
    for (const struct edition *e = editions; e->name; e++) {
        struct recorded_arenas arenas = { 0 };
        struct obheap *heap = recorded_heap(&arenas, e->name);
        void *small = obheap_malloc(heap, e->limit_bytes);
        void *large = obheap_malloc(heap, e->limit_bytes + 1);
        cr_assert(obheap_owns(heap, small) && !obheap_owns(heap, large));
        obheap_free(heap, large);
        obheap_destroy(heap);
    }
}

/* What an edition's raw layer was asked, to tell where arenas came from. */
static size_t raw_largest;

static void *raw_malloc(void *context, size_t bytes)
{
    (void)context;
    raw_largest = bytes > raw_largest ? bytes : raw_largest;
    return malloc(bytes);
}

static void raw_free(void *context, void *block)
{
    (void)context;
    free(block);
}

Test(obheap_editions, up_to_3_2_arenas_are_blocks_of_raw)
{
    for (const struct edition *e = editions; e->name; e++) {
        struct memory_allocator raw = memory_system;
        raw.malloc = raw_malloc;
        raw.free = raw_free;
        struct obheap_config config = { .edition = e, .raw = &raw };
        struct obheap *heap = obheap_create(&config);
        raw_largest = 0;
        cr_assert(obheap_malloc(heap, 8));
        cr_assert((raw_largest == e->arena_bytes) ==
                      (strcmp(e->name, "classic-256") == 0),
                  "%s", e->name);
        obheap_destroy(heap);
    }
}
