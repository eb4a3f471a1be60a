/* types.h - the kinds of objects: nodes, instances, plain data, lists, tuples,
 * dicts, sets. (values.h has numbers and strings.)
 *
 * Threads: as their collector.
 * Errors:  NULL or false for want of memory; the object is as it was.
 * Owner:   as object.h: what is handed in is referred to anew, never stolen. */
#ifndef ASSAY_TYPES_H
#define ASSAY_TYPES_H

#include "assay/gc.h"
#include "assay/weak.h"

/* ---- nodes: instances with named slots ---- */

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

/* ---- instances without slots: what they refer to is in a dict ----
 *
 * Names of attributes are the type's, in a table that its instances share
 * (PEP 412, in editions of 3.3 and later); an instance has values. Since 3.11
 * these are in no dict until someone asks for it, or until a name has no place
 * in the table; up to 3.10 the first attribute makes the dict.
 *
 * The dict and the list of weak references lie behind the head (up to 3.10),
 * or in two words in front of the GC head: values and dict (3.11), or the list
 * and one of the other two (3.12; py313 does as 3.12 in this). Death is as a
 * node's; values go last, in the order of the table.
 *
 * NULL for want of memory. */
struct object_type *instance_type_new(struct gc *gc, const char *name,
                                      const struct object_hooks *hooks);
bool instance_is(const struct object *object);

/* Tracked, without a dict. Where it is the values that are refused, the type's
 * finalizer has been called (object_new). */
struct object *instance_new(const struct object_type *type);

/* Borrowed; the first makes it if there is none, the second says NULL. */
struct object *instance_dict(struct object *instance);
struct object *instance_dict_if_any(const struct object *instance);

/* Names are keys of the dict. Borrowed, or NULL; false: no memory, no hash,
 * or no such name. None of them makes a dict where none is needed. */
struct object *instance_get(const struct object *instance, struct object *name);
bool instance_set(struct object *instance, struct object *name,
                  struct object *value);
bool instance_delete(struct object *instance, struct object *name);

/* ---- instances with slots ----
 *
 * Their references lie right behind the head, in the order of the sorted
 * names, and the list of weak references behind these when it was asked for:
 * no word more (__slots__). Indices are of the sorted names; a name that
 * repeats, or more than NODE_SLOTS_MAX, is refused with NULL. */
struct object_type *slotted_type_new(struct gc *gc, const char *name,
                                     const char *const *slots,
                                     unsigned slot_count, bool weak,
                                     const struct object_hooks *hooks);
bool slotted_is(const struct object *object);

/* Tracked, with empty slots. */
struct object *slotted_new(const struct object_type *type);
unsigned slotted_count(const struct object_type *type);
const char *slotted_name(const struct object_type *type, unsigned slot);
int slotted_find(const struct object_type *type, const char *name);

/* Borrowed, or NULL; setting may empty it (NULL). */
struct object *slotted_get(const struct object *object, unsigned slot);
void slotted_set(struct object *object, unsigned slot, struct object *value);

/* ---- plain data ---- */

/* Not collected, refers to nothing, has an id. Its finalizer is called at
 * every death. */
struct object_type *plain_type_new(struct gc *gc, const char *name,
                                   const struct object_hooks *hooks);

/* The same, and a string to dicts; two are equal as the hooks say. */
struct object_type *plain_text_type_new(struct gc *gc, const char *name,
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

/* The last item, a new reference, or NULL. The array of a list that is empty
 * then is freed, as by `del list[-1]`. */
struct object *list_pop(struct object *list);

/* In front of the item at `index`, or at the end. */
bool list_insert(struct object *list, size_t index, struct object *item);

/* Takes out (list.pop); a new reference, or NULL: there is no such place, or
 * (which leaves the list as it was) no memory to shrink in. */
struct object *list_take(struct object *list, size_t index);

/* Puts `count` items in place of those from `from` to before `to`. The places
 * that are beyond the end, or below `from`, are taken for the end, and for
 * `from`. The items may be those of the list itself (list_ass_slice). */
bool list_replace(struct object *list, size_t from, size_t to,
                  struct object *const *items, size_t count);
bool list_delete(struct object *list, size_t from, size_t to);

/* A new list of those items, exactly as large. */
struct object *list_slice(const struct object *list, size_t from, size_t to);

/* Puts those of a list or tuple behind the others. */
bool list_extend(struct object *list, const struct object *other);

/* Some item is, or equals, this one. */
bool list_contains(const struct object *list, struct object *item);

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

/* New ones; a slice of all is the tuple itself. */
struct object *tuple_slice(struct object *tuple, size_t from, size_t to);
struct object *tuple_join(struct object *a, struct object *b);

/* Only while it is being made. */
void tuple_set_item(struct object *tuple, size_t index, struct object *item);

/* ---- dicts ----
 *
 * Keys are compared with object_hash() and object_equal(), which may call
 * hooks, and these may do anything with the dict. Pairs stand in the order in
 * which their keys came. Dicts and sets have no hash themselves.
 *
 * Sizes in bytes are those of sys.getsizeof(): the GC head, and the table,
 * are included. */

/* Not tracked, until it is given what can be in a cycle. Up to 80 dead ones
 * are kept for the next, and up to 80 tables of 8 places (PyDict_New). */
struct object *dict_new(struct gc *gc);
bool dict_is(const struct object *object);
size_t dict_size(const struct object *dict);
size_t dict_bytes(const struct object *dict);

/* Borrowed; NULL: no such key, or it has no hash. */
struct object *dict_get(const struct object *dict, struct object *key);
bool dict_contains(const struct object *dict, struct object *key);

/* False for want of memory, or of a hash. A dict that has a table may be
 * tracked then (insertdict). */
bool dict_set(struct object *dict, struct object *key, struct object *value);

/* The value that is there now, borrowed, which is `value` if there was none;
 * NULL as above. */
struct object *dict_set_default(struct object *dict, struct object *key,
                                struct object *value);

/* False: it was not there; or (up to 3.10, in the dict of an instance) there is
 * no memory for a table of its own. dict_delete_if() leaves it as well when
 * `test`, which must change nothing, says no to its value (_PyDict_DelItemIf).
 */
bool dict_delete(struct object *dict, struct object *key);
bool dict_delete_if(struct object *dict, struct object *key,
                    bool (*test)(struct object *value));

/* Takes out. New references; NULL or false: there is none, or no memory, as
 * for dict_delete(). The second takes the pair that came last, and in any
 * edition a dict that shares its table needs one of its own for it. */
struct object *dict_pop(struct object *dict, struct object *key);
bool dict_pop_item(struct object *dict, struct object **ret_key,
                   struct object **ret_value);

/* Ends the pairs from the first, each key before its value, and the table. */
void dict_clear(struct object *dict);

/* The next pair from `*place`, 0 at first; borrowed. False: no more. Values
 * may be replaced meanwhile, and nothing else. */
bool dict_next(const struct object *dict, size_t *place,
               struct object **ret_key, struct object **ret_value);

/* ---- sets ---- */

/* Tracked. Can be referred to weakly. */
struct object *set_new(struct gc *gc);
bool set_is(const struct object *object);
size_t set_size(const struct object *set);
size_t set_bytes(const struct object *set);
bool set_contains(const struct object *set, struct object *key);

/* False for want of memory, or of a hash. Where it was memory to grow, the
 * key is in the set nevertheless (set_add_entry). */
bool set_add(struct object *set, struct object *key);

/* Adds what is in another set; what it needs is made room for at first. */
bool set_update(struct object *set, const struct object *other);

/* False: it was not there. */
bool set_discard(struct object *set, struct object *key);

/* One of the keys, a new reference; NULL: there is none. */
struct object *set_pop(struct object *set);

/* Ends the keys in the order of the table. */
void set_clear(struct object *set);

/* As dict_next(), in the order of the table. */
bool set_next(const struct object *set, size_t *place, struct object **ret_key);

/* ---- walks: one item after the other, while others change things ----
 *
 * Of a dict the keys. A list or tuple may change meanwhile: the walk goes on
 * by its index. A dict or set may not change its size: the walk then says so,
 * at each further step, and goes no further. Nor may a dict have more keys to
 * come than it had: this is said once, and ends the walk. */
enum walk_step {
    WALK_ITEM,    /* there is one */
    WALK_END,     /* there are no more */
    WALK_CHANGED, /* "changed size", or "keys changed, during iteration" */
};

struct walk {
    struct object *over; /* a reference; NULL at the end */
    size_t place;
    size_t size; /* of a dict or set, when the walk began */
    size_t left; /* of them, to come */
    bool changed;
};

/* False: nobody can walk over such an object. */
bool walk_begin(struct walk *walk, struct object *over);

/* `*ret_item` is a new reference when there is one. */
enum walk_step walk_next(struct walk *walk, struct object **ret_item);

/* Before the end; after it nothing happens. */
void walk_end(struct walk *walk);

#endif
