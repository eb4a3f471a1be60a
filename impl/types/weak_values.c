/* weak_values.c - maps to values that they do not keep alive. */
#include "weak_map.h"

static struct weak_map *committed(struct object *object)
{
    struct weak_map *map = (struct weak_map *)object;
    assert(!map->from_keys);
    weak_map_commit(map);
    return map;
}

struct object *weak_values_new(struct gc *gc)
{
    return weak_map_new(gc, false);
}

size_t weak_values_size(struct object *map)
{
    return dict_size(committed(map)->data);
}

struct object *weak_values_get(struct object *map, struct object *key)
{
    struct object *ref = dict_get(committed(map)->data, key);
    return ref ? weak_target(ref) : NULL;
}

static bool put(struct weak_map *map, struct object *key, struct object *value)
{
    struct object *ref = keyed_ref_new(map, value, key);
    bool good = ref && dict_set(map->data, key, ref);
    object_decref_any(ref);
    return good;
}

bool weak_values_set(struct object *map, struct object *key,
                     struct object *value)
{
    return put(committed(map), key, value);
}

bool weak_values_delete(struct object *map, struct object *key)
{
    return dict_delete(committed(map)->data, key);
}

/* What is pending is taken out only if something is put in. */
struct object *weak_values_set_default(struct object *map, struct object *key,
                                       struct object *value)
{
    struct object *ref = dict_get(weak_map_data(map), key);
    struct object *live = ref ? weak_target(ref) : NULL;
    if (live)
        return live;
    return put(committed(map), key, value) ? value : NULL;
}

struct object *weak_values_pop(struct object *map, struct object *key)
{
    struct object *ref = dict_pop(committed(map)->data, key);
    struct object *live = ref ? object_incref_any(weak_target(ref)) : NULL;
    object_decref_any(ref);
    return live;
}

bool weak_values_pop_item(struct object *object, struct object **ret_key,
                          struct object **ret_value)
{
    struct weak_map *map = committed(object);
    struct object *key, *ref;
    while (dict_pop_item(map->data, &key, &ref)) {
        struct object *live = object_incref_any(weak_target(ref));
        object_decref(ref);
        if (live) {
            *ret_key = key;
            *ret_value = live;
            return true;
        }
        object_decref(key);
    }
    return false;
}

/* Held while it is put in: that may collect. */
static bool put_held(struct weak_map *map, struct object *key,
                     struct object *value)
{
    object_incref(key);
    object_incref(value);
    bool good = put(map, key, value);
    object_decref(value);
    object_decref(key);
    return good;
}

static bool update_from_map(struct weak_map *to, struct object *from)
{
    struct object *key, *value;
    bool good = true;
    committed(from);
    weak_map_iterate(from);
    for (size_t place = 0; good && weak_map_next(from, &place, &key, &value);)
        good = put_held(to, key, value);
    weak_map_iterate_end(from);
    return good;
}

bool weak_values_update(struct object *object, struct object *other)
{
    struct weak_map *map = committed(object);
    struct object *key, *value;
    if (!dict_is(other))
        return update_from_map(map, other);
    for (size_t place = 0; dict_next(other, &place, &key, &value);)
        if (!put_held(map, key, value))
            return false;
    return true;
}

struct object *weak_values_copy(struct object *map)
{
    committed(map);
    struct object *copy = weak_values_new(map->type->gc);
    if (!copy || update_from_map((struct weak_map *)copy, map))
        return copy;
    object_decref(copy);
    return NULL;
}
