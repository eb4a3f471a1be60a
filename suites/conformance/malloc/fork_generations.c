/* fork_generations.c - children of children: the blocks of threads that are no
 * more. (FRK) */
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "fork.h"
#include "process_memory.h"
#include "system/await.h"
#include "system/exec.h"
#include "system/share.h"

enum { FORK_OWNED = 300, FORK_OWNERS = 2, FORK_EARLY = 50 };

struct fork_line {
    unsigned generations;
    volatile unsigned reached;
    uint64_t early_bytes; /* resident in generation FORK_EARLY */
    uint64_t late_bytes;
};

struct fork_owner {
    void **blocks;
    pthread_barrier_t *ready;
};

/* Allocates, and is then alive and idle when its process forks. */
static void *fork_owner(void *given)
{
    struct fork_owner *owner = given;

    for (unsigned i = 0; i < FORK_OWNED; i++) {
        size_t size = 16 + (size_t)i * 29;

        owner->blocks[i] = subject->malloc(size);
        if (owner->blocks[i] != NULL)
            memset(owner->blocks[i], 0x5a, size);
    }
    pthread_barrier_wait(owner->ready);
    while (pause() < 0)
        ;
    return NULL;
}

/* One generation: two threads allocate and vanish, the child frees. Returns
 * in the child only, or false when it cannot go on. */
static bool fork_generation(void)
{
    static void *blocks[FORK_OWNERS][FORK_OWNED];
    static pthread_barrier_t ready;
    struct fork_owner owners[FORK_OWNERS];
    pthread_t threads[FORK_OWNERS];
    pid_t child;

    pthread_barrier_init(&ready, NULL, FORK_OWNERS + 1);
    for (unsigned i = 0; i < FORK_OWNERS; i++) {
        owners[i] = (struct fork_owner){ blocks[i], &ready };
        if (pthread_create(&threads[i], NULL, fork_owner, &owners[i]) != 0)
            return false;
    }
    pthread_barrier_wait(&ready);
    child = fork();
    if (child < 0)
        return false;
    if (child > 0)
        _exit(0);
    for (unsigned i = 0; i < FORK_OWNERS; i++)
        for (unsigned k = 0; k < FORK_OWNED; k++)
            subject->free(blocks[i][k]);
    return true;
}

static int fork_line(struct fork_line *line)
{
    while (line->reached < line->generations) {
        alarm(fork_child_s()); /* nobody waits for this process: never 0 */
        if (!fork_generation())
            return 1;
        line->reached++;
        if (line->reached == FORK_EARLY)
            line->early_bytes = process_memory_bytes("VmRSS");
    }
    line->late_bytes = process_memory_bytes("VmRSS");
    return 0;
}

/* Nobody is the parent of the last generation: its figure tells of its end. No
 * generation may take longer than the limit. */
static bool fork_await_line(struct fork_line *line, unsigned timeout_ms)
{
    const struct timespec rest = { 0, 2 * NS_PER_MS };
    uint64_t since_ns = clock_wall_ns();
    unsigned before = 0;

    while (clock_wall_ns() - since_ns < (uint64_t)timeout_ms * NS_PER_MS) {
        if (line->late_bytes != 0)
            return true;
        if (line->reached != before)
            since_ns = clock_wall_ns();
        before = line->reached;
        nanosleep(&rest, NULL);
    }
    return false;
}

/* The line of that many generations; PASS when it came to its end. */
static enum verdict fork_run_line(struct check_run *run, unsigned generations,
                                  struct fork_line **ret_line)
{
    struct fork_line *line = check_share(sizeof(*line));
    pid_t child;

    if (line == NULL)
        return error(run, "no shared memory for the line");
    *ret_line = line;
    line->generations = generations;
    child = fork();
    if (child < 0)
        return error(run, "no child process could be started");
    if (child == 0) {
        check_silence();
        _exit(fork_line(line));
    }
    if (!fork_await_line(line, check_limit_ms(FORK_CHILD_MS) + 1000))
        return fail(run, "generation %u crashed or did not end",
                    line->reached + 1);
    return VERDICT_PASS;
}

CHECK(FRK_6, SHOULD, "blocks of threads that vanished in fork can be freed",
      "POSIX.1-2024 fork(): only the calling thread goes on; practice as for "
      "FRK-2",
      .why = "The owner of a block may have no thread in the child. Freeing it "
             "must neither wait for that owner nor touch what it left half "
             "done (filed: microsoft/snmalloc 630). A line of generations: "
             "each one's threads allocate, its child frees and goes on.",
      .flags = CHECK_THREADS, .timeout_s = 60)
{
    struct fork_line *line;
    enum verdict verdict =
        fork_run_line(run, run->repeat != 0 ? 1000 : 60, &line);

    return verdict == VERDICT_PASS ? pass(run) : verdict;
}

CHECK(FRK_6b, QUALITY, "a line of forks does not grow without bound",
      "no clause: what a vanished thread's heap holds may stay unused",
      .why = "Heaps that nobody adopts, and queues that nobody drains, are "
             "inherited from generation to generation. Resident memory may "
             "grow by 24 MiB from the 50th generation to the last. Most "
             "allocators in wide use do grow: hence no demand.",
      .flags = CHECK_THREADS, .timeout_s = 90)
{
    struct fork_line *line;
    enum verdict verdict =
        fork_run_line(run, run->repeat != 0 ? 1000 : 200, &line);

    if (verdict != VERDICT_PASS)
        return verdict;
    figure(run, "generations", line->reached);
    figure(run, "growth_bytes",
           (double)line->late_bytes - (double)line->early_bytes);
    if (line->late_bytes > line->early_bytes + 24 * MIB)
        return fail(run,
                    "resident memory grew from %zu KiB in generation %u "
                    "to %zu KiB in generation %u",
                    (size_t)(line->early_bytes / KIB), FORK_EARLY,
                    (size_t)(line->late_bytes / KIB), line->generations);
    return pass(run);
}
