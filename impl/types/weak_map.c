/* weak_map.c - maps with weak references in them: how what has died is taken
 * out. */
#include "weak_map.h"

/* ---- references that know their key ---- */

struct keyed_ref {
    struct weak weak;
    struct object *key;
};

static int keyed_ref_traverse(struct object *object, object_visit *visit,
                              void *context)
{
    const struct keyed_ref *ref = (struct keyed_ref *)object;
    int end = ref->key ? visit(ref->key, context) : 0;
    if (!end && ref->weak.callback)
        end = visit(ref->weak.callback, context);
    return end;
}

static void keyed_ref_clear(struct object *object)
{
    struct keyed_ref *ref = (struct keyed_ref *)object;
    object_replace(&ref->key, NULL);
    weak_end(&ref->weak);
}

static void keyed_ref_dealloc(struct object *object)
{
    struct gc *gc = object->type->gc;
    gc_untrack(object);
    if (!gc_trash_enter(object))
        return;
    keyed_ref_clear(object);
    gc_delete(object);
    gc_trash_leave(gc);
}

static struct object_type *keyed_ref_type(struct gc *gc)
{
    struct object_type *type = gc->builtin[GC_BUILTIN_KEYED_REF];
    if (type)
        return type;
    type = weak_type_new(gc, "KeyedRef");
    if (!type)
        return NULL;
    type->bytes = sizeof(struct keyed_ref);
    type->traverse = keyed_ref_traverse;
    type->clear = keyed_ref_clear;
    type->dealloc = keyed_ref_dealloc;
    gc->builtin[GC_BUILTIN_KEYED_REF] = type;
    return type;
}

struct object *keyed_ref_new(struct weak_map *map, struct object *value,
                             struct object *key)
{
    struct object_type *type = keyed_ref_type(map->head.type->gc);
    struct keyed_ref *ref =
        type ? (struct keyed_ref *)weak_ref_of(type, value, map->removal)
             : NULL;
    if (!ref)
        return NULL;
    ref->key = object_incref(key);
    return &ref->weak.head;
}

static bool keyed_ref_is_dead(struct object *ref)
{
    return !weak_target(ref);
}

/* ---- the callback ---- */

/* What it does to the map is done by whoever the map is then. */
struct removal {
    struct object head;
    struct object *map; /* a weak reference */
};

static void take_out(struct weak_map *map, struct object *key)
{
    if (map->from_keys)
        dict_delete(map->data, key);
    else
        dict_delete_if(map->data, key, keyed_ref_is_dead);
}

static bool removal_call(struct object *object, struct object *dead)
{
    struct object *target = weak_target(((struct removal *)object)->map);
    struct weak_map *map = (struct weak_map *)target;
    bool good = true;
    if (!map)
        return true;
    struct object *key =
        map->from_keys ? dead : ((struct keyed_ref *)dead)->key;
    object_incref(target);
    if (map->iterating > 0)
        good = list_append(map->pending, key);
    else
        take_out(map, key);
    object_decref(target);
    return good;
}

static void removal_dealloc(struct object *object)
{
    gc_untrack(object);
    object_decref_any(((struct removal *)object)->map);
    gc_delete(object);
}

static int removal_traverse(struct object *object, object_visit *visit,
                            void *context)
{
    const struct removal *removal = (struct removal *)object;
    return removal->map ? visit(removal->map, context) : 0;
}

static const struct object_type removal_model = {
    .name = "remove",
    .flags = OBJECT_COLLECTED,
    .bytes = sizeof(struct removal),
    .dealloc = removal_dealloc,
    .traverse = removal_traverse,
    .call = removal_call,
};

/* NULL for want of memory. */
static struct object *removal_new(struct gc *gc, struct object *map)
{
    struct object_type *type =
        gc_type_builtin(gc, GC_BUILTIN_REMOVAL, &removal_model,
                        sizeof removal_model);
    struct object *ref = type ? weak_ref(map, NULL) : NULL;
    struct removal *removal = ref ? (struct removal *)gc_new(type, 0) : NULL;
    if (!removal) {
        object_decref_any(ref);
        return NULL;
    }
    removal->map = ref;
    gc_track(&removal->head);
    return &removal->head;
}

/* ---- the map ---- */

/* In the order in which an instance's attributes were set. */
static int map_traverse(struct object *object, object_visit *visit,
                        void *context)
{
    const struct weak_map *map = (struct weak_map *)object;
    struct object *const part[] = { map->removal, map->pending, map->data };
    for (int i = 0; i < 3; i++) {
        int end = part[i] ? visit(part[i], context) : 0;
        if (end)
            return end;
    }
    return 0;
}

static void parts_end(struct weak_map *map)
{
    object_replace(&map->removal, NULL);
    object_replace(&map->pending, NULL);
    object_replace(&map->data, NULL);
}

static void map_dealloc(struct object *object)
{
    struct gc *gc = object->type->gc;
    gc_untrack(object);
    if (!gc_trash_enter(object))
        return;
    weak_clear_all(object);
    parts_end((struct weak_map *)object);
    gc_delete(object);
    gc_trash_leave(gc);
}

static const struct object_type map_model = {
    .name = "weak map",
    .flags = OBJECT_COLLECTED,
    .bytes = sizeof(struct weak_map),
    .weak_at = offsetof(struct weak_map, weak),
    .dealloc = map_dealloc,
    .traverse = map_traverse,
};

/* The map itself gives up nothing when it is cleared: its parts do, which are
 * unreachable with it; so it can be used by whoever is called meanwhile. */
struct object *weak_map_new(struct gc *gc, bool from_keys)
{
    struct object_type *type =
        gc_type_builtin(gc, GC_BUILTIN_WEAK_MAP, &map_model, sizeof map_model);
    struct weak_map *map = type ? (struct weak_map *)gc_new(type, 0) : NULL;
    if (!map)
        return NULL;
    *map = (struct weak_map){ .head = map->head, .from_keys = from_keys };
    gc_track(&map->head);
    map->removal = removal_new(gc, &map->head);
    map->pending = list_new(gc, 0);
    map->data = dict_new(gc);
    if (map->removal && map->pending && map->data)
        return &map->head;
    object_decref(&map->head);
    return NULL;
}

void weak_map_commit(struct weak_map *map)
{
    struct object *key;
    while ((key = list_pop(map->pending))) {
        take_out(map, key);
        object_decref(key);
    }
}

void weak_map_iterate(struct object *map)
{
    ((struct weak_map *)map)->iterating++;
}

void weak_map_iterate_end(struct object *object)
{
    struct weak_map *map = (struct weak_map *)object;
    assert(map->iterating > 0);
    if (--map->iterating == 0)
        weak_map_commit(map);
}

bool weak_map_next(const struct object *object, size_t *place,
                   struct object **ret_key, struct object **ret_value)
{
    const struct weak_map *map = (const struct weak_map *)object;
    struct object *key, *value;
    assert(map->iterating > 0);
    while (dict_next(map->data, place, &key, &value)) {
        struct object *live = weak_target(map->from_keys ? key : value);
        if (!live)
            continue;
        *ret_key = map->from_keys ? live : key;
        *ret_value = map->from_keys ? value : live;
        return true;
    }
    return false;
}

struct object *weak_map_data(const struct object *map)
{
    return ((const struct weak_map *)map)->data;
}

size_t weak_map_pending(const struct object *map)
{
    return list_size(((const struct weak_map *)map)->pending);
}
