/* head.h - the two words in front of a collected object (PyGC_Head).
 *
 *   next   the next head of the list; 0: not tracked. Bit 0, UNREACHABLE,
 *          is set only while a collection sorts the reachable from the rest,
 *          and only in the list of those held to be unreachable.
 *   prev   the previous head, in all bits but two. Bit 0, FINALIZED, is for
 *          life. Bit 1, COLLECTING, is set in the objects that the running
 *          collection is about. From when counts are copied until an object
 *          is passed by, the upper bits are not a link: they are what is left
 *          of its count (gc_refs).
 *
 * The trashcan uses the link of `prev` in objects that are not tracked.
 *
 * Threads: as the collector.
 * Errors:  none.
 * Owner:   the collector; the trashcan between enter and leave. */
#ifndef ASSAY_OBJECT_HEAD_H
#define ASSAY_OBJECT_HEAD_H

#include "assay/object.h"

struct head {
    uintptr_t next;
    uintptr_t prev;
};

#define HEAD_UNREACHABLE ((uintptr_t)1) /* of next */
#define HEAD_FINALIZED   ((uintptr_t)1) /* of prev, as the following */
#define HEAD_COLLECTING  ((uintptr_t)2)
#define HEAD_FLAGS       ((uintptr_t)3)
#define HEAD_REFS_SHIFT  2

static inline struct head *head_of(const struct object *object)
{
    return (struct head *)(uintptr_t)object - 1;
}

static inline struct object *head_object(struct head *head)
{
    return (struct object *)(head + 1);
}

static inline struct head *head_next(const struct head *head)
{
    return (struct head *)head->next;
}

static inline struct head *head_prev(const struct head *head)
{
    return (struct head *)(head->prev & ~HEAD_FLAGS);
}

static inline void head_set_next(struct head *head, const struct head *next)
{
    head->next = (uintptr_t)next;
}

/* The flags stay. */
static inline void head_set_prev(struct head *head, const struct head *prev)
{
    head->prev = (head->prev & HEAD_FLAGS) | (uintptr_t)prev;
}

static inline bool head_is_tracked(const struct head *head)
{
    return head->next != 0;
}

static inline bool head_is_finalized(const struct head *head)
{
    return head->prev & HEAD_FINALIZED;
}

static inline bool head_is_collecting(const struct head *head)
{
    return head->prev & HEAD_COLLECTING;
}

static inline void head_clear_collecting(struct head *head)
{
    head->prev &= ~HEAD_COLLECTING;
}

/* A collection has passed it by: the link back is one again. */
static inline void head_pass(struct head *head, const struct head *prev)
{
    head->prev = (head->prev & HEAD_FINALIZED) | (uintptr_t)prev;
}

static inline intptr_t head_refs(const struct head *head)
{
    return (intptr_t)(head->prev >> HEAD_REFS_SHIFT);
}

/* The flags stay. */
static inline void head_set_refs(struct head *head, intptr_t refs)
{
    head->prev = (head->prev & HEAD_FLAGS) | (uintptr_t)refs << HEAD_REFS_SHIFT;
}

/* Starts the count of an object that a collection is now about. */
static inline void head_start_refs(struct head *head, intptr_t refs)
{
    head->prev = (head->prev & HEAD_FINALIZED) | HEAD_COLLECTING |
                 (uintptr_t)refs << HEAD_REFS_SHIFT;
}

static inline void head_drop_ref(struct head *head)
{
    assert(head_refs(head) > 0);
    head->prev -= (uintptr_t)1 << HEAD_REFS_SHIFT;
}

#endif
