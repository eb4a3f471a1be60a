/* dict_lookup.h - a key looked up in the table of a dict.
 *
 * Threads: as the collector.
 * Errors:  none.
 * Owner:   nothing changes hands. */
#ifndef ASSAY_TYPES_DICT_LOOKUP_H
#define ASSAY_TYPES_DICT_LOOKUP_H

#include "dict_keys.h"
#include "scalar.h"

/* The entry of the key in `*table`, or KEYS_EMPTY. What a comparison calls may
 * put another table there; the search then starts again. */
intptr_t dict_look_up(struct dict_keys *const *table, struct object *key,
                      intptr_t hash);

/* The first place without an entry: a dummy is used again. */
size_t dict_free_place(const struct dict_keys *keys, intptr_t hash);

#endif
