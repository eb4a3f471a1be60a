/* script.h - random requests to a heap, drawn from a seed.
 *
 * Drawn is what the plug-in claims, and at times a little more than that,
 * which must be refused. The heap is renewed where nothing else ends blocks. */
#ifndef ASSAY_ALLOCATOR_SCRIPT_H
#define ASSAY_ALLOCATOR_SCRIPT_H

#include "model.h"

/* Shares are of 1000 requests; where one is not claimed, alloc() stands in. */
struct script {
    size_t block_bytes; /* as for model_open() */
    size_t capacity;
    unsigned steps;
    unsigned free_share;
    unsigned resize_share;
    unsigned mark_share; /* marks and rewinds */
    unsigned reset_share;
    unsigned refused_share; /* of steps, those with a backend that refuses */
};

/* What most checks want: a mix of everything. */
extern const struct script script_mixed;

/* Plays it on a heap of its own, to the end or to the first wrong answer.
 * Sets model->wrong with the step in it. */
void script_play(struct model *model, const struct script *script,
                 struct random *random);

#endif
