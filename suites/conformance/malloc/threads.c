/* threads.c - many threads at once: progress, first calls, cancellation.
 * (THR) */
#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "tools/crew.h"
#include "clock.h"

/* Members that exchange blocks through a table, as a server's threads do. */
enum { MARKET_SLOTS = 512 };

struct market {
    _Atomic(void *) slots[MARKET_SLOTS];
    unsigned steps;       /* of each member */
    unsigned idle_each;   /* every so-many-th member is SCHED_IDLE; 0: none */
    _Atomic bool no_idle; /* the system refused */
    _Atomic unsigned ended;
};

static void market_step(struct member *member)
{
    struct market *market = member->crew->shared;
    uint32_t slot = random_below(&member->random, MARKET_SLOTS);
    size_t size = size_drawn(&member->random, 8, 10);
    unsigned char *block = subject->malloc(size);

    if (block == NULL) {
        complain(&member->crew->complaint, "malloc(%zu) returned NULL", size);
        return;
    }
    block[0] = block[size - 1] = 1;
    subject->free(atomic_exchange(&market->slots[slot], block));
}

static void market_work(struct member *member)
{
    static const struct sched_param lowest;
    struct market *market = member->crew->shared;

    if (market->idle_each != 0 && member->number % market->idle_each == 0 &&
        sched_setscheduler(0, SCHED_IDLE, &lowest) != 0)
        atomic_store(&market->no_idle, true);
    for (unsigned i = 0; i < market->steps; i++)
        market_step(member);
    atomic_fetch_add(&market->ended, 1);
}

/* Lets so many threads do so many steps together. NULL without memory. */
static struct crew *market_open(struct check_run *run, unsigned threads,
                                unsigned steps, unsigned idle_each)
{
    struct crew *crew = check_map(sizeof(*crew));
    struct market *market = check_map(sizeof(*market));

    if (crew == NULL || market == NULL)
        return NULL;
    market->steps = steps / threads;
    market->idle_each = idle_each;
    crew->count = threads;
    crew->seed = run->seed;
    crew->work = market_work;
    crew->shared = market;
    return crew;
}

static void market_close(struct crew *crew)
{
    struct market *market = crew->shared;

    for (unsigned i = 0; i < MARKET_SLOTS; i++)
        subject->free(atomic_exchange(&market->slots[i], NULL));
}

static enum verdict market_verdict(struct check_run *run, unsigned idle_each)
{
    unsigned threads = 16 * crew_processors();
    struct crew *crew;
    struct market *market;

    threads = threads < CREW_MAX ? threads : CREW_MAX;
    crew = market_open(run, threads, 1000000, idle_each);
    if (crew == NULL)
        return error(run, "no memory");
    market = crew->shared;
    if (crew_run(crew) != 0)
        return error(run, "no %u threads", threads);
    market_close(crew);
    figure(run, "threads", threads);
    figure(run, "steps", (double)market->steps * threads);
    if (market->no_idle)
        return skip(run, "this system refuses SCHED_IDLE");
    return complaint_verdict(run, &crew->complaint);
}

CHECK(THR_2, MUST, "every thread gets on, with 16 of them for each processor",
      "C23 7.24.3p2; progress is what makes a function return",
      .flags = CHECK_THREADS | CHECK_RANDOM, .timeout_s = 30,
      .why = "Locks that spin wait for an owner who waits for the processor; "
             "lock orders that nobody thought of deadlock. A million steps of "
             "threads that exchange blocks through a table, so that most are "
             "freed by another one. A hang is the watchdog's to tell.")
{
    return market_verdict(run, 0);
}

CHECK(THR_2b, SHOULD, "every thread gets on beside others of SCHED_IDLE",
      "sched(7): SCHED_IDLE", .flags = CHECK_THREADS | CHECK_RANDOM,
      .timeout_s = 60,
      .why = "As THR-2, but every second thread gets the processor only when "
             "nobody else wants it: it may hold a lock for long, and whoever "
             "spins for that lock keeps it from running.")
{
    return market_verdict(run, 2);
}

/* A fresh process whose first calls come from several threads at once. */
enum { FIRST_THREADS = 8, FIRST_BLOCKS = 64, FIRST_PROCESSES = 200 };

struct first {
    void *(*malloc)(size_t size);
    void (*free)(void *block);
    pthread_barrier_t barrier;
    _Atomic unsigned number, wrong;
    unsigned char *blocks[FIRST_THREADS][FIRST_BLOCKS];
};

static size_t first_size(unsigned block)
{
    return 16 + 24 * (size_t)(block % 16);
}

static void *first_thread(void *argument)
{
    struct first *first = argument;
    unsigned number = atomic_fetch_add(&first->number, 1);

    pthread_barrier_wait(&first->barrier);
    for (unsigned i = 0; i < FIRST_BLOCKS; i++) {
        unsigned char *block = first->malloc(first_size(i));

        if (block == NULL)
            atomic_fetch_add(&first->wrong, 1);
        else
            memset(block, (int)(number + 1), first_size(i));
        first->blocks[number][i] = block;
    }
    return NULL;
}

static void first_look(struct first *first, unsigned number)
{
    for (unsigned i = 0; i < FIRST_BLOCKS; i++) {
        unsigned char *block = first->blocks[number][i];

        for (size_t at = 0; block != NULL && at < first_size(i); at++)
            if (block[at] != number + 1) {
                atomic_fetch_add(&first->wrong, 1);
                break;
            }
        first->free(block);
    }
}

/* Exit status: 0, 1 for wrong blocks, 2 for trouble of its own. */
static int first_bare(const char *subject_path)
{
    static struct first first;
    pthread_t threads[FIRST_THREADS];
    void *address = dlsym(RTLD_DEFAULT, "malloc");

    (void)subject_path;
    memcpy(&first.malloc, &address, sizeof(address));
    address = dlsym(RTLD_DEFAULT, "free");
    memcpy(&first.free, &address, sizeof(address));
    pthread_barrier_init(&first.barrier, NULL, FIRST_THREADS);
    for (unsigned i = 0; i < FIRST_THREADS; i++)
        if (pthread_create(&threads[i], NULL, first_thread, &first) != 0)
            return 2;
    for (unsigned i = 0; i < FIRST_THREADS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < FIRST_THREADS; i++)
        first_look(&first, i);
    return first.wrong != 0;
}

CHECK(THR_3, MUST, "the first calls of a process may come from many threads",
      "C23 7.24.3p2", .flags = CHECK_THREADS, .timeout_s = 60,
      .bare = first_bare,
      .why = "What is set up at the first call may be set up twice. 200 fresh "
             "processes; in each eight threads are let go at once and make "
             "the first mallocs that the program makes (the C library's own, "
             "for the threads, come before).")
{
    unsigned processes = run->repeat != 0 ? run->repeat : FIRST_PROCESSES;
    unsigned bad = 0;
    const char *how = "";

    for (unsigned i = 0; i < processes; i++) {
        struct child_end end;

        if (check_bare(run, "THR-3", true, 10000, &end) != 0 || end.status > 1)
            return error(run, "process %u of %u could not work", i, processes);
        if (!end.timed_out && end.signal == 0 && end.status == 0)
            continue;
        bad++;
        how = check_end_word(&end) != NULL ? check_end_word(&end)
                                           : "blocks that overlap or NULL";
    }
    figure(run, "processes", processes);
    figure(run, "failed_processes", bad);
    if (bad != 0)
        return fail(run, "%u of %u fresh processes failed, the last with %s",
                    bad, processes, how);
    return pass(run);
}

/* Threads that are cancelled while they allocate. */
enum { CANCEL_THREADS = 200 };

struct cancelled {
    _Atomic unsigned begun;
    int null;
};

static void *cancelled_live(void *argument)
{
    struct cancelled *cancelled = argument;

    atomic_fetch_add(&cancelled->begun, 1);
    for (size_t size = 16;; size = size > 50000 ? 16 : size * 2) {
        void *block = subject->malloc(size);
        char word = 0;

        if (size % 3 == 1)
            (void)!write(cancelled->null, &word, 1);
        subject->free(block);
        pthread_testcancel();
    }
    return NULL;
}

static int cancelled_once(struct cancelled *cancelled, struct random *random)
{
    unsigned begun = atomic_load(&cancelled->begun);
    pthread_t thread;

    if (pthread_create(&thread, NULL, cancelled_live, cancelled) != 0)
        return -1;
    while (atomic_load(&cancelled->begun) == begun)
        sched_yield();
    for (uint32_t wait = random_below(random, 200); wait > 0; wait--)
        subject->free(subject->malloc(16 + wait));
    return pthread_cancel(thread) == 0 && pthread_join(thread, NULL) == 0 ? 0
                                                                          : -1;
}

CHECK(THR_4, SHOULD, "a cancelled thread leaves no lock behind",
      "POSIX, Thread Cancellation: malloc and free are no cancellation points",
      .flags = CHECK_THREADS | CHECK_RANDOM, .timeout_s = 30,
      .why = "An allocator that calls a cancellation point with a lock held, "
             "say to write a message or to open a file, is unwound there and "
             "leaves the lock for ever (glibc's test "
             "tst-malloc-stats-cancellation). 200 threads are cancelled, then "
             "several others allocate. A hang is the watchdog's to tell.")
{
    struct cancelled *cancelled = check_map(sizeof(*cancelled));
    struct random random = random_stream(run->seed, 0);
    unsigned threads = run->repeat != 0 ? run->repeat : CANCEL_THREADS;
    struct crew *crew = market_open(run, 4, 40000, 0);

    if (cancelled == NULL || crew == NULL)
        return error(run, "no memory");
    cancelled->null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    for (unsigned i = 0; i < threads; i++)
        if (cancelled_once(cancelled, &random) != 0)
            return error(run, "no thread %u", i);
    if (crew_run(crew) != 0)
        return error(run, "no threads");
    market_close(crew);
    return complaint_verdict(run, &crew->complaint);
}

static void private_work(struct member *member)
{
    void *blocks[64] = { NULL };

    for (unsigned i = 0; i < 2000000 / member->crew->count; i++) {
        uint32_t at = random_below(&member->random, 64);

        subject->free(blocks[at]);
        blocks[at] = subject->malloc(16 + random_below(&member->random, 240));
    }
    for (unsigned i = 0; i < 64; i++)
        subject->free(blocks[i]);
}

/* Seconds that so many threads need together; below 0 for no threads. */
static double private_seconds(struct check_run *run, unsigned threads)
{
    struct crew *crew = check_map(sizeof(*crew));
    uint64_t start = clock_wall_ns();

    if (crew == NULL)
        return -1;
    crew->count = threads;
    crew->seed = run->seed;
    crew->work = private_work;
    return crew_run(crew) != 0 ? -1
                               : (double)(clock_wall_ns() - start) / NS_PER_S;
}

CHECK(THR_5, QUALITY, "several threads together are not slower than one",
      "quality of implementation",
      .flags = CHECK_THREADS | CHECK_RANDOM | CHECK_ALONE, .timeout_s = 60,
      .why = "Two million pairs of malloc and free, by one thread and by as "
             "many as there are processors (two at least), each with blocks "
             "of its own. Below a fifth of one thread's rate the threads "
             "stand in each other's way.")
{
    unsigned threads = crew_processors();
    double one, many;

    threads = threads < 2 ? 2 : threads > 16 ? 16 : threads;
    one = private_seconds(run, 1);
    many = private_seconds(run, threads);
    if (one <= 0 || many <= 0)
        return error(run, "no threads");
    figure(run, "threads", threads);
    figure(run, "speed_ratio", one / many);
    if (one / many < 0.2)
        return fail(run, "%u threads reach %.2f of one thread's rate", threads,
                    one / many);
    return pass(run);
}
