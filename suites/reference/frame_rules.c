/* frame_rules.c - frames on their stack, its chunks, the limit of
 * recursion. */
#include "frame_fixture.h"

#include <errno.h>

TestSuite(frame_rules, .init = frame_begin, .fini = frame_end, .timeout = 60);

/* ---- frames ---- */

static void two_frames(struct frame_stack *s, void *unused)
{
    (void)unused;
    struct frame *low = frame_enter(s, &frame_outer);
    frame_set_line(low, 10);
    frame_set_node(1);
    frame_enter(s, &frame_leaf);
    frame_set_node(2);
    cr_assert(frame_stack_depth(s) == 2);
    frame_leave(s);
    gc_expect_events(&f, "D2 ");
    cr_assert(frame_top(s) == low);
    cr_assert(node_id(frame_local(low, 0)) == 1);
    frame_leave(s);
    gc_expect_events(&f, "D1 ");
}

Test(frame_rules, locals_end_with_their_frame)
{
    frame_run(two_frames);
    cr_assert(frame_stack_depth(stack) == 0);
}

static void trace_frames(struct frame_stack *s, void *given)
{
    struct tracer *tracer = given;
    struct trace_frame frame[3];
    frame_set_line(frame_enter(s, &frame_outer), 10);
    frame_set_line(frame_enter(s, &frame_leaf), 5);
    cr_assert(tracer_track(tracer, 5, 16, 1) == 0);
    cr_assert(tracer_find(tracer, 5, 16, frame, 3, NULL) == 2);
    cr_assert_str_eq(frame[0].function, "leaf");
    cr_assert_str_eq(frame[1].function, "outer");
    cr_assert(frame[0].line == 5 && frame[1].line == 10);
    frame_leave(s);
    cr_assert(tracer_track(tracer, 5, 32, 1) == 0);
    cr_assert(tracer_find(tracer, 5, 32, frame, 3, NULL) == 1);
    cr_assert_str_eq(frame[0].function, "outer");
    frame_leave(s);
}

Test(frame_rules, a_stack_of_frames_is_a_source_of_frames)
{
    struct memory_domains *domains = memory_domains_create(NULL);
    struct tracer *tracer = tracer_create();
    struct tracer_config config = { .frame_limit = 3,
                                    .top = frame_stack_links(stack) };
    cr_assert(tracer_start(tracer, domains, &config) == 0);
    cr_assert(frame_call(stack, trace_frames, tracer, NULL));
    tracer_destroy(tracer);
    memory_domains_destroy(domains);
}

static struct object *kept;

static void keep_object(struct frame_stack *s, void *unused)
{
    (void)unused;
    frame_enter(s, &frame_outer);
    frame_set_line(frame_top(s), 3);
    frame_enter(s, &frame_leaf);
    frame_set_node(7);
    frame_set_line(frame_top(s), 5);
    kept = frame_object(s, frame_top(s));
    cr_assert(frame_object_runs(kept) && frame_object_line(kept) == 5);
    cr_assert(!gc_is_tracked(kept) && !frame_object_clear(kept));
    frame_leave(s);
    cr_assert(!frame_object_runs(kept) && gc_is_tracked(kept));
    frame_set_line(frame_top(s), 4);
    frame_leave(s);
}

Test(frame_rules, a_frame_object_outlives_its_frame_with_locals_and_back)
{
    frame_run(keep_object);
    gc_expect_events(&f, "");
    struct object *back = frame_object_back(stack, kept);
    cr_assert(back && frame_object_line(back) == 4);
    cr_assert_str_eq(frame_object_code(back)->where.function, "outer");
    cr_assert_null(frame_object_back(stack, back));
    cr_assert(frame_object_line(kept) == 5);
    cr_assert(node_id(frame_object_local(kept, 0)) == 7);
    object_decref(back);
    cr_assert(frame_object_clear(kept));
    gc_expect_events(&f, "D7 ");
    object_decref(kept);
}

static void ask_in_passing(struct frame_stack *s, void *unused)
{
    (void)unused;
    frame_enter(s, &frame_leaf);
    frame_set_node(1);
    struct object *object = frame_object(s, frame_top(s));
    struct object *again = frame_object(s, frame_top(s));
    cr_assert(object == again);
    object_decref(object);
    object_decref(again);
    frame_leave(s);
    gc_expect_events(&f, "D1 ");
}

Test(frame_rules, a_frame_object_that_nobody_holds_goes_with_its_frame)
{
    frame_run(ask_in_passing);
    gc_expect_order(&f, 0, "");
}

/* ---- chunks ---- */

static void call_on_border(struct frame_stack *s, void *unused)
{
    static const struct frame_code code = { { "f.py", "border" }, 8 };
    (void)unused;
    size_t before = frame_chunks_taken, depth = 0;
    while (frame_chunks_taken == before) {
        frame_enter(s, &code);
        depth++;
    }
    cr_assert(depth > 50 && depth < 200, "%zu", depth);
    size_t taken = frame_chunks_taken, given = frame_chunks_given;
    for (unsigned i = 0; i < 10000; i++) {
        frame_leave(s);
        frame_leave(s);
        frame_enter(s, &code);
        frame_enter(s, &code);
    }
    cr_assert(frame_chunks_taken == taken && frame_chunks_given == given);
    while (depth-- > 0)
        frame_leave(s);
}

Test(frame_rules, a_loop_of_calls_on_a_border_of_chunks_maps_nothing)
{
    frame_run(call_on_border);
    cr_assert(frame_stack_bytes(stack) <= 2 * FRAME_CHUNK_BYTES);
}

static void descend(struct frame_stack *s, void *depth)
{
    size_t *left = depth;
    frame_enter(s, &frame_leaf);
    if (--*left > 0)
        descend(s, left);
    frame_leave(s);
}

/* While the caller still runs. */
static void descend_and_come_back(struct frame_stack *s, void *depth)
{
    frame_enter(s, &frame_leaf);
    descend(s, depth);
    cr_assert(frame_stack_bytes(s) <= 2 * FRAME_CHUNK_BYTES);
    frame_leave(s);
}

Test(frame_rules, the_stack_is_given_back_after_deep_calls)
{
    size_t depth = 20000;
    cr_assert(frame_set_recursion_limit(stack, 30000) == 0);
    cr_assert(frame_call(stack, descend_and_come_back, &depth, NULL));
    cr_assert(frame_chunks_taken > 50);
}

/* ---- where memory ends ---- */

static void enter_large(struct frame_stack *s, void *unused)
{
    static const struct frame_code large = { { "f.py", "large" }, 100000 };
    (void)unused;
    frame_enter(s, &frame_leaf);
    frame_set_node(1);
    frame_enter(s, &large);
    frame_set_local(frame_top(s), 99999, frame_local(frame_top(s)->back, 0));
    frame_leave(s);
    frame_leave(s);
}

Test(frame_rules, without_a_chunk_a_call_raises_and_frames_unwind)
{
    frame_run(enter_large);
    gc_expect_events(&f, "D1 ");
    frame_chunks_refused = true;
    for (unsigned i = 0; i < 3; i++) {
        struct object *exception = frame_run_raising(enter_large);
        cr_assert(exception_is_of(exception, &exception_memory));
        gc_expect_events(&f, "");
        exception_drop_traceback(exception);
        gc_expect_events(&f, "D1 ");
        object_decref(exception);
    }
    cr_assert_not(frame_call(stack, enter_large, NULL, NULL));
    gc_expect_events(&f, "D1 "); /* nor does the one made beforehand keep it */
    frame_chunks_refused = false;
    frame_run(enter_large);
    gc_expect_events(&f, "D1 ");
}

/* ---- the limit of recursion ---- */

/* A loop in place of the recursion, which would be one of C as well. */
static void forever(struct frame_stack *s, void *unused)
{
    (void)unused;
    for (;;)
        frame_enter(s, &frame_leaf);
}

Test(frame_rules, frame_1001_is_one_too_many)
{
    struct object *exception = frame_run_raising(forever);
    cr_assert(exception_is_of(exception, &exception_recursion));
    cr_assert(exception_is_of(exception, &exception_runtime));
    cr_assert_not(exception_is_of(exception, &exception_value));
    cr_assert_str_eq(exception_message(exception),
                     "maximum recursion depth exceeded");
    cr_assert(frame_entries(exception) == 1000);
    object_decref(exception);
    cr_assert(frame_set_recursion_limit(stack, 0) == -EINVAL);
    cr_assert(frame_set_recursion_limit(stack, 40) == 0);
    exception = frame_run_raising(forever);
    cr_assert(frame_entries(exception) == 40);
    object_decref(exception);
}

static size_t headroom_asked;

static void use_headroom(struct frame_stack *s, struct object *exception)
{
    (void)exception;
    for (size_t i = 0; i < headroom_asked; i++)
        frame_enter(s, &frame_leaf);
    for (size_t i = 0; i < headroom_asked; i++)
        frame_leave(s);
}

static const struct exception_kind careful = { "Careful", &exception_recursion,
                                               use_headroom };

static void raise_at_limit(struct frame_stack *s, void *unused)
{
    (void)unused;
    while (frame_stack_depth(s) < FRAME_RECURSION_LIMIT)
        frame_enter(s, &frame_leaf);
    frame_raise(s, &careful, "at the limit");
}

Test(frame_rules, what_makes_an_exception_may_go_50_deeper)
{
    headroom_asked = FRAME_HEADROOM;
    struct object *exception = frame_run_raising(raise_at_limit);
    cr_assert_str_eq(exception_kind_of(exception)->name, "Careful");
    cr_assert(frame_fatal_count == 0);
    object_decref(exception);
    headroom_asked = FRAME_HEADROOM + 1;
    exception = frame_run_raising(raise_at_limit);
    cr_assert(frame_fatal_count == 1);
    cr_assert(exception_is_of(exception, &exception_memory));
    object_decref(exception);
    exception = frame_run_raising(forever); /* which has none */
    cr_assert(exception_is_of(exception, &exception_recursion));
    cr_assert(frame_entries(exception) == 1000);
    object_decref(exception);
    cr_assert(frame_fatal_count == 1);
}
