/* reference_heap.c - the object heap, edition py311, as a plug-in.
 *
 * The backend serves arenas, and the raw layer: blocks above 512 bytes. The
 * heap's own head, the descriptions of arenas and the map of the address space
 * are pages of the system and bypass the backend, which therefore can neither
 * count nor refuse them.
 *
 * A raw block lies behind a head that tells its size and links it to the
 * others, since raw blocks outlive an obheap and a plug-in's do not.
 * What lives is counted here, at the cost of one look-up a request: obheap
 * does not keep the peak. */
#include <stddef.h>
#include <string.h>

#include "assay/allocator.h"
#include "assay/memory.h"
#include "obheap.h"

#define PLUGIN_ALIGN ((size_t)16)

/* Its size is a multiple of PLUGIN_ALIGN. */
struct raw_head {
    struct raw_head *next;
    struct raw_head *prev;
    size_t bytes; /* of the block */
    size_t padding;
};

struct assay_heap {
    const struct assay_backend *backend;
    struct obheap *objects;
    struct raw_head *raw; /* the newest first */
    size_t raw_count;
    size_t live_blocks;
    size_t live_bytes;
    size_t peak_bytes;
};

/* ---- raw: what is no pool's affair ---- */

static void *raw_malloc(void *context, size_t bytes)
{
    struct assay_heap *heap = context;
    const struct assay_backend *backend = heap->backend;

    if (bytes > PTRDIFF_MAX - sizeof(struct raw_head))
        return NULL;
    bytes = bytes ? bytes : 1;
    struct raw_head *head =
        backend->take(backend->context, sizeof *head + bytes, PLUGIN_ALIGN);
    if (!head)
        return NULL;
    *head = (struct raw_head){ heap->raw, NULL, bytes, 0 };
    if (head->next)
        head->next->prev = head;
    heap->raw = head;
    heap->raw_count++;
    return head + 1;
}

static void *raw_calloc(void *context, size_t count, size_t bytes)
{
    size_t total;

    if (__builtin_mul_overflow(count, bytes, &total))
        return NULL;
    void *block = raw_malloc(context, total);
    return block ? memset(block, 0, total) : NULL;
}

static void raw_free(void *context, void *block)
{
    struct assay_heap *heap = context;
    const struct assay_backend *backend = heap->backend;

    if (!block)
        return;
    struct raw_head *head = (struct raw_head *)block - 1;
    if (head->prev)
        head->prev->next = head->next;
    else
        heap->raw = head->next;
    if (head->next)
        head->next->prev = head->prev;
    heap->raw_count--;
    backend->give(backend->context, head, sizeof *head + head->bytes);
}

static void *raw_realloc(void *context, void *block, size_t bytes)
{
    if (!block)
        return raw_malloc(context, bytes);
    size_t old_bytes = ((struct raw_head *)block - 1)->bytes;
    void *moved = raw_malloc(context, bytes);
    if (!moved)
        return NULL;
    memcpy(moved, block, bytes < old_bytes ? bytes : old_bytes);
    raw_free(context, block);
    return moved;
}

static const struct raw_head *raw_find(const struct assay_heap *heap,
                                       const void *address)
{
    for (const struct raw_head *head = heap->raw; head; head = head->next)
        if ((uintptr_t)address - (uintptr_t)(head + 1) < head->bytes)
            return head;
    return NULL;
}

/* ---- arenas ---- */

/* Aligned to pools, so that none is lost. */
static void *arena_take(void *context, size_t bytes)
{
    struct assay_heap *heap = context;
    const struct assay_backend *backend = heap->backend;

    return backend->take(backend->context, bytes,
                         edition_find("py311")->pool_bytes);
}

static void arena_give(void *context, void *arena, size_t bytes)
{
    struct assay_heap *heap = context;
    const struct assay_backend *backend = heap->backend;

    backend->give(backend->context, arena, bytes);
}

/* ---- the table ---- */

static bool object_heap_open(struct assay_heap *heap)
{
    struct memory_allocator raw = { heap, raw_malloc, raw_calloc, raw_realloc,
                                    raw_free };
    struct memory_arenas arenas = { heap, arena_take, arena_give };
    struct obheap_config config = { .edition = edition_find("py311"),
                                    .raw = &raw,
                                    .arenas = &arenas };

    heap->objects = obheap_create(&config);
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
    *heap = (struct assay_heap){ .backend = backend };
    if (object_heap_open(heap))
        return heap;
    backend->give(backend->context, heap, sizeof *heap);
    return NULL;
}

static void object_heap_destroy(struct assay_heap *heap)
{
    const struct assay_backend *backend = heap->backend;

    obheap_destroy(heap->objects);
    while (heap->raw)
        raw_free(heap, heap->raw + 1);
    backend->give(backend->context, heap, sizeof *heap);
}

static size_t object_heap_usable_bytes(const struct assay_heap *heap,
                                       const void *block)
{
    size_t bytes = obheap_usable_bytes(heap->objects, block);

    return bytes ? bytes : ((const struct raw_head *)block - 1)->bytes;
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
    return obheap_owns(heap->objects, address) || raw_find(heap, address);
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
    size_t count = 0;

    if (fault.what)
        return fault.what;
    if (obheap_allocated_blocks(heap->objects) != heap->live_blocks)
        return "live blocks are miscounted";
    for (const struct raw_head *head = heap->raw; head; head = head->next) {
        if (++count > heap->raw_count)
            return "more raw blocks than are counted";
        if (head->next && head->next->prev != head)
            return "the list of raw blocks is torn";
    }
    return count == heap->raw_count ? NULL : "raw blocks are missing";
}

const struct assay_allocator assay_allocator = {
    .abi = ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_FREE | ASSAY_ALLOCATOR_RESIZE |
           ASSAY_ALLOCATOR_OWNS | ASSAY_ALLOCATOR_USABLE |
           ASSAY_ALLOCATOR_STATS | ASSAY_ALLOCATOR_VERIFY,
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
