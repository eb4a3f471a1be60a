/* trashcan.c - puts dying objects aside, and ends them later. */
#include "trashcan.h"

void trashcan_put_aside(struct trashcan *can, struct object *object)
{
    struct head *head = head_of(object);
    assert(object->references == 0);
    assert(!head_is_tracked(head));
    head->prev =
        (head->prev & HEAD_FLAGS) | (uintptr_t)(const void *)can->later;
    can->later = object;
}

/* The depth stays above 0 meanwhile: the slots called from here put aside
 * again, and do not come back to this place. */
void trashcan_empty(struct trashcan *can)
{
    can->depth++;
    while (can->later) {
        struct object *object = can->later;
        can->later = (struct object *)head_prev(head_of(object));
        assert(object->references == 0);
        object->type->dealloc(object);
        assert(can->depth == 1);
    }
    can->depth--;
}
