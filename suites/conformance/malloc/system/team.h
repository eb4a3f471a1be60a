/* team.h - threads that allocate all the while a check does something else.
 *
 * Threads: start and stop from the same thread; between them the team runs.
 * Errors:  NULL when a thread or memory is missing.
 * Owner:   the pages stay mapped. */
#ifndef ASSAY_TEAM_H
#define ASSAY_TEAM_H

#include <pthread.h>
#include <stdatomic.h>

#include "churn.h"

enum { TEAM_MEMBERS = 8 };

struct team {
    atomic_bool over;
    atomic_bool resting; /* set and cleared by whoever started it */
    unsigned count;
    struct team_member {
        pthread_t thread;
        struct team *team;
        struct churn churn;
    } members[TEAM_MEMBERS];
};

/* Starts `count` threads that churn until they are stopped. */
struct team *team_start(uint64_t seed, unsigned count);

/* Ends them; NULL, or what one of them found wrong. Static storage. */
const char *team_stop(struct team *team);

#endif
