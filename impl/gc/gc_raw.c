/* gc_raw.c - blocks of the system, linked in a ring. */
#include "gc_raw.h"

#include <stdlib.h>

_Static_assert(sizeof(struct gc_raw) % _Alignof(max_align_t) == 0,
               "what follows the links is as aligned as they are");

static void *raw_link(struct gc_raw *ring, struct gc_raw *block)
{
    if (!block)
        return NULL;
    block->next = ring->next;
    block->prev = ring;
    ring->next->prev = block;
    ring->next = block;
    return block + 1;
}

static void raw_unlink(struct gc_raw *block)
{
    block->prev->next = block->next;
    block->next->prev = block->prev;
}

static void *raw_malloc(void *ring, size_t bytes)
{
    if (bytes > PTRDIFF_MAX - sizeof(struct gc_raw))
        return NULL;
    return raw_link(ring, malloc(sizeof(struct gc_raw) + bytes));
}

static void *raw_calloc(void *ring, size_t count, size_t bytes)
{
    size_t all;
    if (__builtin_mul_overflow(count, bytes, &all) ||
        all > PTRDIFF_MAX - sizeof(struct gc_raw))
        return NULL;
    return raw_link(ring, calloc(1, sizeof(struct gc_raw) + all));
}

static void *raw_realloc(void *ring, void *block, size_t bytes)
{
    struct gc_raw *old = block;
    if (!old)
        return raw_malloc(ring, bytes);
    if (bytes > PTRDIFF_MAX - sizeof(struct gc_raw))
        return NULL;
    raw_unlink(--old);
    struct gc_raw *moved = realloc(old, sizeof(struct gc_raw) + bytes);
    void *ret = raw_link(ring, moved ? moved : old);
    return moved ? ret : NULL;
}

static void raw_free(void *ring, void *block)
{
    (void)ring;
    if (!block)
        return;
    struct gc_raw *links = (struct gc_raw *)block - 1;
    raw_unlink(links);
    free(links);
}

void gc_raw_start(struct gc_raw *ring)
{
    ring->next = ring->prev = ring;
}

void gc_raw_end(struct gc_raw *ring)
{
    for (struct gc_raw *block = ring->next, *next; block != ring;
         block = next) {
        next = block->next;
        free(block);
    }
    gc_raw_start(ring);
}

struct memory_allocator gc_raw_allocator(struct gc_raw *ring)
{
    return (struct memory_allocator){ ring, raw_malloc, raw_calloc, raw_realloc,
                                      raw_free };
}
