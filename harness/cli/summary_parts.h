/* summary_parts.h - what the files behind summary.h share: a summary on its
 * way, with the times that it is made of. */
#ifndef ASSAY_SUMMARY_PARTS_H
#define ASSAY_SUMMARY_PARTS_H

#include "summary.h"

/* One block's times of one subject on one row; NaN where there is none. */
struct summary_timing {
    double wall, cpu, memory;
    double aside[ASIDES];
};

struct summary_builder {
    struct summary *summary;
    struct summary_timing *timings; /* [row][subject][block] */
    size_t blocks;
};

static inline struct summary_timing *timing_at(
    const struct summary_builder *builder, size_t row, size_t subject,
    size_t block)
{
    size_t subjects = builder->summary->subject_count;

    return &builder
                ->timings[(row * subjects + subject) * builder->blocks + block];
}

/* Where the one of that name is in an array of the header; SIZE_MAX. */
size_t summary_find(const json_t *list, const char *name);

/* Takes all lines in, and makes builder->timings, the caller's to free. */
int summary_take(struct summary_builder *builder, const struct results *results,
                 struct failure *ret_error);

/* From times to effects. */
void summary_judge(const struct summary_builder *builder);

#endif
