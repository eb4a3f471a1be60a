/* collector.h - what a collector under test promises. ABI 0: private until it
 * is frozen as 1.
 *
 * A plug-in is a shared library that exports one data symbol:
 *
 *     const struct assay_collector assay_collector = { ... };
 *
 * Words
 *   object     has slots, each of which refers to an object or is empty, and
 *              a payload, which is the user's. Opaque: only the heap knows
 *              what a handle is, and it may be no address.
 *   kind       what a heap is told of objects that behave alike
 *   root       a place of the heap's root stack. What roots can reach lives.
 *   unreachable  what neither a root can reach nor, with COUNTS, a counted
 *              reference of the caller
 *   to end     the object is gone, and its memory may be used again
 *
 * An object that a call returns is safe only until the next call that may
 * collect (new_object, weak_new, push, collect, and with COUNTS decref), until
 * it is a root or stored in one that lives. With COUNTS it comes with a
 * reference that keeps it until decref(), but from load(), root() and
 * weak_get(), which only lend it. So this is right with any collector:
 *
 *     object = new_object(heap, type, 2, 16), push(heap, object);
 *     if (can & ASSAY_COLLECTOR_COUNTS) decref(heap, object);
 *
 * Every reference between objects is made with store() or store_at(), where a
 * barrier may stand, and never by writing to memory.
 *
 * Threads: all calls on one heap come from one thread, unless
 *          ASSAY_COLLECTOR_THREADS. Heaps know nothing of one another, and no
 *          object may refer to one of another heap.
 * Errors:  NULL or false for want of memory, and the heap is as it was, but
 *          for what a collection on the way has ended. The rest cannot fail.
 * Owner:   destroy() ends all objects, and gives memory back, whatever is a
 *          root or has references. It calls no finalizer (unless
 *          ASSAY_COLLECTOR_FINALIZE_AT_END), no `ended`, callback or listener.
 * NULL:    an argument may be NULL where it says so. Entries of the table
 *          from `incref` on are NULL where the capability is missing. */
#ifndef ASSAY_INCLUDE_COLLECTOR_H
#define ASSAY_INCLUDE_COLLECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/backend.h"

#define ASSAY_COLLECTOR_ABI    0u
#define ASSAY_COLLECTOR_SYMBOL "assay_collector"

#define ASSAY_GENERATIONS_MAX 8

/* What a plug-in can beyond making objects, roots and collecting all. What is
 * missing here is skipped by the suite, and the skip is shown. */
enum assay_collector_can {
    /* incref(), decref() and count(); an object in no cycle ends with its last
     * reference. */
    ASSAY_COLLECTOR_COUNTS = 1 << 0,
    ASSAY_COLLECTOR_GENERATIONS = 1 << 1, /* collect() heeds its argument */
    ASSAY_COLLECTOR_AUTOMATIC = 1 << 2,   /* automatic() */
    ASSAY_COLLECTOR_THRESHOLDS = 1 << 3,  /* threshold(), set_threshold() */
    ASSAY_COLLECTOR_FREEZE = 1 << 4,      /* freeze(), unfreeze() */

    /* kind.finalize is called once in an object's life, before anything of
     * what became unreachable with it is cleared. It may do anything, and
     * resurrect the object and what it reaches. */
    ASSAY_COLLECTOR_FINALIZE = 1 << 5,
    ASSAY_COLLECTOR_FINALIZE_AT_END = 1 << 6, /* destroy() calls the rest */
    ASSAY_COLLECTOR_ENDED = 1 << 7,           /* kind.ended is called */

    /* Kinds may keep references in the payload: kind.traverse, kind.clear,
     * store_at(). */
    ASSAY_COLLECTOR_TRAVERSE = 1 << 8,
    ASSAY_COLLECTOR_WEAK = 1 << 9,           /* weak_new(), weak_get() */
    ASSAY_COLLECTOR_WEAK_CALLBACK = 1 << 10, /* that call back */
    ASSAY_COLLECTOR_STATS = 1 << 11,         /* stats() */
    ASSAY_COLLECTOR_LISTEN = 1 << 12,        /* listen() */
    ASSAY_COLLECTOR_VERIFY = 1 << 13,        /* verify() */

    /* Objects and all that grows with them are of config.backend. */
    ASSAY_COLLECTOR_BACKEND = 1 << 14,

    /* Not what it can, but what is to be known of it: words that look like
     * handles may keep objects alive; an object's payload may move whenever
     * a call may collect; any thread may call. */
    ASSAY_COLLECTOR_CONSERVATIVE = 1 << 15,
    ASSAY_COLLECTOR_MOVES = 1 << 16,
    ASSAY_COLLECTOR_THREADS = 1 << 17,
};

struct assay_heap;   /* the plug-in's own, like the next two */
struct assay_object; /* a handle */
struct assay_type;   /* a kind that a heap knows */

/* Called for each place of the payload that is not empty. Not 0: the
 * traversal ends with this result. */
typedef int assay_visit(struct assay_object **place, void *context);

/* All but `name` may be NULL, and must be where the capability is missing. */
struct assay_kind {
    const char *name; /* outlives the heap */
    void *context;    /* for the three that take it */

    void (*finalize)(void *context, struct assay_heap *heap,
                     struct assay_object *object);

    /* The object is about to end, its payload is as it was. It may look at
     * that and at nothing else of the heap, and call nothing. */
    void (*ended)(void *context, const void *payload);

    /* Visits each reference in the payload once. Allocates and calls nothing
     * else. The payload of such a kind is zeroed when it is made. */
    int (*traverse)(void *payload, assay_visit *visit, void *visit_context);

    /* Gives up the references in the payload, with store_at(). */
    void (*clear)(void *context, struct assay_heap *heap,
                  struct assay_object *object);
};

/* The referent is dead. The reference is lent. */
typedef void assay_weak_callback(void *context, struct assay_heap *heap,
                                 struct assay_object *weak);

enum assay_collection_step {
    ASSAY_COLLECTION_REQUESTED, /* by collect() */
    ASSAY_COLLECTION_BEGUN,
    ASSAY_COLLECTION_PHASE, /* another part of it; how many is its own affair */
    ASSAY_COLLECTION_ENDED, /* `collected` and `uncollectable` are known */
};

struct assay_collection_event {
    enum assay_collection_step step;
    unsigned generation;
    size_t candidates; /* objects that it is about, when it began; or 0 */
    size_t collected;
    size_t uncollectable;
};

/* Called within the collection; may call nothing of the heap but stats(). */
typedef void assay_listener(void *context,
                            const struct assay_collection_event *event);

struct assay_collector_stats {
    size_t live_objects; /* those made by new_object() that have not ended */
    size_t live_bytes;   /* of these, as the collector accounts for them */
    struct {
        size_t collections;
        size_t collected;
        size_t uncollectable;
        size_t objects; /* in it now, weak references included */
    } generation[ASSAY_GENERATIONS_MAX];
};

struct assay_collector_config {
    const struct assay_backend *backend;
};

struct assay_collector {
    uint32_t abi;         /* ASSAY_COLLECTOR_ABI */
    uint32_t can;         /* set of enum assay_collector_can */
    const char *name;     /* one lower-case word, used in results */
    uint32_t generations; /* 1 to ASSAY_GENERATIONS_MAX */
    size_t slots_max;     /* of an object */
    size_t bytes_max;     /* of a payload; 0: no limit but memory */
    size_t align;         /* every payload is aligned to this */

    /* NULL when the backend refuses. */
    struct assay_heap *(*create)(const struct assay_collector_config *config);
    void (*destroy)(struct assay_heap *heap);

    /* A copy of the kind, which lives as long as the heap. */
    const struct assay_type *(*type_add)(struct assay_heap *heap,
                                         const struct assay_kind *kind);

    /* `slots` are empty; the payload is whatever was there before. NULL also
     * beyond the limits above. May collect. */
    struct assay_object *(*new_object)(struct assay_heap *heap,
                                       const struct assay_type *type,
                                       size_t slots, size_t bytes);

    /* NULL when it has no bytes. */
    void *(*payload)(struct assay_heap *heap, struct assay_object *object);

    /* NULL: the slot is empty, and is emptied. */
    struct assay_object *(*load)(struct assay_heap *heap,
                                 struct assay_object *object, size_t slot);
    void (*store)(struct assay_heap *heap, struct assay_object *object,
                  size_t slot, struct assay_object *value);

    /* Roots are a stack; place 0 is its bottom. `object` may be NULL: a place
     * for later. False: there is no more room, and nothing was pushed. */
    bool (*push)(struct assay_heap *heap, struct assay_object *object);
    void (*pop)(struct assay_heap *heap, size_t count);
    struct assay_object *(*root)(struct assay_heap *heap, size_t place);
    void (*set_root)(struct assay_heap *heap, size_t place,
                     struct assay_object *object);

    /* Collects generation `generation` and all younger ones; the last one is
     * all there is. How many objects were found unreachable, those that were
     * kept as uncollectable included; 0 where a collector does not know, and
     * within a collection, where it does nothing. */
    size_t (*collect)(struct assay_heap *heap, unsigned generation);

    /* ---- COUNTS ---- */
    void (*incref)(struct assay_heap *heap, struct assay_object *object);
    void (*decref)(struct assay_heap *heap, struct assay_object *object);

    /* Of slots, roots, the caller and whatever the heap itself keeps. */
    size_t (*count)(struct assay_heap *heap, struct assay_object *object);

    /* ---- AUTOMATIC: collections that new_object() starts; off at first ----
     */
    void (*automatic)(struct assay_heap *heap, bool on);

    /* ---- THRESHOLDS: what they mean is the collector's own ---- */
    size_t (*threshold)(struct assay_heap *heap, unsigned generation);
    void (*set_threshold)(struct assay_heap *heap, unsigned generation,
                          size_t threshold);

    /* ---- FREEZE: what there is lives on, and is not looked at ---- */
    void (*freeze)(struct assay_heap *heap);
    void (*unfreeze)(struct assay_heap *heap);

    /* ---- TRAVERSE: `place` lies in the payload of `object` ---- */
    void (*store_at)(struct assay_heap *heap, struct assay_object *object,
                     struct assay_object **place, struct assay_object *value);

    /* ---- WEAK: a weak reference is an object, without slots or payload ----
     * `callback` may be NULL, and must be without WEAK_CALLBACK. It is called
     * once, when the referent has died and the reference has not; all that
     * died with it is dead to all weak references by then. Without a callback
     * the same reference may be returned twice. May collect. */
    struct assay_object *(*weak_new)(struct assay_heap *heap,
                                     struct assay_object *referent,
                                     assay_weak_callback *callback,
                                     void *context);

    /* NULL once it is dead. */
    struct assay_object *(*weak_get)(struct assay_heap *heap,
                                     struct assay_object *weak);

    /* ---- STATS, LISTEN, VERIFY ---- */
    void (*stats)(struct assay_heap *heap,
                  struct assay_collector_stats *ret_stats);

    /* One listener; NULL ends it. False: no memory. */
    bool (*listen)(struct assay_heap *heap, assay_listener *listener,
                   void *context);

    /* NULL when the heap is sound, otherwise what is wrong with it. */
    const char *(*verify)(struct assay_heap *heap);
};

/* A plug-in defines it; a suite asks dlsym for it. */
extern __attribute__((visibility("default")))
const struct assay_collector assay_collector;

#endif
