/* frame_object.c - objects that stand for frames, and outlive them.
 *
 * Source: take_ownership() of CPython's Python/frame.c; frame_traverse(),
 * frame_tp_clear() and frame_dealloc() of Objects/frameobject.c. */
#include "frame_parts.h"

struct frame_object {
    struct object_sized sized;
    struct frame *frame; /* while it runs */
    const struct frame_code *code;
    struct object *back; /* once it does not; or NULL */
    unsigned line;       /* likewise */
    struct object *local[];
};

static struct frame_object *frame_object_of(const struct object *object)
{
    assert(frame_object_is(object));
    return (struct frame_object *)(uintptr_t)object;
}

static void frame_object_end_locals(struct frame_object *f)
{
    for (intptr_t i = 0; i < f->sized.items; i++)
        object_replace(&f->local[i], NULL);
}

/* ---- slots ---- */

static void frame_object_dealloc(struct object *object)
{
    struct frame_object *f = frame_object_of(object);
    struct gc *gc = object->type->gc;
    gc_untrack(object);
    if (!gc_trash_enter(object))
        return;
    frame_object_end_locals(f);
    object_decref_any(f->back);
    gc_delete(object);
    gc_trash_leave(gc);
}

static int frame_object_traverse(struct object *object, object_visit *visit,
                                 void *context)
{
    const struct frame_object *f = frame_object_of(object);
    int end = f->back ? visit(f->back, context) : 0;
    for (intptr_t i = 0; i < f->sized.items && !end; i++)
        end = f->local[i] ? visit(f->local[i], context) : 0;
    return end;
}

static void frame_object_clear_slot(struct object *object)
{
    frame_object_end_locals(frame_object_of(object));
}

struct object_type *frame_object_type_new(struct gc *gc)
{
    static const struct object_type model = {
        .name = "frame",
        .flags = OBJECT_COLLECTED,
        .bytes = sizeof(struct frame_object),
        .each = sizeof(struct object *),
        .dealloc = frame_object_dealloc,
        .traverse = frame_object_traverse,
        .clear = frame_object_clear_slot,
    };
    return gc_type_add(gc, &model, sizeof model);
}

/* ---- a frame's object ---- */

struct object *frame_object(struct frame_stack *stack, struct frame *frame)
{
    if (frame->object)
        return object_incref(frame->object);
    struct object *object =
        gc_new(stack->frame_type, (intptr_t)frame->code->locals);
    if (!object)
        return NULL;
    struct frame_object *f = frame_object_of(object);
    f->frame = frame;
    f->code = frame->code;
    f->back = NULL;
    f->line = 0;
    for (intptr_t i = 0; i < f->sized.items; i++)
        f->local[i] = NULL;
    frame->object = object;
    return object_incref(object);
}

/* It refers to the object of the frame below from now on, which is made for
 * that; without memory it has none. */
bool frame_object_settle(struct frame_stack *stack, struct frame *frame)
{
    struct object *object = frame->object;
    struct frame_object *f = frame_object_of(object);
    bool keeps = object->references > 1;
    frame->object = NULL;
    f->frame = NULL;
    f->line = frame->link.line;
    if (keeps) {
        f->back = frame->back ? frame_object(stack, frame->back) : NULL;
        for (intptr_t i = 0; i < f->sized.items; i++)
            f->local[i] = frame->local[i];
        gc_track(object);
    }
    object_decref(object);
    return keeps;
}

/* ---- what callers use ---- */

bool frame_object_is(const struct object *object)
{
    return object->type->dealloc == frame_object_dealloc;
}

bool frame_object_runs(const struct object *object)
{
    return frame_object_of(object)->frame != NULL;
}

unsigned frame_object_line(const struct object *object)
{
    const struct frame_object *f = frame_object_of(object);
    return f->frame ? f->frame->link.line : f->line;
}

const struct frame_code *frame_object_code(const struct object *object)
{
    return frame_object_of(object)->code;
}

struct object *frame_object_local(const struct object *object, unsigned index)
{
    const struct frame_object *f = frame_object_of(object);
    assert(index < f->code->locals);
    return f->frame ? f->frame->local[index] : f->local[index];
}

struct object *frame_object_back(struct frame_stack *stack,
                                 const struct object *object)
{
    const struct frame_object *f = frame_object_of(object);
    if (!f->frame)
        return object_incref_any(f->back);
    return f->frame->back ? frame_object(stack, f->frame->back) : NULL;
}

bool frame_object_clear(struct object *object)
{
    struct frame_object *f = frame_object_of(object);
    if (f->frame)
        return false;
    frame_object_end_locals(f);
    return true;
}
