/* shadow.h - a model of what is alive, which every answer is held against.
 *
 * The model stands between a workload (or a check) and the subject. It knows
 * each live block's place and size, fills blocks with a pattern of their own,
 * and looks at every byte again when a block is freed or resized. What it
 * decides:
 *   ALN-1  a block smaller than 16 is aligned to the largest power of two
 *          that is not larger than it
 *   ALN-2  any other block is aligned to 16
 *   ALN-4  aligned_alloc() gives the alignment that was asked for
 *   INT-1  no two live blocks share a byte
 *   INT-2  nobody but the owner changes a live block
 *   INT-3  first and last byte are mapped and writable
 *   ZER-1  calloc() gives zeros
 *   RLC-1  realloc() keeps the first min(old, new) bytes
 *
 * Only the first violation is kept. After it the model goes blind and only
 * passes calls on, for whatever follows may be its consequence.
 *
 * Threads: any; one lock around the model, none around the subject.
 * Errors:  a subject's NULL is passed on and is no violation.
 * Owner:   shadow_destroy(). Its memory is mapped, never allocated. */
#ifndef ASSAY_SHADOW_H
#define ASSAY_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workload.h"

struct shadow;

struct shadow_options {
    uint64_t seed;
    uint32_t blocks_max; /* alive together */
    enum touch touch;    /* where the caller may leave TOUCH_BYTE */
    size_t alignment;    /* 0: a malloc's, ALN-1 and ALN-2. Otherwise that of
                          * every block of whatever size: ALN-2 */

    /* One thread calls: the digest then depends on the order of requests.
     * Otherwise it is a sum, the same for every interleaving. */
    bool one_thread;

    /* Called once, at the first violation, with the model locked: it may end
     * the process. May be NULL. */
    void (*violated)(const struct shadow *shadow);
};

/* NULL when memory or a descriptor is missing. */
struct shadow *shadow_create(const struct calls *subject,
                             const struct shadow_options *options);
void shadow_destroy(struct shadow *shadow);

void *shadow_malloc(struct shadow *shadow, size_t size);
void *shadow_calloc(struct shadow *shadow, size_t count, size_t size);
void *shadow_realloc(struct shadow *shadow, void *block, size_t size);
void *shadow_aligned_alloc(struct shadow *shadow, size_t alignment,
                           size_t size);
void shadow_free(struct shadow *shadow, void *block);

/* Looks at every live block now. False after a violation. */
bool shadow_verify(struct shadow *shadow);

/* The id of the requirement found broken; "" when the caller itself freed or
 * resized what was not alive; NULL while all is well. */
const char *shadow_requirement(const struct shadow *shadow);

/* Which block, size, offset and byte. "" while all is well. */
const char *shadow_message(const struct shadow *shadow);

uint64_t shadow_digest(const struct shadow *shadow);
uint64_t shadow_live_blocks(const struct shadow *shadow);
uint64_t shadow_live_bytes(const struct shadow *shadow);

#endif
