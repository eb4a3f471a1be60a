/* weak_map.h - what maps to weak values and maps from weak keys have alike.
 *
 * Threads, Errors, Owner: as weak_maps.h. */
#ifndef ASSAY_TYPES_WEAK_MAP_H
#define ASSAY_TYPES_WEAK_MAP_H

#include "assay/weak_maps.h"

#include "collector.h"

struct weak_map {
    struct object head;
    struct weak *weak;
    struct object *data;    /* a dict */
    struct object *removal; /* the callback; refers to the map weakly */
    struct object *pending; /* a list: of keys, as they are in the dict */
    size_t iterating;
    bool from_keys;
    bool has_dirty_size; /* by keys: some pending may be gone already */
};

struct object *weak_map_new(struct gc *gc, bool from_keys);

/* A reference to a value, which knows its key (KeyedRef). */
struct object *keyed_ref_new(struct weak_map *map, struct object *value,
                             struct object *key);

/* Takes out what was pending. */
void weak_map_commit(struct weak_map *map);

#endif
