/* thread.h - which heap a thread has: made, handed on, and kept over fork.
 *
 * Threads: all calls.
 * Errors:  NULL when there is no memory for a heap. */
#ifndef ASSAY_MALLOC_THREAD_H
#define ASSAY_MALLOC_THREAD_H

#include "heap.h"

/* The heaps of threads that have none: of one that has not allocated yet,
 * and of one whose heap was handed on because it is ending. Their lists are
 * empty and own nothing, so the fast paths need not ask. */
extern struct heap thread_heap_none;
extern struct heap thread_heap_gone;

/* The one word of thread-local storage. */
extern __thread struct heap *thread_heap;

static inline bool thread_has_heap(void)
{
    return thread_heap != &thread_heap_none && thread_heap != &thread_heap_gone;
}

/* Gives the calling thread a heap, unless it is ending. */
struct heap *thread_join(void);

/* For one call of an ending thread: a heap that is handed back after it. */
struct heap *thread_borrow(void);
void thread_hand_back(struct heap *heap);

/* Calls `visit` with every heap there ever was. */
void thread_each_heap(void (*visit)(struct heap *heap, void *context),
                      void *context);

#endif
