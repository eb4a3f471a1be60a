/* plain_stack.c - a lock-free stack of zeroed blocks, plainly: what faults are
 * planted in, and what OBJ-13 and OBJ-16 are tried with. Treiber 1986; the
 * head carries a count of its changes, so that a block that went and came back
 * between a look and a swap is noticed (ABA).
 *
 * All blocks are taken when the heap is made. The head is one word: the index
 * of the first free block plus one, and above it the count. */
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "assay/allocator.h"

enum { ALIGN = 16 };

#define INDEX_MASK UINT32_C(0xffffffff)
#define CHANGE     (UINT64_C(1) << 32)

struct assay_heap {
    const struct assay_backend *backend;
    size_t block_bytes;
    size_t request_max;
    size_t capacity;
    _Atomic uint64_t head;
    _Atomic uint32_t *next; /* of each block, as in the head */
    char *blocks;
};

static size_t stack_links_bytes(size_t capacity)
{
    return (capacity * sizeof(uint32_t) + ALIGN - 1) / ALIGN * ALIGN;
}

static size_t stack_bytes(size_t block_bytes, size_t capacity)
{
    size_t head = (sizeof(struct assay_heap) + ALIGN - 1) / ALIGN * ALIGN;

    return head + stack_links_bytes(capacity) + capacity * block_bytes;
}

static void stack_push(struct assay_heap *heap, uint32_t index)
{
    uint64_t head = atomic_load(&heap->head), with;

    do {
        atomic_store(&heap->next[index], (uint32_t)(head & INDEX_MASK));
        with = ((head & ~(uint64_t)INDEX_MASK) + CHANGE) | (index + 1);
    } while (!atomic_compare_exchange_weak(&heap->head, &head, with));
}

static struct assay_heap *stack_create(
    const struct assay_allocator_config *config)
{
    const struct assay_backend *from = config->backend;
    size_t block = (config->block_bytes + ALIGN - 1) / ALIGN * ALIGN;
    size_t head = (sizeof(struct assay_heap) + ALIGN - 1) / ALIGN * ALIGN;
    struct assay_heap *heap;

    if (config->block_bytes == 0 || block > UINT32_MAX ||
        config->capacity == 0 || config->capacity > UINT32_MAX / 2)
        return NULL;
    heap =
        from->take(from->context, stack_bytes(block, config->capacity), ALIGN);
    if (!heap)
        return NULL;
    *heap = (struct assay_heap){ .backend = from,
                                 .block_bytes = block,
                                 .request_max = config->block_bytes,
                                 .capacity = config->capacity };
    heap->next = (_Atomic uint32_t *)((char *)heap + head);
    heap->blocks = (char *)heap->next + stack_links_bytes(config->capacity);
    for (size_t i = config->capacity; i-- > 0;)
        stack_push(heap, (uint32_t)i);
    return heap;
}

static void stack_destroy(struct assay_heap *heap)
{
    const struct assay_backend *to = heap->backend;

    to->give(to->context, heap, stack_bytes(heap->block_bytes, heap->capacity));
}

static void *stack_alloc(struct assay_heap *heap, size_t bytes, size_t align)
{
    uint64_t head = atomic_load(&heap->head), rest;
    uint32_t index;
    void *block;

    if (bytes > heap->request_max || align > ALIGN)
        return NULL;
    do {
        index = (uint32_t)(head & INDEX_MASK);
        if (index == 0)
            return NULL;
        rest = atomic_load(&heap->next[index - 1]);
        rest |= (head & ~(uint64_t)INDEX_MASK) + CHANGE;
    } while (!atomic_compare_exchange_weak(&heap->head, &head, rest));
    block = heap->blocks + (index - 1) * heap->block_bytes;
    return memset(block, 0, heap->block_bytes);
}

static void stack_free(struct assay_heap *heap, void *block)
{
    size_t offset = (size_t)((char *)block - heap->blocks);

    stack_push(heap, (uint32_t)(offset / heap->block_bytes));
}

static size_t stack_usable_bytes(const struct assay_heap *heap,
                                 const void *block)
{
    (void)block;
    return heap->block_bytes;
}

const struct assay_allocator assay_allocator = {
    .abi = ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_FREE | ASSAY_ALLOCATOR_FIXED |
           ASSAY_ALLOCATOR_BOUNDED | ASSAY_ALLOCATOR_ZEROED |
           ASSAY_ALLOCATOR_THREADS | ASSAY_ALLOCATOR_USABLE |
           ASSAY_ALLOCATOR_BACKEND,
    .name = "plain-stack",
    .align_min = ALIGN,
    .align_max = ALIGN,
    .create = stack_create,
    .destroy = stack_destroy,
    .alloc = stack_alloc,
    .free = stack_free,
    .usable_bytes = stack_usable_bytes,
};
