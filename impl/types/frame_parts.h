/* frame_parts.h - what the files of frames share, and nobody else.
 *
 * Invariants:
 *   the memory of frames and tries is a region, and goes in the order opposite
 *   to that in which it came;
 *   a frame object that runs is not tracked, has no locals and no back of its
 *   own, and its frame has a reference to it;
 *   while an exception is on its way `raised` has it, and no collection starts
 *   by itself.
 *
 * Threads, Errors, Owner: as frame.h. */
#ifndef ASSAY_TYPES_FRAME_PARTS_H
#define ASSAY_TYPES_FRAME_PARTS_H

#include "assay/frame.h"
#include "region.h"

struct frame {
    struct trace_link link;
    struct frame *back;
    struct object *object; /* NULL until somebody asks */
    const struct frame_code *code;
    struct region_mark mark; /* before it */
    struct object *local[];
};

struct frame_try {
    jmp_buf place;
    struct frame_try *outer;
    struct frame *frame; /* in which it is; NULL: below all */
    const struct trace_link *c_top;
    struct region_mark mark;
    unsigned headroom; /* as it was when it started */
    enum frame_part part;
    bool caught;
    struct object *exception; /* of the body, or NULL */
    struct object *pending;   /* to be raised again at the end, or NULL */
};

struct frame_stack {
    struct gc *gc;
    struct frame_config config;
    struct region region;
    struct frame *top;
    const struct trace_link *link; /* of top */
    size_t depth;
    unsigned headroom; /* exceptions being made */
    struct frame_try *tries;
    struct object *raised;
    struct object *memory_error;
    const struct object_type *frame_type;
    const struct object_type *exception_type;
    const struct object_type *traceback_type;
};

/* frame_object.c */
struct object_type *frame_object_type_new(struct gc *gc);

/* The frame is over: its object keeps the locals, or is gone and leaves them.
 * True: it kept them. */
bool frame_object_settle(struct frame_stack *stack, struct frame *frame);

/* exception.c. NULL for want of memory. */
struct object_type *exception_type_new(struct gc *gc);
struct object_type *traceback_type_new(struct gc *gc);
struct object *exception_new(struct frame_stack *stack,
                             const struct exception_kind *kind,
                             const char *message);
void exception_set_context(struct object *exception, struct object *context);

/* Puts an entry for this frame in front; without memory there is none. */
void exception_add_entry(struct frame_stack *stack, struct object *exception,
                         struct frame *frame);

/* frame.c: takes the innermost off. */
void frame_pop(struct frame_stack *stack);

/* frame_raise.c: takes over the reference. `anew`: with an entry for the
 * innermost frame, too. */
_Noreturn void frame_throw(struct frame_stack *stack, struct object *exception,
                           bool anew);
_Noreturn void frame_throw_memory(struct frame_stack *stack);

#endif
