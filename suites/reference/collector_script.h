/* collector_script.h - random graphs in any collector, beside a shadow graph.
 *
 * The shadow knows which object refers to which by number, and the payload of
 * each. What roots can reach must be there, with its payload and its slots;
 * after a collection of all, nothing else may be. The script holds no handle
 * from one step to the next: it takes them from the root stack.
 *
 * Threads: one.
 * Errors:  a failed assertion of Criterion, with seed and step. */
#ifndef ASSAY_COLLECTOR_SCRIPT_H
#define ASSAY_COLLECTOR_SCRIPT_H

#include "assay/collector.h"
#include "backend.h"
#include "random.h"

enum {
    SCRIPT_ROOTS = 12,
    SCRIPT_SLOTS = 3,
    SCRIPT_IDS = 2000,
    SCRIPT_NONE = -1,
};

struct shadow_object {
    bool made;
    bool ended;
    bool reached;
    unsigned slots;
    unsigned references; /* of slots and roots of what is reached */
    size_t bytes;        /* at least those of the number */
    int slot[SCRIPT_SLOTS];
};

struct collector_script {
    const struct assay_collector *collector;
    struct assay_heap *heap;
    const struct assay_type *type;
    struct counting_backend backend;
    struct random random;
    uint64_t seed;
    unsigned step;
    int made;
    int ended;
    int root[SCRIPT_ROOTS];
    struct shadow_object object[SCRIPT_IDS];
};

void collector_script_open(struct collector_script *script,
                           const struct assay_collector *collector,
                           uint64_t seed, uint64_t stream);

/* One request, and a look at all that roots can reach. False once there is no
 * number left for another object. */
bool collector_script_step(struct collector_script *script);

/* Up to so many requests. */
void collector_script_run(struct collector_script *script, int steps);

/* Two scripts in turns, streams 300 and 301 of the seed; then one alone. */
void collector_script_run_two(const struct assay_collector *collector,
                              uint64_t seed);

/* Short scripts, each on a backend that refuses at another place. */
void collector_script_run_refused(const struct assay_collector *collector,
                                  uint64_t seed);

/* Destroys the heap with all that is in it; nothing may be left. */
void collector_script_close(struct collector_script *script);

#endif
