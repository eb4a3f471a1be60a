/* shared_heap.h - a heap of an allocator that knows of no heaps.
 *
 * All of them give out blocks of the one allocator that the process has, by
 * its malloc, free and realloc; each remembers its own (live.h), so that it
 * can end them. What a plug-in's table asks beyond that is the plug-in's.
 *
 * Threads: as the allocator's.
 * Errors:  NULL for want of memory; the heap is as it was.
 * Owner:   shared_heap_destroy() ends the heap and all its blocks. */
#ifndef ASSAY_PEERS_SHARED_HEAP_H
#define ASSAY_PEERS_SHARED_HEAP_H

#include "assay/allocator.h"

/* The allocator: the plug-in fills it in before there is a heap. */
extern struct shared_heap_calls {
    void *(*malloc)(size_t bytes);
    void (*free)(void *block);
    void *(*realloc)(void *block, size_t bytes);
} shared_heap_calls;

struct assay_heap *shared_heap_create(void);
void shared_heap_destroy(struct assay_heap *heap);

/* The block, now one of the heap's, or NULL: it has been freed then. NULL may
 * be given. */
void *shared_heap_keep(struct assay_heap *heap, void *block);

/* Entries of a table. */
void shared_heap_free(struct assay_heap *heap, void *block);
void *shared_heap_resize(struct assay_heap *heap, void *block, size_t old_bytes,
                         size_t bytes);

#endif
