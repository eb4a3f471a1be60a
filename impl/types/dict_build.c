/* dict_build.c - a table made anew of the entries of another.
 *
 * Entries are copied first, and then all are found a place in the index: both
 * loops are short, so that the memory of several keys is waited for at once.
 *
 * Source: dictresize(), build_indices_unicode() and build_indices_generic() of
 * Objects/dictobject.c of 3.11. */
#include "dict_lookup.h"

#define INLINE static inline __attribute__((always_inline))
#define AHEAD  8 /* strings whose hashes are asked for before their turn */

/* ---- entries ---- */

static void copy_pairs(struct dict_keys *to, const struct dict_keys *from)
{
    const struct dict_pair *old = keys_entries(from);
    struct dict_pair *new = keys_entries(to);
    intptr_t count = 0;
    for (intptr_t i = 0; i < from->entries; i++)
        if (old[i].value)
            new[count++] = old[i];
    to->entries = count;
}

static void copy_entries(struct dict_keys *to, const struct dict_keys *from)
{
    const struct dict_entry *old = keys_entries(from);
    struct dict_entry *new = keys_entries(to);
    intptr_t count = 0;
    for (intptr_t i = 0; i < from->entries; i++)
        if (old[i].pair.value)
            new[count++] = old[i];
    to->entries = count;
}

/* The table has seen a key that is no string: from now on with hashes. */
static void copy_with_hashes(struct dict_keys *to, const struct dict_keys *from)
{
    const struct dict_pair *old = keys_entries(from);
    struct dict_entry *new = keys_entries(to);
    intptr_t count = 0;
    for (intptr_t i = 0; i < from->entries; i++)
        if (old[i].value)
            new[count++] = (struct dict_entry){ keys_hash(from, i), old[i] };
    to->entries = count;
}

/* ---- the index ---- */

/* Strings of this project's own kind, whose hash lies in them. */
static bool all_know_their_hash(const struct dict_keys *keys)
{
    const struct dict_pair *pair = keys_entries(keys);
    for (intptr_t i = 0; i < keys->entries; i++)
        if (pair[i].key->type->hash != text_hash)
            return false;
    return true;
}

INLINE intptr_t hash_at(const struct dict_keys *keys, intptr_t i, bool known)
{
    if (!keys->text)
        return ((const struct dict_entry *)keys_entries(keys))[i].hash;
    if (!known)
        return keys_hash(keys, i);
    const struct dict_pair *pair = keys_entries(keys);
    if (i + AHEAD < keys->entries)
        __builtin_prefetch(pair[i + AHEAD].key);
    return ((const struct text *)pair[i].key)->hash;
}

INLINE void build(struct dict_keys *keys, bool known, enum keys_width width)
{
    for (intptr_t i = 0; i < keys->entries; i++) {
        struct keys_probe probe =
            keys_probe_start(keys, hash_at(keys, i, known));
        while (keys_index_of(keys->index, width, probe.place) != KEYS_EMPTY)
            keys_probe_next(&probe);
        keys_index_put(keys->index, width, probe.place, i);
    }
}

INLINE void build_any(struct dict_keys *keys, bool known)
{
    KEYS_BY_WIDTH(keys, build, keys, known);
}

void keys_move(struct dict_keys *to, const struct dict_keys *from)
{
    assert(to->entries == 0);
    if (to->text)
        copy_pairs(to, from);
    else if (!from->text)
        copy_entries(to, from);
    else
        copy_with_hashes(to, from);
    to->usable -= to->entries;
    assert(to->usable >= 0);
    if (to->text && all_know_their_hash(to))
        build_any(to, true);
    else
        build_any(to, false);
}
