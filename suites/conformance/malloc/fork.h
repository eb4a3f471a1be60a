/* fork.h - what children of fork are asked, for the files of the family.
 *
 * Threads: any. */
#ifndef ASSAY_CHECK_FORK_H
#define ASSAY_CHECK_FORK_H

#include "check.h"

enum { FORK_CHILD_MS = 5000 };

/* The same as the messages have it, grown with the machine's load; a second at
 * least. */
static inline unsigned fork_child_s(void)
{
    unsigned limit_s = check_limit_ms(FORK_CHILD_MS) / 1000;

    return limit_s > 0 ? limit_s : 1;
}

/* NULL, or what is wrong with a function of the subject: all of them, at
 * twelve sizes. Static storage. */
const char *fork_try_all(void);

#endif
