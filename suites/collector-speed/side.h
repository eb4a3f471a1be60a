/* side.h - what a side of the comparison can do with nodes: the reference, or
 * CPython. A node has two slots, an id, and a place for weak references: 64
 * bytes with its GC head, on both sides.
 *
 * Each side is a file of its own behind these functions, so that both are
 * reached through the same kind of call.
 *
 * Threads: one.
 * Errors:  none come back: want of memory ends the process with status 3.
 * Owner:   side_node() gives a new reference, side_drop() ends one; a slot
 *          has a reference of its own. */
#ifndef ASSAY_COLLECTOR_SPEED_SIDE_H
#define ASSAY_COLLECTOR_SPEED_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIDE_SLOTS = 2, SIDE_GENERATIONS = 3 };

/* What a run leaves: equal on both sides, or they did different work. */
struct side_state {
    uint64_t live;   /* tracked objects */
    uint64_t digest; /* of their ids, generation by generation, in order */
    int count[SIDE_GENERATIONS];
    uint64_t collections[SIDE_GENERATIONS];
    uint64_t collected; /* by all collections */
    uint64_t pending, total;
};

extern const char *const side_name;

/* Nothing but nodes will be in the lists; automatic collection is off. */
void side_open(void);
void *side_node(intptr_t id);
void side_set(void *node, unsigned slot, void *value);
void side_drop(void *node);
size_t side_collect(void); /* all generations; how many were unreachable */
void side_set_automatic(bool on);
void side_state(struct side_state *ret_state);

_Noreturn void side_give_up(const char *why);

#endif
