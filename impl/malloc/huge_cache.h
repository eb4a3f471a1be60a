/* huge_cache.h - freed mappings that keep their memory for the next block.
 *
 * A program that replaces blocks of some MiB would otherwise pay a page fault
 * for every page of every block. Bounded in bytes and in time.
 *
 * Threads: under huge_lock.
 * Errors:  none.
 * Owner:   what is put belongs to the cache until taken; what a call returns
 *          belongs to the caller, who unmaps it without the lock. */
#ifndef ASSAY_MALLOC_HUGE_CACHE_H
#define ASSAY_MALLOC_HUGE_CACHE_H

#include <stdint.h>

#include "mapping_table.h"

#define HUGE_CACHE_BYTES  ((size_t)64 << 20)
#define HUGE_CACHE_LENGTH 32u
#define HUGE_CACHE_AGE_MS 1000

/* The mapping whose size is nearest, whichever way; .start is NULL if there
 * is none. */
struct mapping huge_cache_take(size_t bytes);

/* The mapping that begins right there; .bytes is 0 if there is none. */
struct mapping huge_cache_take_at(const char *start);

/* Joins neighbours. False if it is too large to be kept at all. */
bool huge_cache_put(struct mapping mapping, uint64_t now_ms);

/* One mapping too many or too old, the oldest first; .start NULL if none. */
struct mapping huge_cache_surplus(uint64_t now_ms);

/* Any one mapping; .start is NULL if there is none. */
struct mapping huge_cache_any(void);

size_t huge_cache_bytes(void);

#endif
