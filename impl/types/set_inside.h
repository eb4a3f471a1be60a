/* set_inside.h - how a set lies in memory.
 *
 * Threads, Errors, Owner: as assay/types.h. */
#ifndef ASSAY_TYPES_SET_INSIDE_H
#define ASSAY_TYPES_SET_INSIDE_H

#include "assay/types.h"
#include "collector.h"

#define SET_SMALL 8 /* PySet_MINSIZE */

struct place {
    struct object *key; /* NULL also in a dummy */
    intptr_t hash;
};

struct set {
    struct object head;
    size_t fill; /* keys and dummies */
    size_t used; /* keys */
    size_t mask;
    struct place *table;
    intptr_t hash; /* of frozen ones: none here */
    size_t finger; /* where set_pop() goes on */
    struct place small[SET_SMALL];
    struct weak *weak;
};

#endif
