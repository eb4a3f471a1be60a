/* plain_cache.c - a cache of constructed blocks, plainly: what faults are
 * planted in, and what OBJ-19 is tried with. Bonwick, "The slab allocator",
 * 1994.
 *
 * A link stands behind each block, never in it: what is free stays
 * constructed. Slabs go back at the end. */
#include "assay/allocator.h"

enum { SLAB_BLOCKS = 32, ALIGN = 16 };

struct slab {
    struct slab *next;
    size_t padding;
    char block[];
};

struct link {
    struct link *next;
};

struct assay_heap {
    struct assay_allocator_config config;
    size_t block_bytes; /* a multiple of ALIGN, the link behind it */
    size_t step;
    struct slab *slabs;
    struct link *free;
};

static size_t cache_slab_bytes(const struct assay_heap *heap)
{
    return sizeof(struct slab) + SLAB_BLOCKS * heap->step;
}

static struct link *cache_link(const struct assay_heap *heap, void *block)
{
    return (struct link *)((char *)block + heap->block_bytes);
}

static struct assay_heap *cache_create(
    const struct assay_allocator_config *config)
{
    const struct assay_backend *from = config->backend;
    struct assay_heap *heap;

    if (config->block_bytes == 0 || config->block_bytes > PTRDIFF_MAX / 64)
        return NULL;
    heap = from->take(from->context, sizeof *heap, ALIGN);
    if (!heap)
        return NULL;
    *heap = (struct assay_heap){ .config = *config };
    heap->block_bytes = (config->block_bytes + ALIGN - 1) / ALIGN * ALIGN;
    heap->step = heap->block_bytes + ALIGN;
    return heap;
}

static void cache_destroy(struct assay_heap *heap)
{
    const struct assay_allocator_config *config = &heap->config;
    const struct assay_backend *to = config->backend;

    for (struct slab *s = heap->slabs, *next; s; s = next) {
        next = s->next;
        for (size_t i = 0; config->destruct && i < SLAB_BLOCKS; i++)
            config->destruct(config->context, s->block + i * heap->step);
        to->give(to->context, s, cache_slab_bytes(heap));
    }
    to->give(to->context, heap, sizeof *heap);
}

static bool cache_grow(struct assay_heap *heap)
{
    const struct assay_allocator_config *config = &heap->config;
    const struct assay_backend *from = config->backend;
    struct slab *slab =
        from->take(from->context, cache_slab_bytes(heap), ALIGN);

    if (!slab)
        return false;
    slab->next = heap->slabs;
    heap->slabs = slab;
    for (size_t i = 0; i < SLAB_BLOCKS; i++) {
        void *block = slab->block + i * heap->step;

        if (config->construct)
            config->construct(config->context, block);
        cache_link(heap, block)->next = heap->free;
        heap->free = cache_link(heap, block);
    }
    return true;
}

static void *cache_alloc(struct assay_heap *heap, size_t bytes, size_t align)
{
    struct link *link;

    if (bytes > heap->config.block_bytes || align > ALIGN)
        return NULL;
    if (!heap->free && !cache_grow(heap))
        return NULL;
    link = heap->free;
    heap->free = link->next;
    return (char *)link - heap->block_bytes;
}

static void cache_free(struct assay_heap *heap, void *block)
{
    struct link *link = cache_link(heap, block);

    link->next = heap->free;
    heap->free = link;
}

const struct assay_allocator assay_allocator = {
    .abi = ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_FREE | ASSAY_ALLOCATOR_FIXED |
           ASSAY_ALLOCATOR_CONSTRUCTS | ASSAY_ALLOCATOR_BACKEND,
    .name = "plain-cache",
    .align_min = ALIGN,
    .align_max = ALIGN,
    .create = cache_create,
    .destroy = cache_destroy,
    .alloc = cache_alloc,
    .free = cache_free,
};
