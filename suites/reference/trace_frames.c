/* trace_frames.c - the frames that a block is traced to, wherever they come
 * from (T1, T2; CPython's test_tracemalloc.py). */
#include "trace_fixture.h"

#include <dlfcn.h>
#include <errno.h>

TestSuite(trace_frames, .init = trace_begin, .fini = trace_end, .timeout = 60);

static unsigned line_of_make_deeper;

static void *make_deeper(size_t bytes)
{
    TRACE_FUNCTION();
    line_of_make_deeper = __LINE__ + 1;
    return TRACE_HERE(trace_make(bytes));
}

Test(trace_frames, a_block_is_traced_to_the_frames_that_made_it)
{
    struct trace_frame frame[4];
    TRACE_FUNCTION();
    trace_start(2);
    void *block = make_deeper(32);
    cr_assert(tracer_find(tracer, 0, (uintptr_t)block, frame, 4, NULL) == 2);
    cr_assert(frame[0].line == trace_make_line &&
                  frame[1].line == line_of_make_deeper,
              "%u %u", frame[0].line, frame[1].line);
    cr_assert_str_eq(frame[0].function, "trace_make");
    cr_assert_str_eq(frame[1].function, "make_deeper");
    cr_assert_str_eq(frame[1].file, __FILE__);
    struct trace_snapshot *snapshot = tracer_snapshot(tracer);
    struct trace_seen seen;
    cr_assert(trace_snapshot_trace(snapshot, 0, &seen));
    cr_assert(seen.frame_count == 2 && seen.frames_in_all == 3);
    trace_snapshot_destroy(snapshot);
    memory_free(domains, MEMORY_OBJ, block);
    cr_assert(trace_top->back == NULL);
}

Test(trace_frames, without_a_frame_it_is_line_0_of_the_unknown)
{
    struct trace_frame frame;
    trace_start(5);
    void *block = memory_malloc(domains, MEMORY_OBJ, 1);
    cr_assert(tracer_find(tracer, 0, (uintptr_t)block, &frame, 1, NULL) == 1);
    cr_assert_str_eq(frame.file, "<unknown>");
    cr_assert(frame.line == 0);
    memory_free(domains, MEMORY_OBJ, block);
}

Test(trace_frames, equal_tracebacks_are_one)
{
    void *block[20];
    trace_start(10);
    for (unsigned i = 0; i < 20; i++)
        block[i] = i % 2 ? trace_make(8) : make_deeper(8);
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

/* By its function, its line, the frames kept and those in all. */
Test(trace_frames, tracebacks_that_differ_in_one_thing_are_several)
{
    static const struct trace_code f = { "f.py", "f" }, g = { "g.py", "g" };
    struct trace_link first = { NULL, &f, 1 }, called = { &first, &f, 1 };
    struct trace_link line = { NULL, &f, 2 }, other = { NULL, &g, 1 };
    const struct trace_link *const links[] = { &first, &other, &line, &called };
    const struct trace_link *top = NULL;
    struct tracer_config config = { .frame_limit = 1, .top = &top };
    cr_assert(tracer_start(tracer, domains, &config) == 0);
    for (uintptr_t i = 0; i < 8; i++) {
        top = links[i % 4];
        cr_assert(tracer_track(tracer, 5, 16 * i, 1) == 0);
    }
    cr_assert(tracer->tracebacks.count == 1 + 4, "%zu",
              tracer->tracebacks.count);
    struct trace_snapshot *snapshot = tracer_snapshot(tracer);
    struct trace_seen seen;
    size_t in_all = 0;
    for (size_t i = 0; trace_snapshot_trace(snapshot, i, &seen); i++)
        in_all += seen.frames_in_all;
    cr_assert(in_all == 2 * (1 + 2 + 1 + 1));
    trace_snapshot_destroy(snapshot);
}

Test(trace_frames, a_resized_block_is_traced_to_who_resized_it)
{
    struct trace_frame frame;
    TRACE_FUNCTION();
    trace_start(1);
    void *block = trace_make(30);
    unsigned line = __LINE__ + 1;
    block = TRACE_HERE(memory_realloc(domains, MEMORY_OBJ, block, 31));
    cr_assert(tracer_find(tracer, 0, (uintptr_t)block, &frame, 1, NULL));
    cr_assert(frame.line == line);
    trace_expect_bytes(31, 31);
    memory_free(domains, MEMORY_OBJ, block);
}

Test(trace_frames, a_block_that_is_used_again_is_traced_to_who_uses_it)
{
    struct trace_frame frame;
    TRACE_FUNCTION();
    void *before = trace_make(20);
    trace_start(1);
    void *block = trace_make(30);
    unsigned line = __LINE__ + 1;
    TRACE_HERE(tracer_new_reference(tracer, (uintptr_t)block));
    cr_assert(tracer_find(tracer, 0, (uintptr_t)block, &frame, 1, NULL));
    cr_assert(frame.line == line);
    tracer_new_reference(tracer, (uintptr_t)before);
    cr_assert(!tracer_find(tracer, 0, (uintptr_t)before, NULL, 0, NULL));
    trace_expect_bytes(30, 30);
    memory_free(domains, MEMORY_OBJ, block);
    memory_free(domains, MEMORY_OBJ, before);
}

/* A chain of frames of a program's own, beside those of the C functions. */
Test(trace_frames, frames_come_from_where_the_tracer_is_told)
{
    static const struct trace_code code = { "script", "f" };
    struct trace_link outer = { NULL, &code, 1 }, inner = { &outer, &code, 2 };
    const struct trace_link *top = &inner;
    struct tracer_config config = { .frame_limit = 9, .top = &top };
    struct trace_frame frame[2];
    cr_assert(tracer_start(tracer, domains, &config) == 0);
    void *block = trace_make(1);
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

Test(trace_frames, the_c_stack_is_a_source_of_frames)
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
