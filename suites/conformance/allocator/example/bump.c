/* bump.c - an object allocator: blocks one behind the other, ended together. */
#include <assay/allocator.h>

struct chunk {
    struct chunk *next;
    size_t bytes, used; /* with this head */
};
struct assay_heap {
    const struct assay_backend *backend;
    struct chunk *chunks;
};

static struct assay_heap *bump_create(const struct assay_allocator_config *c)
{
    struct assay_heap *heap =
        c->backend->take(c->backend->context, sizeof *heap, 16);
    if (heap)
        *heap = (struct assay_heap){ c->backend, NULL };
    return heap;
}

static void bump_destroy(struct assay_heap *heap)
{
    const struct assay_backend *to = heap->backend;
    for (struct chunk *c = heap->chunks, *next; c; c = next) {
        next = c->next;
        to->give(to->context, c, c->bytes);
    }
    to->give(to->context, heap, sizeof *heap);
}

static void *bump_alloc(struct assay_heap *heap, size_t bytes, size_t align)
{
    struct chunk *c = heap->chunks;
    if (bytes > PTRDIFF_MAX / 2 || align > 16)
        return NULL;
    bytes = (bytes + 16) & ~(size_t)15; /* never nothing */
    if (!c || bytes > c->bytes - c->used) {
        size_t room = bytes > 4064 ? bytes + 32 : 4096;
        c = heap->backend->take(heap->backend->context, room, 16);
        if (!c)
            return NULL;
        *c = (struct chunk){ heap->chunks, room, 32 };
        heap->chunks = c;
    }
    c->used += bytes;
    return (char *)c + c->used - bytes;
}

const struct assay_allocator assay_allocator = {
    .abi = ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_BACKEND,
    .name = "bump",
    .align_min = 16,
    .align_max = 16,
    .create = bump_create,
    .destroy = bump_destroy,
    .alloc = bump_alloc,
};
