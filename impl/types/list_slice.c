/* list_slice.c - items put into a list and taken out of it in any place.
 *
 * What is taken out dies after the list is whole again: its end may look at
 * the list.
 *
 * Source: ins1(), list_ass_slice(), list_slice(), list_extend() and
 * list_pop_impl() of Objects/listobject.c. */
#include "list_inside.h"

#include <string.h>

#define EACH sizeof(struct object *)

static size_t at_most(size_t index, size_t size)
{
    return index < size ? index : size;
}

bool list_insert(struct object *object, size_t index, struct object *item)
{
    struct list *list = (struct list *)object;
    size_t size = list->size;
    index = at_most(index, size);
    if (!list_resize(list, size + 1))
        return false;
    memmove(list->item + index + 1, list->item + index, (size - index) * EACH);
    list->item[index] = object_incref_any(item);
    return true;
}

/* The only item: up to 3.11 an array of no bytes is left behind, which the next
 * list_extend() finds. */
static bool take_the_only(struct list *list)
{
    if (!list->head.type->gc->edition->pop_clears_list)
        return list_resize(list, 0);
    object_incref_any(list->item[0]);
    list_clear(&list->head);
    return true;
}

/* Where it cannot be made smaller the item is put back. */
struct object *list_take(struct object *object, size_t index)
{
    struct list *list = (struct list *)object;
    if (index >= list->size)
        return NULL;
    struct object *item = list->item[index], **place = list->item + index;
    size_t behind = list->size - 1 - index;
    if (list->size == 1)
        return take_the_only(list) ? item : NULL;
    memmove(place, place + 1, behind * EACH);
    if (list_resize(list, list->size - 1))
        return item;
    memmove(place + 1, place, behind * EACH);
    *place = item;
    return NULL;
}

/* ---- one part in place of another ---- */

struct change {
    size_t from;
    size_t to;
    size_t count; /* of the new items */
};

/* Moves what lies behind the part, and makes the list longer or shorter. Where
 * it gets shorter the old items must have been saved: they are put back when
 * that fails. */
static bool move_tail(struct list *list, struct change c,
                      struct object *const *old)
{
    size_t size = list->size, tail = (size - c.to) * EACH;
    size_t new_size = size - (c.to - c.from) + c.count;
    bool shorter = new_size < size;
    if (shorter)
        memmove(list->item + c.from + c.count, list->item + c.to, tail);
    if (new_size != size && !list_resize(list, new_size)) {
        if (shorter) {
            memmove(list->item + c.to, list->item + c.from + c.count, tail);
            memcpy(list->item + c.from, old, (c.to - c.from) * EACH);
        }
        return false;
    }
    if (!shorter)
        memmove(list->item + c.from + c.count, list->item + c.to, tail);
    return true;
}

static void end_from_the_last(struct object *const *items, size_t count)
{
    while (count > 0)
        object_decref_any(items[--count]);
}

/* `old` and `new` have room for both parts. */
static bool replace_with(struct list *list, struct change c,
                         struct object *const *items, struct object **old)
{
    struct object **new = old + (c.to - c.from);
    if (c.to > c.from)
        memcpy(old, list->item + c.from, (c.to - c.from) * EACH);
    for (size_t i = 0; i < c.count; i++)
        new[i] = items[i];
    if (!move_tail(list, c, old))
        return false;
    for (size_t i = 0; i < c.count; i++)
        list->item[c.from + i] = object_incref_any(new[i]);
    end_from_the_last(old, c.to - c.from);
    return true;
}

bool list_replace(struct object *object, size_t from, size_t to,
                  struct object *const *items, size_t count)
{
    struct list *list = (struct list *)object;
    struct gc *gc = object->type->gc;
    struct object *few[16], **old = few;
    from = at_most(from, list->size);
    to = to < from ? from : at_most(to, list->size);
    struct change c = { from, to, count };
    if (count > LIST_ITEMS_MAX)
        return false;
    if (list->size - (to - from) + count == 0) {
        list_clear(object);
        return true;
    }
    size_t room = to - from + count;
    if (room > sizeof few / sizeof few[0])
        old = gc->memory.malloc(gc->memory.context, room * EACH);
    bool good = old && replace_with(list, c, items, old);
    if (old && old != few)
        gc->memory.free(gc->memory.context, old);
    return good;
}

bool list_delete(struct object *list, size_t from, size_t to)
{
    return list_replace(list, from, to, NULL, 0);
}

/* ---- parts and wholes ---- */

struct object *list_slice(const struct object *object, size_t from, size_t to)
{
    const struct list *list = (const struct list *)object;
    from = at_most(from, list->size);
    to = to < from ? from : at_most(to, list->size);
    struct object *slice = list_new(object->type->gc, to - from);
    for (size_t i = from; slice && i < to; i++)
        list_set_item(slice, i - from, list->item[i]);
    return slice;
}

/* Of a list that has no array yet, one for exactly so many, or one more: an
 * even number (list_preallocate_exact, since 3.9). */
static bool make_room(struct list *list, size_t more)
{
    struct gc *gc = list->head.type->gc;
    if (list->item || gc->edition->lists_grow_slowly)
        return list_resize(list, list->size + more);
    size_t room = (more + 1) & ~(size_t)1;
    list->item = gc->memory.malloc(gc->memory.context, room * EACH);
    if (!list->item)
        return false;
    list->room = room;
    list->size = more;
    return true;
}

bool list_extend(struct object *object, const struct object *other)
{
    struct list *list = (struct list *)object;
    bool from_tuple = tuple_is(other);
    size_t more = from_tuple ? tuple_size(other) : list_size(other);
    size_t size = list->size;
    assert(from_tuple || list_is(other));
    if (more == 0)
        return true;
    if (more > LIST_ITEMS_MAX || !make_room(list, more))
        return false;
    for (size_t i = 0; i < more; i++)
        list->item[size + i] = object_incref_any(
            from_tuple ? tuple_item(other, i) : list_item(other, i));
    return true;
}

bool list_contains(const struct object *object, struct object *item)
{
    const struct list *list = (const struct list *)object;
    for (size_t i = 0; i < list->size; i++) {
        struct object *here = list->item[i];
        if (here == item)
            return true;
        if (!here)
            continue;
        object_incref(here);
        bool equal = object_equal(here, item);
        object_decref(here);
        if (equal)
            return true;
    }
    return false;
}

/* A comparison may change either list. */
bool list_equal(struct object *a, struct object *b)
{
    if (!list_is(a) || !list_is(b) || list_size(a) != list_size(b))
        return false;
    for (size_t i = 0; i < list_size(a) && i < list_size(b); i++) {
        struct object *x = list_item(a, i), *y = list_item(b, i);
        if (x == y)
            continue;
        if (!x || !y)
            return false;
        object_incref(x);
        object_incref(y);
        bool equal = object_equal(x, y);
        object_decref(x);
        object_decref(y);
        if (!equal)
            return false;
    }
    return list_size(a) == list_size(b);
}
