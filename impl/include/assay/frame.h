/* frame.h - frames of functions, and exceptions that unwind them, as CPython
 * 3.11 has both (Objects/frameobject.c, Python/ceval.c, traceback.c).
 *
 * Words
 *   frame         a function that runs: its place and its locals, on a stack
 *                 of chunks of 16 KiB, which keeps one chunk to spare
 *   frame object  an object that stands for a frame. It is made when somebody
 *                 asks for it, and takes over the locals when the function is
 *                 over and it is still referred to
 *   exception     an object with a kind, a message, a traceback, and the
 *                 exception that was being handled (its context)
 *   traceback     a chain of objects, one for each frame that was unwound,
 *                 from the outermost; each refers to its frame object
 *
 *     void half(struct frame_stack *stack)
 *     {
 *         static const struct frame_code code = { { __FILE__, __func__ }, 1 };
 *         struct frame *frame = frame_enter(stack, &code);
 *         frame_set_local(frame, 0, something);
 *         FRAME_TRY (stack) {
 *             may_raise(stack);
 *         } FRAME_EXCEPT (stack, &exception_zero_division) {
 *             look_at(frame_caught(stack));
 *         } FRAME_ELSE (stack) {
 *         } FRAME_FINALLY (stack) {
 *         } FRAME_END (stack);
 *         frame_leave(stack);
 *     }
 *
 * A part is left by its end, by `continue` or by raising; not by `return`,
 * `break` or `goto`. Raising is a longjmp(): what is to be known after it is
 * volatile, or a local of the frame. All of it runs inside frame_call().
 *
 * Threads: as the collector.
 * Errors:  exceptions; where no memory is left for one, exception_memory of
 *          which there is one made beforehand.
 * Owner:   the stack owns frames, and these their locals. It is destroyed
 *          before its collector. */
#ifndef ASSAY_FRAME_H
#define ASSAY_FRAME_H

#include <setjmp.h>
#include <stdio.h>

#include "assay/backend.h"
#include "assay/gc.h"
#include "assay/trace.h"

/* ---- stacks and frames ---- */

struct frame_code {
    struct trace_code where;
    unsigned locals;
};

struct frame_stack;
struct frame;

enum {
    FRAME_RECURSION_LIMIT = 1000,
    FRAME_HEADROOM = 50,
    FRAME_CHUNK_BYTES = 16384,
};

struct frame_config {
    unsigned recursion_limit; /* frames at once; 0: FRAME_RECURSION_LIMIT */
    const struct assay_backend *chunks; /* NULL: pages of the system */

    /* Deeper than the headroom while an exception is made: nothing can be
     * raised any more (Py_FatalError). NULL: a line to stderr, and abort().
     * When it returns, the exception is made without its hook. */
    void (*fatal)(void *context, const char *what);
    void *context;
};

/* NULL for want of memory. `config` may be NULL. */
struct frame_stack *frame_stack_create(struct gc *gc,
                                       const struct frame_config *config);

/* No frame may be on it. */
void frame_stack_destroy(struct frame_stack *stack);

/* Its innermost frame, as tracer_config.top wants it. */
const struct trace_link *const *frame_stack_links(
    const struct frame_stack *stack);
size_t frame_stack_depth(const struct frame_stack *stack);

/* Bytes of all chunks, the spare one included. */
size_t frame_stack_bytes(const struct frame_stack *stack);

/* The next entered is refused when this many are on the stack already.
 * -EINVAL: no more than are on it now (sys.setrecursionlimit, which counts
 * the call of itself as well). */
int frame_set_recursion_limit(struct frame_stack *stack, unsigned limit);

/* A frame with empty locals. Raises exception_recursion, or
 * exception_memory, in the caller's frame. */
struct frame *frame_enter(struct frame_stack *stack,
                          const struct frame_code *code);

/* Ends the locals from the first, unless a frame object takes them over. */
void frame_leave(struct frame_stack *stack);

/* NULL: none runs. */
struct frame *frame_top(const struct frame_stack *stack);
void frame_set_line(struct frame *frame, unsigned line);

/* Borrowed, or NULL; setting may empty it (NULL: `del`). */
struct object *frame_local(const struct frame *frame, unsigned index);
void frame_set_local(struct frame *frame, unsigned index, struct object *value);

/* ---- frame objects ---- */

/* A new reference to the frame's object; NULL for want of memory. */
struct object *frame_object(struct frame_stack *stack, struct frame *frame);
bool frame_object_is(const struct object *object);
bool frame_object_runs(const struct object *object);
unsigned frame_object_line(const struct object *object);
const struct frame_code *frame_object_code(const struct object *object);
struct object *frame_object_local(const struct object *object, unsigned index);

/* f_back: a new reference; NULL: the outermost, or no memory. */
struct object *frame_object_back(struct frame_stack *stack,
                                 const struct object *object);

/* frame.clear(): ends the locals. False: it runs. */
bool frame_object_clear(struct object *object);

/* ---- exceptions ---- */

struct exception_kind {
    const char *name;
    const struct exception_kind *base; /* NULL: the first of all */

    /* Called when one is made, and may call functions: the headroom is for
     * it. NULL: nothing is called. */
    void (*made)(struct frame_stack *stack, struct object *exception);
};

extern const struct exception_kind exception_any;
extern const struct exception_kind exception_runtime;       /* any */
extern const struct exception_kind exception_recursion;     /* runtime */
extern const struct exception_kind exception_memory;        /* any */
extern const struct exception_kind exception_arithmetic;    /* any */
extern const struct exception_kind exception_zero_division; /* arithmetic */
extern const struct exception_kind exception_value;         /* any */

bool exception_is_of(const struct object *exception,
                     const struct exception_kind *kind);
const struct exception_kind *exception_kind_of(const struct object *exception);
const char *exception_message(const struct object *exception);

/* Borrowed, or NULL. */
struct object *exception_traceback(const struct object *exception);
struct object *exception_context(const struct object *exception);

/* e.__traceback__ = None, which breaks the cycle as well as `del e` does. */
void exception_drop_traceback(struct object *exception);

struct object *traceback_next(const struct object *traceback);
struct object *traceback_frame(const struct object *traceback);
unsigned traceback_line(const struct object *traceback);

/* "Traceback (most recent call last):", frames, and "Kind: message", with
 * those that it came after in front, as the interpreter prints them. */
void exception_print(const struct object *exception, FILE *file);

/* Makes one and raises it. At most 255 bytes of message. */
_Noreturn void frame_raise(struct frame_stack *stack,
                           const struct exception_kind *kind,
                           const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Raises this one, anew or as it is (`raise e`, and `raise` without one, which
 * adds no second entry for this frame). */
_Noreturn void frame_raise_object(struct frame_stack *stack,
                                  struct object *exception);
_Noreturn void frame_raise_again(struct frame_stack *stack);

/* The one being handled, borrowed; NULL: none. */
struct object *frame_caught(const struct frame_stack *stack);

typedef void frame_function(struct frame_stack *stack, void *argument);

/* Runs a function. False: it raised; a new reference to the exception is
 * stored, unless `ret_exception` is NULL. */
bool frame_call(struct frame_stack *stack, frame_function *function,
                void *argument, struct object **ret_exception);

/* ---- try, except, else, finally ---- */

enum frame_part {
    FRAME_PART_NONE,
    FRAME_PART_BODY,
    FRAME_PART_EXCEPT,
    FRAME_PART_ELSE,
    FRAME_PART_FINALLY,
    FRAME_PART_ENDED,
};

/* What the macros are made of. */
jmp_buf *frame_try_enter(struct frame_stack *stack);
bool frame_try_next(struct frame_stack *stack);
bool frame_try_is(const struct frame_stack *stack, enum frame_part part);
bool frame_try_catches(struct frame_stack *stack,
                       const struct exception_kind *kind);
void frame_try_leave(struct frame_stack *stack);

#define FRAME_TRY(stack)                       \
    do {                                       \
        (void)setjmp(*frame_try_enter(stack)); \
        while (frame_try_next(stack)) {        \
            if (frame_try_is((stack), FRAME_PART_BODY))
#define FRAME_EXCEPT(stack, kind) else if (frame_try_catches((stack), (kind)))
#define FRAME_ELSE(stack)         else if (frame_try_is((stack), FRAME_PART_ELSE))
#define FRAME_FINALLY(stack)      else if (frame_try_is((stack), FRAME_PART_FINALLY))
#define FRAME_END(stack)    \
    }                       \
    frame_try_leave(stack); \
    }                       \
    while (0)

#endif
