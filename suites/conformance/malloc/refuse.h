/* refuse.h - a system that says no to giving memory back.
 *
 * For the rest of the process; there is no way back. */
#ifndef ASSAY_CHECK_REFUSE_H
#define ASSAY_CHECK_REFUSE_H

/* Every madvise and process_madvise of this process (all threads) fails with
 * that errno from now on. 0, or -1 when the system has no such filter. */
int refuse_madvise(int number);

#endif
