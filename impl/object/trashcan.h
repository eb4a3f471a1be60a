/* trashcan.h - long chains die without deep recursion.
 *
 * A dealloc slot that drops the last reference to another object calls the
 * dealloc slot of that one, and so on down the chain. The trashcan counts how
 * deep that has gone. From the limit on it puts the dying object aside, in a
 * list through the `prev` words of the GC heads; when the outermost slot is
 * done, those put aside are ended, the last first.
 *
 * Invariant: what is in the list has no references and is not tracked.
 *
 * Source: Objects/object.c of 3.11, _PyTrash_begin() and its kin.
 *
 * Threads: as the collector.
 * Errors:  none: nothing is allocated.
 * Owner:   objects that are put aside belong to the trashcan. */
#ifndef ASSAY_OBJECT_TRASHCAN_H
#define ASSAY_OBJECT_TRASHCAN_H

#include "head.h"

#define TRASHCAN_DEPTH_MAX 50 /* PyTrash_UNWIND_LEVEL */

struct trashcan {
    struct object *later;
    int depth;
};

void trashcan_put_aside(struct trashcan *can, struct object *object);
void trashcan_empty(struct trashcan *can);

/* False: put aside. */
static inline bool trashcan_enter(struct trashcan *can, struct object *object)
{
    if (can->depth < TRASHCAN_DEPTH_MAX) {
        can->depth++;
        return true;
    }
    trashcan_put_aside(can, object);
    return false;
}

static inline void trashcan_leave(struct trashcan *can)
{
    can->depth--;
    if (can->later && can->depth <= 0)
        trashcan_empty(can);
}

#endif
