/* weak_maps.h - dictionaries that do not keep their values, or their keys,
 * alive; and finalizers: what to call when an object has died.
 *
 * What dies is taken out of a map by the callback of a weak reference. While
 * someone iterates it is only noted, and taken out later: when the last one
 * has come to its end, or, by values, before the map is next used.
 *
 * Source: Lib/weakref.py of 3.11 (WeakValueDictionary, WeakKeyDictionary,
 * finalize).
 *
 * Threads: as their collector.
 * Errors:  NULL or false for want of memory, and where said.
 * Owner:   as object.h. */
#ifndef ASSAY_WEAK_MAPS_H
#define ASSAY_WEAK_MAPS_H

#include "assay/types.h"

/* ---- both kinds ---- */

/* Between the two, nothing is taken out because it died. May be nested. */
void weak_map_iterate(struct object *map);
void weak_map_iterate_end(struct object *map);

/* The next pair, from `*place`, 0 at first, of those alive; borrowed. Only
 * while iterating. */
bool weak_map_next(const struct object *map, size_t *place,
                   struct object **ret_key, struct object **ret_value);

/* What the map is made of: a dict of weak references. Borrowed. */
struct object *weak_map_data(const struct object *map);

/* Died while someone iterated, and not taken out yet. */
size_t weak_map_pending(const struct object *map);

/* ---- maps to values that they do not keep alive ---- */

struct object *weak_values_new(struct gc *gc);

/* Pairs that are there. Some may be dead, if their callback has not run. */
size_t weak_values_size(struct object *map);

/* Borrowed; NULL: none that lives. */
struct object *weak_values_get(struct object *map, struct object *key);

/* False also when there can be no weak reference to the value. */
bool weak_values_set(struct object *map, struct object *key,
                     struct object *value);
bool weak_values_delete(struct object *map, struct object *key);

/* The value that lives, borrowed, which is `value` if none did. */
struct object *weak_values_set_default(struct object *map, struct object *key,
                                       struct object *value);

/* Takes out; new references. NULL or false: none that lives. Pairs that do
 * not are dropped on the way. */
struct object *weak_values_pop(struct object *map, struct object *key);
bool weak_values_pop_item(struct object *map, struct object **ret_key,
                          struct object **ret_value);

/* From a dict, or from another map to values. */
bool weak_values_update(struct object *map, struct object *other);
struct object *weak_values_copy(struct object *map);

/* ---- maps from keys that they do not keep alive ---- */

/* As those above. Keys are equal when what they refer to is. */
struct object *weak_keys_new(struct gc *gc);
size_t weak_keys_size(struct object *map);
struct object *weak_keys_get(struct object *map, struct object *key);
bool weak_keys_set(struct object *map, struct object *key,
                   struct object *value);
bool weak_keys_delete(struct object *map, struct object *key);
struct object *weak_keys_set_default(struct object *map, struct object *key,
                                     struct object *value);
struct object *weak_keys_pop(struct object *map, struct object *key);
bool weak_keys_pop_item(struct object *map, struct object **ret_key,
                        struct object **ret_value);
bool weak_keys_update(struct object *map, struct object *other);
struct object *weak_keys_copy(struct object *map);

/* ---- finalizers ---- */

/* The register of a collector's finalizers. It keeps them, what they call and
 * with what; not what they are about. Deleting it calls none, and none that is
 * left may be used then; it goes before the collector. */
struct finalizers;
struct finalizers *finalizers_new(struct gc *gc);
void finalizers_delete(struct finalizers *finalizers);

/* Calls those alive that are for the exit, the newest first, those made
 * meanwhile included, with automatic collection off. From then on finalizers
 * die without a call. */
void finalizers_exit(struct finalizers *finalizers);
size_t finalizers_count(const struct finalizers *finalizers);

/* Calls the call slot of `function` with `argument`, once: when `object` has
 * died, or before when it is told to. For the exit, unless told otherwise.
 * A new reference. */
struct object *finalizer_new(struct finalizers *finalizers,
                             struct object *object, struct object *function,
                             struct object *argument);
bool finalizer_is_alive(const struct object *finalizer);

/* False: it was dead, or it raised an error. */
bool finalizer_call(struct object *finalizer);

/* What it is about, while both live: borrowed; or a new reference, and the
 * finalizer is dead then without having called. NULL otherwise. */
struct object *finalizer_peek(const struct object *finalizer);
struct object *finalizer_detach(struct object *finalizer);

/* Dead ones are not for the exit. */
bool finalizer_is_for_exit(const struct object *finalizer);
void finalizer_set_for_exit(struct object *finalizer, bool yes);

#endif
