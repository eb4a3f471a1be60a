/* await.h - waits for one child, and no longer than it may take.
 *
 * Sleeps on a descriptor of the process where the kernel has one, so that a
 * child that ends is noticed at once; otherwise it looks every millisecond.
 * No signal disposition is touched. */
#ifndef ASSAY_AWAIT_H
#define ASSAY_AWAIT_H

#include <sys/types.h>

#include "check.h"

/* Fills *ret_end. After check_limit_ms(timeout_ms) the child is killed, and
 * with it the process group that it leads, if any. */
void check_await(pid_t child, unsigned timeout_ms, struct child_end *ret_end);

/* The same, to that moment of clock_wall_ns(). */
void check_await_until(pid_t child, uint64_t deadline_ns,
                       struct child_end *ret_end);

/* In a child: its standard streams become /dev/null. */
void check_silence(void);

#endif
