/* allocator.h - what an object allocator under test promises. ABI 0: private
 * until it is frozen as 1.
 *
 * A plug-in is a shared library that exports one data symbol:
 *
 *     const struct assay_allocator assay_allocator = { ... };
 *
 * Where an entry takes a block, it takes one that is alive and of that heap.
 *
 * Threads: all calls on one heap come from one thread at a time, unless
 *          ASSAY_ALLOCATOR_THREADS.
 * Errors:  NULL, and the heap is as it was before the call.
 * Owner:   a heap returns to the backend all it took, when it is destroyed,
 *          whatever blocks are still given out. */
#ifndef ASSAY_ALLOCATOR_H
#define ASSAY_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/backend.h"

#define ASSAY_ALLOCATOR_ABI    0u
#define ASSAY_ALLOCATOR_SYMBOL "assay_allocator"

/* What a plug-in can beyond create, destroy and alloc. What is missing here
 * is skipped by the suite, and the skip is shown. */
enum assay_allocator_can {
    ASSAY_ALLOCATOR_FREE = 1 << 0,     /* blocks can be freed one by one */
    ASSAY_ALLOCATOR_RESIZE = 1 << 1,   /* resize() */
    ASSAY_ALLOCATOR_RESET = 1 << 2,    /* reset() frees all blocks at once */
    ASSAY_ALLOCATOR_MARK = 1 << 3,     /* mark() and rewind() */
    ASSAY_ALLOCATOR_OWNS = 1 << 4,     /* owns() */
    ASSAY_ALLOCATOR_USABLE = 1 << 5,   /* usable_bytes() */
    ASSAY_ALLOCATOR_STATS = 1 << 6,    /* stats() */
    ASSAY_ALLOCATOR_VERIFY = 1 << 7,   /* verify() */
    ASSAY_ALLOCATOR_ZEROED = 1 << 8,   /* every block reads as zero */
    ASSAY_ALLOCATOR_FIXED = 1 << 9,    /* one block size: config.block_bytes */
    ASSAY_ALLOCATOR_BOUNDED = 1 << 10, /* config.capacity blocks at most */
    ASSAY_ALLOCATOR_THREADS = 1 << 11, /* any thread may call */
};

struct assay_allocator_config {
    const struct assay_backend *backend; /* a heap's only source */
    size_t block_bytes; /* for ASSAY_ALLOCATOR_FIXED, otherwise 0 */
    size_t capacity;    /* for ASSAY_ALLOCATOR_BOUNDED, otherwise 0 */
};

struct assay_allocator_stats {
    size_t live_blocks;
    size_t live_bytes; /* as the allocator accounts for them */
    size_t peak_bytes; /* of live_bytes */
};

struct assay_heap; /* the plug-in's own */

/* A moment in the life of a heap; what is in it is the plug-in's own. */
struct assay_allocator_mark {
    uintptr_t word[4];
};

struct assay_allocator {
    uint32_t abi;     /* ASSAY_ALLOCATOR_ABI */
    uint32_t can;     /* set of enum assay_allocator_can */
    const char *name; /* one lower-case word, used in results */
    size_t size_max;  /* largest request; 0: no limit but memory, or else
                       * config.block_bytes */
    size_t align_min; /* every block is aligned to this */
    size_t align_max; /* the largest alignment that alloc() grants */

    /* NULL when the backend refuses, or the configuration has no sense. */
    struct assay_heap *(*create)(const struct assay_allocator_config *config);
    void (*destroy)(struct assay_heap *heap);

    /* `align` is a power of two; NULL when size or align are beyond what is
     * promised above, or memory is refused. Zero bytes give a block of its
     * own. */
    void *(*alloc)(struct assay_heap *heap, size_t bytes, size_t align);

    /* From here on NULL where the capability is missing. */
    void (*free)(struct assay_heap *heap, void *block);

    /* Keeps the first min(old, bytes) bytes. Alignment: align_min. The old
     * block is gone, unless the result is NULL. */
    void *(*resize)(struct assay_heap *heap, void *block, size_t old_bytes,
                    size_t bytes);
    void (*reset)(struct assay_heap *heap);

    /* A mark names a moment; rewind() frees what was allocated after it, and
     * ends the marks made after it. A block that resize() returned was
     * allocated then, if it is not where it was. stats() counts after a
     * rewind what it counted at the mark. reset() ends all marks. */
    struct assay_allocator_mark (*mark)(struct assay_heap *heap);
    void (*rewind)(struct assay_heap *heap, struct assay_allocator_mark mark);

    /* True of every byte of a block; false of memory that is not the heap's.
     * Of what else is the heap's it may say either. */
    bool (*owns)(const struct assay_heap *heap, const void *address);
    size_t (*usable_bytes)(const struct assay_heap *heap, const void *block);
    void (*stats)(const struct assay_heap *heap,
                  struct assay_allocator_stats *ret_stats);

    /* NULL when the heap is sound, otherwise what is wrong with it. */
    const char *(*verify)(struct assay_heap *heap);
};

/* A plug-in defines it; a suite asks dlsym for it. */
extern __attribute__((visibility("default")))
const struct assay_allocator assay_allocator;

#endif
