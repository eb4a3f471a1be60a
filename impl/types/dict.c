/* dict.c - dicts: what they hold, when they are tracked, how they die.
 *
 * A dict is tracked from when it is first given something that can be in a
 * cycle, and untracked by a full collection when it no longer holds any.
 *
 * What a comparison calls may change the dict; a look-up then starts again.
 *
 * Source: Objects/dictobject.c of 3.11. */
#include "dict_lookup.h"

static const struct object_type dict_model;

static struct dict_type *dict_type_of(struct gc *gc)
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

static struct dict_type *type_of(const struct dict *dict)
{
    return (struct dict_type *)dict->head.type;
}

static bool has_no_table(const struct dict *dict)
{
    return dict->keys == &type_of(dict)->empty.keys;
}

/* ---- looking up ---- */

static intptr_t find(const struct dict *dict, struct object *key,
                     intptr_t *ret_hash)
{
    return value_hash_of(key, ret_hash)
               ? dict_look_up(&dict->keys, key, *ret_hash)
               : KEYS_EMPTY;
}

/* ---- putting in ---- */

static void maintain_tracking(struct dict *dict, const struct object *key,
                              const struct object *value)
{
    if (!head_is_tracked(head_of(&dict->head)) &&
        (gc_may_be_tracked(key) || gc_may_be_tracked(value)))
        gc_track(&dict->head);
}

/* A table for three times what there is: deleted entries are left behind, and
 * it may be smaller than it was. */
static bool dict_resize(struct dict *dict, bool text)
{
    struct dict_keys *old = dict->keys;
    struct dict_type *type = type_of(dict);
    unsigned log_size =
        has_no_table(dict) ? KEYS_LOG_MIN : keys_log_for(dict->used * 3);
    struct dict_keys *new = keys_new(type, log_size, text && old->text);
    if (!new)
        return false;
    keys_move(new, old);
    dict->keys = new;
    keys_free(type, old);
    return true;
}

static bool append(struct dict *dict, struct object *key, intptr_t hash,
                   struct object *value)
{
    if (dict->keys->usable <= 0 && !dict_resize(dict, keys_is_text(key)))
        return false;
    keys_append(dict->keys, hash, object_incref(key), object_incref(value));
    dict->used++;
    return true;
}

/* Where memory is refused, the dict is not tracked for it
 * (insert_to_emptydict, PyDict_SetDefault). A dict with a table is, when it is
 * set (insertdict). */
static bool append_tracked(struct dict *dict, struct object *key, intptr_t hash,
                           struct object *value)
{
    if (!append(dict, key, hash, value))
        return false;
    maintain_tracking(dict, key, value);
    return true;
}

/* A table of strings that is given another key is made anew before anyone
 * looks whether the key is there. */
static bool prepare(struct dict *dict, const struct object *key)
{
    if (has_no_table(dict) || !dict->keys->text || keys_is_text(key))
        return true;
    return dict_resize(dict, false);
}

/* The key and the value are held: a comparison may drop what held them. */
static bool insert(struct dict *dict, struct object *key, intptr_t hash,
                   struct object *value)
{
    if (has_no_table(dict))
        return append_tracked(dict, key, hash, value);
    intptr_t entry = dict_look_up(&dict->keys, key, hash);
    maintain_tracking(dict, key, value);
    if (entry == KEYS_EMPTY)
        return append(dict, key, hash, value);
    object_replace(&keys_pair(dict->keys, entry)->value, object_incref(value));
    return true;
}

bool dict_set(struct object *object, struct object *key, struct object *value)
{
    struct dict *dict = (struct dict *)object;
    intptr_t hash;
    if (!value_hash_of(key, &hash) || !prepare(dict, key))
        return false;
    object_incref(key);
    object_incref(value);
    bool good = insert(dict, key, hash, value);
    object_decref(value);
    object_decref(key);
    return good;
}

struct object *dict_set_default(struct object *object, struct object *key,
                                struct object *value)
{
    struct dict *dict = (struct dict *)object;
    intptr_t hash;
    if (!value_hash_of(key, &hash) || !prepare(dict, key))
        return NULL;
    intptr_t entry = dict_look_up(&dict->keys, key, hash);
    if (entry != KEYS_EMPTY)
        return keys_pair(dict->keys, entry)->value;
    return append_tracked(dict, key, hash, value) ? value : NULL;
}

/* ---- taking out ---- */

/* The caller's are the references of the pair. */
static struct dict_pair take_out(struct dict *dict, intptr_t entry,
                                 intptr_t hash)
{
    struct dict_pair *pair = keys_pair(dict->keys, entry);
    struct dict_pair taken = *pair;
    keys_set_index(dict->keys, keys_place_of(dict->keys, hash, entry),
                   KEYS_DUMMY);
    *pair = (struct dict_pair){ NULL, NULL };
    if (!dict->keys->text)
        ((intptr_t *)pair)[-1] = 0;
    dict->used--;
    return taken;
}

struct object *dict_pop(struct object *object, struct object *key)
{
    struct dict *dict = (struct dict *)object;
    intptr_t hash, entry = find(dict, key, &hash);
    if (entry == KEYS_EMPTY)
        return NULL;
    struct dict_pair pair = take_out(dict, entry, hash);
    object_decref(pair.key);
    return pair.value;
}

bool dict_delete(struct object *object, struct object *key)
{
    struct object *value = dict_pop(object, key);
    object_decref_any(value);
    return value;
}

bool dict_delete_if(struct object *object, struct object *key,
                    bool (*test)(struct object *value))
{
    struct dict *dict = (struct dict *)object;
    intptr_t hash, entry = find(dict, key, &hash);
    if (entry == KEYS_EMPTY || !test(keys_pair(dict->keys, entry)->value))
        return false;
    struct dict_pair pair = take_out(dict, entry, hash);
    object_decref(pair.key);
    object_decref(pair.value);
    return true;
}

/* Places of the entries behind it are used again, those of the index not. */
bool dict_pop_item(struct object *object, struct object **ret_key,
                   struct object **ret_value)
{
    struct dict *dict = (struct dict *)object;
    if (dict->used == 0)
        return false;
    intptr_t last = dict->keys->entries - 1;
    while (!keys_pair(dict->keys, last)->value)
        last--;
    struct dict_pair pair = take_out(dict, last, keys_hash(dict->keys, last));
    dict->keys->entries = last;
    *ret_key = pair.key;
    *ret_value = pair.value;
    return true;
}

/* Empty before the first of them dies: its end may look at the dict. */
void dict_clear(struct object *object)
{
    struct dict *dict = (struct dict *)object;
    struct dict_keys *keys = dict->keys;
    dict->keys = &type_of(dict)->empty.keys;
    dict->used = 0;
    keys_end(type_of(dict), keys);
}

/* ---- slots ---- */

static void dict_dealloc(struct object *object)
{
    struct dict *dict = (struct dict *)object;
    struct dict_type *type = type_of(dict);
    struct gc *gc = type->type.gc;
    gc_untrack(object);
    if (!gc_trash_enter(object))
        return;
    keys_end(type, dict->keys);
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
    const struct dict_keys *keys = ((struct dict *)object)->keys;
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

static void dict_untrack(struct object *object)
{
    const struct dict_keys *keys = ((struct dict *)object)->keys;
    for (intptr_t i = 0; i < keys->entries; i++) {
        const struct dict_pair *pair = keys_pair(keys, i);
        if (pair->value &&
            (gc_may_be_tracked(pair->value) || gc_may_be_tracked(pair->key)))
            return;
    }
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
    if (!has_no_table(dict))
        bytes += keys_bytes(object->type->gc, dict->keys);
    return bytes;
}

struct object *dict_get(const struct object *object, struct object *key)
{
    const struct dict *dict = (const struct dict *)object;
    intptr_t hash, entry = find(dict, key, &hash);
    return entry == KEYS_EMPTY ? NULL : keys_pair(dict->keys, entry)->value;
}

bool dict_contains(const struct object *dict, struct object *key)
{
    return dict_get(dict, key);
}

bool dict_next(const struct object *object, size_t *place,
               struct object **ret_key, struct object **ret_value)
{
    const struct dict_keys *keys = ((const struct dict *)object)->keys;
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
