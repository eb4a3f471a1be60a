/* inspect_heap.h - the inside of a heap that is inspected: objects by number,
 * and their references one after the other.
 *
 * Threads, Errors, Owner: as inspect.h. */
#ifndef ASSAY_TRACE_INSPECT_HEAP_H
#define ASSAY_TRACE_INSPECT_HEAP_H

#include "assay/inspect.h"
#include "trace_index.h"

struct inspect_object {
    const struct object *object;
    const struct object_type *type;
    size_t bytes;
    size_t references;     /* its count */
    size_t references_in;  /* from objects of this heap */
    size_t first_referent; /* in `referent` */
    size_t referent_count;
};

struct inspect_heap {
    struct inspect_object *object;
    size_t count;
    size_t room;
    struct trace_index index; /* by address */
    uint32_t *referent;       /* numbers */
    size_t referent_count;
    size_t referent_room;
};

/* TRACE_NONE: there is none. */
uint32_t inspect_find(const struct inspect_heap *heap,
                      const struct object *object);

/* A type's growth: by type, a number in an array of its own. */
struct inspect_sum {
    const struct object_type *type;
    size_t count;
    size_t bytes;
};

struct inspect_sums {
    struct inspect_sum *item;
    size_t count;
    size_t room;
    struct trace_index index;
};

/* All types of a heap; -ENOMEM. */
int inspect_sum_up(const struct inspect_heap *heap, struct inspect_sums *ret);
const struct inspect_sum *inspect_sum_find(const struct inspect_sums *sums,
                                           const struct object_type *type);
void inspect_sums_end(struct inspect_sums *sums);

#endif
