/* dict_split.c - the values of a dict that shares its table of keys. */
#include "dict_split.h"

#include "dict_lookup.h"

#include <string.h>

/* ---- the table ---- */

static uint8_t sharing_of(const struct gc_edition *edition)
{
    return edition->instance_values_word ? KEYS_SHARED : KEYS_SHARED_IN_ORDER;
}

struct dict_keys *split_keys_new(struct gc *gc)
{
    struct dict_type *type = dict_type_of(gc);
    unsigned log_size = gc->edition->shared_keys_log;
    struct dict_keys *keys =
        type && log_size > 0 ? keys_new(type, log_size, true) : NULL;
    if (!keys)
        return NULL;
    keys->sharing = sharing_of(gc->edition);
    if (keys->usable > SPLIT_KEYS_MAX)
        keys->usable = SPLIT_KEYS_MAX;
    return keys;
}

intptr_t split_keys_enter(struct dict_keys *keys, struct object *name,
                          intptr_t hash)
{
    assert(keys_is_text(name));
    intptr_t entry = dict_look_up(&keys, name, hash);
    if (entry != KEYS_EMPTY || keys->usable <= 0)
        return entry;
    keys_append(keys, hash, object_incref(name), NULL);
    return keys->entries - 1;
}

/* ---- the bytes in front ---- */

enum front {
    FRONT_BYTES, /* of all that is in front */
    FRONT_COUNT,
    FRONT_ORDER, /* from here on away from the values */
};

static uint8_t *front(struct object *const *values, size_t which)
{
    return (uint8_t *)(uintptr_t)values - 1 - which;
}

static size_t front_bytes(const struct dict_keys *keys, size_t room)
{
    size_t word = sizeof(void *);
    if (keys->sharing == KEYS_SHARED_IN_ORDER)
        return 0;
    return (FRONT_ORDER + room + word - 1) / word * word;
}

size_t split_count(struct object *const *values)
{
    return *front(values, FRONT_COUNT);
}

intptr_t split_entry(const struct dict_keys *keys, struct object *const *values,
                     size_t i)
{
    if (keys->sharing == KEYS_SHARED_IN_ORDER)
        return (intptr_t)i;
    assert(i < split_count(values));
    return *front(values, FRONT_ORDER + i);
}

static void order_add(struct object **values, intptr_t entry)
{
    uint8_t *count = front(values, FRONT_COUNT);
    assert(FRONT_ORDER + *count < *front(values, FRONT_BYTES));
    *front(values, FRONT_ORDER + *count) = (uint8_t)entry;
    ++*count;
}

static void order_remove(struct object **values, intptr_t entry)
{
    uint8_t *count = front(values, FRONT_COUNT);
    size_t i = 0;
    while (*front(values, FRONT_ORDER + i) != entry)
        i++;
    for (; i + 1 < *count; i++)
        *front(values, FRONT_ORDER + i) = *front(values, FRONT_ORDER + i + 1);
    --*count;
}

/* ---- values ---- */

struct object **split_new(struct gc *gc, const struct dict_keys *keys)
{
    size_t room = split_room(keys), before = front_bytes(keys, room);
    char *block = gc->memory.malloc(gc->memory.context,
                                    before + room * sizeof(struct object *));
    if (!block)
        return NULL;
    struct object **values = (struct object **)(void *)(block + before);
    memset(values, 0, room * sizeof *values);
    if (before > 0) {
        *front(values, FRONT_BYTES) = (uint8_t)before;
        *front(values, FRONT_COUNT) = 0;
    }
    return values;
}

void split_free(struct gc *gc, const struct dict_keys *keys,
                struct object **values)
{
    bool has_front = keys->sharing != KEYS_SHARED_IN_ORDER;
    size_t before = has_front ? *front(values, FRONT_BYTES) : 0;
    gc->memory.free(gc->memory.context, (char *)values - before);
}

void split_fill(const struct dict_keys *keys, struct object **values,
                intptr_t entry, struct object *value)
{
    assert(!values[entry]);
    values[entry] = object_incref(value);
    if (keys->sharing == KEYS_SHARED)
        order_add(values, entry);
}

struct object *split_take(const struct dict_keys *keys, struct object **values,
                          intptr_t entry)
{
    struct object *value = values[entry];
    assert(value && keys->sharing == KEYS_SHARED);
    (void)keys;
    values[entry] = NULL;
    order_remove(values, entry);
    return value;
}

void split_end(struct gc *gc, const struct dict_keys *keys,
               struct object **values)
{
    for (intptr_t i = 0; i < keys->entries; i++)
        object_decref_any(values[i]);
    split_free(gc, keys, values);
}

int split_traverse(const struct dict_keys *keys, struct object *const *values,
                   object_visit *visit, void *context)
{
    for (intptr_t i = 0; i < keys->entries; i++) {
        int end = values[i] ? visit(values[i], context) : 0;
        if (end)
            return end;
    }
    return 0;
}

bool split_may_be_tracked(const struct dict_keys *keys,
                          struct object *const *values)
{
    for (intptr_t i = 0; i < keys->entries; i++)
        if (values[i] && gc_may_be_tracked(values[i]))
            return true;
    return false;
}

/* ---- dicts ---- */

void split_give(struct object *object, struct dict_keys *keys,
                struct object **values, size_t used)
{
    struct dict *dict = (struct dict *)object;
    assert(dict_has_no_table(dict) && dict->used == 0);
    keys->references++;
    dict->keys = keys;
    dict->values = values;
    dict->used = used;
    if (split_may_be_tracked(keys, values))
        gc_track(object);
}

void split_move(struct dict_keys *to, const struct dict *dict)
{
    for (size_t i = 0; i < dict->used; i++) {
        intptr_t entry = split_entry(dict->keys, dict->values, i);
        struct object *key = keys_pair(dict->keys, entry)->key;
        keys_append(to, keys_hash(dict->keys, entry), object_incref(key),
                    dict->values[entry]);
    }
}

/* A table that no key has been taken out of, and strings alone. */
static bool can_be_shared(const struct dict *dict)
{
    const struct dict_keys *keys = dict->keys;
    if (dict_has_no_table(dict) || (intptr_t)dict->used != keys->entries)
        return false;
    for (intptr_t i = 0; i < keys->entries; i++)
        if (!keys_is_text(keys_pair(keys, i)->key))
            return false;
    return true;
}

struct dict_keys *split_share(struct dict *dict)
{
    struct dict_keys *keys = dict->keys;
    struct gc *gc = dict->head.type->gc;
    if (!can_be_shared(dict))
        return NULL;
    keys->sharing = sharing_of(gc->edition);
    struct object **values = split_new(gc, keys);
    if (!values) {
        keys->sharing = KEYS_OWN;
        return NULL;
    }
    for (intptr_t i = 0; i < keys->entries; i++) {
        values[i] = keys_pair(keys, i)->value;
        keys_pair(keys, i)->value = NULL;
    }
    dict->values = values;
    keys->references++;
    return keys;
}
