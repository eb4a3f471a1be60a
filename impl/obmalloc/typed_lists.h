/* typed_lists.h - the inside of the typed free lists, and their walker.
 *
 * Invariants (typed_verify decides them):
 *   a list's count is its length, and at most its limit;
 *   an object is in one list, once, and its reference count is 0;
 *   a tuple is in the list of its length;
 *   every object of a block of 2.x is either used, its type being the exact
 *   one and its count above 0, or in the free list of the blocks.
 *
 * Threads, Errors, Owner: as typed.h. */
#ifndef ASSAY_OBMALLOC_TYPED_LISTS_H
#define ASSAY_OBMALLOC_TYPED_LISTS_H

#include <assert.h>

#include "fault.h"
#include "typed_table.h"

/* 1000 bytes less malloc's overhead and the link (BLOCK_SIZE, BHEAD_SIZE). */
#define TYPED_BLOCK_OBJECTS ((size_t)41)

struct typed_number {
    struct typed_object head;
    long value;
};

struct typed_block {
    struct typed_block *next;
    struct typed_number object[TYPED_BLOCK_OBJECTS];
};

/* The ints or the floats of 2.x. */
struct typed_blocks {
    struct typed_block *blocks; /* the newest first */
    struct typed_object *free;
    size_t block_count;
    size_t free_count;
};

struct typed_list {
    struct typed_object *first; /* the one put in last */
    size_t count;
};

struct typed_lists {
    const struct typed_edition *edition;
    struct memory_allocator object;
    struct memory_allocator raw;
    struct memory_allocator mem; /* PyMem_Malloc: one of the two */

    struct typed_list list[TYPED_KINDS];          /* but for tuples */
    struct typed_list tuple[TYPED_TUPLE_MAX + 1]; /* by length; 0 is unused */
    struct typed_blocks ints;
    struct typed_blocks floats;
    struct typed_number *small_int[TYPED_SMALL_INTS];

    struct typed_object *empty_tuple;
    struct {
        struct typed_object head;
        size_t items;
    } static_empty_tuple;

    size_t young_count;

    /* Their addresses are the types of objects. */
    char exact[TYPED_KINDS];
    char subclass[TYPED_KINDS];
};

/* What is at the same place in every object of several items. */
struct typed_sized {
    struct typed_object head;
    size_t items;
};

static inline const struct typed_rule *typed_rule(const struct typed_lists *l,
                                                  enum typed_kind kind)
{
    return &l->edition->rule[kind];
}

static inline struct typed_blocks *typed_blocks_of(struct typed_lists *lists,
                                                   enum typed_kind kind)
{
    return kind == TYPED_INT ? &lists->ints : &lists->floats;
}

static inline bool typed_is_keys(enum typed_kind kind)
{
    return kind == TYPED_KEYS || kind == TYPED_KEYS_GENERAL;
}

/* ---- typed_object.c: objects without their lists ---- */

/* A new object of the kind, with its head written; its part is not. */
struct typed_object *typed_object_new(struct typed_lists *lists,
                                      enum typed_kind kind, size_t items,
                                      const char *type);

/* Frees the object, not its part. */
void typed_object_delete(struct typed_lists *lists, enum typed_kind kind,
                         struct typed_object *object);

/* A frame of more items, perhaps moved. NULL: as it was. */
struct typed_object *typed_frame_grow(struct typed_lists *lists,
                                      struct typed_object *frame, size_t items);

/* Gives the object its part of `items`. False for want of memory. `reused`:
 * it comes from a list. */
bool typed_part_new(struct typed_lists *lists, enum typed_kind kind,
                    struct typed_object *object, size_t items, bool reused);
void typed_part_delete(struct typed_lists *lists, enum typed_kind kind,
                       struct typed_object *object);

/* log2 of the slots of a table with room for `items`; 64 when too many. */
unsigned typed_table_log(const struct typed_lists *lists, enum typed_kind kind,
                         size_t items);

/* log2 of the slots of these keys, and which of the two kinds they are. */
unsigned typed_keys_log(const struct typed_object *keys);

/* The second word of keys that come from the list. */
const void *typed_keys_kept_word(void);
enum typed_kind typed_keys_kind(const struct typed_object *keys);

/* ---- typed_blocks.c: the ints and floats of 2.x ---- */

struct typed_object *typed_blocks_alloc(struct typed_lists *lists,
                                        enum typed_kind kind);
void typed_blocks_free(struct typed_lists *lists, enum typed_kind kind,
                       struct typed_object *object);

/* Frees every block without a used object, and links the free objects of the
 * others anew. Returns how many objects are used. */
size_t typed_blocks_clear(struct typed_lists *lists, enum typed_kind kind);
void typed_blocks_destroy(struct typed_lists *lists, enum typed_kind kind);
bool typed_small_ints_create(struct typed_lists *lists);
bool typed_is_small_int(const struct typed_lists *lists,
                        const struct typed_object *object);

/* ---- typed_verify.c ---- */

struct fault typed_verify(struct typed_lists *lists);

#endif
