/* typed.h - the free lists that CPython's types keep in front of its heap.
 *
 * An object of an exact type is, when it dies, kept in a list of its type
 * instead of being freed, and the next one made is the one kept last. What is
 * kept, how much of it, and what empties the lists differs by edition; the
 * table is impl/obmalloc/typed_table.c.
 *
 * Layout: an object starts with its reference count and its type, as
 * PyObject does; where the type is collected, a GC head lies in front.
 *
 *   | GC head | references | type | ...
 *             ^ the object
 *
 * While an object is in a list its count is 0, its type is the link to the
 * next one, and the rest is as its last owner left it.
 *
 * Threads: one at a time for each `struct typed_lists`; they share nothing.
 * Errors:  NULL for want of memory or of the kind in this edition; the lists
 *          are then as they were.
 * Owner:   an object belongs to the caller until typed_free(); destroying
 *          the lists ends the objects in them, and the blocks of 2.x. */
#ifndef ASSAY_TYPED_H
#define ASSAY_TYPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "assay/memory.h"

enum typed_kind {
    TYPED_INT, /* items: digits, which only 3.x has */
    TYPED_FLOAT,
    TYPED_TUPLE,        /* items: its length */
    TYPED_LIST,         /* items: room in its array, a block of its own */
    TYPED_DICT,         /* items: room in its keys or, in 2.x, its table */
    TYPED_KEYS,         /* a dict's keys, all strings; items: room */
    TYPED_KEYS_GENERAL, /* a dict's keys of any type */
    TYPED_SET,          /* items: room in its table */
    TYPED_FRAME,        /* items: slots after the frame */
    TYPED_METHOD,
    TYPED_CFUNCTION,
    TYPED_CONTEXT,
    TYPED_ASYNC_VALUE, /* _PyAsyncGenWrappedValue */
    TYPED_ASYNC_SEND,  /* PyAsyncGenASend */
    TYPED_SLICE,
    TYPED_UNICODE, /* items: characters */
    TYPED_KINDS,
};

/* Both are for the lists while the object is free. While it is used the count
 * is the caller's, and stays above 0; the type must be left as it is. Keys
 * have no type: their second word is theirs. */
struct typed_object {
    intptr_t references;
    const void *type;
};

/* Longest tuples that a list is kept for, in any edition. */
#define TYPED_TUPLE_MAX ((size_t)20)

/* The ints that 2.x makes at start-up, both ends included. */
#define TYPED_SMALL_INT_FIRST (-5)
#define TYPED_SMALL_INT_LAST  256
#define TYPED_SMALL_INTS      262

struct typed_lists;

/* `edition` is the name of one: classic-256, classic-512, py38, py311, py313.
 * Objects come from `object`; the blocks of ints and floats of 2.x, and what
 * is PyMem_Malloc'ed there, from `raw`. Both are copied. NULL for want of
 * memory, or when there is no such edition. */
struct typed_lists *typed_create(const char *edition,
                                 const struct memory_allocator *object,
                                 const struct memory_allocator *raw);

/* Gives back what is in the lists. Ints and floats of 2.x end with it even
 * when they are used: they live in blocks of the lists. */
void typed_destroy(struct typed_lists *lists);

/* An object of the exact type: from its list, or else new. What lies behind
 * the head and the length is not cleared. `()` is always the same object. */
void *typed_alloc(struct typed_lists *lists, enum typed_kind kind,
                  size_t items);

/* An object of a subclass: never from a list, and never put in one. */
void *typed_alloc_subclass(struct typed_lists *lists, enum typed_kind kind,
                           size_t items);

/* Ends an object of either kind: first what it holds in blocks of its own,
 * then itself. Nothing happens when it is NULL. `()` and small ints lose a
 * reference and stay. */
void typed_free(struct typed_lists *lists, enum typed_kind kind, void *object);

/* What a list's array, a dict's keys, a set's table or a string's characters
 * are; NULL when there are none. */
void *typed_part(const struct typed_lists *lists, enum typed_kind kind,
                 const void *object);

/* A frame by its code object, which keeps the last frame of its own: the
 * zombie (co_zombieframe, up to 3.9). `*zombie` is NULL at first and belongs
 * to the caller, who ends it with typed_zombie_free(). */
void *typed_frame_alloc(struct typed_lists *lists, void **zombie, size_t items);
void typed_frame_free(struct typed_lists *lists, void **zombie, void *frame);
void typed_zombie_free(struct typed_lists *lists, void **zombie);

/* The shared int of this value, with one more reference. 2.x only. */
void *typed_small_int(struct typed_lists *lists, long value);

/* Empties the lists of a kind, and of those that CPython empties with it: a
 * dict's and its keys', both of async generators.
 * Returns what PyXxx_ClearFreeList() returns: how many objects were freed;
 * but for the int and the float of 2.x how many could not be. */
size_t typed_clear(struct typed_lists *lists, enum typed_kind kind);

/* The end of a collection of `generation` and all younger ones: the young
 * count is 0, and after the oldest (2) the lists are cleared that CPython's
 * clear_freelists() clears. Returns how many objects were given back. */
size_t typed_collect(struct typed_lists *lists, unsigned generation);

/* Collected objects allocated less those freed, never below 0: the first of
 * gc.get_count(). An object put in a list, or taken from one, is neither. */
size_t typed_young_count(const struct typed_lists *lists);

/* Bytes of an object by itself, the GC head included; 0 when the edition has
 * no such kind. */
size_t typed_bytes(const struct typed_lists *lists, enum typed_kind kind,
                   size_t items);

struct typed_stats {
    size_t free[TYPED_KINDS]; /* objects in the lists of a kind */
    size_t free_tuples[TYPED_TUPLE_MAX + 1]; /* by length */
    size_t blocks[TYPED_KINDS];              /* of 2.x's ints and floats */
    size_t young_count;
};

void typed_stats(const struct typed_lists *lists, struct typed_stats *ret);

/* A line a list, as sys._debugmallocstats() has it. */
void typed_print_stats(const struct typed_lists *lists, FILE *file);

#endif
