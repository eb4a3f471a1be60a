/* trace_rules.c - a tracer on the three domains: what is traced, to which
 * frames, and what is counted (T1 to T4; CPython's test_tracemalloc.py). */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "assay/failing_layer.h"
#include "assay/recording_layer.h"
#include "assay/trace.h"
#include "tracer.h"

static struct memory_domains *domains;
static struct tracer *tracer;

static void start(unsigned frame_limit)
{
    struct tracer_config config = { .frame_limit = frame_limit };
    cr_assert(tracer_start(tracer, domains, &config) == 0);
}

static void begin(void)
{
    domains = memory_domains_create(NULL);
    tracer = tracer_create();
    cr_assert(domains && tracer);
}

static void end(void)
{
    tracer_destroy(tracer);
    memory_domains_destroy(domains);
}

TestSuite(trace_rules, .init = begin, .fini = end, .timeout = 60);

static void expect_bytes(size_t now, size_t peak)
{
    size_t found_now, found_peak;
    tracer_traced_bytes(tracer, &found_now, &found_peak);
    cr_assert(found_now == now && found_peak == peak,
              "%zu and %zu at most, not %zu and %zu", found_now, found_peak,
              now, peak);
}

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
    start(65535);
    cr_assert(tracer_frame_limit(tracer) == 65535);
    tracer_stop(tracer);
    start(1);
    cr_assert(tracer_frame_limit(tracer) == 1);
}

Test(trace_rules, starting_twice_hooks_once)
{
    start(3);
    struct tracer_config other = { .frame_limit = 9 };
    cr_assert(tracer_start(tracer, domains, &other) == 0);
    cr_assert(tracer_frame_limit(tracer) == 3);
    void *block = memory_malloc(domains, MEMORY_OBJ, 10);
    expect_bytes(10, 10);
    struct memory_domains *others = memory_domains_create(NULL);
    cr_assert(tracer_start(tracer, others, &other) == -EBUSY);
    memory_domains_destroy(others);
    memory_free(domains, MEMORY_OBJ, block);
}

Test(trace_rules, stopping_forgets_all_and_takes_the_hooks_out)
{
    const char *name = memory_domains_name(domains);
    start(1);
    cr_assert_null(memory_domains_name(domains));
    void *block = memory_malloc(domains, MEMORY_MEM, 100);
    tracer_stop(tracer);
    expect_bytes(0, 0);
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
    start(1);
    for (unsigned domain = 0; domain < MEMORY_DOMAINS; domain++) {
        void *block = memory_malloc(domains, domain, 123);
        void *zeroed = memory_calloc(domains, domain, 7, 11);
        size_t bytes = 0;
        expect_bytes(200, 200);
        cr_assert(tracer_find(tracer, 0, (uintptr_t)block, NULL, 0, &bytes));
        cr_assert(bytes == 123);
        memory_free(domains, domain, block);
        memory_free(domains, domain, zeroed);
        cr_assert(!tracer_find(tracer, 0, (uintptr_t)block, NULL, 0, NULL));
    }
    expect_bytes(0, 200);
}

/* The heap asks raw for what is above 512 bytes. */
Test(trace_rules, a_large_object_counts_once)
{
    start(1);
    void *block = memory_malloc(domains, MEMORY_OBJ, 100000);
    expect_bytes(100000, 100000);
    block = memory_realloc(domains, MEMORY_OBJ, block, 200000);
    expect_bytes(200000, 200000);
    block = memory_realloc(domains, MEMORY_OBJ, block, 100);
    expect_bytes(100, 200000);
    block = memory_realloc(domains, MEMORY_OBJ, block, 5000);
    expect_bytes(5000, 200000);
    struct trace_snapshot *snapshot = tracer_snapshot(tracer);
    cr_assert(trace_snapshot_count(snapshot) == 1);
    trace_snapshot_destroy(snapshot);
    memory_free(domains, MEMORY_OBJ, block);
    expect_bytes(0, 200000);
}

Test(trace_rules, blocks_from_before_the_start_are_not_seen)
{
    void *freed = memory_malloc(domains, MEMORY_OBJ, 64);
    void *grown = memory_malloc(domains, MEMORY_OBJ, 64);
    start(1);
    memory_free(domains, MEMORY_OBJ, freed);
    expect_bytes(0, 0);
    grown = memory_realloc(domains, MEMORY_OBJ, grown, 300);
    expect_bytes(300, 300);
    memory_free(domains, MEMORY_OBJ, grown);
    expect_bytes(0, 300);
}

Test(trace_rules, a_refused_request_changes_no_trace)
{
    struct memory_allocator raw =
        memory_domains_get_allocator(domains, MEMORY_RAW);
    struct failing_layer failing;
    failing_layer_init(&failing, &raw, 1, 0);
    struct memory_allocator layer = failing_layer_allocator(&failing);
    memory_domains_set_allocator(domains, MEMORY_RAW, &layer);
    start(1);
    void *block = memory_malloc(domains, MEMORY_RAW, 700);
    cr_assert_null(memory_malloc(domains, MEMORY_RAW, 1));
    cr_assert_null(memory_realloc(domains, MEMORY_RAW, block, 9000));
    cr_assert_null(memory_calloc(domains, MEMORY_RAW, 3, 3));
    expect_bytes(700, 700);
    size_t bytes;
    cr_assert(tracer_find(tracer, 0, (uintptr_t)block, NULL, 0, &bytes));
    cr_assert(bytes == 700);
    memory_free(domains, MEMORY_RAW, block);
    expect_bytes(0, 700);
    tracer_stop(tracer);
    memory_domains_set_allocator(domains, MEMORY_RAW, &raw);
}

Test(trace_rules, too_large_a_size_is_refused_and_nothing_changes)
{
    start(1);
    void *block = memory_malloc(domains, MEMORY_OBJ, 40);
    cr_assert_null(memory_malloc(domains, MEMORY_OBJ, SIZE_MAX));
    cr_assert_null(memory_calloc(domains, MEMORY_OBJ, SIZE_MAX / 2, 3));
    cr_assert_null(memory_realloc(domains, MEMORY_OBJ, block, SIZE_MAX));
    cr_assert(tracer_track(tracer, 5, 16, SIZE_MAX) == -EOVERFLOW);
    expect_bytes(40, 40);
    memory_free(domains, MEMORY_OBJ, block);
}

/* ---- frames ---- */

static unsigned line_of_make, line_of_make_deeper;

static void *make(size_t bytes)
{
    TRACE_FUNCTION();
    line_of_make = __LINE__ + 1;
    return TRACE_HERE(memory_malloc(domains, MEMORY_OBJ, bytes));
}

static void *make_deeper(size_t bytes)
{
    TRACE_FUNCTION();
    line_of_make_deeper = __LINE__ + 1;
    return TRACE_HERE(make(bytes));
}

Test(trace_rules, a_block_is_traced_to_the_frames_that_made_it)
{
    struct trace_frame frame[4];
    TRACE_FUNCTION();
    start(2);
    void *block = make_deeper(32);
    cr_assert(tracer_find(tracer, 0, (uintptr_t)block, frame, 4, NULL) == 2);
    cr_assert(frame[0].line == line_of_make &&
                  frame[1].line == line_of_make_deeper,
              "%u %u", frame[0].line, frame[1].line);
    cr_assert_str_eq(frame[0].function, "make");
    cr_assert_str_eq(frame[1].function, "make_deeper");
    cr_assert_str_eq(frame[0].file, __FILE__);
    struct trace_snapshot *snapshot = tracer_snapshot(tracer);
    struct trace_seen seen;
    cr_assert(trace_snapshot_trace(snapshot, 0, &seen));
    cr_assert(seen.frame_count == 2 && seen.frames_in_all == 3);
    trace_snapshot_destroy(snapshot);
    memory_free(domains, MEMORY_OBJ, block);
    cr_assert(trace_top->back == NULL);
}

Test(trace_rules, without_a_frame_it_is_line_0_of_the_unknown)
{
    struct trace_frame frame;
    start(5);
    void *block = memory_malloc(domains, MEMORY_OBJ, 1);
    cr_assert(tracer_find(tracer, 0, (uintptr_t)block, &frame, 1, NULL) == 1);
    cr_assert_str_eq(frame.file, "<unknown>");
    cr_assert(frame.line == 0);
    memory_free(domains, MEMORY_OBJ, block);
}

Test(trace_rules, equal_tracebacks_are_one)
{
    void *block[20];
    start(10);
    for (unsigned i = 0; i < 20; i++)
        block[i] = i % 2 ? make(8) : make_deeper(8);
    cr_assert(tracer->tracebacks.count == 3); /* and the unknown one */
    struct trace_snapshot *snapshot = tracer_snapshot(tracer);
    struct trace_seen first, other;
    unsigned equal = 0;
    for (size_t i = 0; i < 20; i++) {
        trace_snapshot_trace(snapshot, 0, &first);
        trace_snapshot_trace(snapshot, i, &other);
        equal += first.traceback == other.traceback;
    }
    cr_assert(equal == 10);
    trace_snapshot_destroy(snapshot);
    for (unsigned i = 0; i < 20; i++)
        memory_free(domains, MEMORY_OBJ, block[i]);
}

Test(trace_rules, a_resized_block_is_traced_to_who_resized_it)
{
    struct trace_frame frame;
    TRACE_FUNCTION();
    start(1);
    void *block = make(30);
    unsigned line = __LINE__ + 1;
    block = TRACE_HERE(memory_realloc(domains, MEMORY_OBJ, block, 31));
    cr_assert(tracer_find(tracer, 0, (uintptr_t)block, &frame, 1, NULL));
    cr_assert(frame.line == line);
    expect_bytes(31, 31);
    memory_free(domains, MEMORY_OBJ, block);
}

Test(trace_rules, a_block_that_is_used_again_is_traced_to_who_uses_it)
{
    struct trace_frame frame;
    TRACE_FUNCTION();
    void *before = make(20);
    start(1);
    void *block = make(30);
    unsigned line = __LINE__ + 1;
    TRACE_HERE(tracer_new_reference(tracer, (uintptr_t)block));
    cr_assert(tracer_find(tracer, 0, (uintptr_t)block, &frame, 1, NULL));
    cr_assert(frame.line == line);
    tracer_new_reference(tracer, (uintptr_t)before);
    cr_assert(!tracer_find(tracer, 0, (uintptr_t)before, NULL, 0, NULL));
    expect_bytes(30, 30);
    memory_free(domains, MEMORY_OBJ, block);
    memory_free(domains, MEMORY_OBJ, before);
}

/* A chain of frames of a program's own, beside those of the C functions. */
Test(trace_rules, frames_come_from_where_the_tracer_is_told)
{
    static const struct trace_code code = { "script", "f" };
    struct trace_link outer = { NULL, &code, 1 }, inner = { &outer, &code, 2 };
    const struct trace_link *top = &inner;
    struct tracer_config config = { .frame_limit = 9, .top = &top };
    struct trace_frame frame[2];
    cr_assert(tracer_start(tracer, domains, &config) == 0);
    void *block = make(1);
    cr_assert(tracer_find(tracer, 0, (uintptr_t)block, frame, 2, NULL) == 2);
    cr_assert(frame[0].line == 2 && frame[1].line == 1);
    cr_assert_str_eq(frame[1].file, "script");
    memory_free(domains, MEMORY_OBJ, block);
}

static __attribute__((noinline)) void *make_on_the_c_stack(size_t bytes)
{
    void *block = memory_malloc(domains, MEMORY_OBJ, bytes);
    __asm__ volatile("" : : "r"(block) : "memory");
    return block;
}

Test(trace_rules, the_c_stack_is_a_source_of_frames)
{
    struct tracer_config config = { 64, TRACE_FROM_C_STACK, NULL };
    struct trace_frame frame[64];
    if (!trace_can_unwind()) {
        cr_assert(tracer_start(tracer, domains, &config) == -ENOTSUP);
        cr_skip_test("built without libunwind");
    }
    cr_assert(tracer_start(tracer, domains, &config) == 0);
    void *block = make_on_the_c_stack(3);
    size_t count = tracer_find(tracer, 0, (uintptr_t)block, frame, 64, NULL);
    cr_assert(count > 4 && count <= 64);
    /* The domain's own function may lie between; the tracer's must not. */
    Dl_info here;
    size_t near = 0;
    dladdr((void *)(uintptr_t)make_on_the_c_stack, &here);
    size_t start_of = (size_t)((const char *)(uintptr_t)make_on_the_c_stack -
                               (const char *)here.dli_fbase);
    while (near < 2 && frame[near].line - start_of > 100)
        near++;
    cr_assert(near < 2, "%x is far from %zx", frame[0].line, start_of);
    cr_assert_str_eq(frame[near].file, here.dli_fname);
    memory_free(domains, MEMORY_OBJ, block);
}

/* ---- counts ---- */

Test(trace_rules, clearing_forgets_blocks_that_are_still_there)
{
    start(1);
    void *block = make(5000);
    tracer_clear(tracer);
    expect_bytes(0, 0);
    cr_assert(!tracer_find(tracer, 0, (uintptr_t)block, NULL, 0, NULL));
    cr_assert(tracer_is_tracing(tracer));
    memory_free(domains, MEMORY_OBJ, block);
    expect_bytes(0, 0);
    block = make(7);
    expect_bytes(7, 7);
    memory_free(domains, MEMORY_OBJ, block);
}

Test(trace_rules, the_peak_is_of_now_once_it_is_reset)
{
    start(1);
    void *large = make(1 << 20), *small = make(10);
    memory_free(domains, MEMORY_OBJ, large);
    expect_bytes(10, (1 << 20) + 10);
    tracer_reset_peak(tracer);
    expect_bytes(10, 10);
    memory_free(domains, MEMORY_OBJ, small);
}

Test(trace_rules, the_tracer_takes_less_after_blocks_are_gone)
{
    enum { BLOCKS = 20000 };
    static void *block[BLOCKS];
    start(1);
    size_t empty = tracer_own_bytes(tracer);
    for (unsigned i = 0; i < BLOCKS; i++)
        block[i] = make(16);
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
    start(1);
    cr_assert(tracer_track(tracer, 5, 0x1000, 60) == 0);
    cr_assert(tracer_track(tracer, 6, 0x1000, 1) == 0);
    cr_assert(tracer_track(tracer, 5, 0x1000, 100) == 0);
    expect_bytes(101, 101);
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
    expect_bytes(100, 101);
}

/* ---- the table against a plain model ---- */

Test(trace_rules, any_mix_of_requests_leaves_the_traces_of_what_is_alive)
{
    enum { SLOTS = 700, STEPS = 200000 };
    static void *block[SLOTS];
    static size_t size[SLOTS];
    uint64_t state = 20261121;
    size_t now = 0;
    start(1);
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

/* ---- threads in the raw domain ---- */

static void *raw_worker(void *unused)
{
    void *block[64] = { NULL };
    (void)unused;
    TRACE_FUNCTION();
    for (unsigned i = 0; i < 40000; i++) {
        void **at = &block[i * 7 % 64];
        memory_free(domains, MEMORY_RAW, *at);
        *at = memory_malloc(domains, MEMORY_RAW, 1 + i % 300);
    }
    for (unsigned i = 0; i < 64; i++)
        memory_free(domains, MEMORY_RAW, block[i]);
    return NULL;
}

Test(trace_rules, threads_may_use_the_raw_domain_at_once)
{
    pthread_t thread[4];
    size_t now, peak;
    start(3);
    for (unsigned i = 0; i < 4; i++)
        cr_assert(pthread_create(&thread[i], NULL, raw_worker, NULL) == 0);
    for (unsigned i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    tracer_traced_bytes(tracer, &now, &peak);
    cr_assert(now == 0 && peak > 0);
}
