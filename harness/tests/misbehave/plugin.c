/* plugin.c - object allocators that are plug-ins, and wrong in one way each:
 * -DMISBEHAVIOUR is the enumerator. */
#include <assay/allocator.h>
#include <stdlib.h>

enum misbehaviour {
    PLUGIN_BEHAVES,
    PLUGIN_OLD_ABI,
    PLUGIN_PROMISES_NULL, /* claims FREE, and has none */
    PLUGIN_LACKS_ALLOC,
    PLUGIN_NAMELESS,
    PLUGIN_ALIGNS_TO_3,
    PLUGIN_HIDES_RESET, /* has a reset(), and does not claim it */
    PLUGIN_GIVES_NULL,
    PLUGIN_LEAKS,
    PLUGIN_CRASHES, /* when it is loaded */
};

#define IS(how) (MISBEHAVIOUR == (how))

struct assay_heap {
    const struct assay_backend *backend;
    struct piece *pieces;
    size_t padding[2];
};

struct piece {
    struct piece *next;
    size_t bytes;
};

__attribute__((constructor)) static void plugin_start(void)
{
    if (IS(PLUGIN_CRASHES))
        abort();
}

static struct assay_heap *plugin_create(
    const struct assay_allocator_config *config)
{
    const struct assay_backend *from = config->backend;
    struct assay_heap *heap = from->take(from->context, sizeof *heap, 16);

    if (heap != NULL)
        *heap = (struct assay_heap){ from, NULL, { 0, 0 } };
    return heap;
}

static void plugin_destroy(struct assay_heap *heap)
{
    const struct assay_backend *to = heap->backend;

    for (struct piece *p = heap->pieces, *next; p != NULL; p = next) {
        next = p->next;
        if (next != NULL || !IS(PLUGIN_LEAKS))
            to->give(to->context, p, p->bytes);
    }
    to->give(to->context, heap, sizeof *heap);
}

static void *plugin_alloc(struct assay_heap *heap, size_t bytes, size_t align)
{
    const struct assay_backend *from = heap->backend;
    size_t whole = sizeof(struct piece) + (bytes > 0 ? bytes : 1);
    struct piece *piece;

    if (bytes > PTRDIFF_MAX / 2 || align > 16 || IS(PLUGIN_GIVES_NULL))
        return NULL;
    piece = from->take(from->context, whole, 16);
    if (piece == NULL)
        return NULL;
    *piece = (struct piece){ heap->pieces, whole };
    heap->pieces = piece;
    return piece + 1;
}

static void plugin_reset(struct assay_heap *heap)
{
    (void)heap;
}

const struct assay_allocator assay_allocator = {
    .abi = IS(PLUGIN_OLD_ABI) ? 0 : ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_BACKEND |
           (IS(PLUGIN_PROMISES_NULL) ? ASSAY_ALLOCATOR_FREE : 0),
    .name = IS(PLUGIN_NAMELESS) ? "" : "misbehaving",
    .align_min = IS(PLUGIN_ALIGNS_TO_3) ? 3 : 16,
    .align_max = 16,
    .create = plugin_create,
    .destroy = plugin_destroy,
    .alloc = IS(PLUGIN_LACKS_ALLOC) ? NULL : plugin_alloc,
    .reset = IS(PLUGIN_HIDES_RESET) ? plugin_reset : NULL,
};
