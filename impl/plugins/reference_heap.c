/* reference_heap.c - the object heap, edition py311, as a plug-in.
 *
 * The backend serves arenas, and the raw layer: blocks above 512 bytes. The
 * heap's own head, the descriptions of arenas and the map of the address space
 * are pages of the system and bypass the backend, which therefore can neither
 * count nor refuse them.
 *
 * What lives is counted here, at the cost of one look-up a request: obheap
 * does not keep the peak. */
#include <stddef.h>

#include "assay/allocator.h"
#include "backend_memory.h"

#define PLUGIN_ALIGN BACKEND_ALIGN

struct assay_heap {
    struct backend_memory memory;
    struct obheap *objects;
    size_t live_blocks;
    size_t live_bytes;
    size_t peak_bytes;
};

/* ---- the table ---- */

static bool object_heap_open(struct assay_heap *heap)
{
    heap->objects = backend_memory_heap(&heap->memory);
    return heap->objects != NULL;
}

static struct assay_heap *object_heap_create(
    const struct assay_allocator_config *config)
{
    const struct assay_backend *backend = config->backend;
    struct assay_heap *heap =
        backend->take(backend->context, sizeof *heap, _Alignof(max_align_t));

    if (!heap)
        return NULL;
    *heap = (struct assay_heap){ .memory.backend = backend };
    if (object_heap_open(heap))
        return heap;
    backend->give(backend->context, heap, sizeof *heap);
    return NULL;
}

static void object_heap_destroy(struct assay_heap *heap)
{
    const struct assay_backend *backend = heap->memory.backend;

    obheap_destroy(heap->objects);
    backend_memory_end(&heap->memory);
    backend->give(backend->context, heap, sizeof *heap);
}

static size_t object_heap_usable_bytes(const struct assay_heap *heap,
                                       const void *block)
{
    size_t bytes = obheap_usable_bytes(heap->objects, block);

    return bytes ? bytes : backend_memory_bytes(block);
}

static void object_heap_count(struct assay_heap *heap, const void *block)
{
    heap->live_bytes += object_heap_usable_bytes(heap, block);
    if (heap->peak_bytes < heap->live_bytes)
        heap->peak_bytes = heap->live_bytes;
}

static void *object_heap_alloc(struct assay_heap *heap, size_t bytes,
                               size_t align)
{
    if (align > PLUGIN_ALIGN)
        return NULL;
    void *block = obheap_malloc(heap->objects, bytes);
    if (!block)
        return NULL;
    heap->live_blocks++;
    object_heap_count(heap, block);
    return block;
}

static void object_heap_free(struct assay_heap *heap, void *block)
{
    heap->live_blocks--;
    heap->live_bytes -= object_heap_usable_bytes(heap, block);
    obheap_free(heap->objects, block);
}

static void *object_heap_resize(struct assay_heap *heap, void *block,
                                size_t old_bytes, size_t bytes)
{
    (void)old_bytes;
    size_t usable = object_heap_usable_bytes(heap, block);
    void *resized = obheap_realloc(heap->objects, block, bytes);
    if (!resized)
        return NULL;
    heap->live_bytes -= usable;
    object_heap_count(heap, resized);
    return resized;
}

static bool object_heap_owns(const struct assay_heap *heap, const void *address)
{
    return obheap_owns(heap->objects, address) ||
           backend_memory_owns(&heap->memory, address);
}

static void object_heap_stats(const struct assay_heap *heap,
                              struct assay_allocator_stats *ret_stats)
{
    *ret_stats =
        (struct assay_allocator_stats){ .live_blocks = heap->live_blocks,
                                        .live_bytes = heap->live_bytes,
                                        .peak_bytes = heap->peak_bytes };
}

static const char *object_heap_verify(struct assay_heap *heap)
{
    struct fault fault = obheap_verify(heap->objects);

    if (fault.what)
        return fault.what;
    if (obheap_allocated_blocks(heap->objects) != heap->live_blocks)
        return "live blocks are miscounted";
    return backend_memory_fault(&heap->memory);
}

const struct assay_allocator assay_allocator = {
    .abi = ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_FREE | ASSAY_ALLOCATOR_RESIZE |
           ASSAY_ALLOCATOR_OWNS | ASSAY_ALLOCATOR_USABLE |
           ASSAY_ALLOCATOR_STATS | ASSAY_ALLOCATOR_VERIFY |
           ASSAY_ALLOCATOR_BACKEND,
    .name = "reference-heap",
    .size_max = PTRDIFF_MAX,
    .align_min = PLUGIN_ALIGN,
    .align_max = PLUGIN_ALIGN,
    .create = object_heap_create,
    .destroy = object_heap_destroy,
    .alloc = object_heap_alloc,
    .free = object_heap_free,
    .resize = object_heap_resize,
    .owns = object_heap_owns,
    .usable_bytes = object_heap_usable_bytes,
    .stats = object_heap_stats,
    .verify = object_heap_verify,
};
