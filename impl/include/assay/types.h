/* types.h - the kinds of objects: nodes, plain data, lists, tuples.
 *
 * Threads: as their collector.
 * Errors:  NULL or false for want of memory; the object is as it was.
 * Owner:   as object.h: what is handed in is referred to anew, never stolen. */
#ifndef ASSAY_TYPES_H
#define ASSAY_TYPES_H

#include "assay/gc.h"
#include "assay/weak.h"

/* ---- nodes: instances with named slots, and plain data ---- */

/* What happens to objects of a type. Any may be NULL; the type then has no
 * such slot. Hooks may do anything with the collector. */
struct object_hooks {
    void *context;
    void (*finalize)(void *context, struct object *object); /* tp_finalize */
    void (*del)(void *context, struct object *object);      /* tp_del */

    /* False: it raised an error. */
    bool (*call)(void *context, struct object *object, struct object *argument);

    /* It is dying for good, and still has its slots; no hook may keep it. */
    void (*dealloc)(void *context, struct object *object);

    /* NULL: by identity. Other objects may be of any type. */
    bool (*hash)(void *context, struct object *object, intptr_t *ret_hash);
    bool (*equal)(void *context, struct object *a, struct object *b);
};

struct node_kind {
    const char *name;
    const char *const *slots; /* names; NULL: f0, f1, f2 */
    unsigned slot_count;      /* at most NODE_SLOTS_MAX */
    bool no_weak;             /* cannot be referred to weakly */
    struct object_hooks hooks;
};

#define NODE_SLOTS_MAX 64

/* Slots lie, are traversed and are cleared in the order of their sorted
 * names; indices below are of that order. A dying node does, in this order:
 * untrack, trashcan, finalize (tracked meanwhile at the end of generation 0),
 * weak references with callbacks, del (tracked likewise), weak references
 * made since without callbacks, the dealloc hook, slots from the first
 * (subtype_dealloc). NULL also when names repeat or are too many. */
struct object_type *node_type_new(struct gc *gc, const struct node_kind *kind);

/* -1: no such slot. */
int node_slot_find(const struct object_type *type, const char *name);

/* Tracked, with empty slots. */
bool node_is(const struct object *object);
struct object *node_new(const struct object_type *type, int id);
int node_id(const struct object *node);

/* Borrowed, or NULL; setting may empty it (NULL). */
struct object *node_slot(const struct object *node, unsigned slot);
void node_set_slot(struct object *node, unsigned slot, struct object *value);

/* Not collected, refers to nothing, has an id. Its finalizer is called at
 * every death. */
struct object_type *plain_type_new(struct gc *gc, const char *name,
                                   const struct object_hooks *hooks);
bool plain_is(const struct object *object);
struct object *plain_new(const struct object_type *type, int id);
int plain_id(const struct object *plain);

/* ---- lists ---- */

/* Tracked; `items` empty places. A dead one's header is kept for the next:
 * up to 80 of them (PyList_New). */
struct object *list_new(struct gc *gc, size_t items);
bool list_is(const struct object *object);
size_t list_size(const struct object *list);
size_t list_room(const struct object *list); /* of its array, in items */

/* Borrowed, or NULL where a place is empty. */
struct object *list_item(const struct object *list, size_t index);
void list_set_item(struct object *list, size_t index, struct object *item);
bool list_append(struct object *list, struct object *item);

/* The last item, a new reference, or NULL. */
struct object *list_pop(struct object *list);

/* Ends the items from the last, and the array. */
void list_clear(struct object *list);

/* ---- tuples ---- */

/* Tracked; `items` empty places, to be filled before anyone else sees it. Of
 * 0 items always the same object, never tracked. Up to 2000 dead ones of each
 * length up to 20 are kept (PyTuple_New). */
struct object *tuple_new(struct gc *gc, size_t items);

/* Filled; a place may be NULL. */
struct object *tuple_pack(struct gc *gc, struct object *const *items,
                          size_t count);
bool tuple_is(const struct object *object);
size_t tuple_size(const struct object *tuple);
struct object *tuple_item(const struct object *tuple, size_t index);

/* Only while it is being made. */
void tuple_set_item(struct object *tuple, size_t index, struct object *item);

#endif
