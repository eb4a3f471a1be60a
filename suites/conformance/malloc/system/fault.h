/* fault.h - system calls made to fail, from the n-th on, in a child.
 *
 * The child's calls of the chosen kinds stop and ask this process (seccomp's
 * user notification), which lets them go on or fails them. So a library that
 * calls the kernel by itself is reached like one that calls the C library.
 * A failed brk gives back the old break, as the kernel does: its callers know
 * nothing of -ENOMEM.
 *
 * Threads: call from the only thread of the process: the child is forked.
 * Errors:  -EPERM, -EINVAL, -ENOSYS, -EBUSY: not permitted here (an old
 *          kernel, a container's own filter); the check is skip() then. */
#ifndef ASSAY_FAULT_H
#define ASSAY_FAULT_H

#include "check.h"

enum fault_call {
    FAULT_MMAP = 1,
    FAULT_MUNMAP = 2,
    FAULT_MREMAP = 4,
    FAULT_MPROTECT = 8,
    FAULT_MADVISE = 16, /* process_madvise, too */
    FAULT_BRK = 32,
    FAULT_PRCTL = 64,
    FAULT_MEMORY = 63, /* all that an allocator asks for pages with */
    FAULT_GROWTH = FAULT_MMAP | FAULT_MREMAP | FAULT_MPROTECT | FAULT_BRK,
};

struct fault_plan {
    unsigned calls; /* set of enum fault_call: these are counted */
    unsigned first; /* the first that fails, from 1; 0: none */
    unsigned count; /* how many fail from there on; 0: all */
    int error;      /* the errno they fail with (not brk) */
};

struct fault_end {
    struct child_end child;
    unsigned seen;   /* calls counted */
    unsigned failed; /* of them made to fail */
};

/* Runs function(argument) in a forked child under the plan, at most
 * check_limit_ms(timeout_ms) long; how that ended is told as of check_child().
 * Calls count from the function's own fault_arm(true) on. 0 or a negative
 * errno. */
int fault_run(int (*function)(void *argument), void *argument,
              const struct fault_plan *plan, unsigned timeout_ms,
              struct fault_end *ret_end);

/* In the child: calls are counted, and fail, while armed. Makes no call. */
void fault_arm(bool armed);

#endif
