/* reference_freelist.c - blocks of one size, as many as there is memory.
 *
 * One list of free blocks through all chunks, the newest first: a free and
 * the next alloc meet on the same block, which is still in the cache. Which
 * blocks of a chunk are free is not known, so a chunk goes back only at a
 * reset, which keeps CHUNKS_KEPT, and at the end.
 *
 *   chunk | next | block block ..   carved   |   never touched yet  | */
#include <stddef.h>

#include "assay/allocator.h"
#include "fault.h"

#define PLUGIN_ALIGN sizeof(void *)

/* A chunk is this large, or holds at least so many blocks. */
#define CHUNK_BYTES      ((size_t)16 << 10)
#define CHUNK_BLOCKS_MIN 8

#define CHUNKS_KEPT 4

struct link {
    struct link *next;
};

struct chunk {
    struct chunk *next;
    char block[];
};

struct assay_heap {
    const struct assay_backend *backend;
    struct link *free;
    struct chunk *chunks; /* the one being carved first */
    struct chunk *kept;   /* empty ones, after a reset */
    size_t carved;        /* blocks of the first chunk */
    size_t block_bytes;
    size_t request_max;
    size_t chunk_blocks;
    size_t chunk_count; /* in `chunks` */
    size_t live_blocks;
    size_t peak_blocks;
    size_t free_blocks;
};

static size_t freelist_chunk_bytes(const struct assay_heap *heap)
{
    return sizeof(struct chunk) + heap->chunk_blocks * heap->block_bytes;
}

static void freelist_give_chunks(struct assay_heap *heap, struct chunk *chunk)
{
    const struct assay_backend *backend = heap->backend;

    while (chunk) {
        struct chunk *next = chunk->next;

        backend->give(backend->context, chunk, freelist_chunk_bytes(heap));
        chunk = next;
    }
}

static struct assay_heap *freelist_create(
    const struct assay_allocator_config *config)
{
    const struct assay_backend *backend = config->backend;
    size_t block_bytes = config->block_bytes;

    if (block_bytes == 0 || block_bytes > PTRDIFF_MAX / CHUNK_BLOCKS_MIN / 2)
        return NULL;
    struct assay_heap *heap =
        backend->take(backend->context, sizeof *heap, _Alignof(max_align_t));
    if (!heap)
        return NULL;
    block_bytes =
        (block_bytes + PLUGIN_ALIGN - 1) / PLUGIN_ALIGN * PLUGIN_ALIGN;
    size_t blocks = (CHUNK_BYTES - sizeof(struct chunk)) / block_bytes;
    *heap = (struct assay_heap){
        .backend = backend,
        .block_bytes = block_bytes,
        .request_max = config->block_bytes,
        .chunk_blocks = blocks < CHUNK_BLOCKS_MIN ? CHUNK_BLOCKS_MIN : blocks,
    };
    return heap;
}

static void freelist_destroy(struct assay_heap *heap)
{
    const struct assay_backend *backend = heap->backend;

    freelist_give_chunks(heap, heap->chunks);
    freelist_give_chunks(heap, heap->kept);
    backend->give(backend->context, heap, sizeof *heap);
}

static bool freelist_open_chunk(struct assay_heap *heap)
{
    const struct assay_backend *backend = heap->backend;
    struct chunk *chunk = heap->kept;

    if (chunk)
        heap->kept = chunk->next;
    else
        chunk = backend->take(backend->context, freelist_chunk_bytes(heap),
                              _Alignof(max_align_t));
    if (!chunk)
        return false;
    chunk->next = heap->chunks;
    heap->chunks = chunk;
    heap->chunk_count++;
    heap->carved = 0;
    return true;
}

static void *freelist_pop(struct assay_heap *heap)
{
    struct link *block = heap->free;

    heap->free = block->next;
    heap->free_blocks--;
    return block;
}

static void *freelist_carve(struct assay_heap *heap)
{
    bool room = heap->chunks && heap->carved < heap->chunk_blocks;

    if (!room && !freelist_open_chunk(heap))
        return NULL;
    return heap->chunks->block + heap->carved++ * heap->block_bytes;
}

static void *freelist_alloc(struct assay_heap *heap, size_t bytes, size_t align)
{
    if (bytes > heap->request_max || align > PLUGIN_ALIGN)
        return NULL;
    void *block = heap->free ? freelist_pop(heap) : freelist_carve(heap);
    if (!block)
        return NULL;
    heap->live_blocks++;
    if (heap->peak_blocks < heap->live_blocks)
        heap->peak_blocks = heap->live_blocks;
    return block;
}

static void freelist_free(struct assay_heap *heap, void *block)
{
    struct link *link = block;

    link->next = heap->free;
    heap->free = link;
    heap->free_blocks++;
    heap->live_blocks--;
}

static void freelist_reset(struct assay_heap *heap)
{
    struct chunk *kept_last = heap->kept;
    size_t kept_count = 0;

    for (struct chunk *c = heap->kept; c; c = c->next, kept_count++)
        kept_last = c;
    while (heap->chunks && kept_count < CHUNKS_KEPT) {
        struct chunk *chunk = heap->chunks;

        heap->chunks = chunk->next;
        chunk->next = NULL;
        if (kept_last)
            kept_last->next = chunk;
        else
            heap->kept = chunk;
        kept_last = chunk;
        kept_count++;
    }
    freelist_give_chunks(heap, heap->chunks);
    heap->chunks = NULL;
    heap->free = NULL;
    heap->carved = heap->chunk_count = 0;
    heap->live_blocks = heap->free_blocks = 0;
}

/* The chunk whose carved part holds the address, which lies `ret_offset` bytes
 * behind its first block; or NULL. */
static const struct chunk *freelist_chunk_of(const struct assay_heap *heap,
                                             const void *address,
                                             size_t *ret_offset)
{
    for (const struct chunk *c = heap->chunks; c; c = c->next) {
        size_t blocks = c == heap->chunks ? heap->carved : heap->chunk_blocks;
        uintptr_t offset = (uintptr_t)address - (uintptr_t)c->block;

        if (offset < blocks * heap->block_bytes) {
            *ret_offset = offset;
            return c;
        }
    }
    return NULL;
}

static bool freelist_owns(const struct assay_heap *heap, const void *address)
{
    size_t offset;

    return freelist_chunk_of(heap, address, &offset) != NULL;
}

static size_t freelist_usable_bytes(const struct assay_heap *heap,
                                    const void *block)
{
    (void)block;
    return heap->block_bytes;
}

static void freelist_stats(const struct assay_heap *heap,
                           struct assay_allocator_stats *ret_stats)
{
    *ret_stats = (struct assay_allocator_stats){
        .live_blocks = heap->live_blocks,
        .live_bytes = heap->live_blocks * heap->block_bytes,
        .peak_bytes = heap->peak_blocks * heap->block_bytes
    };
}

static const char *freelist_verify(struct assay_heap *heap)
{
    size_t chunks = 0, free_blocks = 0, offset;

    for (const struct chunk *c = heap->chunks; c; c = c->next)
        if (++chunks > heap->chunk_count)
            return "more chunks than are counted";
    if (chunks != heap->chunk_count)
        return "chunks are missing";
    for (const struct link *l = heap->free; l; l = l->next) {
        if (++free_blocks > heap->free_blocks)
            return "more blocks are free than are counted";
        if (!freelist_chunk_of(heap, l, &offset))
            return "a free block lies outside the carved parts";
        if (offset % heap->block_bytes != 0)
            return "a free block is off its boundary";
    }
    if (free_blocks != heap->free_blocks)
        return "free blocks are missing";
    size_t carved =
        chunks == 0 ? 0 : (chunks - 1) * heap->chunk_blocks + heap->carved;
    return carved == heap->live_blocks + free_blocks
               ? NULL
               : "live blocks are miscounted";
}

const struct assay_allocator assay_allocator = {
    .abi = ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_FREE | ASSAY_ALLOCATOR_RESET | ASSAY_ALLOCATOR_OWNS |
           ASSAY_ALLOCATOR_USABLE | ASSAY_ALLOCATOR_STATS |
           ASSAY_ALLOCATOR_VERIFY | ASSAY_ALLOCATOR_FIXED |
           ASSAY_ALLOCATOR_BACKEND,
    .name = "reference-freelist",
    .align_min = PLUGIN_ALIGN,
    .align_max = PLUGIN_ALIGN,
    .create = freelist_create,
    .destroy = freelist_destroy,
    .alloc = freelist_alloc,
    .free = freelist_free,
    .reset = freelist_reset,
    .owns = freelist_owns,
    .usable_bytes = freelist_usable_bytes,
    .stats = freelist_stats,
    .verify = freelist_verify,
};
