/* dict_lookup.c - a key looked up in the table of a dict.
 *
 * One search is compiled for each width of the index, and three times: where
 * all keys are strings and so is the one looked for; where the one looked for
 * is plain data, so that no comparison changes anything; and for the rest.
 *
 * Source: unicodekeys_lookup_unicode(), dictkeys_generic_lookup() and
 * find_empty_slot() of Objects/dictobject.c of 3.11. */
#include "dict_lookup.h"

#define INLINE    static inline __attribute__((always_inline))
#define LIKELY(x) __builtin_expect((x), 1)

/* ---- strings among strings ---- */

/* A key of another type that is a string to dicts: ask the slow way. */
#define ASK_ALL ((intptr_t)-3)

INLINE intptr_t text_among_texts(const struct dict_keys *keys,
                                 const struct object *key, intptr_t hash,
                                 enum keys_width width)
{
    const struct dict_pair *pair = keys_entries(keys);
    struct keys_probe probe = keys_probe_start(keys, hash);
    for (;; keys_probe_next(&probe)) {
        intptr_t i = keys_index_of(keys->index, width, probe.place);
        if (i < 0) {
            if (i == KEYS_EMPTY)
                return KEYS_EMPTY;
            continue;
        }
        const struct object *here = pair[i].key;
        if (here == key)
            return i;
        if (here->type != key->type)
            return ASK_ALL;
        if (((const struct text *)here)->hash == hash && text_same(here, key))
            return i;
    }
}

static intptr_t look_up_text(const struct dict_keys *keys,
                             const struct object *key, intptr_t hash)
{
    return KEYS_BY_WIDTH(keys, text_among_texts, keys, key, hash);
}

/* ---- plain data in a table with hashes ---- */

/* One digit each, and of one kind: all that most keys need. */
INLINE bool values_equal(struct object *here, struct object *key)
{
    if (LIKELY(here->type == key->type && here->type->hash == whole_hash)) {
        const struct whole *a = (const struct whole *)here;
        const struct whole *b = (const struct whole *)key;
        intptr_t length = a->sized.items;
        if (length != b->sized.items)
            return false;
        if (LIKELY(whole_count(here) == 1))
            return a->digit[0] == b->digit[0];
    }
    return object_equal(here, key);
}

INLINE intptr_t value_among_all(const struct dict_keys *keys,
                                struct object *key, intptr_t hash,
                                enum keys_width width)
{
    const struct dict_entry *entry = keys_entries(keys);
    struct keys_probe probe = keys_probe_start(keys, hash);
    for (;; keys_probe_next(&probe)) {
        intptr_t i = keys_index_of(keys->index, width, probe.place);
        if (i < 0) {
            if (i == KEYS_EMPTY)
                return KEYS_EMPTY;
            continue;
        }
        struct object *here = entry[i].pair.key;
        if (here == key)
            return i;
        if (entry[i].hash != hash)
            continue;
        if (!(here->type->flags & OBJECT_VALUE))
            return ASK_ALL;
        if (values_equal(here, key))
            return i;
    }
}

static intptr_t look_up_value(const struct dict_keys *keys, struct object *key,
                              intptr_t hash)
{
    return KEYS_BY_WIDTH(keys, value_among_all, keys, key, hash);
}

/* ---- all others ---- */

enum found {
    FOUND_NOT,
    FOUND,
    FOUND_CHANGED, /* the comparison changed the dict */
};

static enum found compare(struct dict_keys *const *table, intptr_t entry,
                          struct object *key, intptr_t hash)
{
    const struct dict_keys *keys = *table;
    struct object *here = keys_pair(keys, entry)->key;
    if (here == key)
        return FOUND;
    if (keys_hash(keys, entry) != hash)
        return FOUND_NOT;
    object_incref(here);
    bool equal = object_equal(here, key);
    bool same = *table == keys && keys_pair(keys, entry)->key == here;
    object_decref(here);
    if (!same)
        return FOUND_CHANGED;
    return equal ? FOUND : FOUND_NOT;
}

static intptr_t look_up_any(struct dict_keys *const *table, struct object *key,
                            intptr_t hash)
{
    struct keys_probe probe = keys_probe_start(*table, hash);
    for (;;) {
        intptr_t entry = keys_index(*table, probe.place);
        if (entry == KEYS_EMPTY)
            return KEYS_EMPTY;
        enum found found =
            entry >= 0 ? compare(table, entry, key, hash) : FOUND_NOT;
        if (found == FOUND)
            return entry;
        if (found == FOUND_CHANGED)
            probe = keys_probe_start(*table, hash);
        else
            keys_probe_next(&probe);
    }
}

intptr_t dict_look_up(struct dict_keys *const *table, struct object *key,
                      intptr_t hash)
{
    const struct dict_keys *keys = *table;
    intptr_t entry = ASK_ALL;
    if (keys->text) {
        if (key->type->hash == text_hash)
            entry = look_up_text(keys, key, hash);
    } else if (key->type->flags & OBJECT_VALUE) {
        entry = look_up_value(keys, key, hash);
    }
    return entry != ASK_ALL ? entry : look_up_any(table, key, hash);
}

/* ---- a place for a new one ---- */

INLINE size_t free_place(const struct dict_keys *keys, intptr_t hash,
                         enum keys_width width)
{
    struct keys_probe probe = keys_probe_start(keys, hash);
    while (keys_index_of(keys->index, width, probe.place) >= 0)
        keys_probe_next(&probe);
    return probe.place;
}

size_t dict_free_place(const struct dict_keys *keys, intptr_t hash)
{
    return KEYS_BY_WIDTH(keys, free_place, keys, hash);
}
