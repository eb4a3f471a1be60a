/* reference_pool.c - a given number of blocks of one size, all taken at once.
 *
 *   struct assay_heap | struct pool, struct pool, .. | blocks ..
 *
 * One piece of the backend holds everything. The blocks are cut into pools of
 * at most POOL_BLOCKS_MAX, which is what the walker has marks for; the one
 * with the lowest address that is not spent serves. */
#include <stddef.h>

#include "assay/allocator.h"
#include "pool.h"

#define PLUGIN_ALIGN sizeof(struct block)

struct assay_heap {
    const struct assay_backend *backend;
    char *blocks;
    size_t block_bytes; /* a multiple of PLUGIN_ALIGN */
    size_t request_max;
    size_t capacity;
    size_t bytes; /* of the piece */
    size_t pool_count;
    size_t first_usable; /* pools before it are spent */
    size_t live_blocks;
    size_t peak_blocks;
    struct pool pool[];
};

static size_t pool_heap_pool_blocks(const struct assay_heap *heap, size_t index)
{
    size_t left = heap->capacity - index * POOL_BLOCKS_MAX;

    return left < POOL_BLOCKS_MAX ? left : POOL_BLOCKS_MAX;
}

static void pool_heap_reset(struct assay_heap *heap)
{
    char *start = heap->blocks;

    for (size_t i = 0; i < heap->pool_count; i++) {
        size_t bytes = pool_heap_pool_blocks(heap, i) * heap->block_bytes;

        pool_init(&heap->pool[i], start, bytes, heap->block_bytes);
        start += bytes;
    }
    heap->first_usable = 0;
    heap->live_blocks = 0;
}

/* False when the sum of it is more than there can be. */
static bool pool_heap_shape(const struct assay_allocator_config *config,
                            struct assay_heap *ret_heap)
{
    if (config->capacity == 0 || config->block_bytes == 0 ||
        config->block_bytes > UINT32_MAX - PLUGIN_ALIGN)
        return false;
    size_t block_bytes =
        (config->block_bytes + PLUGIN_ALIGN - 1) / PLUGIN_ALIGN * PLUGIN_ALIGN;
    if (config->capacity > PTRDIFF_MAX / (block_bytes + sizeof(struct pool)))
        return false;
    size_t pools = (config->capacity + POOL_BLOCKS_MAX - 1) / POOL_BLOCKS_MAX;
    size_t bytes = sizeof *ret_heap + pools * sizeof(struct pool) +
                   config->capacity * block_bytes;
    *ret_heap = (struct assay_heap){ .backend = config->backend,
                                     .block_bytes = block_bytes,
                                     .request_max = config->block_bytes,
                                     .capacity = config->capacity,
                                     .bytes = bytes,
                                     .pool_count = pools };
    return true;
}

static struct assay_heap *pool_heap_create(
    const struct assay_allocator_config *config)
{
    const struct assay_backend *backend = config->backend;
    struct assay_heap shape;

    if (!pool_heap_shape(config, &shape))
        return NULL;
    struct assay_heap *heap =
        backend->take(backend->context, shape.bytes, _Alignof(max_align_t));
    if (!heap)
        return NULL;
    *heap = shape;
    heap->blocks = (char *)&heap->pool[heap->pool_count];
    pool_heap_reset(heap);
    return heap;
}

static void pool_heap_destroy(struct assay_heap *heap)
{
    const struct assay_backend *backend = heap->backend;

    backend->give(backend->context, heap, heap->bytes);
}

static struct block *pool_heap_pop(struct pool *pool)
{
    uint32_t count;
    struct block *chain = pool_take(pool, pool->block_bytes, &count);

    pool->free = chain->next;
    pool->free_count = count - 1;
    return chain;
}

static void *pool_heap_alloc(struct assay_heap *heap, size_t bytes,
                             size_t align)
{
    if (bytes > heap->request_max || align > PLUGIN_ALIGN)
        return NULL;
    while (heap->first_usable < heap->pool_count &&
           pool_is_spent(&heap->pool[heap->first_usable]))
        heap->first_usable++;
    if (heap->first_usable == heap->pool_count)
        return NULL;
    heap->live_blocks++;
    if (heap->peak_blocks < heap->live_blocks)
        heap->peak_blocks = heap->live_blocks;
    return pool_heap_pop(&heap->pool[heap->first_usable]);
}

static void pool_heap_free(struct assay_heap *heap, void *block)
{
    size_t offset = (size_t)((char *)block - heap->blocks);
    size_t index = offset / heap->block_bytes / POOL_BLOCKS_MAX;

    pool_push(&heap->pool[index], block);
    heap->live_blocks--;
    if (index < heap->first_usable)
        heap->first_usable = index;
}

static bool pool_heap_owns(const struct assay_heap *heap, const void *address)
{
    uintptr_t offset = (uintptr_t)address - (uintptr_t)heap->blocks;

    return offset < heap->capacity * heap->block_bytes;
}

static size_t pool_heap_usable_bytes(const struct assay_heap *heap,
                                     const void *block)
{
    (void)block;
    return heap->block_bytes;
}

static void pool_heap_stats(const struct assay_heap *heap,
                            struct assay_allocator_stats *ret_stats)
{
    *ret_stats = (struct assay_allocator_stats){
        .live_blocks = heap->live_blocks,
        .live_bytes = heap->live_blocks * heap->block_bytes,
        .peak_bytes = heap->peak_blocks * heap->block_bytes
    };
}

static const char *pool_heap_verify(struct assay_heap *heap)
{
    struct pool_marks marks;
    size_t live = 0;

    for (size_t i = 0; i < heap->pool_count; i++) {
        const struct pool *pool = &heap->pool[i];
        struct fault fault = pool_verify(pool, &marks);

        if (fault.what)
            return fault.what;
        if (i < heap->first_usable && !pool_is_spent(pool))
            return "a pool with free blocks is passed over";
        live += pool->carved - pool->free_count;
    }
    return live == heap->live_blocks ? NULL : "live blocks are miscounted";
}

const struct assay_allocator assay_allocator = {
    .abi = ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_FREE | ASSAY_ALLOCATOR_RESET | ASSAY_ALLOCATOR_OWNS |
           ASSAY_ALLOCATOR_USABLE | ASSAY_ALLOCATOR_STATS |
           ASSAY_ALLOCATOR_VERIFY | ASSAY_ALLOCATOR_FIXED |
           ASSAY_ALLOCATOR_BOUNDED | ASSAY_ALLOCATOR_BACKEND,
    .name = "reference-pool",
    .align_min = PLUGIN_ALIGN,
    .align_max = PLUGIN_ALIGN,
    .create = pool_heap_create,
    .destroy = pool_heap_destroy,
    .alloc = pool_heap_alloc,
    .free = pool_heap_free,
    .reset = pool_heap_reset,
    .owns = pool_heap_owns,
    .usable_bytes = pool_heap_usable_bytes,
    .stats = pool_heap_stats,
    .verify = pool_heap_verify,
};
