/* mapping_table.h - which addresses begin a mapping of ours, and its size.
 *
 * Threads: under huge_lock.
 * Errors:  mapping_reserve() is the one call that needs memory; an insert
 *          that was reserved cannot fail, and free() never needs memory. */
#ifndef ASSAY_MALLOC_MAPPING_TABLE_H
#define ASSAY_MALLOC_MAPPING_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "fault.h"

struct mapping {
    char *start; /* NULL in an unused place */
    size_t bytes;
};

/* Makes sure that there is room for one more insert, and keeps it. */
bool mapping_reserve(void);
void mapping_unreserve(void);

/* Uses up one reservation. */
void mapping_insert(struct mapping mapping);

/* NULL when nothing begins there. Valid until the next insert or remove. */
struct mapping *mapping_find(const void *start);

/* Removes what mapping_find() found. With `reserve` its place is kept. */
struct mapping mapping_remove(struct mapping *found, bool reserve);

size_t mapping_count(void);
size_t mapping_bytes(void);
struct fault mapping_verify(void);

#endif
