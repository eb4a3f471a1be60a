/* dict_keys.c - the table of a dict, apart from looking a key up. */
#include "dict_lookup.h"

#include <string.h>

#define LOG_MAX 40 /* more places are refused before bytes are computed */

static size_t entry_bytes(bool text)
{
    return sizeof(struct dict_pair) + (text ? 0 : sizeof(intptr_t));
}

static size_t usable_of(unsigned log_size)
{
    return ((size_t)2 << log_size) / 3; /* USABLE_FRACTION */
}

/* An index holds the numbers of entries, so narrow ones do for small. */
static unsigned log_index_bytes_of(unsigned log_size)
{
    return log_size + (log_size >= 8) + (log_size >= 16) + (log_size >= 32);
}

static size_t bytes_of(const struct gc *gc, unsigned log_size, bool text)
{
    return gc->edition->dict_keys_head_bytes +
           ((size_t)1 << log_index_bytes_of(log_size)) +
           usable_of(log_size) * entry_bytes(text);
}

size_t keys_bytes(const struct gc *gc, const struct dict_keys *keys)
{
    return bytes_of(gc, keys->log_size, keys->text);
}

/* A power of two above the smallest is taken for the next one, as there. */
unsigned keys_log_for(size_t places)
{
    size_t min = (size_t)1 << KEYS_LOG_MIN;
    size_t top = ((places | min) - 1) | (min - 1);
    return (unsigned)(64 - __builtin_clzll(top));
}

/* ---- made and ended ---- */

/* Up to 3.10 there was only one kind, and it was kept. */
static bool is_kept_kind(const struct gc *gc, unsigned log_size, bool text)
{
    return log_size == KEYS_LOG_MIN &&
           (text || !gc->edition->dict_text_entries);
}

static struct dict_keys *keys_alloc(struct dict_type *type, unsigned log_size,
                                    bool text)
{
    struct gc *gc = type->type.gc;
    if (type->kept_keys_count > 0 && is_kept_kind(gc, log_size, text))
        return type->kept_keys[--type->kept_keys_count];
    if (log_size > LOG_MAX)
        return NULL;
    return gc->memory.malloc(gc->memory.context, bytes_of(gc, log_size, text));
}

struct dict_keys *keys_new(struct dict_type *type, unsigned log_size, bool text)
{
    text = text && type->type.gc->edition->dict_text_entries;
    struct dict_keys *keys = keys_alloc(type, log_size, text);
    if (!keys)
        return NULL;
    *keys = (struct dict_keys){
        .references = 1,
        .log_size = (uint8_t)log_size,
        .log_index_bytes = (uint8_t)log_index_bytes_of(log_size),
        .text = text,
        .usable = (intptr_t)usable_of(log_size),
    };
    size_t index_bytes = (size_t)1 << keys->log_index_bytes;
    memset(keys->index, 0xff, index_bytes);
    memset(keys->index + index_bytes, 0,
           usable_of(log_size) * entry_bytes(text));
    return keys;
}

void keys_delete(struct dict_type *type, struct dict_keys *keys)
{
    struct gc *gc = type->type.gc;
    gc->memory.free(gc->memory.context, keys);
}

void keys_free(struct dict_type *type, struct dict_keys *keys)
{
    if (keys == &type->empty.keys)
        return;
    if (is_kept_kind(type->type.gc, keys->log_size, keys->text) &&
        type->kept_keys_count < KEYS_KEPT)
        type->kept_keys[type->kept_keys_count++] = keys;
    else
        keys_delete(type, keys);
}

void keys_end(struct dict_type *type, struct dict_keys *keys)
{
    for (intptr_t i = 0; i < keys->entries; i++) {
        struct dict_pair *pair = keys_pair(keys, i);
        object_decref_any(pair->key);
        object_decref_any(pair->value);
    }
    keys_free(type, keys);
}

void keys_release(struct dict_type *type, struct dict_keys *keys)
{
    assert(keys->references > 0);
    if (--keys->references == 0)
        keys_end(type, keys);
}

/* ---- the index ---- */

size_t keys_place_of(const struct dict_keys *keys, intptr_t hash,
                     intptr_t entry)
{
    struct keys_probe probe = keys_probe_start(keys, hash);
    while (keys_index(keys, probe.place) != entry)
        keys_probe_next(&probe);
    return probe.place;
}

/* ---- entries ---- */

/* A string's hash is its own to keep. */
intptr_t keys_hash(const struct dict_keys *keys, intptr_t entry)
{
    struct dict_pair *pair = keys_pair(keys, entry);
    intptr_t hash = 0;
    if (!keys->text)
        return ((intptr_t *)pair)[-1];
    value_hash_of(pair->key, &hash);
    return hash;
}

void keys_append(struct dict_keys *keys, intptr_t hash, struct object *key,
                 struct object *value)
{
    assert(keys->usable > 0);
    keys_set_index(keys, dict_free_place(keys, hash), keys->entries);
    struct dict_pair *pair = keys_pair(keys, keys->entries);
    *pair = (struct dict_pair){ key, value };
    if (!keys->text)
        ((intptr_t *)pair)[-1] = hash;
    keys->usable--;
    keys->entries++;
}
