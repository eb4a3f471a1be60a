/* frame_keeps.c - exceptions that unwind, and what their tracebacks keep
 * alive. */
#include "frame_fixture.h"

#include <stdio.h>
#include <stdlib.h>

TestSuite(frame_keeps, .init = frame_begin, .fini = frame_end, .timeout = 60);

static void raise_with_local(struct frame_stack *s, void *unused)
{
    (void)unused;
    frame_enter(s, &frame_leaf);
    frame_set_node(1);
    frame_set_line(frame_top(s), 22);
    frame_raise(s, &exception_value, "number %d", 5);
}

static void catch_and_look(struct frame_stack *s, void *unused)
{
    (void)unused;
    frame_enter(s, &frame_outer);
    frame_set_node(2);
    FRAME_TRY(s)
    {
        frame_set_line(frame_top(s), 9);
        raise_with_local(s, NULL);
    }
    FRAME_EXCEPT(s, &exception_value)
    {
        struct object *traceback = exception_traceback(frame_caught(s));
        cr_assert_str_eq(exception_message(frame_caught(s)), "number 5");
        cr_assert(traceback_line(traceback) == 9);
        traceback = traceback_next(traceback);
        cr_assert(traceback_line(traceback) == 22);
        cr_assert_null(traceback_next(traceback));
        struct object *frame = traceback_frame(traceback);
        cr_assert(node_id(frame_object_local(frame, 0)) == 1);
        gc_expect_events(&f, "");
    }
    FRAME_END(s);
    gc_expect_events(&f, "D1 ");
    cr_assert_null(frame_caught(s));
    frame_leave(s);
    gc_expect_events(&f, "D2 ");
}

Test(frame_keeps, a_local_dies_after_the_traceback_and_not_before)
{
    frame_run(catch_and_look);
}

static void catch_and_store(struct frame_stack *s, void *deletes)
{
    frame_enter(s, &frame_outer);
    frame_set_node(3);
    FRAME_TRY(s)
    {
        frame_raise(s, &exception_value, "kept");
    }
    FRAME_EXCEPT(s, &exception_value)
    {
        frame_set_local(frame_top(s), 1, frame_caught(s)); /* e = ... */
    }
    FRAME_END(s);
    if (*(bool *)deletes)
        frame_set_local(frame_top(s), 1, NULL); /* del e */
    frame_leave(s);
}

/* The exception refers to the traceback, that to the frame, and the frame's
 * local to the exception. */
Test(frame_keeps, an_exception_in_a_local_of_its_frame_is_a_cycle)
{
    bool deletes = false;
    cr_assert(frame_call(stack, catch_and_store, &deletes, NULL));
    gc_expect_events(&f, "");
    cr_assert(gc_collect(f.gc, GC_OLDEST) == 4);
    gc_expect_events(&f, "D3 ");
}

static void keep_itself(struct frame_stack *s, void *unused)
{
    (void)unused;
    frame_enter(s, &frame_leaf);
    struct object *frame = frame_object(s, frame_top(s));
    frame_set_local(frame_top(s), 0, frame);
    object_decref(frame);
    frame_leave(s);
}

/* test_frame of test_gc.py. */
Test(frame_keeps, a_frame_in_a_local_of_its_own_is_one)
{
    frame_run(keep_itself);
    cr_assert(gc_collect(f.gc, GC_OLDEST) == 1);
}

Test(frame_keeps, deleting_the_name_breaks_the_cycle)
{
    bool deletes = true;
    cr_assert(frame_call(stack, catch_and_store, &deletes, NULL));
    gc_expect_events(&f, "D3 ");
    cr_assert(gc_collect(f.gc, GC_OLDEST) == 0);
}

static void raise_deep(struct frame_stack *s, void *depth)
{
    for (size_t left = *(size_t *)depth; left > 0; left--)
        frame_enter(s, &frame_leaf);
    frame_raise(s, &exception_value, "deep");
}

Test(frame_keeps, a_long_traceback_falls_without_recursion)
{
    struct object *exception;
    size_t depth = 100000;
    frame_set_recursion_limit(stack, 200000);
    cr_assert_not(frame_call(stack, raise_deep, &depth, &exception));
    cr_assert(frame_entries(exception) == 100000);
    object_decref(exception);
    cr_assert(gc_collect(f.gc, GC_OLDEST) == 0);
}

Test(frame_keeps, an_exception_is_printed_with_frames_and_context)
{
    char *text = NULL;
    size_t bytes;
    struct object *context = exception_new(stack, &exception_value, "first");
    struct object *exception = frame_run_raising(raise_with_local);
    exception_set_context(exception, context);
    FILE *file = open_memstream(&text, &bytes);
    exception_print(exception, file);
    fclose(file);
    cr_assert_str_eq(text, "ValueError: first\n\n"
                           "During handling of the above exception, another "
                           "exception occurred:\n\n"
                           "Traceback (most recent call last):\n"
                           "  File \"f.py\", line 22, in leaf\n"
                           "ValueError: number 5\n");
    free(text);
    exception_set_context(context, exception);
    cr_assert_null(exception_context(exception));
    object_decref(context);
    object_decref(exception);
}

/* ---- unwinding through others ---- */

static void finalizer_calls(struct gc_fixture *fixture, struct object *object,
                            struct object *argument)
{
    (void)object;
    (void)argument;
    struct object *inner = NULL;
    cr_assert_not(frame_call(stack, raise_with_local, NULL, &inner));
    object_decref(inner);
    fixture->errors++;
}

static void unwind_finalized(struct frame_stack *s, void *unused)
{
    (void)unused;
    frame_enter(s, &frame_leaf);
    struct object *node = node_new(f.finalized, 4);
    frame_set_local(frame_top(s), 0, node);
    object_decref(node);
    frame_raise(s, &exception_zero_division, "division by zero");
}

Test(frame_keeps, a_finalizer_may_raise_and_catch_while_frames_unwind)
{
    f.on_finalize = finalizer_calls;
    struct object *exception = frame_run_raising(unwind_finalized);
    cr_assert(exception_is_of(exception, &exception_zero_division));
    object_decref(exception);
    cr_assert(f.errors == 1);
    f.errors = 0;
    gc_expect_events(&f, "F4 D1 D4 ");
}

static size_t collections(void)
{
    struct gc_stats stats[GC_GENERATIONS];
    size_t sum = 0;
    gc_stats(f.gc, stats);
    for (unsigned i = 0; i < GC_GENERATIONS; i++)
        sum += stats[i].collections;
    return sum;
}

static size_t collections_before;

static void raise_made(struct frame_stack *s, void *exception)
{
    for (unsigned i = 0; i < 50; i++)
        frame_enter(s, &frame_leaf);
    collections_before = collections();
    frame_raise_object(s, exception);
}

/* Unwinding makes 100 objects that are tracked, and at the first object after
 * it a collection is due. */
Test(frame_keeps, nothing_is_collected_while_an_exception_is_on_its_way)
{
    static const int eager[GC_GENERATIONS] = { 1, 10, 10 };
    struct object *made = exception_new(stack, &exception_value, "made");
    gc_set_thresholds(f.gc, eager);
    gc_enable(f.gc);
    cr_assert_not(frame_call(stack, raise_made, made, NULL));
    cr_assert(collections() == collections_before);
    cr_assert(frame_entries(made) == 50);
    object_decref(list_new(f.gc, 0));
    cr_assert(collections() == collections_before + 1);
    object_decref(made);
}

static void c_function_raises(struct frame_stack *s)
{
    TRACE_FUNCTION();
    frame_raise(s, &exception_value, "from C");
}

static void raise_through_c(struct frame_stack *s, void *unused)
{
    (void)unused;
    frame_enter(s, &frame_leaf);
    FRAME_TRY(s)
    {
        c_function_raises(s);
    }
    FRAME_EXCEPT(s, &exception_any)
    {
        cr_assert_null(trace_top);
    }
    FRAME_END(s);
    frame_leave(s);
}

Test(frame_keeps, links_of_c_functions_are_unwound_too)
{
    frame_run(raise_through_c);
}
