/* region.h - blocks that are freed together: a bump pointer in chunks.
 *
 *      chunk 1 (4 KiB)       chunk 2 (8 KiB)          spare      dedicated
 *      |head|blocks ..|tail| |head|blocks ..|free   | |head|   | |head|block|
 *                                           `used
 *
 * A chunk is twice as large as the one before, up to a bound. A request that
 * does not fit into the rest of the current chunk opens the next one, unless
 * it needs more than a quarter of that: then it gets a chunk of its own, and
 * the current one stays current. So the tail that is lost at the end of a
 * chunk is always less than a quarter of the next.
 *
 * Moments are numbered by a position, which grows with every request:
 *
 *      position = bytes of the chunks before the current one
 *               + bytes used of the current one, its head included
 *               + dedicated chunks
 *
 * A mark is such a number. Rewinding to it drops the dedicated chunks made at
 * a later position, and the chunks that begin later. Of the chunks dropped
 * one, the largest, is kept as the spare, which is the next one to be opened;
 * dedicated ones go back at once. So a region that is rewound or reset over
 * and over takes nothing from its backend.
 *
 * What is not allocated is poisoned under AddressSanitizer.
 *
 * Threads: one at a time for each region.
 * Errors:  NULL, and the region is as it was.
 * Owner:   memory belongs to the region until region_destroy(); the backend
 *          must outlive it. Without a block it owns nothing until the first
 *          request. */
#ifndef ASSAY_ALLOC_REGION_H
#define ASSAY_ALLOC_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/allocator.h"
#include "fault.h"

#define REGION_FIRST_BYTES     ((size_t)4096)
#define REGION_CHUNK_BYTES_MAX ((size_t)256 << 10)

/* Larger alignments are refused. */
#define REGION_ALIGN_MAX ((size_t)1 << 20)

struct region_chunk;

struct region {
    const struct assay_backend *backend;
    struct region_chunk *current;   /* the newest; NULL before the first */
    struct region_chunk *dedicated; /* the newest */
    struct region_chunk *spare;     /* NULL, or at least as large as the next */
    char *last; /* the newest block while it may be resized in place */
    size_t dedicated_count;
    size_t first_bytes;
    size_t chunk_bytes_max;
    size_t live_blocks;
    size_t live_bytes;
    size_t peak_bytes;
    size_t chunk_count; /* all chunks owned, and their bytes */
    size_t chunk_bytes;
};

struct region_config {
    size_t first_bytes;     /* 0: REGION_FIRST_BYTES */
    size_t chunk_bytes_max; /* 0: REGION_CHUNK_BYTES_MAX */
};

struct region_mark {
    size_t position;
    size_t live_blocks;
    size_t live_bytes;
};

struct region_stats {
    size_t live_blocks;
    size_t live_bytes; /* as requested; zero bytes count as one */
    size_t peak_bytes; /* of live_bytes */
    size_t chunk_count;
    size_t chunk_bytes; /* taken from the backend and not given back */
};

/* `config` may be NULL: all defaults. */
void region_init(struct region *region, const struct assay_backend *backend,
                 const struct region_config *config);

/* Gives everything back; the region is as after region_init(). */
void region_destroy(struct region *region);

/* `align` is a power of two. Zero bytes are one byte. */
void *region_alloc(struct region *region, size_t bytes, size_t align);

/* In place when the block shrinks, or when it is the newest block and no mark
 * was made since; otherwise a new block, and the old place is lost until the
 * rewind. Keeps the first min(old_bytes, bytes) bytes. */
void *region_resize(struct region *region, void *block, size_t old_bytes,
                    size_t bytes, size_t align);

struct region_mark region_mark(struct region *region);

/* Frees what was allocated after the mark; marks made after it end. The
 * counts become those of the mark. */
void region_rewind(struct region *region, struct region_mark mark);

/* Frees all blocks. The first chunk and the spare stay. */
void region_reset(struct region *region);

/* Does the address lie in what was given out and not rewound? */
bool region_owns(const struct region *region, const void *address);

void region_stats(const struct region *region, struct region_stats *ret_stats);

struct fault region_verify(const struct region *region);

#endif
