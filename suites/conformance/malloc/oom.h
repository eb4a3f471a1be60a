/* oom.h - memory that comes to an end, for the files of the family.
 *
 * Errors: the limit may not bind a subject: then false, and oom_unbound() is
 *         the verdict. */
#ifndef ASSAY_CHECK_OOM_H
#define ASSAY_CHECK_OOM_H

#include "check.h"
#include "system/limit.h"

#define OOM_BUDGET (96 * MIB)
/* Beyond this much the limit evidently does not bind the subject. */
#define OOM_UNBOUND (8 * OOM_BUDGET)

/* Blocks linked through themselves: no memory of our own is needed. */
struct oom_chain {
    void **head;
    size_t count;
    size_t bytes;
    int error; /* errno of the call that gave NULL; 0: none did */
};

/* Takes blocks of that size until there are none. False when the limit does
 * not bind. */
bool oom_fill(struct oom_chain *chain, size_t size);

/* Down to the last small block. */
bool oom_exhaust(struct oom_chain *chain);

void oom_release(struct oom_chain *chain);

/* Skips: no limit can be set (a negative errno), or it does not bind. */
enum verdict oom_no_limit(struct check_run *run, int error);
enum verdict oom_unbound(struct check_run *run);

enum oom_function {
    OOM_MALLOC,
    OOM_CALLOC,
    OOM_REALLOC,
    OOM_REALLOCARRAY,
    OOM_ALIGNED_ALLOC,
    OOM_POSIX_MEMALIGN,
    OOM_FUNCTIONS
};

/* One block of that size by that function; *ret_error is what it says. */
void *oom_call(enum oom_function function, size_t size, int *ret_error);

#endif
