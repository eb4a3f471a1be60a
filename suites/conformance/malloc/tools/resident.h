/* resident.h - what is resident now, and after a while.
 *
 * Threads: any. Allocates nothing of its own, apart from the small work that
 *          resident_after() says it does. */
#ifndef ASSAY_CHECK_RESIDENT_H
#define ASSAY_CHECK_RESIDENT_H

/* Resident bytes of this process now. */
double resident_bytes(void);

/* Waits, with slight activity, until no more than `below_bytes` are resident,
 * at most so many seconds. What is resident then. */
double resident_after(double below_bytes, double seconds);

#endif
