/* range.h - memory that the floor hands out over and over.
 *
 * A range is taken by one thread at a time and never unmapped: a later thread
 * takes it again. There are as many as threads were ever armed at once.
 *
 * Threads: all functions, from any thread, without locks. */
#ifndef ASSAY_PRELOAD_RANGE_H
#define ASSAY_PRELOAD_RANGE_H

#include <stddef.h>

struct range;

enum { RANGE_ALIGNMENT = 4096 };

/* A range of at least `bytes`, faulted in where a loop would otherwise pay
 * for it; NULL when no memory could be mapped. */
struct range *range_take(size_t bytes);
void range_release(struct range *range);

/* The one block of the range, aligned to RANGE_ALIGNMENT. */
void *range_block(struct range *range);

/* The range that `address` points into, taken or not, or NULL. */
struct range *range_of(const void *address);

/* Bytes of the range from `address` on. */
size_t range_bytes_from(const struct range *range, const void *address);

#endif
