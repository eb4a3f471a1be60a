/* block.h - malloc and its family under other names, fast paths inline.
 *
 * The exported names stand in entry.c alone, so that a program may hold all
 * of this beside its own malloc and look inside.
 *
 * Threads: all calls. No call is for a signal handler.
 * Errors:  NULL with errno ENOMEM; success and every free leave errno alone.
 * Owner:   the caller owns the block until block_free() or block_resize(). */
#ifndef ASSAY_MALLOC_BLOCK_H
#define ASSAY_MALLOC_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "fault.h"
#include "stats.h"
#include "thread.h"

/* What the inline parts fall back to. */
void *block_alloc_slowly(size_t bytes);
void block_free_slowly(void *p);

/* Zeroed memory. */
void *block_alloc_zero(size_t count, size_t bytes);

/* `align` is a power of two. */
void *block_alloc_aligned(size_t align, size_t bytes);

/* As realloc, but `bytes` of 0 makes the smallest block. NULL leaves the old
 * block as it was. */
void *block_resize(void *p, size_t bytes);

/* 0 for NULL and for what is not ours. */
size_t block_usable(const void *p);

/* Gives back what can be given back. True if something was. */
bool block_trim(void);

void block_stats(struct alloc_stats *ret_stats);

/* Walks everything. The caller sees to it that no other thread allocates. */
struct fault block_verify(void);

static inline void *block_alloc(size_t bytes)
{
    void *p = NULL;
    if (__builtin_expect(bytes <= CLASS_SMALL_BYTES, 1))
        p = heap_pop(&thread_heap->lists[class_of_small(bytes)]);
    else if (bytes <= CLASS_MAX_BYTES)
        p = heap_pop(&thread_heap->lists[class_of_medium(bytes)]);
    return __builtin_expect(p != NULL, 1) ? p : block_alloc_slowly(bytes);
}

/* NULL lies in no arena, nor does what another allocator made. */
static inline void block_free(void *p)
{
    if (__builtin_expect(arena_holds(p), 1)) {
        struct heap *heap = thread_heap;
        struct slot *slot = arena_slot_of(p);
        if (__builtin_expect(slot->owner == heap, 1)) {
            if (!heap_push(&heap->lists[slot->class], p))
                heap_overflow(heap, slot, p);
            return;
        }
    }
    block_free_slowly(p);
}

#endif
