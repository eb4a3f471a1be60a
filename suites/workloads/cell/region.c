/* region.c - threads, barriers and clocks of the timed region. */
#include "region.h"

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <valgrind/callgrind.h>

#include "clock.h"

struct region_worker {
    struct run *run;
    region_function *function;
    struct region_gates *gates;
    pthread_t handle;
    uint64_t start_ns, end_ns;
    unsigned thread;
    bool enter;
};

/* All are ready; the clocks are read; all start together; all have ended; the
 * clocks are read; only then may threads be torn down. */
struct region_gates {
    pthread_barrier_t ready, start, end;
};

struct region_clocks {
    uint64_t cpu_ns;
    struct rusage usage;
};

static void region_read_clocks(struct region_clocks *clocks)
{
    getrusage(RUSAGE_SELF, &clocks->usage);
    clocks->cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static uint64_t region_timeval_ns(struct timeval time)
{
    return (uint64_t)time.tv_sec * NS_PER_S +
           (uint64_t)time.tv_usec * NS_PER_US;
}

static void region_subtract(struct region *region,
                            const struct region_clocks *before,
                            const struct region_clocks *after)
{
    const struct rusage *from = &before->usage, *to = &after->usage;

    region->cpu_ns = after->cpu_ns - before->cpu_ns;
    region->user_ns =
        region_timeval_ns(to->ru_utime) - region_timeval_ns(from->ru_utime);
    region->sys_ns =
        region_timeval_ns(to->ru_stime) - region_timeval_ns(from->ru_stime);
    region->minor_faults = (uint64_t)(to->ru_minflt - from->ru_minflt);
    region->major_faults = (uint64_t)(to->ru_majflt - from->ru_majflt);
    region->voluntary_switches = (uint64_t)(to->ru_nvcsw - from->ru_nvcsw);
    region->involuntary_switches = (uint64_t)(to->ru_nivcsw - from->ru_nivcsw);
}

/* Valgrind collects between these two; to a processor they are nothing. */
static void region_toggle_counting(const struct run *run)
{
    if (run->counts)
        CALLGRIND_TOGGLE_COLLECT;
}

/* The floor is armed before this thread's clock starts: finding its page is
 * no part of what the loop costs. */
static void region_work(struct region_worker *worker)
{
    if (worker->enter)
        run_enter(worker->run);
    worker->start_ns = clock_wall_ns();
    region_toggle_counting(worker->run);
    worker->function(worker->run, worker->thread);
    region_toggle_counting(worker->run);
    worker->end_ns = clock_wall_ns();
    if (worker->enter)
        run_leave(worker->run);
}

static void *region_thread_main(void *given)
{
    struct region_worker *worker = given;

    pthread_barrier_wait(&worker->gates->ready);
    pthread_barrier_wait(&worker->gates->start);
    region_work(worker);
    pthread_barrier_wait(&worker->gates->end);
    return NULL;
}

static void region_summarise(struct region *region,
                             const struct region_worker *workers,
                             unsigned count)
{
    uint64_t start_ns = workers[0].start_ns, end_ns = workers[0].end_ns;

    region->thread_ns_min = UINT64_MAX;
    region->thread_ns_max = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t thread_ns = workers[i].end_ns - workers[i].start_ns;

        if (workers[i].start_ns < start_ns)
            start_ns = workers[i].start_ns;
        if (workers[i].end_ns > end_ns)
            end_ns = workers[i].end_ns;
        if (thread_ns < region->thread_ns_min)
            region->thread_ns_min = thread_ns;
        if (thread_ns > region->thread_ns_max)
            region->thread_ns_max = thread_ns;
    }
    region->wall_ns = end_ns - start_ns;
}

static int region_create_threads(struct region_worker *workers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int error = pthread_create(&workers[i].handle, NULL, region_thread_main,
                                   &workers[i]);

        if (error != 0)
            return -error;
    }
    return 0;
}

static int region_run_threads(struct region_worker *workers, unsigned count,
                              struct region_gates *gates,
                              struct region_clocks *ret_before,
                              struct region_clocks *ret_after)
{
    int error;

    pthread_barrier_init(&gates->ready, NULL, count + 1);
    pthread_barrier_init(&gates->start, NULL, count + 1);
    pthread_barrier_init(&gates->end, NULL, count + 1);
    error = region_create_threads(workers, count);
    if (error != 0)
        return error;
    pthread_barrier_wait(&gates->ready);
    region_read_clocks(ret_before);
    pthread_barrier_wait(&gates->start);
    pthread_barrier_wait(&gates->end);
    region_read_clocks(ret_after);
    for (unsigned i = 0; i < count; i++)
        pthread_join(workers[i].handle, NULL);
    return 0;
}

int region_run(struct run *run, region_function *function, bool enter,
               struct region *ret_region)
{
    struct region_gates *gates = run_map(run, sizeof(*gates));
    struct region_worker *workers =
        run_map(run, run->threads * sizeof(*workers));
    struct region_clocks before, after;
    int error = 0;

    if (gates == NULL || workers == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < run->threads; i++)
        workers[i] = (struct region_worker){ .run = run,
                                             .function = function,
                                             .gates = gates,
                                             .thread = i,
                                             .enter = enter };
    if (run->threads == 1) {
        region_read_clocks(&before);
        region_work(&workers[0]);
        region_read_clocks(&after);
    } else {
        error =
            region_run_threads(workers, run->threads, gates, &before, &after);
    }
    if (error != 0)
        return error;
    region_subtract(ret_region, &before, &after);
    region_summarise(ret_region, workers, run->threads);
    return 0;
}
