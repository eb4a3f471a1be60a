/* frame_raise.c - exceptions on their way: raised, unwinding, caught.
 *
 * A try is a place to jump to and a part that is running. It stays in force
 * until it is left: what its handlers raise comes back to it, so that the
 * last part runs in any case.
 *
 *   BODY --raised--> EXCEPT --> FINALLY --> ENDED, and what is pending is
 *     `---no----> ELSE -------^               raised again, further out
 *
 * Source: exception_unwind and RERAISE of CPython's Python/ceval.c; PEP 341,
 * PEP 3110 (the handled exception ends with its handler), PEP 3134
 * (contexts). */
#include "frame_parts.h"

#include <stdarg.h>

/* ---- unwinding ---- */

static void unwind_to(struct frame_stack *stack, const struct frame_try *try,
                      bool anew)
{
    for (; stack->top; anew = true) {
        if (anew)
            exception_add_entry(stack, stack->raised, stack->top);
        if (stack->top == try->frame)
            return;
        frame_pop(stack);
    }
}

/* What ends while frames are unwound may itself call, raise and catch: the
 * exception that is on its way is put aside by frame_call(). */
_Noreturn void frame_throw(struct frame_stack *stack, struct object *exception,
                           bool anew)
{
    struct frame_try *try = stack->tries;
    assert(try && !stack->raised);
    stack->raised = exception;
    gc_set_error_pending(stack->gc, true);
    unwind_to(stack, try, anew);
    gc_set_error_pending(stack->gc, false);
    stack->headroom = try->headroom;
    trace_top = try->c_top;
    longjmp(try->place, 1);
}

_Noreturn void frame_throw_memory(struct frame_stack *stack)
{
    exception_drop_traceback(stack->memory_error);
    frame_throw(stack, object_incref(stack->memory_error), true);
}

/* ---- raising ---- */

/* The hook of a kind may call functions, raise and catch; what it raises takes
 * the place of the exception, by leaving this function. */
static struct object *make(struct frame_stack *stack,
                           const struct exception_kind *kind,
                           const char *message)
{
    struct object *exception = exception_new(stack, kind, message);
    for (const struct exception_kind *k = kind; exception && k; k = k->base)
        if (k->made) {
            stack->headroom++;
            k->made(stack, exception);
            stack->headroom--;
            break;
        }
    return exception;
}

_Noreturn void frame_raise(struct frame_stack *stack,
                           const struct exception_kind *kind,
                           const char *format, ...)
{
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    struct object *exception = make(stack, kind, message);
    if (!exception)
        frame_throw_memory(stack);
    exception_set_context(exception, frame_caught(stack));
    frame_throw(stack, exception, true);
}

_Noreturn void frame_raise_object(struct frame_stack *stack,
                                  struct object *exception)
{
    object_incref(exception);
    if (frame_caught(stack))
        exception_set_context(exception, frame_caught(stack));
    frame_throw(stack, exception, true);
}

_Noreturn void frame_raise_again(struct frame_stack *stack)
{
    struct object *caught = frame_caught(stack);
    if (!caught)
        frame_raise(stack, &exception_runtime,
                    "No active exception to reraise");
    frame_throw(stack, object_incref(caught), false);
}

/* The innermost try that is past its body with an exception of its own. */
struct object *frame_caught(const struct frame_stack *stack)
{
    for (const struct frame_try *try = stack->tries; try; try = try->outer) {
        if (try->part == FRAME_PART_EXCEPT && try->caught)
            return try->exception;
        if (try->part == FRAME_PART_FINALLY && try->pending)
            return try->pending;
    }
    return NULL;
}

/* ---- tries ---- */

static struct frame_try *try_new(struct frame_stack *stack)
{
    struct region_mark mark = region_mark(&stack->region);
    struct frame_try *try = region_alloc(&stack->region, sizeof *try, 16);
    if (!try)
        return NULL;
    try->outer = stack->tries;
    try->frame = stack->top;
    try->c_top = trace_top;
    try->mark = mark;
    try->headroom = stack->headroom;
    try->part = FRAME_PART_NONE;
    try->caught = false;
    try->exception = NULL;
    try->pending = NULL;
    stack->tries = try;
    return try;
}

static void try_end(struct frame_stack *stack)
{
    struct region_mark mark = stack->tries->mark;
    stack->tries = stack->tries->outer;
    region_rewind(&stack->region, mark);
}

jmp_buf *frame_try_enter(struct frame_stack *stack)
{
    struct frame_try *try = try_new(stack);
    if (!try)
        frame_throw_memory(stack);
    return &try->place;
}

static struct object *take_raised(struct frame_stack *stack)
{
    struct object *raised = stack->raised;
    stack->raised = NULL;
    return raised;
}

static enum frame_part after_body(struct frame_try *try, struct object *raised)
{
    try->exception = raised;
    return raised ? FRAME_PART_EXCEPT : FRAME_PART_ELSE;
}

/* The one that is kept for want of memory does not keep frames as well. */
static void exception_end(struct frame_stack *stack, struct object *exception)
{
    object_decref(exception);
    if (exception == stack->memory_error && exception->references == 1) {
        exception_set_context(exception, NULL);
        exception_drop_traceback(exception);
    }
}

/* Unless a handler has caught it, it is still on its way; one that raises
 * has put another in its place. */
static enum frame_part after_except(struct frame_stack *stack,
                                    struct object *raised)
{
    struct frame_try *try = stack->tries;
    struct object *old = try->exception;
    bool caught = try->caught;
    try->exception = NULL;
    try->caught = false;
    try->pending = caught ? raised : old;
    if (caught)
        exception_end(stack, old);
    return FRAME_PART_FINALLY;
}

bool frame_try_next(struct frame_stack *stack)
{
    struct frame_try *try = stack->tries;
    struct object *raised = take_raised(stack);
    switch (try->part) {
    case FRAME_PART_NONE:
        try->part = FRAME_PART_BODY;
        break;
    case FRAME_PART_BODY:
        try->part = after_body(try, raised);
        break;
    case FRAME_PART_EXCEPT:
        try->part = after_except(stack, raised);
        break;
    case FRAME_PART_ELSE:
        try->pending = raised;
        try->part = FRAME_PART_FINALLY;
        break;
    default:
        try->part = FRAME_PART_ENDED;
        if (raised)
            object_replace(&try->pending, raised);
        break;
    }
    return try->part != FRAME_PART_ENDED;
}

bool frame_try_is(const struct frame_stack *stack, enum frame_part part)
{
    return stack->tries->part == part;
}

bool frame_try_catches(struct frame_stack *stack,
                       const struct exception_kind *kind)
{
    struct frame_try *try = stack->tries;
    if (try->part != FRAME_PART_EXCEPT || try->caught ||
        !exception_is_of(try->exception, kind))
        return false;
    try->caught = true;
    return true;
}

void frame_try_leave(struct frame_stack *stack)
{
    assert(stack->tries->part == FRAME_PART_ENDED);
    struct object *pending = stack->tries->pending;
    try_end(stack);
    if (pending)
        frame_throw(stack, pending, false);
}

/* ---- from outside ---- */

static bool call_guarded(struct frame_stack *stack, frame_function *function,
                         void *argument)
{
    struct frame_try *try = try_new(stack);
    if (!try) {
        stack->raised = object_incref(stack->memory_error);
        return false;
    }
    if (setjmp(try->place) == 0)
        function(stack, argument);
    assert(stack->top == stack->tries->frame);
    try_end(stack);
    return !stack->raised;
}

bool frame_call(struct frame_stack *stack, frame_function *function,
                void *argument, struct object **ret_exception)
{
    struct object *outer = take_raised(stack);
    gc_set_error_pending(stack->gc, false);
    bool returned = call_guarded(stack, function, argument);
    struct object *raised = take_raised(stack);
    stack->raised = outer;
    gc_set_error_pending(stack->gc, outer != NULL);
    if (!returned && ret_exception)
        *ret_exception = raised;
    else if (raised)
        exception_end(stack, raised);
    return returned;
}
