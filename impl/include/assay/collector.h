/* collector.h - what a collector under test promises. ABI 1: frozen. What is
 * not as written here has another number.
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
 * collect (new_object, weak_new, ephemeron_new, push, collect, and with COUNTS
 * decref), until it is a root or stored in one that lives. With COUNTS what a
 * call makes comes with a reference that keeps it until decref(); load(),
 * root(), weak_get() and the two that look into an ephemeron only lend. So this
 * is right with any collector:
 *
 *     object = new_object(heap, type, 2, 16), push(heap, object);
 *     if (can & ASSAY_COLLECTOR_COUNTS) decref(heap, object);
 *
 * While an object lives its handle stays the same, and is equal to no other's,
 * unless ASSAY_COLLECTOR_MOVES.
 *
 * Every reference between objects is made with store() or store_at(), where a
 * barrier may stand, and never by writing to memory.
 *
 * Threads: all calls on one heap come from one thread, unless
 *          ASSAY_COLLECTOR_THREADS. Heaps know nothing of one another, and no
 *          object may refer to one of another heap.
 * Fork:    unless ASSAY_COLLECTOR_FORK, a child of fork() calls nothing of a
 *          heap that it finds, not even destroy().
 * Errors:  NULL or false for want of memory, and the heap is as it was, but
 *          for what a collection on the way has ended. The rest cannot fail.
 * Owner:   destroy() ends all objects, and gives memory back, whatever is a
 *          root or has references. It calls no finalizer (unless
 *          ASSAY_COLLECTOR_FINALIZE_AT_END), no `ended`, callback or listener.
 * NULL:    an argument may be NULL where it says so; contexts always. Entries
 *          of the table from `incref` on are NULL where the capability is
 *          missing, and there where it is claimed. */
#ifndef ASSAY_INCLUDE_COLLECTOR_H
#define ASSAY_INCLUDE_COLLECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/backend.h"

#define ASSAY_COLLECTOR_ABI    1u
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

    /* Words that look like handles - on stacks, in registers, in payloads,
     * wherever it looks - may keep objects alive. It owes no less safety: what
     * can be reached lives, finalizers are called at most once, a weak
     * reference gives the object or NULL. But of what is unreachable any
     * collection may leave a residue, and what follows from an end (`ended`,
     * finalize, dead weak references, room below a limit) comes late or not
     * at all. Roots are pushed as with any other. */
    ASSAY_COLLECTOR_CONSERVATIVE = 1 << 15,

    /* Whenever a call may collect, payloads may move (unless pinned) and
     * handles may change: both are asked for anew, through root(), load() or
     * weak_get(). With COUNTS a handle stays while the caller has a counted
     * reference. Arguments of the very call are the plug-in's to keep up. */
    ASSAY_COLLECTOR_MOVES = 1 << 16,

    ASSAY_COLLECTOR_THREADS = 1 << 17,   /* attach(), detach() */
    ASSAY_COLLECTOR_EPHEMERON = 1 << 18, /* ephemeron_...() */
    ASSAY_COLLECTOR_LIMIT = 1 << 19,     /* set_limit() */
    ASSAY_COLLECTOR_PIN = 1 << 20,       /* pin(), unpin() */

    /* The child of a fork() goes on with all heaps, in the thread that forked
     * and became its only one. */
    ASSAY_COLLECTOR_FORK = 1 << 21,
};

struct assay_heap;   /* the plug-in's own, like the next two */
struct assay_object; /* a handle */
struct assay_type;   /* a kind that a heap knows */

/* Called for each place of the payload that is not empty. Not 0: the
 * traversal ends with this result. */
typedef int assay_visit(struct assay_object **place, void *context);

/* All but `name` may be NULL, and must be where the capability is missing.
 * None of these may call destroy(); finalize and callbacks of weak references
 * may call everything else, collect() included, which then does nothing or
 * what it should. */
struct assay_kind {
    const char *name; /* outlives the heap */
    void *context;    /* for the three that take it */

    void (*finalize)(void *context, struct assay_heap *heap,
                     struct assay_object *object);

    /* The object is about to end, its payload is as it was. It may look at
     * that and at nothing else of the heap, and call nothing. */
    void (*ended)(void *context, const void *payload);

    /* Visits each reference in the payload once. Allocates and calls nothing
     * else. The payload of such a kind is zeroed when it is made. To report a
     * place twice, to leave one out, or to report what store_at() did not put
     * there, is the kind's fault: what then happens is not the collector's,
     * though verify() may tell. A collector that finds references in payloads
     * by itself need not call it. */
    int (*traverse)(void *payload, assay_visit *visit, void *visit_context);

    /* Gives up the references in the payload, with store_at(); calls nothing
     * else. A collector that needs no clearing never calls it. */
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

    /* ---- EPHEMERON: a key and a value as an object, without slots or payload.
     * The value lives as long as the ephemeron and the key do; what only the
     * value refers to is no reason for the key to live, nor is the ephemeron.
     * When the key has died both are NULL, and the value is kept no more.
     * May collect. */
    struct assay_object *(*ephemeron_new)(struct assay_heap *heap,
                                          struct assay_object *key,
                                          struct assay_object *value);
    struct assay_object *(*ephemeron_key)(struct assay_heap *heap,
                                          struct assay_object *ephemeron);
    struct assay_object *(*ephemeron_value)(struct assay_heap *heap,
                                            struct assay_object *ephemeron);

    /* ---- LIMIT: how many bytes all objects may take, garbage included, as
     * the collector accounts for them; 0: no limit, which is so at first.
     * Before it goes beyond, new_object() collects all there is, automatic or
     * not, and returns NULL if that was not enough. To lower it ends nothing.
     */
    void (*set_limit)(struct assay_heap *heap, size_t bytes);

    /* ---- PIN: the object lives, with what it reaches, and its payload stays
     * where it is, until it was unpinned as often as pinned. One that is never
     * unpinned is immortal. count() may count pins. False: no memory. */
    bool (*pin)(struct assay_heap *heap, struct assay_object *object);
    void (*unpin)(struct assay_heap *heap, struct assay_object *object);

    /* ---- THREADS: the thread that creates a heap is attached to it. Others
     * attach before their first call and detach after their last one, before
     * they end. Each has a root stack of its own, which detach() empties. A
     * collection waits for no thread that is not inside a call, and calls
     * finalizers and callbacks on any that is attached. destroy(): while no
     * other is. False: no memory. */
    bool (*attach)(struct assay_heap *heap);
    void (*detach)(struct assay_heap *heap);

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
