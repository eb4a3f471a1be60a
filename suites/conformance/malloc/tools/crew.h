/* crew.h - threads that start together and are waited for.
 *
 * Threads: crew_run() from one thread.
 * Errors:  -1 where a thread could not be started; those that were have ended
 *          by then, without having worked. */
#ifndef ASSAY_CHECK_CREW_H
#define ASSAY_CHECK_CREW_H

#include <pthread.h>

#include "tools/owned.h"

enum { CREW_MAX = 128 };

struct crew;

struct member {
    struct crew *crew;
    unsigned number;
    struct random random; /* stream number + 1 of the run's seed */
};

struct crew {
    unsigned count; /* 1 to CREW_MAX */
    uint64_t seed;
    void (*work)(struct member *member);
    void *shared;
    struct complaint complaint;

    /* The crew's own: */
    struct member members[CREW_MAX];
    pthread_t threads[CREW_MAX];
    _Atomic unsigned waiting;
    _Atomic int gate; /* 0 wait, 1 work, -1 go home */
};

/* Starts `count` threads, lets them go once all wait, and joins them. */
int crew_run(struct crew *crew);

/* For a member: all members meet here. `*meeting` counts from 0 and is the
 * crew's shared memory; each meeting needs one of its own. Yields, so that it
 * works with more threads than processors. */
void crew_meet(_Atomic unsigned *meeting, unsigned count);

/* Processors that this process may use, at least 1. */
unsigned crew_processors(void);

/* One thread that is started, works and is joined. 0 or -1. */
int thread_once(void *(*work)(void *argument), void *argument);

#endif
