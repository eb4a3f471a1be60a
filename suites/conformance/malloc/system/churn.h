/* churn.h - a small program's use of malloc, every answer looked at.
 *
 * Random requests from a seed over a fixed set of slots: all entry points,
 * sizes from one byte to megabytes, contents compared. NULL is taken as an
 * answer, and alignment is other checks' affair: a subject that is wrong there
 * is to be told so once. It is what the checks of this folder let run while
 * they make the system misbehave; the engine of the random checks is more.
 *
 * Threads: one thread at a time per churn; blocks may be freed by any.
 * Errors:  what is wrong stays in `wrong`, and everything after it passes.
 * Owner:   lives in check_map() or check_share() pages: it is large. */
#ifndef ASSAY_CHURN_H
#define ASSAY_CHURN_H

#include "check.h"

enum { CHURN_SLOTS = 256 };

struct churn_slot {
    unsigned char *block; /* NULL: empty */
    size_t size;
    uint64_t key;
};

struct churn {
    struct random random;
    size_t size_max;   /* of the rare large ones; 0: 1 MiB */
    uint64_t steps;    /* done so far */
    uint64_t refused;  /* requests answered with NULL */
    uint64_t no_errno; /* of them with another errno than ENOMEM */
    char wrong[120];   /* a sentence, or "" */
    struct churn_slot slots[CHURN_SLOTS];
};

/* Empties it; stream is a thread's number, say. */
void churn_start(struct churn *churn, uint64_t seed, uint64_t stream);

/* False after something was found wrong. */
bool churn_steps(struct churn *churn, unsigned steps);

/* Looks at all live blocks. False after something was found wrong. */
bool churn_verify(struct churn *churn);

/* Looks at all live blocks and frees them. */
bool churn_finish(struct churn *churn);

#endif
