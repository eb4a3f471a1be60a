/* dict.c - dicts: keys looked up, put in and taken out.
 *
 * A dict is tracked from when it is first given something that can be in a
 * cycle (dict_type.c untracks it).
 *
 * What a comparison calls may change the dict; a look-up then starts again.
 *
 * Source: Objects/dictobject.c of 3.11. */
#include "dict_lookup.h"
#include "dict_split.h"

/* ---- looking up ---- */

static intptr_t find(const struct dict *dict, struct object *key,
                     intptr_t *ret_hash)
{
    intptr_t entry = value_hash_of(key, ret_hash)
                         ? dict_look_up(&dict->keys, key, *ret_hash)
                         : KEYS_EMPTY;
    if (entry != KEYS_EMPTY && dict->values && !dict->values[entry])
        return KEYS_EMPTY;
    return entry;
}

struct object *dict_get(const struct object *object, struct object *key)
{
    const struct dict *dict = (const struct dict *)object;
    intptr_t hash, entry = find(dict, key, &hash);
    return entry == KEYS_EMPTY ? NULL : *dict_value_place(dict, entry);
}

bool dict_contains(const struct object *dict, struct object *key)
{
    return dict_get(dict, key);
}

/* ---- putting in ---- */

static void maintain_tracking(struct dict *dict, const struct object *key,
                              const struct object *value)
{
    if (!head_is_tracked(head_of(&dict->head)) &&
        (gc_may_be_tracked(key) || gc_may_be_tracked(value)))
        gc_track(&dict->head);
}

/* Moves all to the new table; the old one is shared no longer. */
static void leave_shared(struct dict *dict, struct dict_keys *new)
{
    struct dict_keys *old = dict->keys;
    struct object **values = dict->values;
    split_move(new, dict);
    dict->keys = new;
    dict->values = NULL;
    split_free(dict->head.type->gc, old, values);
    keys_release(dict_type_in(dict), old);
}

/* A table of the dict's own, in any case (dictresize). */
static bool dict_resize_to(struct dict *dict, unsigned log_size, bool text)
{
    struct dict_keys *old = dict->keys;
    struct dict_type *type = dict_type_in(dict);
    struct dict_keys *new = keys_new(type, log_size, text && old->text);
    if (!new)
        return false;
    if (dict->values) {
        leave_shared(dict, new);
        return true;
    }
    keys_move(new, old);
    dict->keys = new;
    keys_free(type, old);
    return true;
}

/* A table for three times what there is: deleted entries are left behind, and
 * it may be smaller than it was. */
static bool dict_resize(struct dict *dict, bool text)
{
    unsigned log_size =
        dict_has_no_table(dict) ? KEYS_LOG_MIN : keys_log_for(dict->used * 3);
    return dict_resize_to(dict, log_size, text);
}

static bool append(struct dict *dict, struct object *key, intptr_t hash,
                   struct object *value)
{
    if (dict->keys->usable <= 0 && !dict_resize(dict, keys_is_text(key)))
        return false;
    if (dict->values) {
        keys_append(dict->keys, hash, object_incref(key), NULL);
        split_fill(dict->keys, dict->values, dict->keys->entries - 1, value);
    } else {
        keys_append(dict->keys, hash, object_incref(key), object_incref(value));
    }
    dict->used++;
    return true;
}

/* In a table of others there may be an entry without a value. */
static void put_value(struct dict *dict, intptr_t entry, struct object *value)
{
    if (*dict_value_place(dict, entry)) {
        object_replace(dict_value_place(dict, entry), object_incref(value));
        return;
    }
    split_fill(dict->keys, dict->values, entry, value);
    dict->used++;
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
    bool only_text = dict->keys->text || dict->values;
    if (dict_has_no_table(dict) || !only_text || keys_is_text(key))
        return true;
    return dict_resize(dict, false);
}

/* Up to 3.10 what comes in another order than in a shared table needs one of
 * its own, and is then not there. */
static bool keep_order(struct dict *dict, const struct object *key,
                       intptr_t *entry)
{
    if (!split_is_out_of_order(dict, *entry))
        return true;
    *entry = KEYS_EMPTY;
    return dict_resize(dict, keys_is_text(key));
}

/* The key and the value are held: a comparison may drop what held them. */
static bool insert(struct dict *dict, struct object *key, intptr_t hash,
                   struct object *value)
{
    if (dict_has_no_table(dict))
        return append_tracked(dict, key, hash, value);
    intptr_t entry = dict_look_up(&dict->keys, key, hash);
    maintain_tracking(dict, key, value);
    if (!keep_order(dict, key, &entry))
        return false;
    if (entry == KEYS_EMPTY)
        return append(dict, key, hash, value);
    put_value(dict, entry, value);
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
    if (!keep_order(dict, key, &entry))
        return NULL;
    if (entry == KEYS_EMPTY)
        return append_tracked(dict, key, hash, value) ? value : NULL;
    if (!*dict_value_place(dict, entry)) {
        maintain_tracking(dict, key, value);
        put_value(dict, entry, value);
    }
    return *dict_value_place(dict, entry);
}

/* ---- taking out ---- */

/* As find(). Up to 3.10 nothing is taken out of a dict while it shares its
 * table. */
static intptr_t find_to_take(struct dict *dict, struct object *key,
                             intptr_t *ret_hash)
{
    intptr_t entry = find(dict, key, ret_hash);
    if (entry == KEYS_EMPTY || dict->keys->sharing != KEYS_SHARED_IN_ORDER)
        return entry;
    if (!dict_resize_to(dict, dict->keys->log_size, true))
        return KEYS_EMPTY;
    return dict_look_up(&dict->keys, key, *ret_hash);
}

/* The key stays in the table for others. */
static struct dict_pair take_out_shared(struct dict *dict, intptr_t entry)
{
    struct object *key = keys_pair(dict->keys, entry)->key;
    dict->used--;
    return (struct dict_pair){ object_incref(key),
                               split_take(dict->keys, dict->values, entry) };
}

/* The caller's are the references of the pair. */
static struct dict_pair take_out(struct dict *dict, intptr_t entry,
                                 intptr_t hash)
{
    if (dict->values)
        return take_out_shared(dict, entry);
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
    intptr_t hash, entry = find_to_take(dict, key, &hash);
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
    intptr_t hash, entry = find_to_take(dict, key, &hash);
    if (entry == KEYS_EMPTY || !test(*dict_value_place(dict, entry)))
        return false;
    struct dict_pair pair = take_out(dict, entry, hash);
    object_decref(pair.key);
    object_decref(pair.value);
    return true;
}

/* Places of the entries behind it are used again, those of the index not; in
 * a table that is shared neither can be. */
bool dict_pop_item(struct object *object, struct object **ret_key,
                   struct object **ret_value)
{
    struct dict *dict = (struct dict *)object;
    if (dict->used == 0)
        return false;
    if (dict->values && !dict_resize_to(dict, dict->keys->log_size, true))
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
