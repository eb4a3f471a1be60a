/* allocator_script.h - random requests to any plug-in, against a plain model.
 *
 * The model knows each live block and its pattern, and what every answer must
 * be. A script draws its requests from a seed and shows it when it fails. It
 * asks for what the plug-in's capabilities allow, and for a little more than
 * that, which must be refused.
 *
 * Threads: one.
 * Errors:  a failed assertion of Criterion, with seed and step. */
#ifndef ASSAY_ALLOCATOR_SCRIPT_H
#define ASSAY_ALLOCATOR_SCRIPT_H

#include "assay/allocator.h"
#include "backend.h"
#include "random.h"

enum { SCRIPT_BLOCKS = 500, SCRIPT_MARKS = 6 };

struct script_block {
    unsigned char *start;
    size_t bytes;  /* as requested */
    size_t filled; /* with the pattern of `birth` */
    uint64_t birth;
};

struct script_mark {
    struct assay_allocator_mark mark;
    uint64_t birth; /* of the next block */
    size_t live_blocks;
};

struct script_options {
    size_t block_bytes; /* as in struct assay_allocator_config */
    size_t capacity;
    uint64_t seed; /* of the run; ASSAY_SEED gives it again */
    uint64_t stream;
    uint32_t refused_share; /* of 1000 steps, those with a failing backend */
};

struct script {
    const struct assay_allocator *allocator;
    struct assay_heap *heap;
    struct counting_backend backend;
    struct script_options options;
    struct random random;
    unsigned step;
    uint64_t births;
    size_t live_blocks; /* what stats() must say */
    size_t block_count;
    struct script_block block[SCRIPT_BLOCKS];
    size_t mark_count;
    struct script_mark mark[SCRIPT_MARKS];
};

void script_open(struct script *script, const struct assay_allocator *allocator,
                 const struct script_options *options);

/* One request, and a look at the heap. */
void script_step(struct script *script);

/* One block more, or NULL when the answer was NULL and may be. */
struct script_block *script_alloc(struct script *script, size_t bytes,
                                  size_t align);

/* Looks at every byte of every block. */
void script_check(struct script *script);

/* Destroys the heap with all its blocks; nothing may be left. */
void script_close(struct script *script);

#endif
