/* list_inside.h - how a list lies in memory, and what changes its length.
 *
 * Invariant: size <= room; where room is 0, `item` is NULL or a block of no
 * bytes.
 *
 * Threads, Errors, Owner: as assay/types.h. */
#ifndef ASSAY_TYPES_LIST_INSIDE_H
#define ASSAY_TYPES_LIST_INSIDE_H

#include "assay/types.h"
#include "collector.h"

#define LIST_ITEMS_MAX ((size_t)PTRDIFF_MAX / sizeof(struct object *) / 2)

struct list {
    struct object head;
    size_t size;
    struct object **item;
    size_t room;
};

/* Makes room by the law of growth; places that are new are left as they are.
 * Shrinking can fail, too (list_resize). */
bool list_resize(struct list *list, size_t size);

/* The equal slot: as long, and each item is or equals its counterpart. */
bool list_equal(struct object *a, struct object *b);

#endif
