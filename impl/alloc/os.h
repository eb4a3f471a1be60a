/* os.h - pages from the operating system, its clock and its waiting.
 *
 * Everything an allocator asks of the platform is asked here, and os.c is the
 * one file with an #ifdef of a platform.
 *
 * Threads: all calls, at any time.
 * Errors:  NULL or false; errno is always left as it was, because free() must
 *          not change it and only the entry points know when to set it.
 * Owner:   what os_map() returns belongs to the caller until os_unmap(). */
#ifndef ASSAY_ALLOC_OS_H
#define ASSAY_ALLOC_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The smallest page of the platforms we run on. Sizes are rounded to it and
 * never to a larger one: more alignment than asked for is never relied on. */
#define OS_PAGE_BYTES ((size_t)4096)

static inline size_t os_round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) & ~(unit - 1);
}

/* Fresh pages, all bytes zero. `bytes` is a multiple of the page. */
void *os_map(size_t bytes);

/* The same, at a multiple of `align` (a power of two). `hint` may name an
 * address that would be welcome; NULL leaves the choice to the system. */
void *os_map_aligned(size_t bytes, size_t align, void *hint);

/* False when the system refuses, which it may do when a hole would split a
 * mapping into one too many: the pages are then still mapped, and ours. */
bool os_unmap(void *start, size_t bytes);

/* Gives the memory back and keeps the addresses. True means that the pages
 * read as zero from now on; after false nothing is known of them. */
bool os_purge(void *start, size_t bytes);

/* What a large page is where the system has them by itself: asking for such
 * is advice, and changes what is in the memory in no way. */
#define OS_LARGE_PAGE_BYTES ((size_t)2 << 20)
void os_ask_large_pages(void *start, size_t bytes);

/* Changes the size of a whole mapping, which may move. NULL when it cannot,
 * and the old mapping is then untouched. */
void *os_remap(void *start, size_t old_bytes, size_t new_bytes);

/* How many bytes from `start` on are mapped, at most `limit`. Slow. */
size_t os_mapped_from(const void *start, size_t limit);

/* Milliseconds of a clock that never goes back; cheap, a few ms coarse. */
uint64_t os_now_ms(void);

/* Sleeps while *word == value, until os_wake(); may return early. */
void os_wait(uint32_t *word, uint32_t value);
void os_wake(uint32_t *word);

#endif
