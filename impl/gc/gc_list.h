/* gc_list.h - rings of GC heads. The list itself is a head, of no object.
 *
 * Threads, Errors, Owner: as head.h. */
#ifndef ASSAY_GC_LIST_H
#define ASSAY_GC_LIST_H

#include "head.h"

static inline void gc_list_init(struct head *list)
{
    list->next = (uintptr_t)list;
    list->prev = (uintptr_t)list;
}

static inline bool gc_list_is_empty(const struct head *list)
{
    return head_next(list) == list;
}

/* At the end. Its flags stay. */
static inline void gc_list_append(struct head *list, struct head *head)
{
    struct head *last = head_prev(list);
    head_set_prev(head, last);
    head_set_next(last, head);
    head_set_next(head, list);
    list->prev = (uintptr_t)head;
}

/* Its `prev` is left for the caller to set. */
static inline void gc_list_unlink(struct head *head)
{
    struct head *prev = head_prev(head), *next = head_next(head);
    head_set_next(prev, next);
    head_set_prev(next, prev);
}

static inline void gc_list_remove(struct head *head)
{
    gc_list_unlink(head);
    head->next = 0;
}

static inline void gc_list_move(struct head *head, struct head *to)
{
    gc_list_unlink(head);
    gc_list_append(to, head);
}

/* All of `from`, in order, to the end of `to`. */
static inline void gc_list_merge(struct head *from, struct head *to)
{
    assert(from != to);
    if (!gc_list_is_empty(from)) {
        struct head *to_last = head_prev(to), *from_first = head_next(from),
                    *from_last = head_prev(from);
        head_set_next(to_last, from_first);
        head_set_prev(from_first, to_last);
        head_set_next(from_last, to);
        head_set_prev(to, from_last);
    }
    gc_list_init(from);
}

static inline size_t gc_list_size(const struct head *list)
{
    size_t size = 0;
    for (const struct head *h = head_next(list); h != list; h = head_next(h))
        size++;
    return size;
}

#endif
