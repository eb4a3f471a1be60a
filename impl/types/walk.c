/* walk.c - one item after the other, and what is said of changes meanwhile.
 *
 * Source: listiter_next(), dictiter_iternextkey(), setiter_iternext(). */
#include "assay/types.h"

static size_t size_now(const struct object *over)
{
    return dict_is(over) ? dict_size(over) : set_is(over) ? set_size(over) : 0;
}

bool walk_begin(struct walk *walk, struct object *over)
{
    if (!list_is(over) && !tuple_is(over) && !dict_is(over) && !set_is(over))
        return false;
    *walk = (struct walk){ .over = object_incref(over),
                           .size = size_now(over),
                           .left = size_now(over) };
    return true;
}

static bool next_by_index(struct walk *walk, struct object **ret_item)
{
    const struct object *over = walk->over;
    size_t size = list_is(over) ? list_size(over) : tuple_size(over);
    if (walk->place >= size)
        return false;
    *ret_item = list_is(over) ? list_item(over, walk->place)
                              : tuple_item(over, walk->place);
    walk->place++;
    return true;
}

static bool next_of(struct walk *walk, struct object **ret_item)
{
    struct object *value;
    if (dict_is(walk->over))
        return dict_next(walk->over, &walk->place, ret_item, &value);
    if (set_is(walk->over))
        return set_next(walk->over, &walk->place, ret_item);
    return next_by_index(walk, ret_item);
}

/* One more key than there were: some were taken out and others, or the same,
 * put in behind the rest. */
static bool is_one_too_many(struct walk *walk)
{
    return dict_is(walk->over) && walk->left-- == 0;
}

enum walk_step walk_next(struct walk *walk, struct object **ret_item)
{
    struct object *item;
    if (!walk->over)
        return WALK_END;
    walk->changed |= size_now(walk->over) != walk->size;
    if (walk->changed)
        return WALK_CHANGED;
    if (!next_of(walk, &item)) {
        walk_end(walk);
        return WALK_END;
    }
    if (is_one_too_many(walk)) {
        walk_end(walk);
        return WALK_CHANGED;
    }
    *ret_item = object_incref_any(item);
    return WALK_ITEM;
}

void walk_end(struct walk *walk)
{
    struct object *over = walk->over;
    walk->over = NULL;
    object_decref_any(over);
}
