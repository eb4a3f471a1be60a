/* reference_region.c - regions as a plug-in. */
#include <stddef.h>

#include "assay/allocator.h"
#include "region.h"

#define PLUGIN_ALIGN _Alignof(max_align_t)

struct assay_heap {
    const struct assay_backend *backend;
    struct region region;
};

static struct assay_heap *region_heap_create(
    const struct assay_allocator_config *config)
{
    const struct assay_backend *backend = config->backend;
    struct assay_heap *heap =
        backend->take(backend->context, sizeof *heap, _Alignof(max_align_t));

    if (!heap)
        return NULL;
    heap->backend = backend;
    region_init(&heap->region, backend, NULL);
    return heap;
}

static void region_heap_destroy(struct assay_heap *heap)
{
    const struct assay_backend *backend = heap->backend;

    region_destroy(&heap->region);
    backend->give(backend->context, heap, sizeof *heap);
}

static void *region_heap_alloc(struct assay_heap *heap, size_t bytes,
                               size_t align)
{
    if (align < PLUGIN_ALIGN)
        align = PLUGIN_ALIGN;
    return region_alloc(&heap->region, bytes, align);
}

static void *region_heap_resize(struct assay_heap *heap, void *block,
                                size_t old_bytes, size_t bytes)
{
    return region_resize(&heap->region, block, old_bytes, bytes, PLUGIN_ALIGN);
}

static void region_heap_reset(struct assay_heap *heap)
{
    region_reset(&heap->region);
}

static struct assay_allocator_mark region_heap_mark(struct assay_heap *heap)
{
    struct region_mark mark = region_mark(&heap->region);

    return (struct assay_allocator_mark){ { mark.position, mark.live_blocks,
                                            mark.live_bytes, 0 } };
}

static void region_heap_rewind(struct assay_heap *heap,
                               struct assay_allocator_mark mark)
{
    struct region_mark to = { .position = mark.word[0],
                              .live_blocks = mark.word[1],
                              .live_bytes = mark.word[2] };

    region_rewind(&heap->region, to);
}

static bool region_heap_owns(const struct assay_heap *heap, const void *address)
{
    return region_owns(&heap->region, address);
}

static void region_heap_stats(const struct assay_heap *heap,
                              struct assay_allocator_stats *ret_stats)
{
    struct region_stats stats;

    region_stats(&heap->region, &stats);
    *ret_stats =
        (struct assay_allocator_stats){ .live_blocks = stats.live_blocks,
                                        .live_bytes = stats.live_bytes,
                                        .peak_bytes = stats.peak_bytes };
}

static const char *region_heap_verify(struct assay_heap *heap)
{
    return region_verify(&heap->region).what;
}

const struct assay_allocator assay_allocator = {
    .abi = ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_RESIZE | ASSAY_ALLOCATOR_RESET |
           ASSAY_ALLOCATOR_MARK | ASSAY_ALLOCATOR_OWNS | ASSAY_ALLOCATOR_STATS |
           ASSAY_ALLOCATOR_VERIFY | ASSAY_ALLOCATOR_BACKEND,
    .name = "reference-region",
    .align_min = PLUGIN_ALIGN,
    .align_max = REGION_ALIGN_MAX,
    .create = region_heap_create,
    .destroy = region_heap_destroy,
    .alloc = region_heap_alloc,
    .resize = region_heap_resize,
    .reset = region_heap_reset,
    .mark = region_heap_mark,
    .rewind = region_heap_rewind,
    .owns = region_heap_owns,
    .stats = region_heap_stats,
    .verify = region_heap_verify,
};
