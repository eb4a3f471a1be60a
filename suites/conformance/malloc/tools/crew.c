/* crew.c - threads that start together and are waited for. */
#include "tools/crew.h"

#include <sched.h>
#include <stdatomic.h>

static void *crew_thread(void *argument)
{
    struct member *member = argument;
    struct crew *crew = member->crew;

    atomic_fetch_add(&crew->waiting, 1);
    while (atomic_load(&crew->gate) == 0)
        sched_yield();
    if (atomic_load(&crew->gate) == 1)
        crew->work(member);
    return NULL;
}

int crew_run(struct crew *crew)
{
    unsigned started = 0;

    atomic_store(&crew->waiting, 0);
    atomic_store(&crew->gate, 0);
    for (; started < crew->count; started++) {
        struct member *member = &crew->members[started];

        *member = (struct member){ crew, started,
                                   random_stream(crew->seed, started + 1) };
        if (pthread_create(&crew->threads[started], NULL, crew_thread,
                           member) != 0)
            break;
    }
    while (atomic_load(&crew->waiting) < started)
        sched_yield();
    atomic_store(&crew->gate, started == crew->count ? 1 : -1);
    for (unsigned i = 0; i < started; i++)
        pthread_join(crew->threads[i], NULL);
    return started == crew->count ? 0 : -1;
}

void crew_meet(_Atomic unsigned *meeting, unsigned count)
{
    atomic_fetch_add(meeting, 1);
    while (atomic_load(meeting) < count)
        sched_yield();
}

unsigned crew_processors(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) != 0 || CPU_COUNT(&set) < 1)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

int thread_once(void *(*work)(void *argument), void *argument)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, work, argument) != 0)
        return -1;
    return pthread_join(thread, NULL) == 0 ? 0 : -1;
}
