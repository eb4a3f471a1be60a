/* collector.h - the inside of a collector.
 *
 * Invariants outside of a collection (gc_verify decides them):
 *   a list is linked both ways and ends where it starts;
 *   a tracked object is in exactly one of the four lists, has references, is
 *   of a collected type of this collector, and its COLLECTING is not set;
 *   no object refers to another more often than the other's count says;
 *   a weak reference is in the list of its referent, and only there.
 *
 * Threads, Errors, Owner: as gc.h. */
#ifndef ASSAY_GC_COLLECTOR_H
#define ASSAY_GC_COLLECTOR_H

#include "assay/gc.h"
#include "fault.h"
#include "gc_arenas.h"
#include "gc_list.h"
#include "gc_raw.h"
#include "trashcan.h"
#include "weak_links.h"

/* What differs between the editions, as far as the collector goes. */
struct gc_edition {
    const char *name;
    int threshold[GC_GENERATIONS];

    /* One resurrected object saves all that were found unreachable (3.4 to
     * 3.8); later only what it can reach. */
    bool resurrection_saves_all;

    /* Lists grow as they did up to 3.8. */
    bool lists_grow_slowly;

    /* list.pop() of the only item frees the array (3.12 and later). */
    bool pop_clears_list;

    /* Tuples of up to this length are taken from the free list; one of 20 is
     * kept in 3.11 and never used again. */
    uint8_t tuple_pop_max;
    uint8_t tuple_push_max;

    /* Of a dict's table: the bytes of its head; and whether entries are
     * smaller when all keys are strings, which is the kind then kept. */
    uint8_t dict_keys_head_bytes;
    bool dict_text_entries;

    /* A class shares the keys of its instances in a table that starts with so
     * many places, as a power of two; 0: it does not. */
    uint8_t shared_keys_log;

    /* Where an instance has its dict, the values that are in none yet (3.11
     * and later; in 3.12 one word for both) and its list of weak references,
     * in words from its start; below 0: in front of the GC head. And its
     * bytes. */
    int8_t instance_dict_word;
    int8_t instance_values_word;
    int8_t instance_weak_word;
    uint8_t instance_bytes;
    uint8_t instance_before_bytes;

    /* An int has at least so many digits; since 3.12 its length word is a tag
     * with the sign in its low bits. What bool.__basicsize__ says. */
    uint8_t int_digits_min;
    bool int_is_tagged;
    uint8_t bool_bytes;

    /* Where the characters of a string begin: of ASCII, and of others; and
     * what str.__basicsize__ says, which is for strings in two pieces. */
    uint8_t text_ascii_bytes;
    uint8_t text_other_bytes;
    uint8_t text_basic_bytes;

    /* Rounds of SipHash for each word and at the end (up to 3.10: 2 and 4),
     * and whether floats that are no number have the hash 0 (up to 3.9). */
    bool hash_has_more_rounds;
    bool nan_has_no_hash;

    /* What weakref.ref.__basicsize__ says. */
    uint8_t weak_bytes;

    /* Objects can be immortal, and what is due is collected at the next safe
     * point instead of inside the allocation (3.12 and later). */
    bool immortals;
    bool waits_for_safe_point;
};

const struct gc_edition *gc_edition_find(const char *name);

struct generation {
    struct head list;
    int threshold;
    int count;
};

/* A type, and what the collector keeps with it. */
struct gc_type {
    struct gc_type *next;
    unsigned class; /* of the heap, for objects of one size; or GC_NO_CLASS */
    struct object_type type; /* the kind's own bytes follow */
};

#define GC_NO_CLASS (~0u)

static inline const struct gc_type *gc_type_of(const struct object_type *type)
{
    return (
        const struct gc_type *)(const void *)((const char *)type -
                                              offsetof(struct gc_type, type));
}

/* Kinds that exist once in a collector, made when first asked for. */
enum gc_builtin {
    GC_BUILTIN_LIST,
    GC_BUILTIN_TUPLE,
    GC_BUILTIN_DICT,
    GC_BUILTIN_SET,
    GC_BUILTIN_REF,
    GC_BUILTIN_PROXY,
    GC_BUILTIN_CALLABLE_PROXY,
    GC_BUILTIN_WEAK_MAP,
    GC_BUILTIN_KEYED_REF,
    GC_BUILTIN_REMOVAL,
    GC_BUILTIN_INT,
    GC_BUILTIN_BOOL,
    GC_BUILTIN_FLOAT,
    GC_BUILTIN_TEXT,
    GC_BUILTIN_BYTES,
    GC_BUILTINS,
};

struct gc_hook {
    gc_callback *call;
    void *context;
};

struct gc {
    const struct gc_edition *edition;
    struct generation generation[GC_GENERATIONS];
    struct head permanent;
    struct gc_stats stats[GC_GENERATIONS];
    size_t long_lived_pending;
    size_t long_lived_total;
    struct trashcan trashcan;

    bool enabled;
    bool collecting;
    bool error_pending;
    bool scheduled;     /* a collection waits for a safe point */
    bool has_immortals; /* that may not be in the permanent list yet */
    unsigned debug;     /* set of enum gc_debug */
    FILE *log;

    struct object **garbage;
    size_t garbage_count;
    size_t garbage_room;

    struct gc_hook *hooks;
    size_t hook_count;
    size_t hook_room;

    gc_unraisable *unraisable;
    void *unraisable_context;

    struct memory_allocator memory;
    struct obheap *heap; /* NULL: the memory is the caller's */
    struct gc_raw raw;   /* below the heap */
    struct gc_arenas arenas;

    struct gc_type *types; /* in the order they were made in */
    struct gc_type **types_end;
    struct object_type *builtin[GC_BUILTINS];
};

/* ---- gc_types.c ---- */

/* The type of this kind, made of `model` if need be. */
struct object_type *gc_type_builtin(struct gc *gc, enum gc_builtin which,
                                    const struct object_type *model,
                                    size_t bytes);
size_t gc_types_clear_free(struct gc *gc);

/* What types refer to themselves, and then what they have kept. */
void gc_types_end(struct gc *gc);

/* Array of `room` items of `each` bytes that has no place for one more: twice
 * as many, or NULL. Of the system's memory. */
void *gc_array_grow(void *array, size_t *room, size_t each);

/* ---- gc_objects.c ---- */

static inline void gc_track_in(struct gc *gc, struct object *object)
{
    gc_list_append(&gc->generation[0].list, head_of(object));
}

static inline void gc_untrack_tracked(struct object *object)
{
    struct head *head = head_of(object);
    gc_list_remove(head);
    head->prev &= HEAD_FINALIZED;
}

/* ---- gc_collect.c ---- */

/* What PyObject_GC_New does after counting. */
void gc_collect_if_due(struct gc *gc);

/* ---- gc_deduce.c ---- */

struct gc_reachable {
    size_t count;     /* what stayed */
    bool any_untrack; /* some of it is of a type that has an untrack slot */
};

/* Moves what can only be reached from within `base` to `ret_unreachable`,
 * which need not be initialised; its objects keep COLLECTING, and its links
 * UNREACHABLE until gc_unreachable_settle(). `is_whole`: every tracked object
 * is in `base`. */
struct gc_reachable gc_deduce(struct head *base, bool is_whole,
                              struct head *ret_unreachable);

struct gc_unreachable {
    size_t count;
    bool is_plain; /* no finalizer of either kind, no weak reference */
};

struct gc_unreachable gc_unreachable_settle(struct head *unreachable);

/* Whether anything outside of the list refers into it. COLLECTING is cleared,
 * the order stays. */
bool gc_any_from_outside(struct head *list);

/* ---- gc_trash.c: what is done with the unreachable ---- */

void gc_move_legacy(struct head *unreachable, struct head *legacy);
void gc_finalize_all(struct head *unreachable);

/* What is still unreachable afterwards is left in `ret_final`. */
void gc_spare_resurrected(struct gc *gc, struct head *unreachable,
                          struct head *ret_final, struct head *old);
void gc_delete_all(struct gc *gc, struct head *trash, struct head *old);
void gc_keep_legacy(struct gc *gc, struct head *legacy, struct head *old);

/* ---- gc_weak.c ---- */

/* Kills the weak references to all of them, calls the callbacks that are not
 * themselves trash. How many references died of it. */
size_t gc_clear_weak(struct gc *gc, struct head *unreachable, struct head *old);

/* ---- gc_hooks.c ---- */

bool gc_garbage_add(struct gc *gc, struct object *object);
void gc_callbacks_call(struct gc *gc, const struct gc_info *info);
void gc_raise_nowhere(struct gc *gc, struct object *where);
void gc_say(const struct gc *gc, unsigned flag, const char *word,
            const struct object *object);

/* ---- gc_verify.c ---- */

struct fault gc_verify(const struct gc *gc);

#endif
