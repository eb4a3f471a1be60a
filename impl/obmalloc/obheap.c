/* obheap.c - makes and ends a heap, and what of it is asked seldom. */
#include <stdlib.h>

#include "obheap_hot.h"
#include "os.h"

#define HEAP_BYTES os_round_up(sizeof(struct obheap), OS_PAGE_BYTES)

/* ---- the layers below ---- */

/* The C library may answer NULL to zero bytes; CPython's raw domain asks for
 * one instead (_PyMem_RawMalloc and its kin). */
static void *system_malloc(void *context, size_t bytes)
{
    (void)context;
    return malloc(bytes ? bytes : 1);
}

static void *system_calloc(void *context, size_t count, size_t bytes)
{
    (void)context;
    return count && bytes ? calloc(count, bytes) : calloc(1, 1);
}

static void *system_realloc(void *context, void *block, size_t bytes)
{
    (void)context;
    return realloc(block, bytes ? bytes : 1);
}

static void system_free(void *context, void *block)
{
    (void)context;
    free(block);
}

const struct memory_allocator memory_system = {
    NULL, system_malloc, system_calloc, system_realloc, system_free,
};

static void *pages_alloc(void *context, size_t bytes)
{
    (void)context;
    return os_map_aligned(bytes, bytes, NULL);
}

static void pages_free(void *context, void *arena, size_t bytes)
{
    (void)context;
    os_unmap(arena, bytes);
}

const struct memory_arenas memory_pages = { NULL, pages_alloc, pages_free };

/* Up to 3.2 arenas were blocks of malloc: seldom aligned, and given back only
 * as far as malloc gives back. */
static void *raw_arena_alloc(void *heap, size_t bytes)
{
    const struct memory_allocator *raw = &((struct obheap *)heap)->arena_raw;
    return raw->malloc(raw->context, bytes);
}

static void raw_arena_free(void *heap, void *arena, size_t bytes)
{
    const struct memory_allocator *raw = &((struct obheap *)heap)->arena_raw;
    (void)bytes;
    raw->free(raw->context, arena);
}

/* ---- a heap ---- */

/* Layers are compiled for the editions that there are, and for no copy. */
static bool heap_has_edition(const struct edition *edition)
{
    for (const struct edition *at = editions; at->name; at++)
        if (at == edition)
            return true;
    return edition == NULL;
}

static void heap_configure(struct obheap *heap,
                           const struct obheap_config *config)
{
    const struct edition *edition =
        config->edition ? config->edition : edition_find("py311");
    heap->edition = edition;
    heap->raw = config->raw ? *config->raw : memory_system;
    heap->arena_raw = heap->raw;
    heap->release = config->release ? config->release : edition->release;
    heap->front_max = config->front_blocks;
    heap->spare_max = config->spare_arenas < OBHEAP_SPARE_MAX
                          ? config->spare_arenas
                          : OBHEAP_SPARE_MAX;
    if (config->arenas)
        heap->arenas = *config->arenas;
    else if (edition->arenas_from_raw)
        heap->arenas =
            (struct memory_arenas){ heap, raw_arena_alloc, raw_arena_free };
    else
        heap->arenas = memory_pages;
    for (unsigned class = 0; class < OBHEAP_CLASSES_MAX; class ++) {
        heap->used[class] = &heap->none;
        heap->now[class] = &heap->front[class];
    }
}

struct obheap *obheap_create(const struct obheap_config *config)
{
    static const struct obheap_config defaults;
    if (config && !heap_has_edition(config->edition))
        return NULL;
    struct obheap *heap = os_map(HEAP_BYTES);
    if (!heap)
        return NULL;
    heap_configure(heap, config ? config : &defaults);
    if (!obheap_map_create(&heap->map, heap->edition->pool_bytes)) {
        os_unmap(heap, HEAP_BYTES);
        return NULL;
    }
    return heap;
}

void obheap_destroy(struct obheap *heap)
{
    if (!heap)
        return;
    obheap_drop_arenas(heap);
    obheap_map_destroy(&heap->map);
    os_unmap(heap, HEAP_BYTES);
}

struct memory_allocator obheap_allocator(struct obheap *heap)
{
    struct memory_allocator layer =
        obheap_layer(heap->edition, heap->front_max > 0);
    layer.context = heap;
    return layer;
}

void *obheap_malloc(struct obheap *heap, size_t bytes)
{
    return obheap_allocator(heap).malloc(heap, bytes);
}

void *obheap_calloc(struct obheap *heap, size_t count, size_t bytes)
{
    return obheap_allocator(heap).calloc(heap, count, bytes);
}

void *obheap_realloc(struct obheap *heap, void *block, size_t bytes)
{
    return obheap_allocator(heap).realloc(heap, block, bytes);
}

void obheap_free(struct obheap *heap, void *block)
{
    obheap_allocator(heap).free(heap, block);
}

void obheap_set_arenas(struct obheap *heap, const struct memory_arenas *arenas)
{
    heap->arenas = *arenas;
}

struct memory_arenas obheap_get_arenas(const struct obheap *heap)
{
    return heap->arenas;
}

void obheap_set_raw(struct obheap *heap, const struct memory_allocator *raw)
{
    heap->raw = *raw;
}

const struct edition *obheap_edition(const struct obheap *heap)
{
    return heap->edition;
}

/* An address is in a pool only where blocks of it were carved. */
static struct pool *heap_find(const struct obheap *heap, const void *address)
{
    struct pool *pool = hot_find(heap, heap->edition, address);
    const char *at = address;
    if (!pool || !pool->start || at < pool->start ||
        at >= pool->start + (size_t)pool->carved * pool->block_bytes)
        return NULL;
    return pool;
}

bool obheap_owns(const struct obheap *heap, const void *address)
{
    return heap_find(heap, address) != NULL;
}

size_t obheap_usable_bytes(const struct obheap *heap, const void *block)
{
    const struct pool *pool = heap_find(heap, block);
    return pool ? pool->block_bytes : 0;
}

void obheap_flush_front(struct obheap *heap)
{
    for (unsigned class = 0; class < OBHEAP_CLASSES_MAX; class ++) {
        struct pool *list = &heap->front[class];
        while (list->free) {
            struct block *block = hot_pop(list);
            hot_push(heap, hot_find(heap, heap->edition, block), block);
        }
    }
}

void obheap_trim(struct obheap *heap)
{
    obheap_flush_front(heap);
    obheap_settle(heap);
    obheap_drop_spare(heap);
}
