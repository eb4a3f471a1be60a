/* range.c - ranges in a list that only grows, each with a flag "taken".
 *
 * The header fills a page of its own in front of the block, so that nothing
 * the loop writes shares a cache line with it. */
#include "range.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

/* Ranges up to this size are faulted in whole. The block of a larger one is
 * so rarely written in full that its faults weigh nothing in a loop. */
enum { PREFAULT_BYTES_MAX = 256 * 1024 };

struct range {
    struct range *next; /* set once, before the range is published */
    size_t bytes;       /* without this header */
    atomic_bool taken;
};

static _Atomic(struct range *) ranges;

void *range_block(struct range *range)
{
    return (char *)range + RANGE_ALIGNMENT;
}

static struct range *range_take_again(size_t bytes)
{
    struct range *range = atomic_load(&ranges);
    for (; range != NULL; range = range->next)
        if (range->bytes >= bytes && !atomic_exchange(&range->taken, 1))
            return range;
    return NULL;
}

static void range_prefault(struct range *range)
{
    volatile char *block = range_block(range);
    size_t bytes =
        range->bytes < PREFAULT_BYTES_MAX ? range->bytes : PREFAULT_BYTES_MAX;
    for (size_t i = 0; i < bytes; i += RANGE_ALIGNMENT)
        block[i] = 0;
}

static void range_publish(struct range *range)
{
    range->next = atomic_load(&ranges);
    while (!atomic_compare_exchange_weak(&ranges, &range->next, range))
        ;
}

struct range *range_take(size_t bytes)
{
    if (bytes > PTRDIFF_MAX - 2 * RANGE_ALIGNMENT)
        return NULL;
    struct range *range = range_take_again(bytes);
    if (range != NULL)
        return range;
    size_t pages = bytes / RANGE_ALIGNMENT + 1; /* never none */
    range = mmap(NULL, (pages + 1) * RANGE_ALIGNMENT, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED)
        return NULL;
    range->bytes = pages * RANGE_ALIGNMENT;
    atomic_init(&range->taken, 1);
    range_prefault(range);
    range_publish(range);
    return range;
}

void range_release(struct range *range)
{
    atomic_store(&range->taken, 0);
}

struct range *range_of(const void *address)
{
    struct range *range = atomic_load(&ranges);
    for (; range != NULL; range = range->next)
        if ((uintptr_t)address - (uintptr_t)range_block(range) < range->bytes)
            return range;
    return NULL;
}

size_t range_bytes_from(const struct range *range, const void *address)
{
    uintptr_t block = (uintptr_t)range + RANGE_ALIGNMENT;
    return range->bytes - ((uintptr_t)address - block);
}
