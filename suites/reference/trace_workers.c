/* trace_workers.c - four threads that serve, resize and free raw blocks. */
#include "trace_workers.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

enum { WORKERS = 4, ROUNDS = 20000, SLOTS = 64, BYTES_MAX = 300 };

static atomic_uint holding; /* workers whose slots are all full */
static atomic_bool seen;    /* they need not wait with them any longer */
static atomic_uint finished;

/* Every block is there to be seen once, however the threads are scheduled. */
static void hold_until_seen(void)
{
    atomic_fetch_add(&holding, 1);
    while (!atomic_load(&seen))
        sched_yield();
}

/* The first rounds fill each slot once: 7 and SLOTS have no common factor. */
static void *raw_worker(void *domains)
{
    void *block[SLOTS] = { NULL };
    TRACE_FUNCTION();
    for (unsigned i = 0; i < ROUNDS; i++) {
        void **at = &block[i * 7 % SLOTS];
        size_t bytes = 1 + i % BYTES_MAX;
        if (i == SLOTS)
            hold_until_seen();
        if (i % 3 == 0) {
            *at = memory_realloc(domains, MEMORY_RAW, *at, bytes);
            continue;
        }
        memory_free(domains, MEMORY_RAW, *at);
        *at = i % 2 ? memory_malloc(domains, MEMORY_RAW, bytes)
                    : memory_calloc(domains, MEMORY_RAW, 1, bytes);
    }
    for (unsigned i = 0; i < SLOTS; i++)
        memory_free(domains, MEMORY_RAW, block[i]);
    atomic_fetch_add(&finished, 1);
    return NULL;
}

/* ---- what is asked meanwhile ---- */

/* Of a worker, and of a size that it asks for. */
static bool trace_is_whole(const struct trace_snapshot *snapshot, size_t index,
                           const struct trace_seen *trace)
{
    struct trace_frame frame;
    return trace_snapshot_frame(snapshot, index, 0, &frame) &&
           strcmp(frame.function, "raw_worker") == 0 &&
           trace->frame_count == 1 && trace->bytes <= BYTES_MAX;
}

static const char *ask_for_snapshot(struct tracer *tracer, size_t count_least)
{
    struct trace_snapshot *snapshot = tracer_snapshot(tracer);
    const char *wrong = NULL;
    struct trace_seen trace;
    if (!snapshot)
        return "there is no snapshot";
    if (trace_snapshot_count(snapshot) > WORKERS * SLOTS)
        wrong = "there are more traces than blocks";
    if (trace_snapshot_count(snapshot) < count_least)
        wrong = "there are fewer traces than blocks";
    for (size_t i = 0; trace_snapshot_trace(snapshot, i, &trace); i++)
        if (!trace_is_whole(snapshot, i, &trace))
            wrong = "a trace is not one of a worker";
    trace_snapshot_destroy(snapshot);
    return wrong;
}

static const char *ask_for_bytes(struct tracer *tracer)
{
    size_t now, peak;
    tracer_traced_bytes(tracer, &now, &peak);
    if (now > peak || peak > (size_t)WORKERS * SLOTS * BYTES_MAX)
        return "the bytes are not those of the blocks";
    tracer_reset_peak(tracer);
    return tracer_own_bytes(tracer) > 0 ? NULL : "the tracer takes nothing";
}

static const char *track_one(struct tracer *tracer)
{
    if (tracer_track(tracer, 5, 0x1000, 60) != 0)
        return "a block is not tracked";
    tracer_new_reference(tracer, 0x2000);
    return tracer_untrack(tracer, 5, 0x1000) == 0 ? NULL : "nor untracked";
}

/* While all wait, all blocks are traced. */
static const char *ask_at_the_start(struct tracer *tracer)
{
    while (atomic_load(&holding) < WORKERS)
        sched_yield();
    return ask_for_snapshot(tracer, WORKERS * SLOTS);
}

static const char *ask_meanwhile(struct tracer *tracer)
{
    const char *wrong = NULL;
    for (unsigned round = 0; atomic_load(&finished) < WORKERS; round++) {
        wrong = wrong ? wrong : ask_for_snapshot(tracer, 0);
        wrong = wrong ? wrong : ask_for_bytes(tracer);
        wrong = wrong ? wrong : track_one(tracer);
        if (round % 4 == 3)
            tracer_clear(tracer);
    }
    return wrong;
}

/* All blocks are freed then. A peak may have been forgotten. */
static const char *ask_at_the_end(struct tracer *tracer, bool forgot)
{
    size_t now, peak;
    tracer_traced_bytes(tracer, &now, &peak);
    if (now != 0)
        return "blocks are traced that were freed";
    return peak > 0 || forgot ? NULL : "nothing was traced";
}

const char *trace_workers_run(struct memory_domains *domains,
                              struct tracer *tracer, bool asked)
{
    pthread_t thread[WORKERS];
    const char *wrong = NULL;
    unsigned started = 0;
    atomic_store(&finished, 0);
    atomic_store(&holding, 0);
    atomic_store(&seen, !asked);
    while (started < WORKERS &&
           pthread_create(&thread[started], NULL, raw_worker, domains) == 0)
        started++;
    if (started < WORKERS)
        wrong = "a thread could not be started";
    else if (asked)
        wrong = ask_at_the_start(tracer);
    atomic_store(&seen, true);
    if (asked && !wrong)
        wrong = ask_meanwhile(tracer);
    for (unsigned i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    return wrong ? wrong : ask_at_the_end(tracer, asked);
}
