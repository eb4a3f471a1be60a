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

    /* These behave, and free blocks. */
    PLUGIN_MERGES,       /* of config.bytes, which it keeps to */
    PLUGIN_MERGES_SMALL, /* makes no heap of more than MERGES_MAX */
    PLUGIN_SMALL_BLOCKS, /* of SIZE_MAX_BYTES at most */
    PLUGIN_FEW_BLOCKS,   /* makes no heap of more than CAPACITY_MAX */
};

enum { MERGES_MAX = 1 << 16, SIZE_MAX_BYTES = 1024, CAPACITY_MAX = 100 };

#define IS(how) (MISBEHAVIOUR == (how))

#define MERGES (IS(PLUGIN_MERGES) || IS(PLUGIN_MERGES_SMALL))
#define FREES  (MERGES || IS(PLUGIN_SMALL_BLOCKS) || IS(PLUGIN_FEW_BLOCKS))

struct assay_heap {
    const struct assay_backend *backend;
    struct piece *pieces;
    size_t bytes, used; /* MERGES */
};

struct piece {
    struct piece *next, *previous;
    size_t bytes, padding;
};

__attribute__((constructor)) static void plugin_start(void)
{
    if (IS(PLUGIN_CRASHES))
        abort();
}

static bool plugin_refuses(const struct assay_allocator_config *config)
{
    if (IS(PLUGIN_FEW_BLOCKS) && config->capacity > CAPACITY_MAX)
        return true;
    if (IS(PLUGIN_MERGES_SMALL) && config->bytes > MERGES_MAX)
        return true;
    return MERGES && (config->bytes < MERGES_MAX ||
                      (config->bytes & (config->bytes - 1)) != 0);
}

static struct assay_heap *plugin_create(
    const struct assay_allocator_config *config)
{
    const struct assay_backend *from = config->backend;
    struct assay_heap *heap = plugin_refuses(config)
                                  ? NULL
                                  : from->take(from->context, sizeof *heap, 16);

    if (heap != NULL)
        *heap = (struct assay_heap){ from, NULL, config->bytes, 0 };
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

    if (bytes > PTRDIFF_MAX / 2 || align > 16 || IS(PLUGIN_GIVES_NULL) ||
        (IS(PLUGIN_SMALL_BLOCKS) && bytes > SIZE_MAX_BYTES) ||
        (MERGES && whole > heap->bytes - heap->used))
        return NULL;
    piece = from->take(from->context, whole, 16);
    if (piece == NULL)
        return NULL;
    *piece = (struct piece){ heap->pieces, NULL, whole, 0 };
    if (heap->pieces != NULL)
        heap->pieces->previous = piece;
    heap->pieces = piece;
    heap->used += whole;
    return piece + 1;
}

static void plugin_free(struct assay_heap *heap, void *block)
{
    struct piece *piece = (struct piece *)block - 1;

    if (piece->next != NULL)
        piece->next->previous = piece->previous;
    if (piece->previous != NULL)
        piece->previous->next = piece->next;
    else
        heap->pieces = piece->next;
    heap->used -= piece->bytes;
    heap->backend->give(heap->backend->context, piece, piece->bytes);
}

static void plugin_reset(struct assay_heap *heap)
{
    (void)heap;
}

const struct assay_allocator assay_allocator = {
    .abi = IS(PLUGIN_OLD_ABI) ? 0 : ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_BACKEND |
           (IS(PLUGIN_PROMISES_NULL) || FREES ? ASSAY_ALLOCATOR_FREE : 0) |
           (MERGES ? ASSAY_ALLOCATOR_MERGES : 0) |
           (IS(PLUGIN_FEW_BLOCKS) ? ASSAY_ALLOCATOR_BOUNDED : 0),
    .name = IS(PLUGIN_NAMELESS) ? "" : "misbehaving",
    .size_max = IS(PLUGIN_SMALL_BLOCKS) ? SIZE_MAX_BYTES : 0,
    .align_min = IS(PLUGIN_ALIGNS_TO_3) ? 3 : 16,
    .align_max = 16,
    .create = plugin_create,
    .destroy = plugin_destroy,
    .alloc = IS(PLUGIN_LACKS_ALLOC) ? NULL : plugin_alloc,
    .free = FREES ? plugin_free : NULL,
    .reset = IS(PLUGIN_HIDES_RESET) ? plugin_reset : NULL,
};
