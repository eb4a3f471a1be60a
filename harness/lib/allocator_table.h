/* allocator_table.h - the one place that says which tables of
 * `assay/allocator.h` are refused.
 *
 * Threads: any. Errors: false, and a sentence in `ret_why`. */
#ifndef ASSAY_ALLOCATOR_TABLE_H
#define ASSAY_ALLOCATOR_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "assay/allocator.h"

/* The names of the bits of `can`, from the lowest; ended by NULL. */
extern const char *const allocator_table_bits[];

/* Whether the plug-in can be asked anything at all. Otherwise `ret_why` is a
 * sentence that says what to change. */
bool allocator_table_is_sound(const struct assay_allocator *table,
                              char *ret_why, size_t room);

/* Whether it also says no more than it claims. */
bool allocator_table_is_plain(const struct assay_allocator *table,
                              char *ret_why, size_t room);

#endif
