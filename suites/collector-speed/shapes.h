/* shapes.h - what nodes are linked to: the shapes that are collected.
 *
 * Threads: one.
 * Errors:  as side.h.
 * Owner:   every node of `node` is held by one reference, the shape's. */
#ifndef ASSAY_COLLECTOR_SPEED_SHAPES_H
#define ASSAY_COLLECTOR_SPEED_SHAPES_H

#include "side.h"

/* Pages that no allocator serves, filled before any clock starts. */
struct shape {
    size_t objects;
    void **node;
    uint32_t *draw[SIDE_SLOTS]; /* of the random graph: who follows */
};

void shape_open(struct shape *shape, size_t objects, uint64_t seed);

/* Makes the nodes, ids 0 to objects - 1 in that order. */
void shape_make_nodes(struct shape *shape);

enum shape_kind {
    SHAPE_LIST,   /* each refers to the next */
    SHAPE_RING,   /* and the last to the first */
    SHAPE_RANDOM, /* each refers to two, and is referred to by two */
    SHAPE_TREE,   /* each refers to its two children */
    SHAPE_PAIRS,  /* each two refer to one another */
    SHAPE_KINDS,
};

void shape_link(const struct shape *shape, enum shape_kind kind);

/* Ends the references of the shape to all but those that keep it alive: the
 * first node, or one of each pair; `last` to the first. Ending one earlier
 * would be a drop. */
void shape_hold_first(const struct shape *shape, enum shape_kind kind);

/* Ends those that are left, so that only a collection ends the nodes: a list
 * or a tree is held by its `anchor`, a node that refers to itself and to it. */
void shape_let_go(const struct shape *shape, enum shape_kind kind);
void shape_anchor(const struct shape *shape, enum shape_kind kind);

#endif
