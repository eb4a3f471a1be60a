/* allocator.h - what an object allocator under test promises. ABI 1.
 *
 * A plug-in is a shared library that exports one data symbol:
 *
 *     const struct assay_allocator assay_allocator = { ... };
 *
 * Words
 *   heap       what create() makes: blocks, and what is needed to find more.
 *              Heaps know nothing of one another
 *   block      what alloc() and resize() give, until free(), reset(),
 *              rewind() or destroy() ends it; then its memory may be reused
 *   backend    where a heap gets memory (backend.h)
 *   to claim   to have the bit in `can`
 *
 * A block's bytes are the user's: while it lives, the heap neither reads nor
 * writes them. Where an entry takes a block, it takes one that is alive and of
 * that heap; anything else is undefined, and is reported where it is noticed.
 *
 * Threads: all calls on one heap come from one thread at a time. With
 *          ASSAY_ALLOCATOR_THREADS any number of threads may call alloc(),
 *          free(), resize(), owns(), usable_bytes() and stats() at once; the
 *          others are called while no other call runs.
 * Errors:  NULL for want of memory, or for a request beyond the limits below,
 *          and the heap is as it was before the call: what is asked again
 *          later may be granted. Nothing else can fail.
 * Owner:   destroy() gives back all that the heap took, whatever blocks are
 *          still alive; a create() that fails keeps nothing. The table, its
 *          name, and config.backend outlive the heap; the config itself does
 *          not, and is copied.
 * NULL:    no argument is ever NULL, but owns() may be asked about it.
 *          Entries of the table from `free` on are NULL where the capability
 *          is not claimed.
 *
 * A later ABI may add bits, and entries behind the last; it never changes
 * what stands here. */
#ifndef ASSAY_ALLOCATOR_H
#define ASSAY_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/backend.h"

#define ASSAY_ALLOCATOR_ABI    1u
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
    ASSAY_ALLOCATOR_ZEROED = 1 << 8,   /* every new block reads as zero */
    ASSAY_ALLOCATOR_FIXED = 1 << 9,    /* one block size: config.block_bytes */
    ASSAY_ALLOCATOR_BOUNDED = 1 << 10, /* config.capacity blocks can be alive,
                                        * no fewer and no more */
    ASSAY_ALLOCATOR_THREADS = 1 << 11, /* see above */

    /* Every block lies in memory of config.backend, and so does what grows
     * with their number. */
    ASSAY_ALLOCATOR_BACKEND = 1 << 12,

    /* Of config.bytes, and neighbours that are free are one piece again: a
     * heap without blocks grants what it granted when it was new. */
    ASSAY_ALLOCATOR_MERGES = 1 << 13,

    /* config.construct and config.destruct are called; a block that is free
     * keeps what its last owner left in it, for the next. With FIXED. */
    ASSAY_ALLOCATOR_CONSTRUCTS = 1 << 14,
};

/* What is not of a claimed capability is 0 or NULL. */
struct assay_allocator_config {
    const struct assay_backend *backend; /* never NULL */
    size_t block_bytes; /* FIXED: of every block; requests may be smaller */
    size_t capacity;    /* BOUNDED: in blocks */
    size_t bytes;       /* MERGES: what blocks and their heads have in all; a
                         * power of two, 64 KiB or more */

    /* CONSTRUCTS: called once for a piece of memory before it is a block for
     * the first time, and once before that memory goes back or becomes
     * anything else. They call nothing of the heap, and may be NULL. */
    void (*construct)(void *context, void *block);
    void (*destruct)(void *context, void *block);
    void *context; /* for these two */
};

struct assay_allocator_stats {
    size_t live_blocks;
    size_t live_bytes; /* as the allocator accounts for them: no less than
                        * was requested, and 0 where no block lives */
    size_t peak_bytes; /* the most that live_bytes has been */
};

struct assay_heap; /* the plug-in's own */

/* A moment in the life of a heap; what is in it is the plug-in's own. */
struct assay_allocator_mark {
    uintptr_t word[4];
};

struct assay_allocator {
    uint32_t abi;     /* ASSAY_ALLOCATOR_ABI */
    uint32_t can;     /* set of enum assay_allocator_can */
    const char *name; /* one word of lower-case letters, digits and dashes */
    size_t size_max;  /* largest request; 0: no limit but memory, or else
                       * config.block_bytes. More than PTRDIFF_MAX is always
                       * refused */
    size_t align_min; /* every block is aligned to this; a power of two */
    size_t align_max; /* the largest alignment that alloc() grants; a power
                       * of two, no less than align_min */

    /* NULL when memory is refused, or the configuration has no sense. */
    struct assay_heap *(*create)(const struct assay_allocator_config *config);
    void (*destroy)(struct assay_heap *heap);

    /* `align` is a power of two; NULL when size or align are beyond what is
     * promised above, or memory is refused. Zero bytes give a block of its
     * own. */
    void *(*alloc)(struct assay_heap *heap, size_t bytes, size_t align);

    /* ---- FREE ---- */
    void (*free)(struct assay_heap *heap, void *block);

    /* ---- RESIZE: `old_bytes` as last requested. Keeps the first
     * min(old, bytes) bytes; alignment: align_min. The old block is gone,
     * unless the result is NULL. ---- */
    void *(*resize)(struct assay_heap *heap, void *block, size_t old_bytes,
                    size_t bytes);

    /* ---- RESET: ends all blocks. What could be had of a new heap can be had
     * again, and a thousand rounds need no more memory than a few. ---- */
    void (*reset)(struct assay_heap *heap);

    /* ---- MARK: a mark names a moment; rewind() frees what was allocated
     * after it, and ends the marks made after it. A block that resize()
     * returned was allocated then, if it is not where it was. stats() counts
     * after a rewind what it counted at the mark. reset() ends all marks. ----
     */
    struct assay_allocator_mark (*mark)(struct assay_heap *heap);
    void (*rewind)(struct assay_heap *heap, struct assay_allocator_mark mark);

    /* ---- OWNS: true of every byte of a block; false of memory that is not
     * the heap's, and of NULL. Of what else is the heap's it may say
     * either. ---- */
    bool (*owns)(const struct assay_heap *heap, const void *address);

    /* ---- USABLE: what may be used of the block, no less than was requested:
     * all of it is the user's ---- */
    size_t (*usable_bytes)(const struct assay_heap *heap, const void *block);

    /* ---- STATS ---- */
    void (*stats)(const struct assay_heap *heap,
                  struct assay_allocator_stats *ret_stats);

    /* ---- VERIFY: NULL when the heap is sound, otherwise what is wrong with
     * it, a text that is never freed ---- */
    const char *(*verify)(struct assay_heap *heap);
};

/* A plug-in defines it; a suite asks dlsym for it. */
extern __attribute__((visibility("default")))
const struct assay_allocator assay_allocator;

#endif
