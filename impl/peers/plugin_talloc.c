/* plugin_talloc.c - Samba's talloc: a heap is a pool context, a block is a
 * child of it.
 *
 * A pool serves its children from one piece while that lasts, and malloc
 * afterwards; freeing the context frees them all. talloc(3). */
#include "assay/allocator.h"
#include "library.h"

#define PLUGIN_ALIGN 16
#define POOL_BYTES   ((size_t)64 << 10)

/* MAX_TALLOC_SIZE is refused, and what is below is not. */
#define BYTES_MAX (((size_t)1 << 28) - 1)

static struct {
    void *(*pool)(const void *context, size_t bytes);
    void *(*size)(const void *context, size_t bytes, const char *name);
    void *(*realloc)(const void *context, void *block, size_t bytes,
                     const char *name);
    int (*free)(void *block, const char *location);
    void (*free_children)(void *block);
    size_t (*get_size)(const void *block);
} calls;

static struct assay_heap *plugin_create(
    const struct assay_allocator_config *config)
{
    static const struct library_function functions[] = {
        { "talloc_pool", &calls.pool },
        { "talloc_named_const", &calls.size },
        { "_talloc_realloc", &calls.realloc },
        { "_talloc_free", &calls.free },
        { "talloc_free_children", &calls.free_children },
        { "talloc_get_size", &calls.get_size },
        { NULL, NULL },
    };

    (void)config;
    return library_load(functions) ? calls.pool(NULL, POOL_BYTES) : NULL;
}

static void plugin_destroy(struct assay_heap *heap)
{
    calls.free(heap, "assay");
}

static void *plugin_alloc(struct assay_heap *heap, size_t bytes, size_t align)
{
    if (align > PLUGIN_ALIGN || bytes > BYTES_MAX)
        return NULL;
    return calls.size(heap, bytes, "block");
}

static void plugin_free(struct assay_heap *heap, void *block)
{
    (void)heap;
    calls.free(block, "assay");
}

/* A resize to nothing would free the block. */
static void *plugin_resize(struct assay_heap *heap, void *block,
                           size_t old_bytes, size_t bytes)
{
    (void)old_bytes;
    if (bytes > BYTES_MAX)
        return NULL;
    return calls.realloc(heap, block, bytes == 0 ? 1 : bytes, "block");
}

static void plugin_reset(struct assay_heap *heap)
{
    calls.free_children(heap);
}

static size_t plugin_usable_bytes(const struct assay_heap *heap,
                                  const void *block)
{
    (void)heap;
    return calls.get_size(block);
}

const struct assay_allocator assay_allocator = {
    .abi = ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_FREE | ASSAY_ALLOCATOR_RESIZE |
           ASSAY_ALLOCATOR_RESET | ASSAY_ALLOCATOR_USABLE,
    .name = "talloc",
    .size_max = BYTES_MAX,
    .align_min = PLUGIN_ALIGN,
    .align_max = PLUGIN_ALIGN,
    .create = plugin_create,
    .destroy = plugin_destroy,
    .alloc = plugin_alloc,
    .free = plugin_free,
    .resize = plugin_resize,
    .reset = plugin_reset,
    .usable_bytes = plugin_usable_bytes,
};
