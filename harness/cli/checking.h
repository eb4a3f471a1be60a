/* checking.h - runs many checks of one subject, several at a time.
 *
 * Each run is supervised by a process of its own, since a supervisor serves
 * one thread. Checks that wait start first and take no slot; those that must
 * be alone come last, one by one. The first run goes alone: where the subject
 * turns out not to be active, nothing else is asked.
 *
 * Errors: CHECKING_FAILED with a message when the tool itself failed; what
 *         the subject does is a verdict.
 * Owner:  checking_free() ends what checking_run() made. */
#ifndef ASSAY_CHECKING_H
#define ASSAY_CHECKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "verdict.h"

struct checked;
struct requirement;
struct subject;

struct checking_request {
    const struct subject *subject;
    const struct requirement *const *chosen; /* at least one; ended by NULL */
    unsigned jobs;
    unsigned repeat;     /* runs of each */
    uint64_t seed;       /* of the first run; the next has one more */
    uint32_t timeout_ms; /* of each run at most; 0: as each check says, and
                          * longer where others want the processors, too */
    uint64_t budget_ns;  /* of all together; 0: none. What is not decided by
                          * then is a skip that says so */
    bool quiet;          /* no progress */
    const char *out;     /* folder for what a check keeps; NULL: its own */

    /* Told each requirement that was asked, once, when all its runs have
     * ended or no more are to come; or NULL. */
    void (*on_checked)(void *context, const struct checked *checked);
    void *context;
};

/* All runs of one requirement. */
struct checked {
    const struct requirement *requirement;
    const struct verdict *worst;   /* the first of the worst kind */
    const struct verdict *printed; /* the first that passed or was skipped,
                                    * and yet printed something; or NULL */
    unsigned runs;                 /* that ended; 0 where nothing was asked */
    unsigned passed;               /* of these */
    uint64_t wall_ns;              /* of all runs together */
};

struct checking {
    struct checked *all;
    size_t count;
    bool not_active; /* then at most one requirement was asked */
    uint64_t wall_ns;
    struct verdict *verdicts; /* shared with the workers */
    size_t verdict_count;
};

enum checking_ending { CHECKING_COMPLETE, CHECKING_CANCELLED, CHECKING_FAILED };

enum checking_ending checking_run(const struct checking_request *request,
                                  struct checking *ret_checking,
                                  struct failure *ret_error);
void checking_free(struct checking *checking);

/* In a handler of SIGINT and its kin: ends all runs. */
void checking_cancel(void);

#endif
