/* plugin_malloc.c - any malloc library as an object allocator.
 *
 * The library is loaded beside the C library's malloc, which stays that of
 * the process, and is called through its own malloc, free, realloc and
 * posix_memalign. See library.h for which one it is. */
#include <stdint.h>

#include "assay/allocator.h"
#include "library.h"
#include "shared_heap.h"

#define PLUGIN_ALIGN     16
#define PLUGIN_ALIGN_MAX 4096

static int (*plugin_memalign)(void **ret_block, size_t align, size_t bytes);
static size_t (*plugin_usable_size)(void *block);

static struct assay_heap *plugin_create(
    const struct assay_allocator_config *config)
{
    static const struct library_function functions[] = {
        { "malloc", &shared_heap_calls.malloc },
        { "free", &shared_heap_calls.free },
        { "realloc", &shared_heap_calls.realloc },
        { "posix_memalign", &plugin_memalign },
        { "malloc_usable_size", &plugin_usable_size },
        { NULL, NULL },
    };

    (void)config;
    return library_load(functions) ? shared_heap_create() : NULL;
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
        return shared_heap_calls.malloc(bytes);
    return plugin_memalign(&block, align, bytes) == 0 ? block : NULL;
}

static void *plugin_alloc(struct assay_heap *heap, size_t bytes, size_t align)
{
    return shared_heap_keep(heap, plugin_place(bytes, align));
}

static void *plugin_resize(struct assay_heap *heap, void *block,
                           size_t old_bytes, size_t bytes)
{
    return shared_heap_resize(heap, block, old_bytes,
                              bytes < PLUGIN_ALIGN ? PLUGIN_ALIGN : bytes);
}

static size_t plugin_usable_bytes(const struct assay_heap *heap,
                                  const void *block)
{
    (void)heap;
    return plugin_usable_size((void *)(uintptr_t)block);
}

const struct assay_allocator assay_allocator = {
    .abi = ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_FREE | ASSAY_ALLOCATOR_RESIZE |
           ASSAY_ALLOCATOR_USABLE | ASSAY_ALLOCATOR_THREADS,
    .name = "malloc",
    .align_min = PLUGIN_ALIGN,
    .align_max = PLUGIN_ALIGN_MAX,
    .create = plugin_create,
    .destroy = shared_heap_destroy,
    .alloc = plugin_alloc,
    .free = shared_heap_free,
    .resize = plugin_resize,
    .usable_bytes = plugin_usable_bytes,
};
