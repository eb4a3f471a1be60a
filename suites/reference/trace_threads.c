/* trace_threads.c - a tracer while threads use the raw domain, and what comes
 * in between the steps of a request (T3). */
#include "trace_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace_workers.h"

TestSuite(trace_threads, .init = trace_begin, .fini = trace_end, .timeout = 60);

/* ---- several at once ---- */

static void run_workers(bool asked)
{
    trace_start(3);
    const char *wrong = trace_workers_run(domains, tracer, asked);
    cr_assert(!wrong, "%s", wrong);
    cr_assert(tracer->table.count == 0);
}

Test(trace_threads, threads_may_use_the_raw_domain_at_once)
{
    run_workers(false);
}

Test(trace_threads, a_tracer_may_be_asked_while_threads_use_the_raw_domain)
{
    run_workers(true);
}

/* ---- a fork meanwhile ---- */

static atomic_bool over;

static void *serve_until_over(void *unused)
{
    (void)unused;
    while (!atomic_load(&over))
        memory_free(domains, MEMORY_RAW,
                    memory_malloc(domains, MEMORY_RAW, 50));
    return NULL;
}

/* The child: what it does with the tracer that was copied. */
static _Noreturn void use_copy(void)
{
    alarm(10);
    tracer_after_fork(tracer);
    void *block = memory_malloc(domains, MEMORY_RAW, 1000);
    struct trace_snapshot *snapshot = tracer_snapshot(tracer);
    size_t bytes = 0;
    tracer_find(tracer, 0, (uintptr_t)block, NULL, 0, &bytes);
    bool good = snapshot && trace_snapshot_count(snapshot) >= 1;
    _exit(good && bytes == 1000 ? 0 : 1);
}

Test(trace_threads, a_fork_copies_a_tracer_that_others_are_using)
{
    pthread_t thread;
    trace_start(1);
    cr_assert(pthread_create(&thread, NULL, serve_until_over, NULL) == 0);
    for (unsigned i = 0; i < 50; i++) {
        int status = -1;
        tracer_before_fork(tracer);
        pid_t child = fork();
        if (child == 0)
            use_copy();
        tracer_after_fork(tracer);
        cr_assert(child > 0 && waitpid(child, &status, 0) == child);
        cr_assert(status == 0, "fork %u: status %d", i, status);
    }
    atomic_store(&over, true);
    pthread_join(thread, NULL);
    trace_expect_bytes(0, 50);
}

/* ---- in between, and always ---- */

/* Puts this allocator under the tracer's hook; what was there. */
static struct memory_allocator put_below(struct memory_allocator layer)
{
    struct memory_allocator raw =
        memory_domains_get_allocator(domains, MEMORY_RAW);
    memory_domains_set_allocator(domains, MEMORY_RAW, &layer);
    trace_start(1);
    return raw;
}

static void take_from_below(struct memory_allocator raw)
{
    tracer_stop(tracer);
    memory_domains_set_allocator(domains, MEMORY_RAW, &raw);
}

static char places[2][1024];
static void *next_place;

static void *place_malloc(void *unused, size_t bytes)
{
    (void)unused;
    cr_assert(bytes <= sizeof places[0]);
    return next_place;
}

static void *place_calloc(void *unused, size_t count, size_t bytes)
{
    return place_malloc(unused, count * bytes);
}

static void place_free(void *unused, void *block)
{
    (void)unused;
    (void)block;
}

static void *ask_for_50(void *unused)
{
    (void)unused;
    return memory_malloc(domains, MEMORY_RAW, 50);
}

/* The old place is free, and another thread has got it, before the new one is
 * known to the caller. */
static void *place_realloc(void *unused, void *block, size_t bytes)
{
    pthread_t other;
    void *served = NULL;
    (void)unused;
    (void)bytes;
    next_place = block;
    cr_assert(pthread_create(&other, NULL, ask_for_50, NULL) == 0);
    pthread_join(other, &served);
    cr_assert(served == block);
    return block == places[0] ? places[1] : places[0];
}

static size_t traced_bytes(const void *block)
{
    size_t bytes = 0;
    tracer_find(tracer, 0, (uintptr_t)block, NULL, 0, &bytes);
    return bytes;
}

/* From objects a large block comes by way of raw. */
Test(trace_threads, the_address_of_a_moved_block_may_be_another_s_at_once)
{
    static const enum memory_domain by[] = { MEMORY_RAW, MEMORY_OBJ };
    struct memory_allocator raw = put_below((struct memory_allocator){
        NULL, place_malloc, place_calloc, place_realloc, place_free });
    for (unsigned i = 0; i < 2; i++) {
        next_place = places[0];
        void *old = memory_malloc(domains, by[i], 700);
        void *moved = memory_realloc(domains, by[i], old, 800);
        cr_assert(old == places[0] && moved == places[1]);
        cr_assert(traced_bytes(old) == 50 && traced_bytes(moved) == 800);
        memory_free(domains, MEMORY_RAW, old);
        memory_free(domains, by[i], moved);
        trace_expect_bytes(0, 850);
    }
    take_from_below(raw);
}

static void *forget_and_refuse(void *unused, void *block, size_t bytes)
{
    (void)unused;
    (void)block;
    (void)bytes;
    tracer_clear(tracer);
    return NULL;
}

/* As if from before the start. */
Test(trace_threads, what_is_forgotten_during_a_resize_stays_forgotten)
{
    struct memory_allocator forgetting =
        memory_domains_get_allocator(domains, MEMORY_RAW);
    forgetting.realloc = forget_and_refuse;
    struct memory_allocator raw = put_below(forgetting);
    void *block = memory_malloc(domains, MEMORY_RAW, 700);
    void *other = memory_malloc(domains, MEMORY_RAW, 3);
    trace_expect_bytes(703, 703);
    cr_assert_null(memory_realloc(domains, MEMORY_RAW, block, 900));
    trace_expect_bytes(0, 0);
    cr_assert(traced_bytes(block) == 0 && traced_bytes(other) == 0);
    memory_free(domains, MEMORY_RAW, block);
    memory_free(domains, MEMORY_RAW, other);
    trace_expect_bytes(0, 0);
    take_from_below(raw);
}
