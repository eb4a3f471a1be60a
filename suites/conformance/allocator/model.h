/* model.h - a heap, and by our own account what is alive on it.
 *
 * Every answer of the plug-in is held against the account: where a block
 * lies, what it holds, what owns(), usable_bytes() and verify() say of it, and
 * whether a refusal was due. The first thing that is wrong is kept as a
 * sentence; from then on nothing is asked any more.
 *
 * Threads: one.
 * Errors:  the subject's go to `wrong`; a check that finds it set fails with
 *          it. No memory for the account is `wrong`, too, and says so.
 * Owner:   the account is mapped, and kept for the next heap of this model. */
#ifndef ASSAY_ALLOCATOR_MODEL_H
#define ASSAY_ALLOCATOR_MODEL_H

#include "check.h"

enum { MODEL_BLOCKS = 4096, MODEL_MARKS = 8 };

struct model_block {
    unsigned char *start;
    size_t bytes;  /* as last requested */
    size_t filled; /* with the pattern of `key`; no less than bytes */
    uint64_t key;
    uint64_t birth; /* later blocks have a larger one */
};

struct model_mark {
    struct assay_allocator_mark mark;
    uint64_t birth; /* of the next block */
    size_t counted;
};

struct model {
    struct assay_allocator_config config;
    struct assay_heap *heap;
    struct model_block *block; /* MODEL_BLOCKS of them */
    size_t count;              /* that are alive */
    size_t counted;            /* what stats() must say is alive: after a rewind
                                * what it was at the mark, though a block that
                                * resize() moved since is gone */
    size_t requested_bytes;    /* of these */
    struct model_mark mark[MODEL_MARKS];
    size_t mark_count;
    uint64_t births;
    uint64_t keys;
    bool watches_stats;     /* stats() is asked after each step */
    size_t peak_seen_bytes; /* the most that stats() has said is alive */
    bool shares_backend;    /* another heap takes from it meanwhile */
    size_t pieces_beside;   /* of the backend, before the heap was made */
    char wrong[400];        /* "" while all is well */
};

/* Whether all of these bits are claimed. */
bool model_can(uint32_t bits);

/* The largest request: of size_max and block_bytes the smaller; SIZE_MAX
 * where there is no limit but memory. */
size_t model_bytes_max(const struct model *model);

/* Makes a heap: of that block size where it is fixed, of that capacity where
 * it is bounded. False, and `wrong` says why. */
bool model_open(struct model *model, size_t block_bytes, size_t capacity);

/* Looks at everything and destroys the heap, whatever lives on it. Where the
 * memory is the backend's, all must be back. */
void model_close(struct model *model);

/* One block more; NULL when it was rightly refused, or something is wrong. */
struct model_block *model_alloc(struct model *model, size_t bytes,
                                size_t align);
void model_free(struct model *model, size_t index);

/* False when it was rightly refused, or something is wrong. */
bool model_resize(struct model *model, size_t index, size_t bytes);
void model_reset(struct model *model);
void model_mark(struct model *model);

/* To the mark of that index, which stays. */
void model_rewind(struct model *model, size_t index);

/* Looks at each byte of each block, at the heap and the backend. */
void model_look(struct model *model);

/* Where stats() are watched: compares them, and looks at nothing else. */
void model_look_stats(struct model *model);

/* Keeps the sentence, if it is the first. */
void model_note(struct model *model, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- model_answer.c, for model.c ---- */

/* Whether NULL is the only right answer; and whether it is one. */
bool model_must_refuse(const struct model *model, size_t bytes, size_t align);
bool model_may_refuse(const struct model *model, size_t bytes,
                      size_t refusals_before);

/* Holds what alloc() or resize() gave against all that is promised of it. */
void model_accept(struct model *model, struct model_block *block, size_t align);

#endif
