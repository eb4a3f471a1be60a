/* list.c - lists: an array that grows, and headers that are used again.
 *
 * Source: Objects/listobject.c. */
#include "list_inside.h"

#define KEPT_MAX 80 /* PyList_MAXFREELIST */

struct list_type {
    struct object_type type;
    struct list *free[KEPT_MAX];
    size_t free_count;
};

static const struct object_type list_model;

static struct list_type *list_type_of(struct gc *gc)
{
    return (struct list_type *)gc_type_builtin(gc, GC_BUILTIN_LIST, &list_model,
                                               sizeof(struct list_type));
}

/* ---- the array ---- */

/* Places for `size` items when more are likely to follow. Since 3.9 in steps
 * of 4, and not more than was asked for when that was a leap. */
static size_t room_for(const struct gc_edition *edition, size_t size,
                       size_t size_before)
{
    if (size == 0)
        return 0;
    if (edition->lists_grow_slowly)
        return size + (size >> 3) + (size < 9 ? 3 : 6);
    size_t room = (size + (size >> 3) + 6) & ~(size_t)3;
    bool leap = size > size_before && size - size_before > room - size;
    return leap ? (size + 3) & ~(size_t)3 : room;
}

bool list_resize(struct list *list, size_t size)
{
    struct gc *gc = list->head.type->gc;
    if (list->room >= size && size >= list->room >> 1) {
        list->size = size;
        return true;
    }
    if (size > LIST_ITEMS_MAX)
        return false;
    size_t room = room_for(gc->edition, size, list->size);
    struct object **moved = gc->memory.realloc(gc->memory.context, list->item,
                                               room * sizeof(struct object *));
    if (!moved)
        return false;
    list->item = moved;
    list->size = size;
    list->room = room;
    return true;
}

/* Ends the items of an array from the last, then the array. */
static void items_end(struct gc *gc, struct object **item, size_t size)
{
    if (!item)
        return;
    while (size > 0)
        object_decref_any(item[--size]);
    gc->memory.free(gc->memory.context, item);
}

/* ---- slots ---- */

static void list_dealloc(struct object *object)
{
    struct list *list = (struct list *)object;
    struct list_type *type = (struct list_type *)object->type;
    struct gc *gc = type->type.gc;
    gc_untrack(object);
    if (!gc_trash_enter(object))
        return;
    items_end(gc, list->item, list->size);
    if (type->free_count < KEPT_MAX)
        type->free[type->free_count++] = list;
    else
        gc_delete(object);
    gc_trash_leave(gc);
}

static int list_traverse(struct object *object, object_visit *visit,
                         void *context)
{
    const struct list *list = (struct list *)object;
    for (size_t i = list->size; i-- > 0;) {
        int end = list->item[i] ? visit(list->item[i], context) : 0;
        if (end)
            return end;
    }
    return 0;
}

static size_t list_clear_free(struct object_type *given)
{
    struct list_type *type = (struct list_type *)given;
    size_t count = type->free_count;
    while (type->free_count > 0)
        gc_delete(&type->free[--type->free_count]->head);
    return count;
}

/* Empty before the first item dies: its end may look at the list. */
void list_clear(struct object *object)
{
    struct list *list = (struct list *)object;
    struct object **item = list->item;
    size_t size = list->size;
    list->item = NULL;
    list->size = list->room = 0;
    items_end(object->type->gc, item, size);
}

static bool list_hash(struct object *object, intptr_t *ret_hash)
{
    (void)object, (void)ret_hash;
    return false;
}

static size_t list_size_bytes(const struct object *object)
{
    const struct list *list = (const struct list *)object;
    return sizeof *list + list->room * sizeof *list->item;
}

static const struct object_type list_model = {
    .name = "list",
    .flags = OBJECT_COLLECTED,
    .bytes = sizeof(struct list),
    .dealloc = list_dealloc,
    .traverse = list_traverse,
    .clear = list_clear,
    .hash = list_hash,
    .equal = list_equal,
    .size_bytes = list_size_bytes,
    .clear_free = list_clear_free,
};

/* ---- what callers use ---- */

static struct list *list_alloc(struct gc *gc)
{
    struct list_type *type = list_type_of(gc);
    if (!type)
        return NULL;
    if (type->free_count == 0)
        return (struct list *)gc_new(&type->type, 0);
    struct list *list = type->free[--type->free_count];
    list->head.references = 1;
    return list;
}

struct object *list_new(struct gc *gc, size_t items)
{
    if (items > LIST_ITEMS_MAX)
        return NULL;
    struct list *list = list_alloc(gc);
    if (!list)
        return NULL;
    *list = (struct list){ .head = list->head };
    if (items > 0)
        list->item =
            gc->memory.calloc(gc->memory.context, items, sizeof *list->item);
    if (items > 0 && !list->item) {
        object_decref(&list->head);
        return NULL;
    }
    list->size = list->room = items;
    gc_track(&list->head);
    return &list->head;
}

bool list_is(const struct object *object)
{
    return object->type->dealloc == list_dealloc;
}

size_t list_size(const struct object *list)
{
    return ((const struct list *)list)->size;
}

size_t list_room(const struct object *list)
{
    return ((const struct list *)list)->room;
}

struct object *list_item(const struct object *object, size_t index)
{
    const struct list *list = (const struct list *)object;
    return index < list->size ? list->item[index] : NULL;
}

void list_set_item(struct object *object, size_t index, struct object *item)
{
    struct list *list = (struct list *)object;
    assert(index < list->size);
    object_replace(&list->item[index], object_incref_any(item));
}

bool list_append(struct object *object, struct object *item)
{
    struct list *list = (struct list *)object;
    if (!list_resize(list, list->size + 1))
        return false;
    list->item[list->size - 1] = object_incref_any(item);
    return true;
}

/* The array only shrinks, which cannot fail to leave room enough. */
struct object *list_pop(struct object *object)
{
    struct list *list = (struct list *)object;
    if (list->size == 0)
        return NULL;
    struct object *item = list->item[list->size - 1];
    list->item[list->size - 1] = NULL;
    if (list->size == 1)
        list_clear(object);
    else if (!list_resize(list, list->size - 1))
        list->size--;
    return item;
}
