/* fault.h - what a verify walker says when something is wrong.
 *
 * A walker stops at the first fault and names it; `what` is NULL when all is
 * well. The strings are constants, so a walker allocates nothing. */
#ifndef ASSAY_ALLOC_FAULT_H
#define ASSAY_ALLOC_FAULT_H

#include <stddef.h>

struct fault {
    const char *what;  /* a sentence, or NULL */
    const void *where; /* the block, pool or arena it is about */
    size_t found;
    size_t expected;
};

#define FAULT_NONE ((struct fault){ NULL, NULL, 0, 0 })

static inline struct fault fault_at(const char *what, const void *where,
                                    size_t found, size_t expected)
{
    return (struct fault){ what, where, found, expected };
}

#endif
