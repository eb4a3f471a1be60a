/* small.h - every small graph there is, each with every set of roots.
 *
 * Graphs are built side by side in one heap, collected together, and looked at
 * one by one: what is unreachable must have ended, all else must be as it was.
 * Then their roots go, and nothing may be left. */
#ifndef ASSAY_COLLECTOR_SMALL_H
#define ASSAY_COLLECTOR_SMALL_H

#include "../check.h"

enum { SMALL_NODES_MAX = 4 };

struct small_plan {
    unsigned nodes; /* 1 to SMALL_NODES_MAX */
    unsigned most;  /* references from one to another, at most */
    unsigned batch; /* graphs side by side; 1 to SMALL_BATCH_MAX */
    unsigned step;  /* every step-th graph; 1: all */
    bool ages;      /* and every set of nodes that are old when the others
                     * are made; the youngest generation is collected first */
    bool payload;   /* references lie in payloads */
};

struct small_result {
    uint64_t graphs;
    uint64_t garbage; /* objects that should have ended, at each look */
    uint64_t residue; /* of these, those that were still there */
    char complaint[400];
};

/* Adds to `result`, until something is wrong. */
void small_run(const struct small_plan *plan, struct small_result *result);

#endif
