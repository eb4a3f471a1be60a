/* region.h - runs work() on its threads between clocks.
 *
 * Threads: called from the main thread. A row of one thread runs on it, and
 *          then no other thread ever exists.
 * Errors:  a thread that cannot be created is a negative errno; nothing has
 *          run then, and the process cannot be used for another run. */
#ifndef ASSAY_CELL_REGION_H
#define ASSAY_CELL_REGION_H

#include <stdint.h>

#include "workload.h"

typedef void region_function(struct run *run, unsigned thread);

/* What the region cost; differences, apart from the per-thread extremes. */
struct region {
    uint64_t wall_ns; /* first thread's start to last thread's end */
    uint64_t cpu_ns;
    uint64_t user_ns;
    uint64_t sys_ns;
    uint64_t minor_faults;
    uint64_t major_faults;
    uint64_t voluntary_switches;
    uint64_t involuntary_switches;
    uint64_t thread_ns_min;
    uint64_t thread_ns_max;
};

/* `enter`: the floor is armed around each thread's loop. */
int region_run(struct run *run, region_function *function, bool enter,
               struct region *ret_region);

#endif
