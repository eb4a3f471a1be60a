/* thread_exit.c - what is left when threads end. (TEX) */
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "tools/crew.h"
#include "tools/mappings.h"
#include "tools/resident.h"

/* A thread of a few blocks, in one of several ways. */
enum { LIFE_BLOCKS = 24 };

struct life {
    bool allocates, frees;
    void *left[LIFE_BLOCKS]; /* from the starter to it, or back */
    void (*end)(void);       /* NULL: it returns */
    _Atomic unsigned ended;
};

static size_t life_size(unsigned block)
{
    return (size_t)16 << block % 8;
}

static void life_allocate(struct life *life)
{
    for (unsigned i = 0; i < LIFE_BLOCKS; i++) {
        unsigned char *block = subject->malloc(life_size(i));

        if (block != NULL)
            *block = 1;
        life->left[i] = block;
    }
}

static void life_free(struct life *life)
{
    for (unsigned i = 0; i < LIFE_BLOCKS; i++)
        subject->free(life->left[i]);
}

static void *life_live(void *argument)
{
    struct life *life = argument;

    if (life->allocates)
        life_allocate(life);
    if (life->frees)
        life_free(life);
    atomic_fetch_add(&life->ended, 1);
    if (life->end != NULL)
        life->end();
    return NULL;
}

/* One thread from creation to join, with nothing left of its blocks. */
static int life_once(struct life *life)
{
    int result;

    if (!life->allocates)
        life_allocate(life);
    result = thread_once(life_live, life);
    if (!life->frees)
        life_free(life);
    return result;
}

/* What threads cost that are no more: after a warm-up, the least growth of
 * four quarters. A cache that fills does not grow in all of them. */
enum { GROWTH_WARM = 500, GROWTH_QUARTERS = 4, GROWTH_THREAD_BYTES = 256 };

struct growth {
    double least_bytes; /* in the best quarter */
    long mappings;      /* in all of them */
};

static int growth_of(int (*once)(struct life *life), struct life *life,
                     unsigned threads, struct growth *ret_growth)
{
    double last = 0;

    for (unsigned i = 0; i < GROWTH_WARM; i++)
        if (once(life) != 0)
            return -1;
    last = resident_bytes();
    ret_growth->mappings = -(long)mappings_count();
    for (unsigned quarter = 0; quarter < GROWTH_QUARTERS; quarter++) {
        double now;

        for (unsigned i = 0; i < threads / GROWTH_QUARTERS; i++)
            if (once(life) != 0)
                return -1;
        now = resident_bytes();
        if (quarter == 0 || now - last < ret_growth->least_bytes)
            ret_growth->least_bytes = now - last;
        last = now;
    }
    ret_growth->mappings += (long)mappings_count();
    return 0;
}

/* An entry in a list of threads would be far below, a leaked cache above. */
static bool growth_is_bounded(const struct growth *growth, unsigned threads)
{
    double quarter = (double)threads / GROWTH_QUARTERS;

    return growth->least_bytes < 16384 + GROWTH_THREAD_BYTES * quarter &&
           growth->mappings < 100 + (long)threads / 20;
}

static enum verdict growth_verdict(struct check_run *run, struct life *life,
                                   int (*once)(struct life *life),
                                   unsigned threads, const char *how)
{
    struct growth growth = { 0 };
    char name[40];

    if (growth_of(once, life, threads, &growth) != 0)
        return error(run, "no thread");
    snprintf(name, sizeof(name), "grown_%s_bytes", how);
    figure(run, name, growth.least_bytes);
    if (growth_is_bounded(&growth, threads))
        return pass(run);
    return fail(run,
                "of %u threads (%s) each quarter added %.0f KiB or more, all "
                "of them %ld mappings",
                threads, how, growth.least_bytes / (double)KIB,
                growth.mappings);
}

static unsigned life_count(const struct check_run *run, unsigned otherwise)
{
    return run->repeat != 0 ? run->repeat : otherwise;
}

CHECK(TEX_1, SHOULD, "threads that ended leave neither memory nor mappings",
      "glibc bug 22111 and its test tst-malloc-tcache-leak",
      .flags = CHECK_THREADS, .timeout_s = 60,
      .why = "Threads that allocate, that free, and that do both, 4000 each "
             "in turn. A thread cache that is made for a thread and not "
             "released with it costs some hundred bytes to some KiB each; a "
             "thread that only frees is easily forgotten (filed: "
             "jemalloc/jemalloc 896). After 500 to warm up, more than 256 "
             "bytes a thread in each quarter are a leak.")
{
    static const char *const words[] = { "allocate", "free", "do_both" };

    for (unsigned variant = 0; variant < 3; variant++) {
        struct life life = { .allocates = variant != 1, .frees = variant != 0 };
        enum verdict verdict =
            growth_verdict(run, &life, life_once, life_count(run, 4000),
                           words[variant]);

        if (verdict != VERDICT_PASS)
            return verdict;
    }
    return pass(run);
}

static void life_end_by_exit(void)
{
    pthread_exit(NULL);
}

/* Cancelled in a sleep: deferred, at a cancellation point. */
static void life_end_by_cancel(void)
{
    const struct timespec moment = { 1, 0 };

    for (;;)
        nanosleep(&moment, NULL);
}

static int life_once_detached(struct life *life)
{
    unsigned ended = atomic_load(&life->ended);
    pthread_attr_t attributes;
    pthread_t thread;
    int result;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    result = pthread_create(&thread, &attributes, life_live, life);
    pthread_attr_destroy(&attributes);
    while (result == 0 && atomic_load(&life->ended) == ended)
        sched_yield();
    return result == 0 ? 0 : -1;
}

static int life_once_cancelled(struct life *life)
{
    unsigned ended = atomic_load(&life->ended);
    pthread_t thread;

    if (pthread_create(&thread, NULL, life_live, life) != 0)
        return -1;
    while (atomic_load(&life->ended) == ended)
        sched_yield();
    return pthread_cancel(thread) == 0 && pthread_join(thread, NULL) == 0 ? 0
                                                                          : -1;
}

CHECK(TEX_2, SHOULD,
      "detached, exiting and cancelled threads leave no memory either",
      "pthread_exit(3), pthread_cancel(3): the destructors of keys run",
      .flags = CHECK_THREADS, .timeout_s = 60,
      .why = "As TEX-1, for the other ways to end. A cancelled thread unwinds "
             "and then runs the same destructors; of a detached one nobody "
             "knows when it is gone, so a few may still be there at the end. "
             "1500 of each.")
{
    struct life detached = { .allocates = true, .frees = true };
    struct life exits = detached, cancelled = detached;
    unsigned threads = life_count(run, 1500);
    enum verdict verdict;

    exits.end = life_end_by_exit;
    cancelled.end = life_end_by_cancel;
    verdict =
        growth_verdict(run, &detached, life_once_detached, threads, "detached");
    if (verdict == VERDICT_PASS)
        verdict =
            growth_verdict(run, &exits, life_once, threads, "pthread_exit");
    if (verdict == VERDICT_PASS)
        verdict = growth_verdict(run, &cancelled, life_once_cancelled, threads,
                                 "cancelled");
    return verdict;
}

/* Threads that end while others allocate, and leave them their blocks. */
enum { ESTATE_SLOTS = 1024, ESTATE_CHURNERS = 3, ESTATE_BLOCKS = 16 };

struct estate {
    _Atomic(struct owned *) slots[ESTATE_SLOTS];
    _Atomic bool over;
    unsigned lives;
    struct complaint *complaint;
};

/* The description lies at the block's end, so that it travels with it. */
static struct owned *estate_block(struct member *member)
{
    size_t size = size_drawn(&member->random, 64, 8);
    struct owned owned;
    struct owned *note;

    if (!owned_get(&owned, size, random_next(&member->random),
                   &member->crew->complaint))
        return NULL;
    note = (struct owned *)(void *)(owned.block +
                                    (size - sizeof(owned)) / 16 * 16);
    owned.size = (size_t)((unsigned char *)note - owned.block);
    *note = owned;
    return note;
}

static void estate_settle(struct owned *note, struct complaint *complaint)
{
    struct owned owned;

    if (note == NULL)
        return;
    owned = *note;
    owned_free(&owned, complaint);
}

/* Puts a fresh block into a slot and frees the one that was there. */
static void estate_exchange(struct member *member)
{
    struct estate *estate = member->crew->shared;
    uint32_t slot = random_below(&member->random, ESTATE_SLOTS);
    struct owned *fresh = estate_block(member);

    estate_settle(atomic_exchange(&estate->slots[slot], fresh),
                  &member->crew->complaint);
}

static void *estate_short_life(void *argument)
{
    for (unsigned i = 0; i < ESTATE_BLOCKS; i++)
        estate_exchange(argument);
    return NULL;
}

/* The first member starts short threads in turn, each with its own draws; the
 * others churn. */
static void estate_work(struct member *member)
{
    struct estate *estate = member->crew->shared;

    while (member->number != 0 && !atomic_load(&estate->over))
        estate_exchange(member);
    for (unsigned i = 0; member->number == 0 && i < estate->lives; i++) {
        struct member child = *member;

        child.random = random_stream(random_next(&member->random), i);
        if (thread_once(estate_short_life, &child) != 0)
            complain(&member->crew->complaint, "no thread");
    }
    if (member->number == 0)
        atomic_store(&estate->over, true);
}

CHECK(TEX_3, MUST,
      "threads may end while others allocate and free their blocks",
      "C23 7.24.3p2", .flags = CHECK_THREADS | CHECK_RANDOM, .timeout_s = 30,
      .why = "An ending thread hands its heap over while others free into it "
             "and a new thread adopts it. Deadlocks and blocks given twice "
             "were found there (glibc's tst-malloc-thread-exit; filed: "
             "microsoft/mimalloc 759, a hang). 1000 short threads beside three "
             "that churn; every block is looked at when it is freed, and a "
             "hang is the watchdog's to tell.")
{
    struct crew *crew = check_map(sizeof(*crew));
    struct estate *estate = check_map(sizeof(*estate));

    if (crew == NULL || estate == NULL)
        return error(run, "no memory");
    estate->lives = life_count(run, 1000);
    crew->count = 1 + ESTATE_CHURNERS;
    crew->seed = run->seed;
    crew->work = estate_work;
    crew->shared = estate;
    if (crew_run(crew) != 0)
        return error(run, "no threads");
    for (unsigned i = 0; i < ESTATE_SLOTS; i++)
        estate_settle(atomic_load(&estate->slots[i]), &crew->complaint);
    return complaint_verdict(run, &crew->complaint);
}

/* Blocks whose thread is gone and that nobody frees for a while. */
enum { RELIC_THREADS = 200, RELIC_BLOCKS = 50 };

struct relics {
    struct owned blocks[RELIC_THREADS][RELIC_BLOCKS];
    unsigned thread;
    struct random random;
    struct complaint complaint;
};

static void *relics_leave(void *argument)
{
    struct relics *relics = argument;

    for (unsigned i = 0; i < RELIC_BLOCKS; i++)
        owned_get(&relics->blocks[relics->thread][i],
                  size_drawn(&relics->random, 8, i == 0 ? 17 : 9),
                  random_next(&relics->random), &relics->complaint);
    return NULL;
}

/* Uses up what was given back: whatever is still alive must not be part of
 * it. */
static void *relics_churn(void *argument)
{
    struct relics *relics = argument;
    static struct owned own[2000];

    for (unsigned i = 0; i < 2000; i++)
        owned_get(&own[i], size_drawn(&relics->random, 8, 10),
                  random_next(&relics->random), &relics->complaint);
    for (unsigned i = 0; i < 2000; i++)
        owned_free(&own[i], &relics->complaint);
    subject->malloc_trim(0);
    return NULL;
}

CHECK(TEX_4, MUST, "a block outlives the thread that allocated it",
      "C23 7.24.3p1: the lifetime \"extends from the allocation until the "
      "deallocation\"",
      .flags = CHECK_THREADS | CHECK_RANDOM, .timeout_s = 20,
      .why = "200 threads leave 50 blocks each and end; in between others "
             "take and free as much, and memory is trimmed. A heap that is "
             "dropped with its thread takes what was alive along. Every byte "
             "is looked at after all have ended, then all are freed.")
{
    struct relics *relics = check_map(sizeof(*relics));

    if (relics == NULL)
        return error(run, "no memory");
    relics->random = random_stream(run->seed, 0);
    for (; relics->thread < RELIC_THREADS; relics->thread++) {
        if (thread_once(relics_leave, relics) != 0)
            return error(run, "no thread");
        if (relics->thread % 20 == 19 && thread_once(relics_churn, relics) != 0)
            return error(run, "no thread");
    }
    for (unsigned i = 0; i < RELIC_THREADS; i++)
        for (unsigned at = 0; at < RELIC_BLOCKS; at++)
            owned_free(&relics->blocks[i][at], &relics->complaint);
    return complaint_verdict(run, &relics->complaint);
}
