/* shapes.h - graphs with a name, built in a world. */
#ifndef ASSAY_COLLECTOR_SHAPES_H
#define ASSAY_COLLECTOR_SHAPES_H

#include "engine/world.h"

enum shape {
    SHAPE_LOOP, /* one object that refers to itself */
    SHAPE_PAIR,
    SHAPE_RING,
    SHAPE_CHAIN,
    SHAPE_CLIQUE,
    SHAPE_RING_OF_RINGS,
    SHAPE_EIGHT,      /* two rings with one object in common */
    SHAPE_INTO_CYCLE, /* a chain that leads to a ring */
    SHAPE_OUT_OF_CYCLE,
    SHAPE_TREE, /* with a reference from each leaf to the root */
    SHAPE_STAR, /* both ways */
    SHAPE_LADDER,
    SHAPE_RANDOM, /* three references from each */
    SHAPES,
};

extern const char *const shape_words[SHAPES];

/* Makes about `size` objects of that kind, at most 8 for a clique, as roots in
 * the places from `first` on, and links them. How many there are; 0 where
 * there was no memory. */
int shape_build(struct world *world, enum shape shape, int first, int size,
                enum world_kind kind, struct random *random);

/* Empties places [first, first + count). */
void shape_drop(struct world *world, int first, int count);

#endif
