/* object.h - what every object is: a reference count, a type, and slots.
 *
 * Layout, as CPython 3.8 to 3.11 have it on 64 bits:
 *
 *   | next | prev | references | type | ...
 *   `- GC head ---^ the object
 *
 * The two words in front are there when the type is collected. They belong
 * to the collector (impl/object/head.h says what is in them).
 *
 * A type belongs to one collector, and through its type so does an object:
 * there is nothing global. All that is done to an object by its kind goes
 * through the slots of its type.
 *
 * Threads: one at a time for each collector; collectors share nothing.
 * Errors:  a function that makes an object returns NULL for want of memory,
 *          and nothing has changed but what a collection on the way did.
 * Owner:   who is given a "new reference" ends it with object_decref(); a
 *          "borrowed" one lives as long as what it was borrowed from. What a
 *          function is handed it takes a reference of its own to. */
#ifndef ASSAY_OBJECT_H
#define ASSAY_OBJECT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gc;
struct object_type;

struct object {
    intptr_t references;
    const struct object_type *type;
};

/* An object with a number of items behind it (PyVarObject). */
struct object_sized {
    struct object head;
    intptr_t items;
};

/* Called for each referent. Not 0 ends the traversal with this result. */
typedef int object_visit(struct object *referent, void *context);

enum object_type_flags {
    OBJECT_COLLECTED = 1 << 0, /* has a GC head */

    /* Once untracked, an object of this type stays so: it never changes. Of
     * others an untracked one may be tracked at any time. (Tuples.) */
    OBJECT_UNTRACKED_FOR_GOOD = 1 << 1,

    /* `untrack` is asked in collections of the oldest generation only; and
     * otherwise in all of them. (Dicts.) */
    OBJECT_UNTRACKED_WHEN_OLD = 1 << 2,

    /* A weak reference or a proxy: starts as struct weak does. */
    OBJECT_WEAK = 1 << 3,

    /* A string to dicts: its hash and equality change nothing, and a table
     * with no other keys has smaller entries (PyUnicode_CheckExact). */
    OBJECT_TEXT = 1 << 4,

    /* Plain data whose hash and equality change nothing, and whose equal slot
     * knows what is not of its kind to be unlike it. (int, str, ...) */
    OBJECT_VALUE = 1 << 5,
};

/* The slots. Those from `traverse` on may be NULL: the kind has no such. */
struct object_type {
    const char *name;
    struct gc *gc;   /* set by gc_type_add() */
    uint32_t flags;  /* set of enum object_type_flags */
    uint32_t bytes;  /* of an object without items, the GC head apart */
    uint32_t each;   /* bytes of an item */
    uint32_t before; /* bytes in front of the GC head: words of the kind's */
    int32_t weak_at; /* where the list of weak references starts; 0: none;
                      * below 0: in front of the object */

    /* All references are this many consecutive words, NULL or an object,
     * visited from the first: the collector then reads them itself. 0: they
     * are known to `traverse` alone. */
    uint32_t slot_count;
    uint32_t slots_at; /* where the first of them lies in the object */

    const void *extra; /* the kind's own */

    /* The count has come to 0: ends what the object refers to, and itself;
     * or lets it live on when its finalizer has resurrected it. */
    void (*dealloc)(struct object *object);

    /* Visits every referent once for each reference, in the kind's order. */
    int (*traverse)(struct object *object, object_visit *visit, void *context);

    /* Gives up the references that can make a cycle. */
    void (*clear)(struct object *object);

    /* PEP 442: called once in the life of a collected object, before
     * anything of it is gone. May resurrect it. */
    void (*finalize)(struct object *object);

    /* Legacy (tp_del): called at each death by count, never by the collector,
     * which gives up on what such an object can reach. */
    void (*del)(struct object *object);

    /* False: an error was raised. */
    bool (*call)(struct object *object, struct object *argument);

    /* NULL: both by identity. False: the object has no hash. */
    bool (*hash)(struct object *object, intptr_t *ret_hash);
    bool (*equal)(struct object *a, struct object *b);

    /* What sys.getsizeof() says, the GC head and what lies in front of it
     * apart. NULL: the bytes of the type, and those of the items. */
    size_t (*size_bytes)(const struct object *object);

    /* Untracks the object if what it holds can be in no cycle. */
    void (*untrack)(struct object *object);

    /* Frees the objects kept for reuse; returns how many. The oldest
     * generation's collection ends with it. */
    size_t (*clear_free)(struct object_type *type);

    /* The collector ends, and memory was brought along: gives up what the type
     * itself refers to, without a call of any hook. */
    void (*end)(struct object_type *type);
};

static inline bool object_is_collected(const struct object *object)
{
    return object->type->flags & OBJECT_COLLECTED;
}

/* The count of an immortal object, which stays as it is. Counting up adds
 * nothing to what is below 0; counting down finds out when it is at 0 or
 * below, so that others pay nothing for it. */
#define OBJECT_IMMORTAL (INTPTR_MIN / 2)

static inline bool object_is_immortal(const struct object *object)
{
    return object->references < 0;
}

/* What sys.getrefcount() would say, less one for asking: of immortal objects
 * the same high number always (_Py_IMMORTAL_REFCNT). */
static inline intptr_t object_references(const struct object *object)
{
    return object_is_immortal(object) ? UINT32_MAX : object->references;
}

static inline struct object *object_incref(struct object *object)
{
    object->references += object->references >= 0;
    return object;
}

/* Takes one reference off. True: it was the last, and the caller has to call
 * the dealloc slot. */
static inline bool object_drop(struct object *object)
{
    assert(object->references != 0);
    if (--object->references > 0)
        return false;
    if (object->references == 0)
        return true;
    object->references = OBJECT_IMMORTAL;
    return false;
}

static inline void object_decref(struct object *object)
{
    if (object_drop(object))
        object->type->dealloc(object);
}

/* The same for what may be NULL. */
static inline struct object *object_incref_any(struct object *object)
{
    return object ? object_incref(object) : NULL;
}

static inline void object_decref_any(struct object *object)
{
    if (object)
        object_decref(object);
}

/* Puts `value` in place of what is there, which is ended last: what its end
 * calls sees the new value. Takes over the caller's reference to it. */
static inline void object_replace(struct object **place, struct object *value)
{
    struct object *old = *place;
    *place = value;
    object_decref_any(old);
}

/* False: it has none. */
bool object_hash(struct object *object, intptr_t *ret_hash);
bool object_equal(struct object *a, struct object *b);

/* Identity first: what is not equal to itself is still found where it is
 * (PyObject_RichCompareBool). */
static inline bool object_is_or_equals(struct object *a, struct object *b)
{
    return a == b || object_equal(a, b);
}

/* sys.getsizeof(): with the GC head and the words in front of it, and arrays
 * and tables that belong to the object alone; without what it refers to. */
size_t object_bytes(const struct object *object);

/* The slots of a type fit together. What is wrong, or NULL. */
const char *object_type_fault(const struct object_type *type);

#endif
