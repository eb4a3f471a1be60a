/* model.h - what a script's blocks are, apart from the subject.
 *
 * The model holds each answer of the subject against what it knows: where the
 * live blocks lie up to the end of their usable size, what they hold, how they
 * are aligned. It keeps the first thing that is wrong.
 *
 * Threads: one at a time; a script's threads take turns.
 * Memory:  from check_map(), never given back. */
#ifndef ASSAY_ENGINE_MODEL_H
#define ASSAY_ENGINE_MODEL_H

#include "engine/script.h"
#include "interval.h"
#include "tools/owned.h"

/* What is looked at; the rest is passed over. */
enum look {
    LOOK_OVERLAP = 1,   /* no two blocks share a usable byte */
    LOOK_CONTENTS = 2,  /* nobody else writes; realloc keeps */
    LOOK_ALIGNMENT = 4, /* what goes without saying, and what was asked */
    LOOK_ZERO = 8,      /* calloc */
    LOOK_USABLE = 16,   /* not below the size, and the same while it lives */
    LOOK_ERRNO = 32,    /* free and malloc_usable_size leave errno alone */
};

struct held {
    struct owned owned;
    size_t usable; /* as told when it was allocated */
};

struct model {
    unsigned looks;
    bool tells_usable; /* malloc_usable_size is the subject's */
    struct held *held; /* SCRIPT_SLOTS_MAX */
    uint32_t slots;    /* above all that were ever used */
    struct interval_set live;
    uint64_t next_key;
    struct complaint complaint;
};

/* 0, or -1 without memory. */
int model_create(struct model *ret_model, unsigned looks);

/* One operation: asks the subject and looks at its answer. False, with a
 * complaint, once something is wrong. */
bool model_operate(struct model *model, const struct operation *operation);

/* Looks at all that is alive. */
bool model_look(struct model *model);

/* Looks at all that is alive and frees it. */
bool model_finish(struct model *model);

#endif
