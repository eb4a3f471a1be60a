/* dict_type.c - dicts made, measured, walked through and ended.
 *
 * Dead ones are kept for the next. A full collection untracks a dict that no
 * longer holds anything that can be in a cycle.
 *
 * Source: Objects/dictobject.c of 3.11. */
#include "dict_split.h"

/* ---- the end of what is held ---- */

/* Ends what a dict had, which has it no longer. */
static void end_table(struct dict_type *type, struct dict_keys *keys,
                      struct object **values)
{
    if (!values) {
        keys_end(type, keys);
        return;
    }
    split_end(type->type.gc, keys, values);
    keys_release(type, keys);
}

/* Empty before the first of them dies: its end may look at the dict. */
void dict_clear(struct object *object)
{
    struct dict *dict = (struct dict *)object;
    struct dict_keys *keys = dict->keys;
    struct object **values = dict->values;
    dict->keys = &dict_type_in(dict)->empty.keys;
    dict->values = NULL;
    dict->used = 0;
    end_table(dict_type_in(dict), keys, values);
}

/* ---- slots ---- */

static void dict_dealloc(struct object *object)
{
    struct dict *dict = (struct dict *)object;
    struct dict_type *type = dict_type_in(dict);
    struct gc *gc = type->type.gc;
    gc_untrack(object);
    if (!gc_trash_enter(object))
        return;
    end_table(type, dict->keys, dict->values);
    if (type->kept_count < KEYS_KEPT)
        type->kept[type->kept_count++] = object;
    else
        gc_delete(object);
    gc_trash_leave(gc);
}

/* Strings are not visited: they refer to nothing. */
static int dict_traverse(struct object *object, object_visit *visit,
                         void *context)
{
    const struct dict *dict = (const struct dict *)object;
    const struct dict_keys *keys = dict->keys;
    if (dict->values)
        return split_traverse(keys, dict->values, visit, context);
    for (intptr_t i = 0; i < keys->entries; i++) {
        const struct dict_pair *pair = keys_pair(keys, i);
        int end = pair->value ? visit(pair->value, context) : 0;
        if (!end && pair->value && !keys->text)
            end = visit(pair->key, context);
        if (end)
            return end;
    }
    return 0;
}

static bool may_be_tracked(const struct dict *dict)
{
    const struct dict_keys *keys = dict->keys;
    if (dict->values)
        return split_may_be_tracked(keys, dict->values);
    for (intptr_t i = 0; i < keys->entries; i++) {
        const struct dict_pair *pair = keys_pair(keys, i);
        if (pair->value &&
            (gc_may_be_tracked(pair->value) || gc_may_be_tracked(pair->key)))
            return true;
    }
    return false;
}

static void dict_untrack(struct object *object)
{
    if (!may_be_tracked((const struct dict *)object))
        gc_untrack(object);
}

static size_t dict_clear_free(struct object_type *given)
{
    struct dict_type *type = (struct dict_type *)given;
    size_t count = type->kept_count + type->kept_keys_count;
    while (type->kept_count > 0)
        gc_delete(type->kept[--type->kept_count]);
    while (type->kept_keys_count > 0)
        keys_delete(type, type->kept_keys[--type->kept_keys_count]);
    return count;
}

static bool dict_hash(struct object *object, intptr_t *ret_hash)
{
    (void)object, (void)ret_hash;
    return false;
}

static size_t dict_size_bytes(const struct object *object)
{
    return dict_bytes(object) - sizeof(struct head);
}

static const struct object_type dict_model = {
    .name = "dict",
    .flags = OBJECT_COLLECTED | OBJECT_UNTRACKED_WHEN_OLD,
    .bytes = sizeof(struct dict),
    .dealloc = dict_dealloc,
    .traverse = dict_traverse,
    .clear = dict_clear,
    .hash = dict_hash,
    .size_bytes = dict_size_bytes,
    .untrack = dict_untrack,
    .clear_free = dict_clear_free,
};

/* ---- the type ---- */

struct dict_type *dict_type_of(struct gc *gc)
{
    struct dict_type *type = (struct dict_type *)gc->builtin[GC_BUILTIN_DICT];
    if (type)
        return type;
    type = (struct dict_type *)gc_type_builtin(gc, GC_BUILTIN_DICT, &dict_model,
                                               sizeof(struct dict_type));
    if (type) {
        type->empty.keys = (struct dict_keys){ .references = 1, .text = true };
        keys_set_index(&type->empty.keys, 0, KEYS_EMPTY);
    }
    return type;
}

/* ---- what callers use ---- */

struct object *dict_new(struct gc *gc)
{
    struct dict_type *type = dict_type_of(gc);
    if (!type)
        return NULL;
    struct object *object = type->kept_count > 0
                                ? type->kept[--type->kept_count]
                                : gc_new(&type->type, 0);
    if (!object)
        return NULL;
    *(struct dict *)object = (struct dict){
        .head = { 1, &type->type },
        .keys = &type->empty.keys,
    };
    return object;
}

bool dict_is(const struct object *object)
{
    return object->type->dealloc == dict_dealloc;
}

size_t dict_size(const struct object *dict)
{
    return ((const struct dict *)dict)->used;
}

size_t dict_bytes(const struct object *object)
{
    const struct dict *dict = (const struct dict *)object;
    size_t bytes = sizeof(struct head) + sizeof *dict;
    if (dict->values)
        bytes += split_room(dict->keys) * sizeof *dict->values;
    if (!dict_has_no_table(dict) && dict->keys->references == 1)
        bytes += keys_bytes(object->type->gc, dict->keys);
    return bytes;
}

static bool next_of_shared(const struct dict *dict, size_t *place,
                           struct object **ret_key, struct object **ret_value)
{
    if (*place >= dict->used)
        return false;
    intptr_t entry = split_entry(dict->keys, dict->values, (*place)++);
    *ret_key = keys_pair(dict->keys, entry)->key;
    *ret_value = dict->values[entry];
    return true;
}

bool dict_next(const struct object *object, size_t *place,
               struct object **ret_key, struct object **ret_value)
{
    const struct dict *dict = (const struct dict *)object;
    const struct dict_keys *keys = dict->keys;
    if (dict->values)
        return next_of_shared(dict, place, ret_key, ret_value);
    while (*place < (size_t)keys->entries) {
        const struct dict_pair *pair = keys_pair(keys, (intptr_t)(*place)++);
        if (!pair->value)
            continue;
        *ret_key = pair->key;
        *ret_value = pair->value;
        return true;
    }
    return false;
}
