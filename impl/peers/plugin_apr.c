/* plugin_apr.c - the Apache Portable Runtime's pools: a heap is a pool, which
 * ends its blocks together.
 *
 * Each pool has an allocator of its own, so that what it took goes back with
 * it. Memory comes from malloc or mmap, never from the backend. apr_pools.h */
#include "assay/allocator.h"
#include "library.h"

/* APR_ALIGN_DEFAULT */
#define PLUGIN_ALIGN 8

static struct {
    int (*initialize)(void);
    int (*create)(void **ret_pool, int (*abort)(int status), void *allocator);
    void (*destroy)(void *pool);
    void (*clear)(void *pool);
    void *(*alloc)(void *pool, size_t bytes);
} calls;

/* Without a function to abort with, want of memory is NULL. */
static struct assay_heap *plugin_create(
    const struct assay_allocator_config *config)
{
    static const struct library_function functions[] = {
        { "apr_initialize", &calls.initialize },
        { "apr_pool_create_unmanaged_ex", &calls.create },
        { "apr_pool_destroy", &calls.destroy },
        { "apr_pool_clear", &calls.clear },
        { "apr_palloc", &calls.alloc },
        { NULL, NULL },
    };
    void *pool = NULL;

    (void)config;
    if (!library_load(functions) || calls.initialize() != 0 ||
        calls.create(&pool, NULL, NULL) != 0)
        return NULL;
    return pool;
}

static void plugin_destroy(struct assay_heap *heap)
{
    calls.destroy(heap);
}

/* Of no bytes a pool gives the address that the next block will have. */
static void *plugin_alloc(struct assay_heap *heap, size_t bytes, size_t align)
{
    if (align > PLUGIN_ALIGN || bytes > PTRDIFF_MAX)
        return NULL;
    return calls.alloc(heap, bytes == 0 ? 1 : bytes);
}

static void plugin_reset(struct assay_heap *heap)
{
    calls.clear(heap);
}

const struct assay_allocator assay_allocator = {
    .abi = ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_RESET,
    .name = "apr",
    .align_min = PLUGIN_ALIGN,
    .align_max = PLUGIN_ALIGN,
    .create = plugin_create,
    .destroy = plugin_destroy,
    .alloc = plugin_alloc,
    .reset = plugin_reset,
};
