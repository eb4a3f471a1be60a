/* memory_ends.c - a fixed script of requests while the raw domain or the hook
 * of arenas refuses from the n-th request on: the heap stays whole, blocks
 * keep what was written, and nothing is lost. (A10) */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include <assay/domains.h>
#include <assay/failing_layer.h>

#include "obheap.h"

/* Refusals begin at each of the first requests; a span of them, or just one,
 * or all from then on. */
enum {
    BLOCKS = 600,
    STARTS = 200,
    SPAN = 40,
    TIDES_MAX = 400,
    RAW_PER_ARENA = 40
};

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

/* An edition with small arenas, which it gives back at once. */
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
    size_t slower = fail_raw ? RAW_PER_ARENA : 1;
    failing_arenas_init(&ends->arenas, &pages,
                        fail_arenas ? start / slower : SIZE_MAX,
                        stop ? start / slower + (stop - start) : 0);
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

static void assert_whole(const struct ends *ends)
{
    struct obheap *heap = memory_domains_heap(ends->domains);
    struct fault fault = obheap_verify(heap);
    cr_assert(!fault.what, "%s (%zu, %zu)", fault.what, fault.found,
              fault.expected);
    cr_assert_eq(obheap_allocated_blocks(heap), ends->held);
}

/* ---- the script ---- */

static uint64_t ends_draw(struct ends *ends, uint64_t below)
{
    ends->random ^= ends->random << 13;
    ends->random ^= ends->random >> 7;
    ends->random ^= ends->random << 17;
    return ends->random % below;
}

/* Each byte is as the one before it, and so as the first. */
static void assert_filled(const struct ends *ends, unsigned i, size_t bytes)
{
    const uint8_t *data = ends->block[i].data;
    bool kept = bytes == 0 || (data[0] == ends->block[i].fill &&
                               memcmp(data, data + 1, bytes - 1) == 0);
    cr_assert(kept, "block %u of %zu bytes", i, bytes);
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

static void ends_step(struct ends *ends, unsigned i)
{
    size_t bytes =
        ends_draw(ends, 8) ? 300 + ends_draw(ends, 213) : ends_draw(ends, 5000);
    if (!ends->block[i].data)
        ends_take(ends, i, bytes);
    else if (ends_draw(ends, 3) == 0)
        ends_resize(ends, i, bytes);
    else
        ends_drop(ends, i);
}

/* Each tide takes two arenas and gives them back. */
static void ends_tide(struct ends *ends)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        ends_step(ends, i);
    for (unsigned step = 0; step < BLOCKS / 4; step++)
        ends_step(ends, (unsigned)ends_draw(ends, BLOCKS));
    assert_whole(ends);
    for (unsigned i = 0; i < BLOCKS; i++)
        if (ends->block[i].data)
            ends_drop(ends, i);
    assert_whole(ends);
}

/* Until some tides after the refusals. */
static void ends_run(const char *name, size_t start, size_t stop, bool fail_raw,
                     bool fail_arenas)
{
    static struct ends ends;
    const struct failing_range *raw = &ends.raw.range;
    const struct failing_range *arenas = &ends.arenas.range;
    const struct failing_range *first = fail_raw ? raw : arenas;
    size_t last = (stop ? stop : start) + 4;
    unsigned tides = 0;

    ends_open(&ends, name, start, stop, fail_raw, fail_arenas);
    while (first->asked < last) {
        cr_assert(++tides <= TIDES_MAX);
        ends_tide(&ends);
    }
    ends_close(&ends);
    cr_assert(first->refused > 0, "start %zu", start);
    cr_assert(fail_raw || ends.refused == 0, "raw serves, start %zu", start);
}

static void ends_sweep(const char *name, bool fail_raw, bool fail_arenas)
{
    for (size_t start = 0; start < STARTS; start++) {
        ends_run(name, start, start + 1, fail_raw, fail_arenas);
        ends_run(name, start, start + SPAN, fail_raw, fail_arenas);
        ends_run(name, start, 0, fail_raw, fail_arenas);
    }
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

Test(memory_ends, arenas_refused_in_a_row_cost_no_memory_of_raw)
{
    static struct ends ends;
    ends_open(&ends, "pymalloc", 0, 0, false, true);
    for (unsigned i = 0; i < 100; i++)
        ends_take(&ends, i, 100);
    cr_assert_eq(ends.arenas.range.asked, 100);
    cr_assert_eq(ends.raw.range.asked, 100, "for the blocks themselves");
    for (unsigned i = 0; i < 100; i++)
        ends_drop(&ends, i);
    ends_close(&ends);
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
