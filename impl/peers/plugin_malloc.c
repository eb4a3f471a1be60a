/* plugin_malloc.c - any malloc library as an object allocator.
 *
 * The library is loaded beside the C library's malloc, which stays that of
 * the process, and is called through its own malloc, free, realloc and
 * posix_memalign. See library.h for which one it is. */
#include <stdint.h>

#include "assay/allocator.h"
#include "library.h"
#include "live.h"

#define PLUGIN_ALIGN     16
#define PLUGIN_ALIGN_MAX 4096

static struct {
    void *(*malloc)(size_t bytes);
    void (*free)(void *block);
    void *(*realloc)(void *block, size_t bytes);
    int (*posix_memalign)(void **ret_block, size_t align, size_t bytes);
    size_t (*malloc_usable_size)(void *block);
} calls;

struct assay_heap {
    struct live live;
};

static bool plugin_load(void)
{
    void *library = calls.malloc != NULL ? NULL : library_open();

    return calls.malloc != NULL ||
           (library != NULL && library_find(library, "free", &calls.free) &&
            library_find(library, "realloc", &calls.realloc) &&
            library_find(library, "posix_memalign", &calls.posix_memalign) &&
            library_find(library, "malloc_usable_size",
                         &calls.malloc_usable_size) &&
            library_find(library, "malloc", &calls.malloc));
}

static struct assay_heap *plugin_create(
    const struct assay_allocator_config *config)
{
    struct assay_heap *heap;

    (void)config;
    if (!plugin_load())
        return NULL;
    heap = calls.malloc(sizeof *heap);
    if (heap != NULL)
        live_begin(&heap->live);
    return heap;
}

static void plugin_destroy(struct assay_heap *heap)
{
    live_end_all(&heap->live, calls.free);
    live_end(&heap->live);
    calls.free(heap);
}

/* Below 16 bytes a malloc may align to less, as C allows it. */
static void *plugin_place(size_t bytes, size_t align)
{
    void *block = NULL;

    if (align > PLUGIN_ALIGN_MAX)
        return NULL;
    if (bytes < PLUGIN_ALIGN)
        bytes = PLUGIN_ALIGN;
    if (align <= PLUGIN_ALIGN)
        return calls.malloc(bytes);
    return calls.posix_memalign(&block, align, bytes) == 0 ? block : NULL;
}

static void *plugin_alloc(struct assay_heap *heap, size_t bytes, size_t align)
{
    void *block = plugin_place(bytes, align);

    if (block != NULL && !live_add(&heap->live, block)) {
        calls.free(block);
        return NULL;
    }
    return block;
}

/* Forgotten first: freed, it may be another thread's the next moment. */
static void plugin_free(struct assay_heap *heap, void *block)
{
    live_remove(&heap->live, block);
    calls.free(block);
}

static void *plugin_resize(struct assay_heap *heap, void *block,
                           size_t old_bytes, size_t bytes)
{
    void *resized;

    (void)old_bytes;
    if (bytes < PLUGIN_ALIGN)
        bytes = PLUGIN_ALIGN;
    live_remove(&heap->live, block);
    resized = calls.realloc(block, bytes);
    live_add(&heap->live, resized != NULL ? resized : block); /* has room */
    return resized;
}

static size_t plugin_usable_bytes(const struct assay_heap *heap,
                                  const void *block)
{
    (void)heap;
    return calls.malloc_usable_size((void *)(uintptr_t)block);
}

const struct assay_allocator assay_allocator = {
    .abi = ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_FREE | ASSAY_ALLOCATOR_RESIZE |
           ASSAY_ALLOCATOR_USABLE | ASSAY_ALLOCATOR_THREADS,
    .name = "malloc",
    .align_min = PLUGIN_ALIGN,
    .align_max = PLUGIN_ALIGN_MAX,
    .create = plugin_create,
    .destroy = plugin_destroy,
    .alloc = plugin_alloc,
    .free = plugin_free,
    .resize = plugin_resize,
    .usable_bytes = plugin_usable_bytes,
};
