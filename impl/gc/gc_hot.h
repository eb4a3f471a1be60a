/* gc_hot.h - an object made, tracked, untracked and freed, inline: what runs
 * for every object, for kinds that lie in this project.
 *
 * Where the collector has a heap of its own and all objects of a type are of
 * one size, the class of that size is known with the type, and a block is
 * taken from its pool without a call (obmalloc/obheap_hot.h).
 *
 * Threads, Errors, Owner: as gc.h, whose functions of the same names (without
 * `hot`) do the same. */
#ifndef ASSAY_GC_HOT_H
#define ASSAY_GC_HOT_H

#include "collector.h"
#include "obheap_hot.h"

HOT size_t gc_hot_head_bytes(const struct object_type *type)
{
    return type->flags & OBJECT_COLLECTED ? sizeof(struct head) + type->before
                                          : 0;
}

HOT void *gc_hot_alloc(struct gc *gc, const struct object_type *type,
                       size_t bytes)
{
    unsigned class = gc_type_of(type)->class;
    if (HOT_UNLIKELY(class == GC_NO_CLASS))
        return gc->memory.malloc(gc->memory.context, bytes);
    void *block = hot_take(gc->heap, false, class);
    return HOT_LIKELY(block != NULL) ? block
                                     : obheap_refill(gc->heap, class, bytes);
}

HOT void gc_hot_free(struct gc *gc, void *start)
{
    if (HOT_LIKELY(gc->heap != NULL))
        hot_free_own(gc->heap, start);
    else
        gc->memory.free(gc->memory.context, start);
}

/* Counted and not yet of any type: what a collection finds in it is nothing,
 * as no list has it. */
HOT void gc_hot_count_new(struct gc *gc, struct object *object)
{
    struct generation *youngest = &gc->generation[0];
    *head_of(object) = (struct head){ 0, 0 };
    if (HOT_UNLIKELY(++youngest->count > youngest->threshold))
        gc_collect_if_due(gc);
}

HOT struct object *gc_hot_start(const struct object_type *type,
                                struct object *object)
{
    object->references = 1;
    object->type = type;
    return object;
}

/* gc_new() of a type without items. */
HOT struct object *gc_hot_new(const struct object_type *type)
{
    struct gc *gc = type->gc;
    size_t head = gc_hot_head_bytes(type);
    assert(type->each == 0);
    char *start = gc_hot_alloc(gc, type, head + type->bytes);
    if (HOT_UNLIKELY(!start))
        return NULL;
    struct object *object = (struct object *)(start + head);
    if (head > 0)
        gc_hot_count_new(gc, object);
    return gc_hot_start(type, object);
}

/* The same for a collected type with nothing in front of the GC head, as far
 * as nothing is to be called: NULL where a collection may be due or a block
 * must be looked for, and then nothing has changed. */
HOT struct object *gc_hot_new_at_once(const struct object_type *type)
{
    struct gc *gc = type->gc;
    struct generation *youngest = &gc->generation[0];
    unsigned class = gc_type_of(type)->class;
    if (HOT_UNLIKELY(class == GC_NO_CLASS ||
                     youngest->count + 1 >= youngest->threshold))
        return NULL;
    struct head *head = hot_take(gc->heap, false, class);
    if (HOT_UNLIKELY(!head))
        return NULL;
    youngest->count++;
    *head = (struct head){ 0, 0 };
    return gc_hot_start(type, head_object(head));
}

/* Of a collected object that no list has, and nothing in front of its head. */
HOT void gc_hot_delete_unlisted(struct gc *gc, struct object *object)
{
    if (HOT_LIKELY(gc->generation[0].count > 0))
        gc->generation[0].count--;
    gc_hot_free(gc, head_of(object));
}

HOT void gc_hot_delete(struct object *object)
{
    struct gc *gc = object->type->gc;
    size_t head = gc_hot_head_bytes(object->type);
    if (head > 0) {
        if (head_is_tracked(head_of(object)))
            gc_list_remove(head_of(object));
        if (gc->generation[0].count > 0)
            gc->generation[0].count--;
    }
    gc_hot_free(gc, (char *)object - head);
}

HOT void gc_hot_untrack(struct object *object)
{
    if (HOT_LIKELY(head_is_tracked(head_of(object))))
        gc_untrack_tracked(object);
}

#endif
