/* oom_threads.c - the end of memory for threads: their first request, and what
 * they free. (OOM) */
#include "oom.h"

#include <pthread.h>

enum { OOM_THREADS = 4, OOM_BLOCKS = 2000, OOM_STACK = 512 << 10 };

struct oom_team {
    pthread_barrier_t ready, go;
    void *blocks[OOM_THREADS][OOM_BLOCKS];
    unsigned served;
    unsigned refused;
};

struct oom_member {
    struct oom_team *team;
    unsigned number;
    pthread_t thread;
    bool started;
};

/* A stack that is mapped before the limit is set. */
static bool oom_start(struct oom_member *member, void *stack,
                      void *(*function)(void *))
{
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, OOM_STACK);
    member->started =
        pthread_create(&member->thread, &attributes, function, member) == 0;
    pthread_attr_destroy(&attributes);
    return member->started;
}

/* The first requests of a thread's life. */
static void *oom_first_requests(void *given)
{
    static const size_t sizes[] = { 16, 100, 5000, 100000, 3000000 };
    struct oom_member *member = given;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        for (unsigned f = 0; f < OOM_FUNCTIONS; f++) {
            int error;
            unsigned char *block = oom_call(f, sizes[i], &error);

            if (block != NULL)
                block[0] = block[sizes[i] - 1] = 1;
            __atomic_fetch_add(block != NULL ? &member->team->served
                                             : &member->team->refused,
                               1, __ATOMIC_RELAXED);
            subject->free(block);
        }
    return NULL;
}

static void *oom_wait_and_request(void *given)
{
    struct oom_member *member = given;

    pthread_barrier_wait(&member->team->ready);
    pthread_barrier_wait(&member->team->go);
    return oom_first_requests(given);
}

CHECK(OOM_5, SHOULD, "a thread's first allocation may be refused, no worse",
      "glibc malloc/tst-malloc-thread-fail",
      .why = "A thread's first request builds its heap, and that can fail like "
             "anything else. Threads wait for the end of memory and then make "
             "their first request; others are started at the end of memory "
             "(pthread_create may say so), on stacks mapped before.",
      .flags = CHECK_THREADS | CHECK_ALONE)
{
    struct oom_team *team = check_map(sizeof(*team));
    char *stacks = check_map((size_t)2 * OOM_THREADS * OOM_STACK);
    struct oom_member members[2 * OOM_THREADS] = { 0 };
    struct oom_chain chain = { 0 };
    struct limit before;
    unsigned started = 0;
    int result;
    bool bound;

    if (team == NULL || stacks == NULL)
        return error(run, "no memory for the threads' stacks");
    pthread_barrier_init(&team->ready, NULL, OOM_THREADS + 1);
    pthread_barrier_init(&team->go, NULL, OOM_THREADS + 1);
    for (unsigned i = 0; i < 2 * OOM_THREADS; i++)
        members[i] = (struct oom_member){ .team = team, .number = i };
    for (unsigned i = 0; i < OOM_THREADS; i++)
        if (!oom_start(&members[i], stacks + (size_t)i * OOM_STACK,
                       oom_wait_and_request))
            return error(run, "thread %u could not be started", i);
    pthread_barrier_wait(&team->ready);
    result = limit_memory(&before, OOM_BUDGET);
    if (result != 0)
        return oom_no_limit(run, result);
    bound = oom_exhaust(&chain);
    pthread_barrier_wait(&team->go);
    for (unsigned i = OOM_THREADS; i < 2 * OOM_THREADS; i++)
        started += oom_start(&members[i], stacks + (size_t)i * OOM_STACK,
                             oom_first_requests);
    for (unsigned i = 0; i < 2 * OOM_THREADS; i++)
        if (members[i].started)
            pthread_join(members[i].thread, NULL);
    limit_lift(&before);
    oom_release(&chain);
    figure(run, "refused_requests", team->refused);
    figure(run, "threads_started_at_the_end", started);
    if (!bound)
        return oom_unbound(run);
    if (!oom_start(&members[0], stacks, oom_first_requests))
        return fail(run, "no thread can be started after memory was freed");
    pthread_join(members[0].thread, NULL);
    return pass(run);
}

static void *oom_owner(void *given)
{
    static const size_t sizes[] = { 16, 40, 100, 600, 3000, 20000 };
    struct oom_member *member = given;
    void **blocks = member->team->blocks[member->number];
    void **others = member->team->blocks[(member->number + 1) % OOM_THREADS];

    for (unsigned i = 0; i < OOM_BLOCKS; i++)
        blocks[i] = subject->malloc(sizes[i % 6]);
    pthread_barrier_wait(&member->team->ready);
    pthread_barrier_wait(&member->team->go);
    for (unsigned i = 0; i < OOM_BLOCKS / 2; i++)
        subject->free(others[i]);
    return NULL;
}

CHECK(OOM_6, MUST, "free needs no memory, from whatever thread it is called",
      "C23 7.24.3.3: free has no way to fail",
      .why = "free returns nothing, so it cannot say that it had no memory for "
             "a list node or a queue. At the end of memory half of each "
             "thread's blocks are freed by another thread, the rest by the "
             "main thread after their owners have gone.",
      .flags = CHECK_THREADS | CHECK_ALONE)
{
    struct oom_team *team = check_map(sizeof(*team));
    char *stacks = check_map((size_t)OOM_THREADS * OOM_STACK);
    struct oom_member members[OOM_THREADS] = { 0 };
    struct oom_chain chain = { 0 };
    struct limit before;
    void *after;
    int result;

    if (team == NULL || stacks == NULL)
        return error(run, "no memory for the threads' stacks");
    pthread_barrier_init(&team->ready, NULL, OOM_THREADS + 1);
    pthread_barrier_init(&team->go, NULL, OOM_THREADS + 1);
    for (unsigned i = 0; i < OOM_THREADS; i++) {
        members[i] = (struct oom_member){ .team = team, .number = i };
        if (!oom_start(&members[i], stacks + (size_t)i * OOM_STACK, oom_owner))
            return error(run, "thread %u could not be started", i);
    }
    pthread_barrier_wait(&team->ready);
    result = limit_memory(&before, OOM_BUDGET);
    if (result != 0)
        return oom_no_limit(run, result);
    oom_exhaust(&chain); /* where the limit does not bind, free works anyway */
    pthread_barrier_wait(&team->go);
    for (unsigned i = 0; i < OOM_THREADS; i++)
        pthread_join(members[i].thread, NULL);
    for (unsigned i = 0; i < OOM_THREADS; i++)
        for (unsigned k = OOM_BLOCKS / 2; k < OOM_BLOCKS; k++)
            subject->free(team->blocks[i][k]);
    oom_release(&chain);
    after = subject->malloc(MIB);
    limit_lift(&before);
    if (after == NULL)
        return fail(run, "malloc(1 MiB) gave NULL after everything was freed");
    subject->free(after);
    return pass(run);
}
