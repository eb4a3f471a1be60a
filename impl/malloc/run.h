/* run.h - blocks of 32 KiB to 1 MiB: slots of an arena, one block each run.
 *
 * Their pages beyond the last one asked for are never touched, so rounding up
 * to slots costs addresses and no memory.
 *
 * Threads: all calls, one at a time for each block.
 * Errors:  NULL or false when there is no memory or no room.
 * Owner:   the caller, until run_free(). */
#ifndef ASSAY_MALLOC_RUN_H
#define ASSAY_MALLOC_RUN_H

#include <stdbool.h>
#include <stddef.h>

/* `bytes` in 1..ARENA_RUN_BYTES. */
void *run_alloc(size_t bytes, bool zero);
void run_free(void *p);

/* In place or not at all. */
bool run_resize(void *p, size_t bytes);

/* Of a pointer into an arena: whether a run begins right there. */
bool run_is_block(const void *p);
size_t run_usable(const void *p);

#endif
