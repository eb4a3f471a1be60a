/* reference_gc_types.c - a user's kinds as types of the reference's collector,
 * and the objects that weak references call. */
#include "reference_gc.h"

struct item_type {
    struct object_type type;
    struct assay_heap *heap;
    struct assay_kind kind;
};

static const struct item_type *item_type_of(const struct object *object)
{
    return (const struct item_type *)object->type;
}

/* Handles are addresses of objects. */
static struct assay_object *handle_of(struct object *object)
{
    return (struct assay_object *)object;
}

/* ---- slots of the type ---- */

/* What the collector wants called for each referent. */
struct item_visit {
    object_visit *visit;
    void *context;
};

static int visit_place(struct assay_object **place, void *given)
{
    const struct item_visit *visit = given;

    return visit->visit((struct object *)*place, visit->context);
}

static int item_traverse(struct object *object, object_visit *visit,
                         void *context)
{
    struct gc_item *item = (struct gc_item *)object;
    const struct assay_kind *kind = &item_type_of(object)->kind;
    struct item_visit of_places = { visit, context };

    for (size_t i = 0; i < item->slots; i++) {
        int end = item->slot[i] ? visit(item->slot[i], context) : 0;

        if (end)
            return end;
    }
    if (!kind->traverse)
        return 0;
    return kind->traverse(gc_item_payload(item), visit_place, &of_places);
}

static void item_clear(struct object *object)
{
    struct gc_item *item = (struct gc_item *)object;
    const struct item_type *type = item_type_of(object);

    for (size_t i = 0; i < item->slots; i++)
        object_replace(&item->slot[i], NULL);
    if (type->kind.clear)
        type->kind.clear(type->kind.context, type->heap, handle_of(object));
}

static void item_finalize(struct object *object)
{
    const struct item_type *type = item_type_of(object);

    type->kind.finalize(type->kind.context, type->heap, handle_of(object));
}

/* False: its finalizer has resurrected it. */
static bool item_dies(struct object *object)
{
    if (object->type->finalize) {
        gc_track(object);
        if (!gc_finalize_dying(object))
            return false;
        gc_untrack(object);
    }
    weak_clear_all(object);
    return true;
}

static void item_end(struct object *object)
{
    struct gc_item *item = (struct gc_item *)object;
    const struct item_type *type = item_type_of(object);

    if (type->kind.ended)
        type->kind.ended(type->kind.context, gc_item_payload(item));
    item_clear(object);
    type->heap->live_objects--;
    type->heap->live_bytes -= gc_item_bytes(item);
    gc_delete(object);
}

static void item_dealloc(struct object *object)
{
    struct gc *gc = object->type->gc;

    gc_untrack(object);
    if (!gc_trash_enter(object))
        return;
    if (item_dies(object))
        item_end(object);
    gc_trash_leave(gc);
}

/* ---- types ---- */

struct object_type *gc_item_type_new(struct assay_heap *heap,
                                     const struct assay_kind *kind)
{
    struct object_type model = {
        .name = kind->name,
        .flags = OBJECT_COLLECTED,
        .bytes = sizeof(struct gc_item),
        .each = sizeof(struct object *),
        .weak_at = offsetof(struct gc_item, weak),
        .dealloc = item_dealloc,
        .traverse = item_traverse,
        .clear = item_clear,
        .finalize = kind->finalize ? item_finalize : NULL,
    };
    struct item_type *type =
        (struct item_type *)gc_type_add(heap->gc, &model, sizeof *type);
    if (!type)
        return NULL;
    type->heap = heap;
    type->kind = *kind;
    return &type->type;
}

size_t gc_item_bytes(const struct gc_item *item)
{
    return sizeof *item + (size_t)item->sized.items * sizeof(struct object *);
}

bool gc_item_is_zeroed(const struct object_type *type)
{
    return ((const struct item_type *)type)->kind.traverse != NULL;
}

/* ---- callbacks: plain data that can be called ---- */

struct callback {
    struct object head;
    struct assay_heap *heap;
    assay_weak_callback *call;
    void *context;
};

static bool callback_call(struct object *object, struct object *weak)
{
    const struct callback *callback = (struct callback *)object;

    callback->call(callback->context, callback->heap, handle_of(weak));
    return true;
}

struct object_type *gc_callback_type_new(struct assay_heap *heap)
{
    static const struct object_type model = {
        .name = "callback",
        .bytes = sizeof(struct callback),
        .dealloc = gc_delete,
        .call = callback_call,
    };

    return gc_type_add(heap->gc, &model, sizeof model);
}

struct object *gc_callback_new(struct assay_heap *heap,
                               assay_weak_callback *call, void *context)
{
    struct callback *callback = (struct callback *)gc_new(heap->callback, 0);

    if (!callback)
        return NULL;
    callback->heap = heap;
    callback->call = call;
    callback->context = context;
    return &callback->head;
}
