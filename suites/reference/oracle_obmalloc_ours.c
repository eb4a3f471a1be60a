/* oracle_obmalloc_ours.c - the reference's side: an obheap. */
#include "oracle_obmalloc.h"

/* A heap has two ways in, which must be one: the functions that take any
 * heap, and the layer compiled for its edition. Calls take turns. */
static struct ours {
    struct obheap *heap;
    struct memory_allocator layer;
    struct random random;
} ours;

static bool ours_by_layer(void)
{
    return random_below(&ours.random, 2) == 0;
}

static void *ours_malloc(void *context, size_t bytes)
{
    (void)context;
    return ours_by_layer() ? ours.layer.malloc(ours.layer.context, bytes)
                           : obheap_malloc(ours.heap, bytes);
}

static void *ours_calloc(void *context, size_t count, size_t bytes)
{
    (void)context;
    return ours_by_layer() ? ours.layer.calloc(ours.layer.context, count, bytes)
                           : obheap_calloc(ours.heap, count, bytes);
}

static void *ours_realloc(void *context, void *block, size_t bytes)
{
    (void)context;
    return ours_by_layer()
               ? ours.layer.realloc(ours.layer.context, block, bytes)
               : obheap_realloc(ours.heap, block, bytes);
}

static void ours_free(void *context, void *block)
{
    (void)context;
    if (ours_by_layer())
        ours.layer.free(ours.layer.context, block);
    else
        obheap_free(ours.heap, block);
}

static size_t ours_blocks(void *context)
{
    (void)context;
    return obheap_allocated_blocks(ours.heap);
}

static void ours_stats(void *context, struct obheap_stats *ret_stats)
{
    (void)context;
    obheap_stats(ours.heap, ret_stats);
}

void side_open_ours(struct side *side)
{
    struct memory_arenas arenas = { &side->arenas, arenas_alloc, arenas_free };
    struct memory_allocator raw = raw_gate_allocator(&side->raw);

    side->name = "ours";
    side->allocator = (struct memory_allocator){ NULL, ours_malloc, ours_calloc,
                                                 ours_realloc, ours_free };
    side->blocks = ours_blocks;
    side->stats = ours_stats;
    side->raw.below = memory_system;
    ours.random = side->arenas.random;
    ours.heap = obheap_create(&(struct obheap_config){
        .edition = edition_find("py311"), .raw = &raw, .arenas = &arenas });
    if (ours.heap == NULL)
        oracle_give_up("the reference gives no heap");
    ours.layer = obheap_allocator(ours.heap);
}
