/* failing_layer.c - refuses the requests of a range. */
#include <assay/failing_layer.h>

static bool failing_now(struct failing_range *range)
{
    size_t number = range->asked++;
    bool now =
        number >= range->start && (range->stop == 0 || number < range->stop);
    range->refused += now;
    return now;
}

static void *failing_malloc(void *context, size_t bytes)
{
    struct failing_layer *layer = context;
    return failing_now(&layer->range)
               ? NULL
               : layer->below.malloc(layer->below.context, bytes);
}

static void *failing_calloc(void *context, size_t count, size_t bytes)
{
    struct failing_layer *layer = context;
    return failing_now(&layer->range)
               ? NULL
               : layer->below.calloc(layer->below.context, count, bytes);
}

static void *failing_realloc(void *context, void *block, size_t bytes)
{
    struct failing_layer *layer = context;
    return failing_now(&layer->range)
               ? NULL
               : layer->below.realloc(layer->below.context, block, bytes);
}

static void failing_free(void *context, void *block)
{
    struct failing_layer *layer = context;
    layer->below.free(layer->below.context, block);
}

void failing_layer_init(struct failing_layer *layer,
                        const struct memory_allocator *below, size_t start,
                        size_t stop)
{
    *layer = (struct failing_layer){ *below, { .start = start, .stop = stop } };
}

struct memory_allocator failing_layer_allocator(struct failing_layer *layer)
{
    return (struct memory_allocator){ layer, failing_malloc, failing_calloc,
                                      failing_realloc, failing_free };
}

static void *failing_arena_alloc(void *context, size_t bytes)
{
    struct failing_arenas *arenas = context;
    return failing_now(&arenas->range)
               ? NULL
               : arenas->below.alloc(arenas->below.context, bytes);
}

static void failing_arena_free(void *context, void *arena, size_t bytes)
{
    struct failing_arenas *arenas = context;
    arenas->below.free(arenas->below.context, arena, bytes);
}

void failing_arenas_init(struct failing_arenas *arenas,
                         const struct memory_arenas *below, size_t start,
                         size_t stop)
{
    *arenas =
        (struct failing_arenas){ *below, { .start = start, .stop = stop } };
}

struct memory_arenas failing_arenas_hook(struct failing_arenas *arenas)
{
    return (struct memory_arenas){ arenas, failing_arena_alloc,
                                   failing_arena_free };
}
