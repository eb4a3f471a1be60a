/* gc_objects.c - objects made and freed, tracked and untracked, and finalized
 * when their count comes to 0. */
#include "gc_hot.h"

/* More is refused before bytes are computed. */
#define ITEMS_MAX ((intptr_t)1 << 56)

static struct object *new_with_items(const struct object_type *type,
                                     intptr_t items)
{
    struct gc *gc = type->gc;
    size_t head = gc_hot_head_bytes(type);
    if (items > ITEMS_MAX)
        return NULL;
    size_t bytes = head + type->bytes + (size_t)items * type->each;
    char *start = gc->memory.malloc(gc->memory.context, bytes);
    if (!start)
        return NULL;
    struct object *object = (struct object *)(start + head);
    if (head > 0)
        gc_hot_count_new(gc, object);
    object->references = 1;
    object->type = type;
    ((struct object_sized *)object)->items = items;
    return object;
}

struct object *gc_new(const struct object_type *type, intptr_t items)
{
    assert(items >= 0 && (items == 0 || type->each > 0));
    return type->each > 0 ? new_with_items(type, items) : gc_hot_new(type);
}

void gc_delete(struct object *object)
{
    gc_hot_delete(object);
}

void gc_track(struct object *object)
{
    assert(object_is_collected(object));
    assert(!head_is_tracked(head_of(object)));
    assert(!head_is_collecting(head_of(object)));
    gc_track_in(object->type->gc, object);
}

void gc_untrack(struct object *object)
{
    gc_hot_untrack(object);
}

bool gc_make_immortal(struct object *object)
{
    struct gc *gc = object->type->gc;
    if (!gc->edition->immortals)
        return false;
    object->references = OBJECT_IMMORTAL;
    gc->has_immortals = true;
    return true;
}

bool gc_trash_enter(struct object *object)
{
    return trashcan_enter(&object->type->gc->trashcan, object);
}

void gc_trash_leave(struct gc *gc)
{
    trashcan_leave(&gc->trashcan);
}

/* The flag is set after the call here, and before it in a collection. */
bool gc_finalize_dying(struct object *object)
{
    bool collected = object_is_collected(object);
    assert(object->references == 0);
    assert(!collected || head_is_tracked(head_of(object)));
    object->references = 1;
    if (object->type->finalize && !(collected && gc_is_finalized(object))) {
        object->type->finalize(object);
        if (collected)
            head_of(object)->prev |= HEAD_FINALIZED;
    }
    return --object->references == 0;
}

bool gc_is_tracked(const struct object *object)
{
    return object_is_collected(object) && head_is_tracked(head_of(object));
}

bool gc_is_finalized(const struct object *object)
{
    return object_is_collected(object) && head_is_finalized(head_of(object));
}

bool gc_may_be_tracked(const struct object *object)
{
    return object_is_collected(object) &&
           (!(object->type->flags & OBJECT_UNTRACKED_FOR_GOOD) ||
            head_is_tracked(head_of(object)));
}
