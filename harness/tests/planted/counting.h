/* counting.h - what the counting library tells the test. */
#ifndef ASSAY_COUNTING_H
#define ASSAY_COUNTING_H

#include <stdatomic.h>
#include <stdint.h>

/* The test hands the counts down as a memory file of this number. */
enum { COUNTING_FD = 214 };

/* Calls so far. free(NULL) is not counted: the C library makes such calls
 * when threads end. */
struct counting {
    _Atomic uint64_t mallocs, callocs, reallocs, frees;
};

#endif
