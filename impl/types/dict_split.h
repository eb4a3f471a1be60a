/* dict_split.h - a dict that shares its table of keys (PEP 412).
 *
 * The attributes of all instances of a class have mostly the same names. So
 * the class has one table of keys, and an instance only values, one place for
 * each entry of the table:
 *
 *   | head | index | x | y | z | . | ...      the table, of the class
 *   | order .. 0 2 | 2 | n | 0 | NULL | 2 |   the values: x and then z
 *                    |   |   ^ where the pointer to them leads
 *                    |   `- bytes in front of them
 *                    `- how many there are
 *
 * A key that is new is put into the table for all who share it, as long as
 * there is room; what does not fit makes the dict one with a table of its
 * own. Up to 3.10 a dict had to have its keys in the order of the table: there
 * was nothing in front of the values, and a key out of order, or a key taken
 * out, ended the sharing.
 *
 * The table has room for so many keys as its entries and what is usable say,
 * and values are made for as many. Since 3.11 each instance that is made takes
 * one place from what is usable, so that the room becomes what is needed.
 *
 * Source: Objects/dictobject.c of 3.8 and 3.11: new_values(),
 * insert_into_dictkeys(), delete_index_from_values(), make_keys_shared(),
 * _PyDict_NewKeysForClass().
 *
 * Threads: as the collector.
 * Errors:  NULL for want of memory.
 * Owner:   values have a reference to each; keys are the table's. */
#ifndef ASSAY_TYPES_DICT_SPLIT_H
#define ASSAY_TYPES_DICT_SPLIT_H

#include "dict_keys.h"

#define SPLIT_KEYS_MAX 30 /* SHARED_KEYS_MAX_SIZE */

/* A table for a class; NULL also where the edition shares none. */
struct dict_keys *split_keys_new(struct gc *gc);

/* Values a dict with this table has places for now. */
static inline size_t split_room(const struct dict_keys *keys)
{
    return (size_t)(keys->entries + keys->usable);
}

/* The entry of the name, which must be a string; put in if there is room.
 * KEYS_EMPTY: there is none. */
intptr_t split_keys_enter(struct dict_keys *keys, struct object *name,
                          intptr_t hash);

/* ---- values ---- */

struct object **split_new(struct gc *gc, const struct dict_keys *keys);

/* The block; whatever the places refer to is the caller's. */
void split_free(struct gc *gc, const struct dict_keys *keys,
                struct object **values);

/* How many there are, of a table that is shared in any order. */
size_t split_count(struct object *const *values);

/* The entry of the value that came as the i-th. */
intptr_t split_entry(const struct dict_keys *keys, struct object *const *values,
                     size_t i);

/* Puts a new reference into an empty place. */
void split_fill(const struct dict_keys *keys, struct object **values,
                intptr_t entry, struct object *value);

/* Takes one out; the reference is the caller's. */
struct object *split_take(const struct dict_keys *keys, struct object **values,
                          intptr_t entry);

/* Ends all, in the order of the table, and the block. Nobody has it any more:
 * whoever looks meanwhile must not find it. */
void split_end(struct gc *gc, const struct dict_keys *keys,
               struct object **values);

int split_traverse(const struct dict_keys *keys, struct object *const *values,
                   object_visit *visit, void *context);

/* Some value may be in a cycle. */
bool split_may_be_tracked(const struct dict_keys *keys,
                          struct object *const *values);

/* ---- dicts ---- */

/* The dict, which has no table yet, shares this one from now on and takes over
 * the values, `used` of them. It is tracked if need be. */
void split_give(struct object *dict, struct dict_keys *keys,
                struct object **values, size_t used);

/* The key cannot be put in at this entry (KEYS_EMPTY: at a new one) without
 * a table of the dict's own. */
static inline bool split_is_out_of_order(const struct dict *dict,
                                         intptr_t entry)
{
    if (!dict->values || dict->keys->sharing != KEYS_SHARED_IN_ORDER)
        return false;
    if (entry == KEYS_EMPTY)
        return (intptr_t)dict->used != dict->keys->entries;
    return !dict->values[entry] && (intptr_t)dict->used != entry;
}

/* Puts all into an empty table; values are moved. */
void split_move(struct dict_keys *to, const struct dict *dict);

/* Makes the own table of a dict one that can be shared, with a reference for
 * the caller. NULL also when not all keys are strings, or when some have been
 * taken out. */
struct dict_keys *split_share(struct dict *dict);

#endif
