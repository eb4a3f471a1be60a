/* plain_buddy.c - a buddy allocator, plainly: what faults are planted in, and
 * what OBJ-18 is tried with. Knowlton, "A fast storage allocator", 1965.
 *
 * config.bytes are halved until a block fits; a block that is freed becomes
 * one with its buddy, which lies at its offset with one bit flipped, if that
 * is free too and of the same size. */
#include <string.h>

#include "assay/allocator.h"

enum { ORDER_MIN = 5, ORDERS = 40, UNIT = 1 << ORDER_MIN };

struct link {
    struct link *next;
    struct link *prev;
};

struct assay_heap {
    const struct assay_backend *backend;
    char *base;
    size_t bytes;
    struct link free[ORDERS];
    unsigned char *order; /* of the block that begins at each unit; 0: none */
    unsigned char *is_free;
};

static void buddy_push(struct assay_heap *heap, size_t offset, unsigned order)
{
    struct link *link = (struct link *)(heap->base + offset);
    struct link *list = &heap->free[order];

    *link = (struct link){ list->next, list };
    list->next->prev = link;
    list->next = link;
    heap->order[offset / UNIT] = (unsigned char)order;
    heap->is_free[offset / UNIT] = 1;
}

static void buddy_unlink(struct assay_heap *heap, size_t offset)
{
    struct link *link = (struct link *)(heap->base + offset);

    link->next->prev = link->prev;
    link->prev->next = link->next;
    heap->is_free[offset / UNIT] = 0;
    heap->order[offset / UNIT] = 0;
}

static unsigned buddy_order(size_t bytes)
{
    unsigned order = ORDER_MIN;

    while (((size_t)1 << order) < bytes)
        order++;
    return order;
}

static struct assay_heap *buddy_create(
    const struct assay_allocator_config *config)
{
    const struct assay_backend *from = config->backend;
    size_t bytes = config->bytes, units = bytes / UNIT;
    struct assay_heap *heap;

    if (bytes < UNIT || (bytes & (bytes - 1)) != 0)
        return NULL;
    heap = from->take(from->context, sizeof *heap + 2 * units, 16);
    if (!heap)
        return NULL;
    *heap = (struct assay_heap){ .backend = from, .bytes = bytes };
    heap->base = from->take(from->context, bytes, UNIT);
    if (!heap->base) {
        from->give(from->context, heap, sizeof *heap + 2 * units);
        return NULL;
    }
    heap->order = (unsigned char *)(heap + 1);
    heap->is_free = heap->order + units;
    memset(heap->order, 0, 2 * units);
    for (unsigned i = 0; i < ORDERS; i++)
        heap->free[i].next = heap->free[i].prev = &heap->free[i];
    buddy_push(heap, 0, buddy_order(bytes));
    return heap;
}

static void buddy_destroy(struct assay_heap *heap)
{
    const struct assay_backend *to = heap->backend;

    to->give(to->context, heap->base, heap->bytes);
    to->give(to->context, heap, sizeof *heap + 2 * (heap->bytes / UNIT));
}

static void *buddy_alloc(struct assay_heap *heap, size_t bytes, size_t align)
{
    unsigned wanted, order;
    size_t offset;

    if (bytes > heap->bytes || align > UNIT)
        return NULL;
    wanted = order = buddy_order(bytes);
    while (order < ORDERS && heap->free[order].next == &heap->free[order])
        order++;
    if (order == ORDERS)
        return NULL;
    offset = (size_t)((char *)heap->free[order].next - heap->base);
    buddy_unlink(heap, offset);
    while (order > wanted) {
        order--;
        buddy_push(heap, offset + ((size_t)1 << order), order);
    }
    heap->order[offset / UNIT] = (unsigned char)order;
    return heap->base + offset;
}

static void buddy_free(struct assay_heap *heap, void *block)
{
    size_t offset = (size_t)((char *)block - heap->base);
    unsigned order = heap->order[offset / UNIT];

    heap->order[offset / UNIT] = 0;
    while (((size_t)1 << order) < heap->bytes) {
        size_t buddy = offset ^ ((size_t)1 << order);

        if (!heap->is_free[buddy / UNIT] || heap->order[buddy / UNIT] != order)
            break;
        buddy_unlink(heap, buddy);
        offset &= buddy;
        order++;
    }
    buddy_push(heap, offset, order);
}

static size_t buddy_usable_bytes(const struct assay_heap *heap,
                                 const void *block)
{
    size_t offset = (size_t)((const char *)block - heap->base);

    return (size_t)1 << heap->order[offset / UNIT];
}

const struct assay_allocator assay_allocator = {
    .abi = ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_FREE | ASSAY_ALLOCATOR_USABLE |
           ASSAY_ALLOCATOR_MERGES | ASSAY_ALLOCATOR_BACKEND,
    .name = "plain-buddy",
    .align_min = UNIT,
    .align_max = UNIT,
    .create = buddy_create,
    .destroy = buddy_destroy,
    .alloc = buddy_alloc,
    .free = buddy_free,
    .usable_bytes = buddy_usable_bytes,
};
