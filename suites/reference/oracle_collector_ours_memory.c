/* oracle_collector_ours_memory.c - the reference's memory that fails. */
#include "oracle_collector_ours.h"

#include "assay/gc.h"

static struct ours_memory {
    struct memory_allocator below;
    bool fails; /* the next block */
} ours_state;

void ours_fail_next(bool on)
{
    ours_state.fails = on;
}

static void *fails_malloc(void *unused, size_t bytes)
{
    const struct memory_allocator *below = &ours_state.below;

    (void)unused;
    if (ours_state.fails) {
        ours_state.fails = false;
        return NULL;
    }
    return below->malloc(below->context, bytes);
}

static void *fails_calloc(void *unused, size_t count, size_t bytes)
{
    const struct memory_allocator *below = &ours_state.below;

    (void)unused;
    return below->calloc(below->context, count, bytes);
}

static void *fails_realloc(void *unused, void *block, size_t bytes)
{
    const struct memory_allocator *below = &ours_state.below;

    (void)unused;
    return below->realloc(below->context, block, bytes);
}

static void fails_free(void *unused, void *block)
{
    const struct memory_allocator *below = &ours_state.below;

    (void)unused;
    below->free(below->context, block);
}

/* The heap that the collector would take by itself. */
static struct memory_allocator heap_open(void)
{
    struct obheap *heap = obheap_create(
        &(struct obheap_config){ .edition = edition_find("py311") });

    if (heap == NULL)
        oracle_give_up("the reference gives no heap");
    return obheap_allocator(heap);
}

const struct memory_allocator *ours_memory(void)
{
    static const struct memory_allocator fails = { NULL, fails_malloc,
                                                   fails_calloc, fails_realloc,
                                                   fails_free };

    if (ours_state.below.malloc == NULL)
        ours_state.below = heap_open();
    return &fails;
}
