/* dict_keys.h - the table of a dict: which key is where, and the entries in
 * the order they were put in.
 *
 *   | head | index: one of 1, 2, 4 or 8 bytes a place | entry entry ... |
 *
 * A place of the index holds the number of an entry, KEYS_EMPTY, or
 * KEYS_DUMMY where there was one. Two thirds of the places may be used; an
 * entry that was deleted counts until the table is made anew.
 *
 * Entries are hash, key, value; since 3.11 those of a table that has only had
 * strings for keys are key, value.
 *
 * Source: Objects/dictobject.c of 3.11.
 *
 * Threads: as the collector.
 * Errors:  NULL for want of memory.
 * Owner:   a table belongs to one dict, with a reference to each key and
 *          value in it. */
#ifndef ASSAY_TYPES_DICT_KEYS_H
#define ASSAY_TYPES_DICT_KEYS_H

#include "assay/types.h"

#include "collector.h"

#define KEYS_LOG_MIN 3  /* PyDict_LOG_MINSIZE */
#define KEYS_KEPT    80 /* PyDict_MAXFREELIST: of dicts, and of tables */
#define KEYS_EMPTY   ((intptr_t)-1)
#define KEYS_DUMMY   ((intptr_t)-2)

struct dict_keys {
    intptr_t references;
    uint8_t log_size;        /* places of the index */
    uint8_t log_index_bytes; /* all of the index */
    bool text;               /* only strings; entries have no hash */
    uint32_t version;
    intptr_t usable;  /* entries that may still be put in */
    intptr_t entries; /* that were, the deleted among them */
    char index[];
};

/* The bytes of a place of the index. */
enum keys_width {
    KEYS_WIDTH_1,
    KEYS_WIDTH_2,
    KEYS_WIDTH_4,
    KEYS_WIDTH_8,
};

/* The end of an entry of either kind. A deleted one has neither. */
struct dict_pair {
    struct object *key;
    struct object *value;
};

/* An entry of a table whose keys are not all strings. */
struct dict_entry {
    intptr_t hash;
    struct dict_pair pair;
};

struct dict {
    struct object head;
    size_t used;
    uint64_t version;
    struct dict_keys *keys;
    void *values; /* of tables that are shared between instances: none here */
};

struct dict_type {
    struct object_type type;
    struct object *kept[KEYS_KEPT];
    size_t kept_count;
    struct dict_keys *kept_keys[KEYS_KEPT];
    size_t kept_keys_count;
    struct {
        struct dict_keys keys;
        char index[8];
    } empty; /* what all empty dicts have: one place, and no entry */
};

static inline bool keys_is_text(const struct object *key)
{
    return key->type->flags & OBJECT_TEXT;
}

/* An empty table of 2^log_size places; from the kept ones when it can be. */
struct dict_keys *keys_new(struct dict_type *type, unsigned log_size,
                           bool text);

/* Ends keys and values from the first (each key before its value), and the
 * table. keys_free() only the table: what it held has been moved. */
void keys_end(struct dict_type *type, struct dict_keys *keys);
void keys_free(struct dict_type *type, struct dict_keys *keys);
void keys_delete(struct dict_type *type, struct dict_keys *keys);

size_t keys_bytes(const struct gc *gc, const struct dict_keys *keys);

/* The smallest log_size for so many places (calculate_log2_keysize). */
unsigned keys_log_for(size_t places);

intptr_t keys_hash(const struct dict_keys *keys, intptr_t entry);

/* The place of an entry that is in the table. */
size_t keys_place_of(const struct dict_keys *keys, intptr_t hash,
                     intptr_t entry);

/* Puts in an entry of a key that is not there; there must be room. */
void keys_append(struct dict_keys *keys, intptr_t hash, struct object *key,
                 struct object *value);

/* Puts in all that `from` has; the references are moved. */
void keys_move(struct dict_keys *to, const struct dict_keys *from);

/* ---- index and entries ---- */

static inline enum keys_width keys_width(const struct dict_keys *keys)
{
    return keys->log_size < 8    ? KEYS_WIDTH_1
           : keys->log_size < 16 ? KEYS_WIDTH_2
           : keys->log_size < 32 ? KEYS_WIDTH_4
                                 : KEYS_WIDTH_8;
}

/* `search(..., width)` of the table, compiled for each width. */
#define KEYS_BY_WIDTH(keys, search, ...)                                    \
    (keys_width(keys) == KEYS_WIDTH_1   ? search(__VA_ARGS__, KEYS_WIDTH_1) \
     : keys_width(keys) == KEYS_WIDTH_2 ? search(__VA_ARGS__, KEYS_WIDTH_2) \
     : keys_width(keys) == KEYS_WIDTH_4 ? search(__VA_ARGS__, KEYS_WIDTH_4) \
                                        : search(__VA_ARGS__, KEYS_WIDTH_8))

static inline intptr_t keys_index_of(const void *index, enum keys_width width,
                                     size_t place)
{
    switch (width) {
    case KEYS_WIDTH_1:
        return ((const int8_t *)index)[place];
    case KEYS_WIDTH_2:
        return ((const int16_t *)index)[place];
    case KEYS_WIDTH_4:
        return ((const int32_t *)index)[place];
    default:
        return ((const int64_t *)index)[place];
    }
}

static inline void keys_index_put(void *index, enum keys_width width,
                                  size_t place, intptr_t entry)
{
    switch (width) {
    case KEYS_WIDTH_1:
        ((int8_t *)index)[place] = (int8_t)entry;
        break;
    case KEYS_WIDTH_2:
        ((int16_t *)index)[place] = (int16_t)entry;
        break;
    case KEYS_WIDTH_4:
        ((int32_t *)index)[place] = (int32_t)entry;
        break;
    default:
        ((int64_t *)index)[place] = entry;
    }
}

static inline intptr_t keys_index(const struct dict_keys *keys, size_t place)
{
    return keys_index_of(keys->index, keys_width(keys), place);
}

static inline void keys_set_index(struct dict_keys *keys, size_t place,
                                  intptr_t entry)
{
    keys_index_put(keys->index, keys_width(keys), place, entry);
}

static inline void *keys_entries(const struct dict_keys *keys)
{
    return (char *)(uintptr_t)keys->index +
           ((size_t)1 << keys->log_index_bytes);
}

static inline struct dict_pair *keys_pair(const struct dict_keys *keys,
                                          intptr_t entry)
{
    void *entries = keys_entries(keys);
    return keys->text ? (struct dict_pair *)entries + entry
                      : &((struct dict_entry *)entries + entry)->pair;
}

/* ---- the order in which places are tried ---- */

struct keys_probe {
    size_t mask;
    size_t perturb;
    size_t place;
};

static inline struct keys_probe keys_probe_start(const struct dict_keys *keys,
                                                 intptr_t hash)
{
    size_t mask = ((size_t)1 << keys->log_size) - 1;
    return (struct keys_probe){ mask, (size_t)hash, (size_t)hash & mask };
}

static inline void keys_probe_next(struct keys_probe *probe)
{
    probe->perturb >>= 5; /* PERTURB_SHIFT */
    probe->place = (probe->place * 5 + probe->perturb + 1) & probe->mask;
}

#endif
