/* block.c - the slow side of malloc and free: threads without a heap, runs,
 * mappings, other threads' blocks and pointers that are not ours. */
#include "block.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "huge.h"
#include "os.h"
#include "run.h"

static void *block_or_enomem(void *p)
{
    if (!p)
        errno = ENOMEM;
    return p;
}

/* --- allocation ------------------------------------------------------------
 */

/* A thread past its last destructor, or before its first block. */
static void *block_alloc_without_heap(unsigned class)
{
    struct heap *heap = thread_join();
    if (heap)
        return heap_refill(heap, class);
    if (thread_heap != &thread_heap_gone)
        return NULL;
    heap = thread_borrow();
    if (!heap)
        return NULL;
    void *p = heap_refill(heap, class);
    thread_hand_back(heap);
    return p;
}

/* Runs begin at a slot, so they are aligned to that; a mapping to anything. */
static void *block_alloc_large(size_t align, size_t bytes, bool zero)
{
    if (bytes > PTRDIFF_MAX)
        return NULL;
    if (thread_has_heap())
        heap_drain(thread_heap);
    void *p = NULL;
    if (bytes <= ARENA_RUN_BYTES && align <= ARENA_SLOT_BYTES)
        p = run_alloc(bytes, zero);
    return p ? p : huge_alloc(bytes, align, zero);
}

void *block_alloc_slowly(size_t bytes)
{
    void *p;
    if (bytes > CLASS_MAX_BYTES)
        p = block_alloc_large(1, bytes, false);
    else if (thread_has_heap())
        p = heap_refill(thread_heap, class_of(bytes));
    else
        p = block_alloc_without_heap(class_of(bytes));
    return block_or_enomem(p);
}

void *block_alloc_zero(size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total))
        return block_or_enomem(NULL);
    if (total > CLASS_MAX_BYTES)
        return block_or_enomem(block_alloc_large(1, total, true));
    void *p = block_alloc(total);
    return p ? memset(p, 0, total) : NULL;
}

/* A request that is a multiple of the alignment gets a block that is one, at
 * the right place, because pools begin at a slot. */
void *block_alloc_aligned(size_t align, size_t bytes)
{
    if (bytes > PTRDIFF_MAX)
        return block_or_enomem(NULL);
    bytes += bytes == 0;
    size_t rounded = os_round_up(bytes, align);
    if (rounded <= CLASS_MAX_BYTES)
        return block_alloc(rounded);
    return block_or_enomem(block_alloc_large(align, bytes, false));
}

/* --- freeing ----------------------------------------------------------------
 */

/* Blocks of a pool whose owner is not this thread. A thread that has only
 * freed so far gets a heap to gather them in; one that is ending does not. */
static void block_free_foreign(struct heap *owner, void *p)
{
    struct heap *heap = thread_has_heap() ? thread_heap : thread_join();
    if (heap) {
        heap_send(heap, owner, p);
        return;
    }
    heap_receive(owner, p, p);
    heap_tend(owner);
}

/* What is no block of ours came from before we were loaded (the dynamic
 * linker), or is NULL. It stays where it is. */
void block_free_slowly(void *p)
{
    if (!arena_holds(p)) {
        if (p)
            huge_free(p);
        return;
    }
    struct slot *slot = arena_slot_of(p);
    if (slot->owner)
        block_free_foreign(slot->owner, p);
    else if (run_is_block(p))
        run_free(p);
    else
        abort(); /* freed twice, or no pointer malloc returned */
}

size_t block_usable(const void *p)
{
    if (!arena_holds(p))
        return huge_usable(p);
    unsigned class = arena_slot_of(p)->class;
    if (class < CLASS_COUNT)
        return class_bytes(class);
    return run_is_block(p) ? run_usable(p) : 0;
}

/* --- changing the size ------------------------------------------------------
 */

static void *block_move(void *p, size_t old_bytes, size_t bytes)
{
    void *moved = block_alloc(bytes);
    if (!moved)
        return NULL;
    memcpy(moved, p, bytes < old_bytes ? bytes : old_bytes);
    block_free(p);
    return moved;
}

/* A block of a pool stays while half of it is used. */
static void *block_resize_pooled(void *p, unsigned class, size_t bytes)
{
    size_t old_bytes = class_bytes(class);
    if (bytes <= old_bytes && bytes >= old_bytes / 2)
        return p;
    return block_move(p, old_bytes, bytes);
}

static void *block_resize_run(void *p, size_t bytes)
{
    if (bytes > CLASS_MAX_BYTES && run_resize(p, bytes))
        return p;
    return block_move(p, run_usable(p), bytes);
}

static void *block_resize_mapping(void *p, size_t old_bytes, size_t bytes)
{
    if (bytes > ARENA_RUN_BYTES / 2)
        return block_or_enomem(huge_resize(p, bytes));
    return block_move(p, old_bytes, bytes);
}

/* We do not know its size, so we copy whatever is mapped behind it. */
static void *block_resize_alien(void *p, size_t bytes)
{
    void *moved = block_alloc(bytes);
    return moved ? memcpy(moved, p, os_mapped_from(p, bytes)) : NULL;
}

void *block_resize(void *p, size_t bytes)
{
    if (!p)
        return block_alloc(bytes);
    if (bytes > PTRDIFF_MAX)
        return block_or_enomem(NULL);
    if (!arena_holds(p)) {
        size_t old_bytes = huge_usable(p);
        return old_bytes ? block_resize_mapping(p, old_bytes, bytes)
                         : block_resize_alien(p, bytes);
    }
    unsigned class = arena_slot_of(p)->class;
    if (class < CLASS_COUNT)
        return block_resize_pooled(p, class, bytes);
    if (!run_is_block(p))
        abort(); /* freed before, or no pointer malloc returned */
    return block_resize_run(p, bytes);
}

static void block_trim_idle(struct heap *heap, void *context)
{
    (void)context;
    heap_trim_idle(heap);
}

bool block_trim(void)
{
    if (thread_has_heap()) {
        heap_send_all(thread_heap);
        heap_flush(thread_heap, 0);
    }
    thread_each_heap(block_trim_idle, NULL);
    return arena_trim() | huge_trim();
}
