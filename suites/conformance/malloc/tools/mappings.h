/* mappings.h - /proc/self/maps without stdio, and without malloc.
 *
 * Threads: any; what is read is the state of a moment. */
#ifndef ASSAY_CHECK_MAPPINGS_H
#define ASSAY_CHECK_MAPPINGS_H

#include "check.h"

struct mapping {
    uintptr_t start, end;
    bool readable, writable;
    char name[200]; /* "/usr/lib/...", "[heap]", or "" */
};

/* Calls seen(argument, mapping) for each line, by address, until it returns
 * false. How many lines were seen; 0 when the file cannot be read. */
unsigned mappings_walk(bool (*seen)(void *argument,
                                    const struct mapping *mapping),
                       void *argument);

/* How many mappings this process has. */
unsigned mappings_count(void);

#endif
