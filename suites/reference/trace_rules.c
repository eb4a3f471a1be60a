/* trace_rules.c - a tracer on the three domains: what is traced and what is
 * counted (T1, T3, T4; CPython's test_tracemalloc.py). */
#include "trace_fixture.h"

#include <errno.h>

#include "assay/failing_layer.h"

TestSuite(trace_rules, .init = trace_begin, .fini = trace_end, .timeout = 60);

/* ---- limits, start, stop ---- */

Test(trace_rules, a_limit_of_frames_is_1_to_65535)
{
    static const unsigned wrong[] = { 0, 65536, 1u << 30, (unsigned)-1 };
    for (unsigned i = 0; i < 4; i++) {
        struct tracer_config config = { .frame_limit = wrong[i] };
        cr_assert(tracer_start(tracer, domains, &config) == -EINVAL);
        cr_assert(!tracer_is_tracing(tracer));
        cr_assert(memory_domains_name(domains));
    }
    trace_start(65535);
    cr_assert(tracer_frame_limit(tracer) == 65535);
    tracer_stop(tracer);
    trace_start(1);
    cr_assert(tracer_frame_limit(tracer) == 1);
}

Test(trace_rules, starting_twice_hooks_once)
{
    trace_start(3);
    struct tracer_config other = { .frame_limit = 9 };
    cr_assert(tracer_start(tracer, domains, &other) == 0);
    cr_assert(tracer_frame_limit(tracer) == 3);
    void *block = memory_malloc(domains, MEMORY_OBJ, 10);
    trace_expect_bytes(10, 10);
    struct memory_domains *others = memory_domains_create(NULL);
    cr_assert(tracer_start(tracer, others, &other) == -EBUSY);
    memory_domains_destroy(others);
    memory_free(domains, MEMORY_OBJ, block);
}

Test(trace_rules, stopping_forgets_all_and_takes_the_hooks_out)
{
    const char *name = memory_domains_name(domains);
    trace_start(1);
    cr_assert_null(memory_domains_name(domains));
    void *block = memory_malloc(domains, MEMORY_MEM, 100);
    tracer_stop(tracer);
    trace_expect_bytes(0, 0);
    cr_assert_str_eq(memory_domains_name(domains), name);
    cr_assert_not(tracer_is_tracing(tracer));
    cr_assert(tracer_find(tracer, 0, (uintptr_t)block, NULL, 0, NULL) == 0);
    memory_free(domains, MEMORY_MEM, block);
}

Test(trace_rules, a_snapshot_is_refused_when_nothing_is_traced)
{
    errno = 0;
    cr_assert_null(tracer_snapshot(tracer));
    cr_assert(errno == ENOENT);
    cr_assert(tracer_track(tracer, 5, 16, 8) == -ENOENT);
    cr_assert(tracer_untrack(tracer, 5, 16) == -ENOENT);
}

/* ---- what is traced ---- */

Test(trace_rules, blocks_of_all_three_domains_are_traced_until_freed)
{
    trace_start(1);
    for (unsigned domain = 0; domain < MEMORY_DOMAINS; domain++) {
        void *block = memory_malloc(domains, domain, 123);
        void *zeroed = memory_calloc(domains, domain, 7, 11);
        size_t bytes = 0;
        trace_expect_bytes(200, 200);
        cr_assert(tracer_find(tracer, 0, (uintptr_t)block, NULL, 0, &bytes));
        cr_assert(bytes == 123);
        memory_free(domains, domain, block);
        memory_free(domains, domain, zeroed);
        cr_assert(!tracer_find(tracer, 0, (uintptr_t)block, NULL, 0, NULL));
    }
    trace_expect_bytes(0, 200);
}

/* The heap asks raw for what is above 512 bytes. */
static void resize_large_object(void)
{
    trace_start(1);
    void *block = memory_malloc(domains, MEMORY_OBJ, 100000);
    trace_expect_bytes(100000, 100000);
    block = memory_realloc(domains, MEMORY_OBJ, block, 200000);
    trace_expect_bytes(200000, 200000);
    block = memory_realloc(domains, MEMORY_OBJ, block, 100);
    trace_expect_bytes(100, 200000);
    block = memory_realloc(domains, MEMORY_OBJ, block, 5000);
    trace_expect_bytes(5000, 200000);
    struct trace_snapshot *snapshot = tracer_snapshot(tracer);
    cr_assert(trace_snapshot_count(snapshot) == 1);
    trace_snapshot_destroy(snapshot);
    memory_free(domains, MEMORY_OBJ, block);
    trace_expect_bytes(0, 200000);
}

Test(trace_rules, a_large_object_counts_once)
{
    resize_large_object();
}

/* What the heap asks for is then at another address, and more. */
Test(trace_rules, a_large_object_counts_once_in_debug_dress)
{
    cr_assert(memory_domains_setup_debug_hooks(domains));
    resize_large_object();
}

Test(trace_rules, blocks_from_before_the_start_are_not_seen)
{
    void *freed = memory_malloc(domains, MEMORY_OBJ, 64);
    void *grown = memory_malloc(domains, MEMORY_OBJ, 64);
    trace_start(1);
    memory_free(domains, MEMORY_OBJ, freed);
    trace_expect_bytes(0, 0);
    grown = memory_realloc(domains, MEMORY_OBJ, grown, 300);
    trace_expect_bytes(300, 300);
    memory_free(domains, MEMORY_OBJ, grown);
    trace_expect_bytes(0, 300);
}

Test(trace_rules, a_refused_request_changes_no_trace)
{
    struct memory_allocator raw =
        memory_domains_get_allocator(domains, MEMORY_RAW);
    struct failing_layer failing;
    failing_layer_init(&failing, &raw, 1, 0);
    struct memory_allocator layer = failing_layer_allocator(&failing);
    memory_domains_set_allocator(domains, MEMORY_RAW, &layer);
    trace_start(1);
    void *block = memory_malloc(domains, MEMORY_RAW, 700);
    cr_assert_null(memory_malloc(domains, MEMORY_RAW, 1));
    cr_assert_null(memory_realloc(domains, MEMORY_RAW, block, 9000));
    cr_assert_null(memory_calloc(domains, MEMORY_RAW, 3, 3));
    trace_expect_bytes(700, 700);
    size_t bytes;
    cr_assert(tracer_find(tracer, 0, (uintptr_t)block, NULL, 0, &bytes));
    cr_assert(bytes == 700);
    memory_free(domains, MEMORY_RAW, block);
    trace_expect_bytes(0, 700);
    tracer_stop(tracer);
    memory_domains_set_allocator(domains, MEMORY_RAW, &raw);
}

Test(trace_rules, too_large_a_size_is_refused_and_nothing_changes)
{
    trace_start(1);
    void *block = memory_malloc(domains, MEMORY_OBJ, 40);
    cr_assert_null(memory_malloc(domains, MEMORY_OBJ, SIZE_MAX));
    cr_assert_null(memory_calloc(domains, MEMORY_OBJ, SIZE_MAX / 2, 3));
    cr_assert_null(memory_realloc(domains, MEMORY_OBJ, block, SIZE_MAX));
    cr_assert(tracer_track(tracer, 5, 16, SIZE_MAX) == -EOVERFLOW);
    trace_expect_bytes(40, 40);
    memory_free(domains, MEMORY_OBJ, block);
}

/* ---- counts ---- */

Test(trace_rules, clearing_forgets_blocks_that_are_still_there)
{
    trace_start(1);
    void *block = trace_make(5000);
    tracer_clear(tracer);
    trace_expect_bytes(0, 0);
    cr_assert(!tracer_find(tracer, 0, (uintptr_t)block, NULL, 0, NULL));
    cr_assert(tracer_is_tracing(tracer));
    memory_free(domains, MEMORY_OBJ, block);
    trace_expect_bytes(0, 0);
    block = trace_make(7);
    trace_expect_bytes(7, 7);
    memory_free(domains, MEMORY_OBJ, block);
}

Test(trace_rules, the_peak_is_of_now_once_it_is_reset)
{
    trace_start(1);
    void *large = trace_make(1 << 20), *small = trace_make(10);
    memory_free(domains, MEMORY_OBJ, large);
    trace_expect_bytes(10, (1 << 20) + 10);
    tracer_reset_peak(tracer);
    trace_expect_bytes(10, 10);
    memory_free(domains, MEMORY_OBJ, small);
}

Test(trace_rules, the_tracer_takes_less_after_blocks_are_gone)
{
    enum { BLOCKS = 20000 };
    static void *block[BLOCKS];
    trace_start(1);
    size_t empty = tracer_own_bytes(tracer);
    for (unsigned i = 0; i < BLOCKS; i++)
        block[i] = trace_make(16);
    size_t full = tracer_own_bytes(tracer);
    cr_assert(full > empty + (size_t)BLOCKS * 24);
    cr_assert(full < empty + (size_t)BLOCKS * 70, "%zu", full - empty);
    for (unsigned i = 0; i < BLOCKS; i++)
        memory_free(domains, MEMORY_OBJ, block[i]);
    cr_assert(tracer_own_bytes(tracer) < full / 8);
    tracer_clear(tracer);
    cr_assert(tracer_own_bytes(tracer) <= empty);
}

/* ---- blocks of a caller's own ---- */

Test(trace_rules, a_caller_tracks_blocks_in_a_domain_of_its_own)
{
    struct trace_seen seen;
    size_t bytes;
    trace_start(1);
    cr_assert(tracer_track(tracer, 5, 0x1000, 60) == 0);
    cr_assert(tracer_track(tracer, 6, 0x1000, 1) == 0);
    cr_assert(tracer_track(tracer, 5, 0x1000, 100) == 0);
    trace_expect_bytes(101, 101);
    cr_assert(tracer_find(tracer, 5, 0x1000, NULL, 0, &bytes) == 1);
    cr_assert(bytes == 100);
    cr_assert(tracer_find(tracer, 0, 0x1000, NULL, 0, NULL) == 0);
    cr_assert(tracer_untrack(tracer, 6, 0x1000) == 0);
    cr_assert(tracer_untrack(tracer, 6, 0x1000) == 0);
    struct trace_snapshot *snapshot = tracer_snapshot(tracer);
    cr_assert(trace_snapshot_trace(snapshot, 0, &seen));
    cr_assert(seen.domain == 5 && seen.bytes == 100);
    cr_assert(!trace_snapshot_trace(snapshot, 1, &seen));
    trace_snapshot_destroy(snapshot);
    trace_expect_bytes(100, 101);
}

/* ---- the table against a plain model ---- */

Test(trace_rules, any_mix_of_requests_leaves_the_traces_of_what_is_alive)
{
    enum { SLOTS = 700, STEPS = 200000 };
    static void *block[SLOTS];
    static size_t size[SLOTS];
    uint64_t state = 20261121;
    size_t now = 0;
    trace_start(1);
    for (unsigned i = 0; i < STEPS; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        unsigned slot = (unsigned)(state >> 40) % SLOTS;
        size_t bytes = (size_t)(state >> 33) % 1200 + 1;
        bool resize = state >> 63;
        now -= size[slot];
        if (block[slot] && !resize) {
            memory_free(domains, MEMORY_OBJ, block[slot]);
            block[slot] = NULL;
            bytes = 0;
        } else {
            block[slot] =
                memory_realloc(domains, MEMORY_OBJ, block[slot], bytes);
        }
        now += size[slot] = bytes;
    }
    size_t found, peak, traced;
    tracer_traced_bytes(tracer, &found, &peak);
    cr_assert(found == now && peak >= now);
    for (unsigned i = 0; i < SLOTS; i++) {
        if (!block[i])
            continue;
        cr_assert(
            tracer_find(tracer, 0, (uintptr_t)block[i], NULL, 0, &traced) == 1);
        cr_assert(traced == size[i]);
        memory_free(domains, MEMORY_OBJ, block[i]);
    }
    cr_assert(tracer->table.count == 0);
}
