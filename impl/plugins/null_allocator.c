/* null_allocator.c - an object allocator that gives the same block for ever
 * and ends none: the floor of campaigns of object allocators.
 *
 * What is left in the clock is the row's loop, two calls an operation, and
 * what the row writes into the block. Blocks are not apart: no subject of
 * conformance. */
#include "assay/allocator.h"

#define PAGE_BYTES ((size_t)4096)
#define BYTES_MAX  ((size_t)64 << 10)

struct assay_heap {
    const struct assay_backend *backend;
    void *block;
};

static struct assay_heap *null_create(
    const struct assay_allocator_config *config)
{
    const struct assay_backend *backend = config->backend;
    struct assay_heap *heap =
        backend->take(backend->context, sizeof *heap, sizeof(void *));

    if (!heap)
        return NULL;
    *heap =
        (struct assay_heap){ backend, backend->take(backend->context, BYTES_MAX,
                                                    PAGE_BYTES) };
    if (heap->block)
        return heap;
    backend->give(backend->context, heap, sizeof *heap);
    return NULL;
}

static void null_destroy(struct assay_heap *heap)
{
    const struct assay_backend *backend = heap->backend;

    backend->give(backend->context, heap->block, BYTES_MAX);
    backend->give(backend->context, heap, sizeof *heap);
}

static void *null_alloc(struct assay_heap *heap, size_t bytes, size_t align)
{
    return bytes <= BYTES_MAX && align <= PAGE_BYTES ? heap->block : NULL;
}

static void null_free(struct assay_heap *heap, void *block)
{
    (void)heap, (void)block;
}

const struct assay_allocator assay_allocator = {
    .abi = ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_FREE | ASSAY_ALLOCATOR_BACKEND,
    .name = "null-allocator",
    .size_max = BYTES_MAX,
    .align_min = PAGE_BYTES,
    .align_max = PAGE_BYTES,
    .create = null_create,
    .destroy = null_destroy,
    .alloc = null_alloc,
    .free = null_free,
};
