/* memory_ends.c - a fixed script of requests while the raw domain or the hook
 * of arenas refuses from the n-th request on: the heap stays whole, blocks
 * keep what was written, and nothing is lost. (A10) */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include <assay/domains.h>
#include <assay/failing_layer.h>

#include "obheap.h"

enum { BLOCKS = 600, STEPS = 3000, FIRST = 200, SPAN = 40 };

struct ends {
    struct memory_domains *domains;
    struct failing_layer raw;
    struct failing_arenas arenas;
    struct {
        uint8_t *data;
        size_t bytes;
        uint8_t fill;
    } block[BLOCKS];
    size_t held;
    uint64_t random;
    size_t refused; /* requests of the script */
};

/* ---- a heap whose memory ends ---- */

/* Arenas lie askew of each other and are as small as the edition has them, so
 * that a short script takes many. */
static void ends_open(struct ends *ends, const char *name, size_t start,
                      size_t stop, bool fail_raw, bool fail_arenas)
{
    struct memory_domains_config config = { .edition = edition_find("py38"),
                                            .name = name };
    memset(ends, 0, sizeof *ends);
    ends->random = 88172645463325252;
    ends->domains = memory_domains_create(&config);
    cr_assert(ends->domains);

    struct memory_arenas pages = memory_domains_get_arenas(ends->domains);
    failing_arenas_init(&ends->arenas, &pages, fail_arenas ? start : SIZE_MAX,
                        stop);
    struct memory_arenas arenas = failing_arenas_hook(&ends->arenas);
    memory_domains_set_arenas(ends->domains, &arenas);

    struct memory_allocator below =
        memory_domains_get_allocator(ends->domains, MEMORY_RAW);
    failing_layer_init(&ends->raw, &below, fail_raw ? start : SIZE_MAX, stop);
    struct memory_allocator raw = failing_layer_allocator(&ends->raw);
    memory_domains_set_allocator(ends->domains, MEMORY_RAW, &raw);
}

static void ends_close(struct ends *ends)
{
    memory_domains_destroy(ends->domains);
}

static void assert_whole(const struct ends *ends, size_t start)
{
    struct obheap *heap = memory_domains_heap(ends->domains);
    struct fault fault = obheap_verify(heap);
    cr_assert(!fault.what, "start %zu: %s (%zu, %zu)", start, fault.what,
              fault.found, fault.expected);
    cr_assert_eq(obheap_allocated_blocks(heap), ends->held, "start %zu", start);
}

/* ---- the script ---- */

static uint64_t ends_draw(struct ends *ends, uint64_t below)
{
    ends->random ^= ends->random << 13;
    ends->random ^= ends->random >> 7;
    ends->random ^= ends->random << 17;
    return ends->random % below;
}

static void assert_filled(const struct ends *ends, unsigned i, size_t bytes)
{
    for (size_t at = 0; at < bytes; at++)
        cr_assert(ends->block[i].data[at] == ends->block[i].fill,
                  "byte %zu of %zu", at, bytes);
}

static void ends_hold(struct ends *ends, unsigned i, uint8_t *data,
                      size_t bytes)
{
    ends->block[i].data = data;
    ends->block[i].bytes = bytes;
    ends->block[i].fill = (uint8_t)i;
    memset(data, ends->block[i].fill, bytes);
}

static void ends_take(struct ends *ends, unsigned i, size_t bytes)
{
    uint8_t *data = ends_draw(ends, 4) == 0
                        ? memory_calloc(ends->domains, MEMORY_OBJ, 1, bytes)
                        : memory_malloc(ends->domains, MEMORY_OBJ, bytes);
    ends->refused += data == NULL;
    if (!data)
        return;
    ends->held++;
    ends_hold(ends, i, data, bytes);
}

static void ends_resize(struct ends *ends, unsigned i, size_t bytes)
{
    size_t kept = ends->block[i].bytes < bytes ? ends->block[i].bytes : bytes;
    uint8_t *data =
        memory_realloc(ends->domains, MEMORY_OBJ, ends->block[i].data, bytes);
    if (!data) {
        ends->refused++;
        assert_filled(ends, i, ends->block[i].bytes);
        return;
    }
    ends->block[i].data = data;
    assert_filled(ends, i, kept);
    ends_hold(ends, i, data, bytes);
}

static void ends_drop(struct ends *ends, unsigned i)
{
    assert_filled(ends, i, ends->block[i].bytes);
    memory_free(ends->domains, MEMORY_OBJ, ends->block[i].data);
    ends->block[i].data = NULL;
    ends->held--;
}

static void ends_step(struct ends *ends)
{
    unsigned i = (unsigned)ends_draw(ends, BLOCKS);
    size_t bytes = ends_draw(ends, ends_draw(ends, 8) ? 513 : 5000);
    if (!ends->block[i].data)
        ends_take(ends, i, bytes);
    else if (ends_draw(ends, 3) == 0)
        ends_resize(ends, i, bytes);
    else
        ends_drop(ends, i);
}

/* Returns how many requests were refused. */
static size_t ends_run(const char *name, size_t start, size_t stop,
                       bool fail_raw, bool fail_arenas)
{
    static struct ends ends;
    ends_open(&ends, name, start, stop, fail_raw, fail_arenas);
    for (unsigned step = 0; step < STEPS; step++) {
        ends_step(&ends);
        if (step % 250 == 0)
            assert_whole(&ends, start);
    }
    assert_whole(&ends, start);
    for (unsigned i = 0; i < BLOCKS; i++)
        if (ends.block[i].data)
            ends_drop(&ends, i);
    assert_whole(&ends, start);
    ends_close(&ends);
    return ends.refused;
}

static void ends_sweep(const char *name, bool fail_raw, bool fail_arenas)
{
    size_t refused = 0;
    for (size_t start = 0; start < FIRST; start++) {
        refused += ends_run(name, start, start + 1, fail_raw, fail_arenas);
        refused += ends_run(name, start, start + SPAN, fail_raw, fail_arenas);
        refused += ends_run(name, start, 0, fail_raw, fail_arenas);
    }
    cr_assert(refused > 0 || !fail_raw, "nothing was ever refused");
}

Test(memory_ends, wherever_raw_refuses_the_heap_stays_whole, .timeout = 100)
{
    ends_sweep("pymalloc", true, false);
}

Test(memory_ends, wherever_arenas_are_refused_raw_serves, .timeout = 100)
{
    ends_sweep("pymalloc", false, true);
}

Test(memory_ends, wherever_both_refuse_the_heap_stays_whole, .timeout = 100)
{
    ends_sweep("pymalloc", true, true);
}

Test(memory_ends, wherever_both_refuse_dressed_blocks_stay_whole,
     .timeout = 100)
{
    ends_sweep("pymalloc_debug", true, true);
}

/* The heap must not remember a refusal. */
Test(memory_ends, once_memory_is_back_requests_are_served_from_pools)
{
    static struct ends ends;
    ends_open(&ends, "pymalloc", 0, 1, true, true);
    cr_assert(!memory_malloc(ends.domains, MEMORY_OBJ, 1000));
    ends.raw.range = (struct failing_range){ .stop = 0 };
    cr_assert_null(memory_malloc(ends.domains, MEMORY_OBJ, 100));
    ends.raw.range = (struct failing_range){ .start = SIZE_MAX };
    ends.arenas.range = (struct failing_range){ .start = SIZE_MAX };
    void *block = memory_malloc(ends.domains, MEMORY_OBJ, 100);
    cr_assert(obheap_owns(memory_domains_heap(ends.domains), block));
    memory_free(ends.domains, MEMORY_OBJ, block);
    ends_close(&ends);
}
