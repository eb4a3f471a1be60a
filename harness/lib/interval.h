/* interval.h - an ordered set of disjoint address ranges, in pages of its own.
 *
 * A treap: a search tree by address whose random priorities form a heap, so
 * that it stays shallow whatever the order of insertion (Seidel and Aragon,
 * 1996). Nodes come from one reserved mapping and never from malloc.
 *
 * Threads: the caller locks.
 * Owner:   interval_set_destroy() ends the set and every node of it. */
#ifndef ASSAY_INTERVAL_H
#define ASSAY_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct interval {
    uintptr_t start;
    size_t span; /* bytes covered, at least 1 */
    size_t size; /* bytes requested: what the owner of the set keeps here */
    uint64_t id; /* likewise */
    bool resized;
    uint32_t left, right, priority; /* the tree's own */
};

struct interval_set {
    struct interval *nodes; /* node 0 stands for no node */
    uint32_t capacity, used, spare, root, count;
    uint64_t random;
};

/* Room for `capacity` ranges; memory is reserved, not resident. -1 if none. */
int interval_set_create(struct interval_set *set, uint32_t capacity);
void interval_set_destroy(struct interval_set *set);

/* The range that shares a byte with [start, start + span), or NULL. */
const struct interval *interval_overlapping(const struct interval_set *set,
                                            uintptr_t start, size_t span);

/* The range that starts there, or NULL. */
const struct interval *interval_at(const struct interval_set *set,
                                   uintptr_t start);

/* Adds a range that overlaps none. -1 when the set is full. */
int interval_insert(struct interval_set *set, const struct interval *range);

/* Takes out the range that starts there: false when there is none. */
bool interval_remove(struct interval_set *set, uintptr_t start,
                     struct interval *ret_range);

#endif
