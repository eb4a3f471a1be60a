/* region_parts.h - what the files of a region share, and nobody else.
 *
 * Invariants (region_verify decides them):
 *   a chunk begins where the one before ends, counted in positions, and is
 *   not smaller; dedicated chunks lie in the order they were made in;
 *   the spare is at least as large as the current chunk, and empty. */
#ifndef ASSAY_ALLOC_REGION_PARTS_H
#define ASSAY_ALLOC_REGION_PARTS_H

#include "region.h"

/* Heads are multiples of this, and chunks are aligned to it. */
#define REGION_ALIGN ((size_t)16)

/* What remains of it shows that a block was written beyond its end. */
#define REGION_SEAL ((size_t)0x6e6f69676572u)

struct region_chunk {
    struct region_chunk *earlier; /* of the same list */
    size_t bytes;                 /* the head included, as in `used` */
    size_t used;
    size_t position; /* before the head; a dedicated one's: after it is made */
    size_t seal;     /* REGION_SEAL ^ the head's address */
};

#define REGION_HEAD \
    ((sizeof(struct region_chunk) + REGION_ALIGN - 1) & ~(REGION_ALIGN - 1))

static inline size_t region_position(const struct region *region)
{
    const struct region_chunk *chunk = region->current;
    size_t in_chunks = chunk ? chunk->position + chunk->used : 0;

    return in_chunks + region->dedicated_count;
}

#endif
