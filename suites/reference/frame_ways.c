/* frame_ways.c - each way through try, except, else and finally, and the depth
 * of recursion, beside the real interpreter. */
#include "frame_fixture.h"

#include <stdarg.h>
#include <stdio.h>

#include "python_oracle.h"

enum { WAYS = 48 };

TestSuite(frame_ways, .init = frame_begin, .fini = frame_end, .timeout = 60);

static const struct frame_code code = { { "f.py", "run" }, 1 };

struct way {
    unsigned body, matches, handler, otherwise, last;
    char text[512];
};

static __attribute__((format(printf, 2, 3))) void note(struct way *way,
                                                       const char *format, ...)
{
    size_t used = strlen(way->text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(way->text + used, sizeof way->text - used, format, arguments);
    va_end(arguments);
}

static const char *name(const struct object *exception)
{
    return exception ? exception_kind_of(exception)->name : "-";
}

static void note_chain(struct way *way, const struct object *exception)
{
    if (!exception)
        note(way, " -");
    for (const char *before = " "; exception; before = " < ") {
        note(way, "%s%s.%zu", before, name(exception),
             frame_entries(exception));
        exception = exception_context(exception);
    }
}

static void throw(struct frame_stack * s, const struct exception_kind *kind)
{
    frame_enter(s, &code);
    frame_raise(s, kind, "x");
}

static void go(struct frame_stack *s, void *given)
{
    struct way *way = given;
    const struct exception_kind *wanted =
        way->matches ? &exception_arithmetic : &exception_value;
    frame_enter(s, &code);
    FRAME_TRY(s)
    {
        note(way, " body");
        if (way->body)
            throw(s, &exception_zero_division);
    }
    FRAME_EXCEPT(s, wanted)
    {
        note(way, " except");
        if (way->handler == 1)
            throw(s, &exception_value);
        if (way->handler == 2)
            frame_raise_again(s);
    }
    FRAME_ELSE(s)
    {
        note(way, " else");
        if (way->otherwise)
            throw(s, &exception_zero_division);
    }
    FRAME_FINALLY(s)
    {
        note(way, " finally(%s)", name(frame_caught(s)));
        if (way->last)
            throw(s, &exception_runtime);
    }
    FRAME_END(s);
    note(way, " after(%s)", name(frame_caught(s)));
    frame_leave(s);
}

/* As a function that catches what comes out. */
static void way_through(struct frame_stack *s, void *given)
{
    struct way *way = given;
    frame_enter(s, &code);
    FRAME_TRY(s)
    {
        go(s, way);
        note_chain(way, NULL);
    }
    FRAME_EXCEPT(s, &exception_any)
    {
        note_chain(way, frame_caught(s));
    }
    FRAME_END(s);
    frame_leave(s);
}

static void go_way(unsigned number, struct way *way)
{
    *way = (struct way){ .body = number & 1,
                         .matches = number >> 1 & 1,
                         .handler = number / 16,
                         .otherwise = number >> 2 & 1,
                         .last = number >> 3 & 1 };
    note(way, "%u %u %u %u %u", way->body, way->matches, way->handler,
         way->otherwise, way->last);
    cr_assert(frame_call(stack, way_through, way, NULL));
    cr_assert(frame_stack_depth(stack) == 0);
}

struct recursion {
    size_t deepest;
    char text[128];
};

/* A loop in place of the recursion, which would be one of C as well. */
static void deeper(struct frame_stack *s, struct recursion *r)
{
    for (size_t depth = 1;; depth++) {
        frame_enter(s, &code);
        r->deepest = depth;
    }
}

static void recurse(struct frame_stack *s, void *given)
{
    struct recursion *r = given;
    frame_enter(s, &code);
    FRAME_TRY(s)
    {
        deeper(s, r);
    }
    FRAME_EXCEPT(s, &exception_recursion)
    {
        snprintf(r->text, sizeof r->text, "recursion %zu %zu %s", r->deepest,
                 frame_entries(frame_caught(s)),
                 exception_message(frame_caught(s)));
    }
    FRAME_END(s);
    frame_leave(s);
}

/* With some frames on the stack; they are left with the call. */
static void lowest_limits(struct frame_stack *s, void *given)
{
    static const size_t frames[] = { 4, 5, 20 };
    struct recursion *r = given;
    strcpy(r->text, "limits");
    for (unsigned i = 0; i < 3; i++) {
        size_t used = strlen(r->text);
        unsigned limit = 0;
        while (frame_stack_depth(s) < frames[i])
            frame_enter(s, &code);
        while (frame_set_recursion_limit(s, limit) != 0)
            limit++;
        frame_set_recursion_limit(s, FRAME_RECURSION_LIMIT);
        snprintf(r->text + used, sizeof r->text - used, " %u", limit);
    }
    while (frame_stack_depth(s) > 0)
        frame_leave(s);
}

Test(frame_ways, every_way_through_a_try_is_that_of_cpython)
{
    struct way way;
    struct recursion r;
    FILE *answer = python_ask(FRAME_ORACLE, "");
    for (unsigned number = 0; number < WAYS; number++) {
        go_way(number, &way);
        python_expect_line(answer, number, way.text);
    }
    cr_assert(frame_call(stack, recurse, &r, NULL));
    python_expect_line(answer, WAYS, r.text);
    cr_assert(frame_call(stack, lowest_limits, &r, NULL));
    python_expect_line(answer, WAYS + 1, r.text);
    python_finish(answer);
    cr_assert(gc_collect(f.gc, GC_OLDEST) == 0);
}
