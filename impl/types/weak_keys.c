/* weak_keys.c - maps from keys that they do not keep alive.
 *
 * A dead reference equals no other, so what is pending need not be taken out
 * before the map is used; it is only not counted. */
#include "weak_map.h"

static struct weak_map *map_of(struct object *object)
{
    struct weak_map *map = (struct weak_map *)object;
    assert(map->from_keys);
    return map;
}

struct object *weak_keys_new(struct gc *gc)
{
    return weak_map_new(gc, true);
}

/* Of the pending, those that are still there. */
static bool scrub(struct weak_map *map)
{
    struct object *still = list_new(map->head.type->gc, 0);
    bool good = still;
    for (size_t i = 0; good && i < list_size(map->pending); i++) {
        struct object *ref = list_item(map->pending, i);
        if (dict_contains(map->data, ref))
            good = list_append(still, ref);
    }
    if (!good) {
        object_decref_any(still);
        return false;
    }
    object_replace(&map->pending, still);
    map->has_dirty_size = false;
    return true;
}

size_t weak_keys_size(struct object *object)
{
    struct weak_map *map = map_of(object);
    if (map->has_dirty_size && list_size(map->pending) > 0)
        scrub(map);
    return dict_size(map->data) - list_size(map->pending);
}

struct object *weak_keys_get(struct object *map, struct object *key)
{
    struct object *ref = weak_ref(key, NULL);
    struct object *value = ref ? dict_get(map_of(map)->data, ref) : NULL;
    object_decref_any(ref);
    return value;
}

bool weak_keys_set(struct object *object, struct object *key,
                   struct object *value)
{
    struct weak_map *map = map_of(object);
    struct object *ref = weak_ref(key, map->removal);
    bool good = ref && dict_set(map->data, ref, value);
    object_decref_any(ref);
    return good;
}

struct object *weak_keys_pop(struct object *object, struct object *key)
{
    struct weak_map *map = map_of(object);
    struct object *ref = weak_ref(key, NULL);
    map->has_dirty_size = true;
    struct object *value = ref ? dict_pop(map->data, ref) : NULL;
    object_decref_any(ref);
    return value;
}

bool weak_keys_delete(struct object *map, struct object *key)
{
    struct object *value = weak_keys_pop(map, key);
    object_decref_any(value);
    return value;
}

struct object *weak_keys_set_default(struct object *object, struct object *key,
                                     struct object *value)
{
    struct weak_map *map = map_of(object);
    struct object *ref = weak_ref(key, map->removal);
    struct object *there = ref ? dict_set_default(map->data, ref, value) : NULL;
    object_decref_any(ref);
    return there;
}

bool weak_keys_pop_item(struct object *object, struct object **ret_key,
                        struct object **ret_value)
{
    struct weak_map *map = map_of(object);
    struct object *ref, *value;
    map->has_dirty_size = true;
    while (dict_pop_item(map->data, &ref, &value)) {
        struct object *live = object_incref_any(weak_target(ref));
        object_decref(ref);
        if (live) {
            *ret_key = live;
            *ret_value = value;
            return true;
        }
        object_decref(value);
    }
    return false;
}

/* Held while it is put in: that may collect. */
static bool put_held(struct object *map, struct object *key,
                     struct object *value)
{
    object_incref(key);
    object_incref(value);
    bool good = weak_keys_set(map, key, value);
    object_decref(value);
    object_decref(key);
    return good;
}

static bool update_from_map(struct object *to, struct object *from)
{
    struct object *key, *value;
    bool good = true;
    weak_map_iterate(from);
    for (size_t place = 0; good && weak_map_next(from, &place, &key, &value);)
        good = put_held(to, key, value);
    weak_map_iterate_end(from);
    return good;
}

bool weak_keys_update(struct object *map, struct object *other)
{
    struct object *key, *value;
    if (!dict_is(other))
        return update_from_map(map, other);
    for (size_t place = 0; dict_next(other, &place, &key, &value);)
        if (!put_held(map, key, value))
            return false;
    return true;
}

struct object *weak_keys_copy(struct object *map)
{
    struct object *copy = weak_keys_new(map->type->gc);
    if (!copy || update_from_map(copy, map))
        return copy;
    object_decref(copy);
    return NULL;
}
