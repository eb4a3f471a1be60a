/* frame_tracebacks.c - exceptions that unwind frames, and what their tracebacks
 * keep alive. */
#include "gc_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "assay/frame.h"
#include "frame_parts.h"

static struct gc_fixture f;
static struct frame_stack *stack;

static void begin(void)
{
    gc_fixture_begin(&f, NULL);
    stack = frame_stack_create(f.gc, NULL);
    cr_assert(stack);
}

static void end(void)
{
    gc_fixture_verify(&f);
    frame_stack_destroy(stack);
    gc_fixture_end(&f);
}

TestSuite(frame_tracebacks, .init = begin, .fini = end, .timeout = 60);

static const struct frame_code leaf = { { "f.py", "leaf" }, 1 };
static const struct frame_code outer = { { "f.py", "outer" }, 2 };

/* The local 0 of the innermost frame is a new node, which nobody else holds. */
static void set_node(int id)
{
    struct object *node = node_new(f.node, id);
    frame_set_local(frame_top(stack), 0, node);
    object_decref(node);
}

static void run(frame_function *function)
{
    struct object *exception = NULL;
    bool returned = frame_call(stack, function, NULL, &exception);
    cr_assert(returned, "%s", exception_message(exception));
}

static struct object *run_raising(frame_function *function)
{
    struct object *exception = NULL;
    cr_assert_not(frame_call(stack, function, NULL, &exception));
    return exception;
}

/* ---- what a traceback keeps ---- */

static void raise_with_local(struct frame_stack *s, void *unused)
{
    (void)unused;
    frame_enter(s, &leaf);
    set_node(1);
    frame_set_line(frame_top(s), 22);
    frame_raise(s, &exception_value, "number %d", 5);
}

static void catch_and_look(struct frame_stack *s, void *unused)
{
    (void)unused;
    frame_enter(s, &outer);
    set_node(2);
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

Test(frame_tracebacks, a_local_dies_after_the_traceback_and_not_before)
{
    run(catch_and_look);
}

static void catch_and_store(struct frame_stack *s, void *deletes)
{
    frame_enter(s, &outer);
    set_node(3);
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
Test(frame_tracebacks, an_exception_in_a_local_of_its_frame_is_a_cycle)
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
    frame_enter(s, &leaf);
    struct object *frame = frame_object(s, frame_top(s));
    frame_set_local(frame_top(s), 0, frame);
    object_decref(frame);
    frame_leave(s);
}

/* test_frame of test_gc.py. */
Test(frame_tracebacks, a_frame_in_a_local_of_its_own_is_one)
{
    run(keep_itself);
    cr_assert(gc_collect(f.gc, GC_OLDEST) == 1);
}

Test(frame_tracebacks, deleting_the_name_breaks_the_cycle)
{
    bool deletes = true;
    cr_assert(frame_call(stack, catch_and_store, &deletes, NULL));
    gc_expect_events(&f, "D3 ");
    cr_assert(gc_collect(f.gc, GC_OLDEST) == 0);
}

Test(frame_tracebacks, an_exception_is_printed_with_frames_and_context)
{
    char *text = NULL;
    size_t bytes;
    struct object *context = exception_new(stack, &exception_value, "first");
    struct object *exception = run_raising(raise_with_local);
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
    frame_enter(s, &leaf);
    struct object *node = node_new(f.finalized, 4);
    frame_set_local(frame_top(s), 0, node);
    object_decref(node);
    frame_raise(s, &exception_zero_division, "division by zero");
}

Test(frame_tracebacks, a_finalizer_may_raise_and_catch_while_frames_unwind)
{
    f.on_finalize = finalizer_calls;
    struct object *exception = run_raising(unwind_finalized);
    cr_assert(exception_is_of(exception, &exception_zero_division));
    object_decref(exception);
    cr_assert(f.errors == 1);
    f.errors = 0;
    gc_expect_events(&f, "F4 D1 D4 ");
}

static void c_function_raises(struct frame_stack *s)
{
    TRACE_FUNCTION();
    frame_raise(s, &exception_value, "from C");
}

static void raise_through_c(struct frame_stack *s, void *unused)
{
    (void)unused;
    frame_enter(s, &leaf);
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

Test(frame_tracebacks, links_of_c_functions_are_unwound_too)
{
    run(raise_through_c);
}
