/* huge.h - blocks with a mapping of their own.
 *
 * Where they lie is kept in a table of their own, so that a block may be
 * moved by the system (mremap) and no page holds a header only.
 *
 * Threads: all calls; one lock.
 * Errors:  NULL or false when the system gives no memory.
 * Owner:   a block is the caller's until huge_free(). Freed mappings may be
 *          kept for the next block; huge_trim() gives them back. */
#ifndef ASSAY_MALLOC_HUGE_H
#define ASSAY_MALLOC_HUGE_H

#include <stdbool.h>
#include <stddef.h>

#include "fault.h"
#include "lock.h"
#include "stats.h"

extern struct lock huge_lock;

/* `bytes` at most PTRDIFF_MAX; `align` a power of two. With `zero` the block
 * is all zeros. */
void *huge_alloc(size_t bytes, size_t align, bool zero);

/* False when `p` is no block of ours. */
bool huge_free(void *p);

/* Usable bytes, or 0 when `p` is no block of ours. */
size_t huge_usable(const void *p);

/* Like realloc; NULL leaves the block as it was. */
void *huge_resize(void *p, size_t bytes);

bool huge_trim(void);
void huge_stats(struct alloc_stats *stats);
struct fault huge_verify(void);

#endif
