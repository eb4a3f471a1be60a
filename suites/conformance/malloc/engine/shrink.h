/* shrink.h - the shortest script that still fails, by leaving parts out.
 *
 * Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating
 * failure-inducing input", 2002): takes out ever smaller pieces and keeps what
 * fails without them. */
#ifndef ASSAY_ENGINE_SHRINK_H
#define ASSAY_ENGINE_SHRINK_H

#include "engine/script.h"

struct shrinking {
    /* Whether this script still fails. */
    bool (*fails)(void *argument, const struct script *script);
    void *argument;
    unsigned attempts_max;
    uint64_t until_ns; /* of clock_wall_ns(); 0: no limit */
    unsigned attempts; /* how many there were */
};

/* Shortens a script that fails in place. What is left fails; within the limits
 * no single operation can be left out. -1 without memory. */
int script_shrink(struct script *script, struct shrinking *shrinking);

#endif
