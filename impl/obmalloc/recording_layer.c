/* recording_layer.c - notes the arguments, and passes them on. */
#include <assay/recording_layer.h>

static void *recording_malloc(void *context, size_t bytes)
{
    struct recording_layer *layer = context;
    layer->calls.malloc++;
    layer->last.malloc_bytes = bytes;
    return layer->below.malloc(layer->below.context, bytes);
}

static void *recording_calloc(void *context, size_t count, size_t bytes)
{
    struct recording_layer *layer = context;
    layer->calls.calloc++;
    layer->last.calloc_count = count;
    layer->last.calloc_bytes = bytes;
    return layer->below.calloc(layer->below.context, count, bytes);
}

static void *recording_realloc(void *context, void *block, size_t bytes)
{
    struct recording_layer *layer = context;
    layer->calls.realloc++;
    layer->last.realloc_block = block;
    layer->last.realloc_bytes = bytes;
    return layer->below.realloc(layer->below.context, block, bytes);
}

static void recording_free(void *context, void *block)
{
    struct recording_layer *layer = context;
    layer->calls.free++;
    layer->last.free_block = block;
    layer->below.free(layer->below.context, block);
}

void recording_layer_init(struct recording_layer *layer,
                          const struct memory_allocator *below)
{
    *layer = (struct recording_layer){ .below = *below };
}

struct memory_allocator recording_layer_allocator(struct recording_layer *layer)
{
    return (struct memory_allocator){ layer, recording_malloc, recording_calloc,
                                      recording_realloc, recording_free };
}
