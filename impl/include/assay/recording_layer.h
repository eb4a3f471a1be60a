/* recording_layer.h - a layer that remembers what it was asked last.
 *
 * Threads: one at a time.
 * Errors:  as the layer below.
 * Owner:   the caller keeps the layer where it is while it is in use, and may
 *          set `last` and `calls` to zero at any time. */
#ifndef ASSAY_RECORDING_LAYER_H
#define ASSAY_RECORDING_LAYER_H

#include <stddef.h>

#include <assay/memory.h>

/* The arguments of the last call of each function. */
struct recorded_last {
    size_t malloc_bytes;
    size_t calloc_count;
    size_t calloc_bytes;
    void *realloc_block;
    size_t realloc_bytes;
    void *free_block;
};

struct recorded_calls {
    size_t malloc;
    size_t calloc;
    size_t realloc;
    size_t free;
};

struct recording_layer {
    struct memory_allocator below;
    struct recorded_last last;
    struct recorded_calls calls;
};

void recording_layer_init(struct recording_layer *layer,
                          const struct memory_allocator *below);

struct memory_allocator recording_layer_allocator(
    struct recording_layer *layer);

#endif
