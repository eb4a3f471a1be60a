/* shared_heap.c - a heap is the set of the blocks that it gave out. */
#include "shared_heap.h"

#include "live.h"

struct assay_heap {
    struct live live;
};

struct shared_heap_calls shared_heap_calls;

struct assay_heap *shared_heap_create(void)
{
    struct assay_heap *heap = shared_heap_calls.malloc(sizeof *heap);

    if (heap != NULL)
        live_begin(&heap->live);
    return heap;
}

void shared_heap_destroy(struct assay_heap *heap)
{
    live_end_all(&heap->live, shared_heap_calls.free);
    live_end(&heap->live);
    shared_heap_calls.free(heap);
}

void *shared_heap_keep(struct assay_heap *heap, void *block)
{
    if (block != NULL && !live_add(&heap->live, block)) {
        shared_heap_calls.free(block);
        return NULL;
    }
    return block;
}

/* Forgotten first: freed, it may be another thread's the next moment. */
void shared_heap_free(struct assay_heap *heap, void *block)
{
    live_remove(&heap->live, block);
    shared_heap_calls.free(block);
}

/* As for shared_heap_free(). */
void *shared_heap_resize(struct assay_heap *heap, void *block, size_t old_bytes,
                         size_t bytes)
{
    void *resized;

    (void)old_bytes;
    live_lend(&heap->live, block);
    resized = shared_heap_calls.realloc(block, bytes);
    live_return(&heap->live, resized != NULL ? resized : block);
    return resized;
}
