/* debug_layer.h - a layer that dresses every block, so that misuse is seen.
 *
 *   | size  | id | fd x 7 | data ...      | fd x 8 | serial |
 *   8 bytes   1    pad      as requested    pad      8 bytes, when asked for
 *
 * Size and serial are big-endian. Fresh data is 0xcd, that of calloc zero; a
 * freed block is 0xdd from its size to its end. free and realloc look at the
 * id and at both pads first, and realloc does not leave the old bytes behind.
 * Source: CPython 3.11, _PyMem_DebugRawAlloc and its kin
 * (Objects/obmalloc.c); a block has the same bytes as there.
 *
 * Threads: as the layer below; with serials, one at a time.
 * Errors:  NULL as from below, and for more than PTRDIFF_MAX in all. Misuse is
 *          reported with a dump of the block, and is fatal (debug_config).
 * Owner:   the caller keeps the layer where it is while blocks of it live. */
#ifndef ASSAY_DEBUG_LAYER_H
#define ASSAY_DEBUG_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <assay/memory.h>

/* Why each byte of a dressed block is what it is. */
enum debug_byte {
    DEBUG_CLEAN = 0xcd,     /* fresh, and not yet written */
    DEBUG_DEAD = 0xdd,      /* freed */
    DEBUG_FORBIDDEN = 0xfd, /* before and behind the data */
};

/* Bytes in front of the data, behind it, and of the serial. */
enum { DEBUG_HEAD_BYTES = 16, DEBUG_TAIL_BYTES = 8, DEBUG_SERIAL_BYTES = 8 };

struct debug_config {
    FILE *file; /* where reports go; NULL: stderr */

    /* The number given last, which layers may share; NULL: blocks carry none
     * (CPython without PYMEM_DEBUG_SERIALNO). */
    size_t *serial;

    /* Called after a report with what was wrong; NULL: abort(). When it
     * returns, the request is not served: free frees nothing, the others give
     * NULL. */
    void (*fatal)(void *context, const char *what);

    /* May the caller allocate now? Asked at each request; NULL: always. */
    bool (*holds_lock)(void *context);

    void *context; /* of both functions */
};

/* The fields are the layer's own. */
struct debug_layer {
    struct memory_allocator below;
    struct debug_config config;
    char id;
};

/* `id` tells apart blocks of several layers: CPython has 'r', 'm' and 'o' for
 * its domains. `config` may be NULL: all defaults. */
void debug_layer_init(struct debug_layer *layer, char id,
                      const struct memory_allocator *below,
                      const struct debug_config *config);

struct memory_allocator debug_layer_allocator(struct debug_layer *layer);

/* The layer that an allocator is, or NULL when it is none of these. */
struct debug_layer *debug_layer_of(const struct memory_allocator *allocator);

/* What free would find wrong, reported as free would; true when nothing is
 * (_PyMem_DebugCheckAddress). */
bool debug_layer_check(const struct debug_layer *layer, const void *block);

/* Writes down the block's description (_PyObject_DebugDumpAddress). It reads
 * behind the data only when the bytes in front are whole. */
void debug_layer_dump(const struct debug_layer *layer, const void *block,
                      FILE *file);

/* Is this a pointer that was read from memory never written, freed or
 * forbidden, or NULL (_PyMem_IsPtrFreed)? */
static inline bool debug_pointer_is_freed(const void *pointer)
{
    const uintptr_t ones = UINTPTR_MAX / 0xff;
    uintptr_t value = (uintptr_t)pointer;
    return value == 0 || value == DEBUG_CLEAN * ones ||
           value == DEBUG_DEAD * ones || value == DEBUG_FORBIDDEN * ones;
}

#endif
