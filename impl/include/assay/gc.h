/* gc.h - the collector of cycles: CPython's, as of the edition.
 *
 * Words
 *   tracked     in one of the lists that the collector looks at
 *   generation  such a list; 0 has the youngest objects, 2 the oldest
 *   permanent   a fourth list, which is never collected: what gc_freeze() took
 *   count       of generation 0: collected objects made less those freed; of
 *               the others: collections of the one before since their own
 *   garbage     what was found unreachable and is kept: legacy finalizers,
 *               or everything with GC_DEBUG_SAVEALL
 *
 * The same requests give the same lists in the same order, the same counts
 * and the same calls as in CPython (Modules/gcmodule.c of the edition).
 *
 * Threads: one at a time for each collector; collectors share nothing.
 * Errors:  NULL or false for want of memory. A collection cannot fail.
 * Owner:   gc_destroy() ends a collector with its types, and all its objects
 *          without calling finalizers, callbacks or hooks. But in memory that
 *          the configuration brought along, objects stay where they are, save
 *          for those that only types have: kept for reuse, names of attributes,
 *          and names of a program that are immortal. */
#ifndef ASSAY_GC_H
#define ASSAY_GC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "assay/memory.h"
#include "assay/object.h"

#define GC_GENERATIONS     3
#define GC_OLDEST          2
#define GC_ALL_GENERATIONS (-1)

struct gc_config {
    const char *edition; /* NULL: py311 */

    /* Where objects and their arrays come from; copied. NULL: a heap of the
     * collector's own (see memory.h). */
    const struct memory_allocator *memory;

    FILE *log; /* of the debug flags; NULL: stderr */
};

/* NULL for want of memory, or when there is no such edition. `config` may be
 * NULL: all defaults. */
struct gc *gc_create(const struct gc_config *config);
void gc_destroy(struct gc *gc);

/* ---- types and objects: what a kind is made with ---- */

/* Makes a type of the collector: a copy of `model` with `bytes` bytes in all
 * (those beyond it are 0, and the kind's own). Ends with the collector. */
struct object_type *gc_type_add(struct gc *gc, const struct object_type *model,
                                size_t bytes);

/* A new object with one reference; what lies behind the head (and behind
 * `items`, when the type has items) is not cleared. One of a collected type
 * is counted, may set off a collection before it is of any type, and is not
 * tracked (PyObject_GC_New); `items` are 0 for types without.
 * gc_delete() frees its memory, untracking it, and uncounts it. */
struct object *gc_new(const struct object_type *type, intptr_t items);
void gc_delete(struct object *object);

/* At the end of generation 0. It must not be tracked; gc_untrack() may be
 * called in any case. */
void gc_track(struct object *object);
void gc_untrack(struct object *object);

/* It never dies, and its count stays as it is. The next collection of where
 * it is tracked moves it to the permanent list. False: editions before 3.12
 * have no such objects. */
bool gc_make_immortal(struct object *object);

/* A dealloc slot brackets its work with these two, after gc_untrack():
 * false: the object was put aside, and its slot will be called again.
 * Every object nested deeper than 50 is put aside, so the stack does not grow
 * with the length of a chain. */
bool gc_trash_enter(struct object *object);
void gc_trash_leave(struct gc *gc);

/* For a dealloc slot: calls finalize, unless it was called before. False: it
 * was resurrected, and the slot must leave it as it is. A collected object
 * must be tracked (PyObject_CallFinalizerFromDealloc). */
bool gc_finalize_dying(struct object *object);

/* Memory for what an object holds besides (PyMem_Malloc). */
struct memory_allocator gc_memory(struct gc *gc);

/* ---- collecting ---- */

/* Collects a generation and all younger ones. How many objects were found
 * unreachable, the uncollectable included; 0 inside another collection; -1
 * when there is no such generation (gc.collect). */
intptr_t gc_collect(struct gc *gc, int generation);

/* In editions from 3.12 on making an object collects nothing; it schedules a
 * collection, which this one runs: when it is scheduled, still due and still
 * enabled. Callers put it where the interpreter looks at its eval breaker,
 * where no object is half made. True: one ran (_Py_RunGC). */
bool gc_safe_point(struct gc *gc);

/* Collections that start by themselves. On at first. */
void gc_enable(struct gc *gc);
void gc_disable(struct gc *gc);
bool gc_is_enabled(const struct gc *gc);

/* A first threshold of 0 turns them off, too. */
void gc_set_thresholds(struct gc *gc, const int threshold[GC_GENERATIONS]);
void gc_thresholds(const struct gc *gc, int ret_threshold[GC_GENERATIONS]);
void gc_counts(const struct gc *gc, int ret_count[GC_GENERATIONS]);

/* What the rule of 25 % compares: objects that entered the oldest generation
 * since its last collection, and those that survived it. */
void gc_long_lived(const struct gc *gc, size_t *ret_pending, size_t *ret_total);

/* While an error is pending no collection starts by itself. */
void gc_set_error_pending(struct gc *gc, bool pending);

struct gc_stats {
    size_t collections;
    size_t collected;
    size_t uncollectable;
};

void gc_stats(const struct gc *gc, struct gc_stats ret_stats[GC_GENERATIONS]);

/* Moves all that is tracked to the permanent list, and back to the end of
 * the oldest generation. */
void gc_freeze(struct gc *gc);
void gc_unfreeze(struct gc *gc);
size_t gc_freeze_count(const struct gc *gc);

/* ---- garbage, debug flags, hooks ---- */

/* What is in it has a reference. Clearing ends them from the last one. */
size_t gc_garbage_count(const struct gc *gc);
struct object *gc_garbage_item(const struct gc *gc, size_t index);
void gc_garbage_clear(struct gc *gc);

enum gc_debug {
    GC_DEBUG_STATS = 1,
    GC_DEBUG_COLLECTABLE = 2,
    GC_DEBUG_UNCOLLECTABLE = 4,
    GC_DEBUG_SAVEALL = 32,
    GC_DEBUG_LEAK = 38,
};

void gc_set_debug(struct gc *gc, unsigned flags);
unsigned gc_debug(const struct gc *gc);

struct gc_info {
    bool stop; /* the collection is over, and the two counts are known */
    int generation;
    size_t collected;
    size_t uncollectable;
};

/* False: it raised an error. */
typedef bool gc_callback(void *context, const struct gc_info *info);

/* Called before and after each collection, in the order added. May itself
 * add and remove. Removing takes off the first that was added with both. */
bool gc_callback_add(struct gc *gc, gc_callback *callback, void *context);
void gc_callback_remove(struct gc *gc, gc_callback *callback, void *context);

/* Told of errors that nobody can catch: raised by a callback of a weak
 * reference (`where` is the callback), or of a collection (NULL). */
typedef void gc_unraisable(void *context, struct object *where);
void gc_set_unraisable(struct gc *gc, gc_unraisable *hook, void *context);

/* ---- looking in; none of these makes an object ---- */

/* The objects of a generation in order, or of GC_ALL_GENERATIONS from the
 * youngest (permanent ones are in none). Stores at most `room`, borrowed;
 * returns how many there are. */
size_t gc_objects(const struct gc *gc, int generation,
                  struct object **ret_objects, size_t room);
size_t gc_permanent(const struct gc *gc, struct object **ret_objects,
                    size_t room);

/* Tracked objects that refer to any of `objects`, generation by generation;
 * permanent ones are not asked. As gc_objects(). */
size_t gc_referrers(const struct gc *gc, struct object *const *objects,
                    size_t count, struct object **ret_objects, size_t room);

/* What `object` refers to, as its kind traverses it. As gc_objects(). */
size_t gc_referents(struct object *object, struct object **ret_objects,
                    size_t room);

bool gc_is_tracked(const struct object *object);

/* Its finalizer has been called. */
bool gc_is_finalized(const struct object *object);

/* True unless the object can be in no cycle now nor later
 * (_PyObject_GC_MAY_BE_TRACKED). */
bool gc_may_be_tracked(const struct object *object);

#endif
