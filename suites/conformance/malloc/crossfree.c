/* crossfree.c - blocks that are freed by a thread that did not allocate them.
 * (XTF) */
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "tools/crew.h"
#include "tools/resident.h"

/* A ring of one producer and one consumer. */
enum { RING = 4096 };

struct ring {
    void *blocks[RING];
    _Atomic uint64_t put, taken;
    uint64_t messages;
    bool consumer_allocates;
    double quarter_bytes; /* resident when a quarter had passed */
    struct complaint complaint;
};

/* Sizes by the message's number: 16 to 511 bytes. */
static size_t ring_size(uint64_t message)
{
    return 16 + random_mix(message) % 496;
}

static void ring_consume(struct ring *ring, uint64_t message)
{
    uint64_t *block = ring->blocks[message % RING];

    if (*block != random_mix(message))
        complain(&ring->complaint,
                 "message %llu came with other words in its block of %zu "
                 "bytes",
                 (unsigned long long)message, ring_size(message));
    subject->free(block);
    atomic_store(&ring->taken, message + 1);
    if (ring->consumer_allocates && message % 16 == 0)
        subject->free(subject->malloc(ring_size(message)));
}

static void *ring_consumer(void *argument)
{
    struct ring *ring = argument;

    for (uint64_t message = 0; message < ring->messages; message++) {
        while (atomic_load(&ring->put) == message)
            sched_yield();
        ring_consume(ring, message);
    }
    return NULL;
}

static void ring_produce(struct ring *ring)
{
    for (uint64_t message = 0; message < ring->messages; message++) {
        uint64_t *block = subject->malloc(ring_size(message));

        if (block == NULL) {
            complain(&ring->complaint, "malloc(%zu) returned NULL",
                     ring_size(message));
            block = check_map(4096);
        }
        *block = random_mix(message);
        while (message - atomic_load(&ring->taken) >= RING)
            sched_yield();
        ring->blocks[message % RING] = block;
        atomic_store(&ring->put, message + 1);
        if (message == ring->messages / 4)
            ring->quarter_bytes = resident_bytes();
    }
}

/* Growth from the first quarter to the end, or below 0 for no thread. */
static double ring_growth(struct check_run *run, struct ring *ring)
{
    pthread_t consumer;

    (void)run;
    if (pthread_create(&consumer, NULL, ring_consumer, ring) != 0)
        return -1;
    ring_produce(ring);
    pthread_join(consumer, NULL);
    return resident_bytes() - ring->quarter_bytes;
}

CHECK(XTF_2, SHOULD,
      "one thread allocates and another frees, and memory stays bounded",
      "quality that every mainstream malloc has", .flags = CHECK_THREADS,
      .timeout_s = 60,
      .why = "Three million messages through a ring of 4096, so that no more "
             "than two MiB are alive; once the consumer only frees, once it "
             "allocates now and then. A heap that cannot reuse what others "
             "freed grows by the producer's whole output (Berger's \"blowup\"; "
             "filed: microsoft/mimalloc 1364, five times the live set when "
             "the freeing thread never allocates). From the first quarter to "
             "the end 16 MiB may be added.")
{
    for (unsigned variant = 0; variant < 2; variant++) {
        struct ring *ring = check_map(sizeof(*ring));
        double grown;

        if (ring == NULL)
            return error(run, "no memory for the ring");
        ring->messages = 1500000;
        ring->consumer_allocates = variant == 1;
        grown = ring_growth(run, ring);
        if (ring->quarter_bytes == 0)
            return error(run, "no thread");
        figure(run,
               variant == 0 ? "grown_frees_only_bytes"
                            : "grown_allocates_too_bytes",
               grown);
        if (complained(&ring->complaint))
            return complaint_verdict(run, &ring->complaint);
        if (grown > 16.0 * (double)MIB)
            return fail(run,
                        "%.1f MiB were added after the first quarter, where "
                        "the consumer %s",
                        grown / (double)MIB,
                        variant == 0 ? "only frees" : "allocates too");
    }
    return pass(run);
}

enum { ORPHANS = 20000, ORPHAN_HUGE = 22 };

/* What a thread leaves behind: small blocks and a huge one. */
struct orphans {
    struct owned *small;
    struct owned huge;
    uint64_t seed;
    unsigned round;
    struct complaint complaint;
};

static void *orphans_make(void *argument)
{
    struct orphans *orphans = argument;
    struct random random = random_stream(orphans->seed, orphans->round);

    for (unsigned i = 0; i < ORPHANS; i++)
        owned_get(&orphans->small[i], size_drawn(&random, 16, 5),
                  random_next(&random), &orphans->complaint);
    owned_get(&orphans->huge, ORPHAN_HUGE * MIB, random_next(&random),
              &orphans->complaint);
    return NULL;
}

CHECK(XTF_3, MUST, "blocks of a thread that has ended can be used and freed",
      "C23 6.2.4p2, 7.24.3.3: a block lives until it is freed, by any thread; "
      "the bound on memory is ours",
      .flags = CHECK_THREADS | CHECK_RANDOM, .timeout_s = 60,
      .why = "Thirty threads in turn allocate 20 000 small blocks and one of "
             "22 MiB and end; another thread looks at every byte and frees. "
             "What is tied to a dead heap was lost or came back twice (filed: "
             "mjansson/rpmalloc 51, 281; microsoft/mimalloc 691, 1117). From "
             "round 10 to 30 not more than 16 MiB may be added: a lost huge "
             "block in each round would add 440.")
{
    struct orphans *orphans = check_map(sizeof(*orphans));
    double tenth = 0, grown;

    if (orphans == NULL)
        return error(run, "no memory");
    orphans->seed = run->seed;
    orphans->small = check_map(ORPHANS * sizeof(*orphans->small));
    for (unsigned round = 0; orphans->small != NULL && round < 30; round++) {
        orphans->round = round;
        if (thread_once(orphans_make, orphans) != 0)
            return error(run, "no thread");
        for (unsigned i = 0; i < ORPHANS; i++)
            owned_free(&orphans->small[i], &orphans->complaint);
        owned_free(&orphans->huge, &orphans->complaint);
        if (complained(&orphans->complaint))
            return complaint_verdict(run, &orphans->complaint);
        if (round == 9)
            tenth = resident_bytes();
    }
    grown = resident_bytes() - tenth;
    figure(run, "grown_bytes", grown);
    if (orphans->small == NULL || tenth == 0)
        return error(run, "no memory for the list");
    if (grown > 16.0 * (double)MIB)
        return fail(run, "20 rounds added %.1f MiB", grown / (double)MIB);
    return pass(run);
}

/* One owner and some who free what it hands out, round by round. */
enum { SPAN_BLOCKS = 512, SPAN_SIZE = 48, SPAN_HELPERS = 3, SPAN_OWN = 16 };

struct span {
    struct owned blocks[SPAN_BLOCKS];
    unsigned rounds;
    _Atomic unsigned opened, closed; /* rounds begun; helpers that ended one */
};

/* The first half is the owner's, the rest in turn the helpers'. */
static bool span_is_mine(unsigned block, unsigned member)
{
    if (block % 2 == 0)
        return member == 0;
    return block / 2 % SPAN_HELPERS + 1 == member;
}

/* A block of its own comes and goes: an update is lost where one gives while
 * another takes. */
static void span_turn(struct member *member, struct owned own[SPAN_OWN])
{
    struct owned *owned = &own[random_below(&member->random, SPAN_OWN)];

    owned_free(owned, &member->crew->complaint);
    owned_get(owned, SPAN_SIZE, random_next(&member->random),
              &member->crew->complaint);
}

static void span_free_mine(struct member *member, struct span *span,
                           struct owned own[SPAN_OWN])
{
    for (unsigned i = 0; i < SPAN_BLOCKS; i++) {
        if (!span_is_mine(i, member->number))
            continue;
        owned_free(&span->blocks[i], &member->crew->complaint);
        if (random_chance(&member->random, 250))
            span_turn(member, own);
        if (random_chance(&member->random, 4))
            sched_yield();
    }
}

static void span_owner_round(struct member *member, struct span *span,
                             struct owned own[SPAN_OWN], unsigned round)
{
    for (unsigned i = 0; i < SPAN_BLOCKS; i++)
        owned_get(&span->blocks[i], SPAN_SIZE, digest_add(round, i),
                  &member->crew->complaint);
    atomic_store(&span->opened, round + 1);
    span_free_mine(member, span, own);
    while (atomic_load(&span->closed) < SPAN_HELPERS * (round + 1))
        sched_yield();
}

static void span_work(struct member *member)
{
    struct span *span = member->crew->shared;
    struct owned own[SPAN_OWN] = { 0 };

    for (unsigned round = 0; round < span->rounds; round++) {
        if (member->number == 0) {
            span_owner_round(member, span, own, round);
            continue;
        }
        while (atomic_load(&span->opened) <= round)
            sched_yield();
        span_free_mine(member, span, own);
        atomic_fetch_add(&span->closed, 1);
    }
    for (unsigned i = 0; i < SPAN_OWN; i++)
        owned_free(&own[i], &member->crew->complaint);
}

CHECK(XTF_4, MUST,
      "several threads may free into one page while its owner does",
      "C23 7.24.3p2: the functions behave \"as though they accessed only "
      "memory locations accessible through their arguments\" in each thread",
      .flags = CHECK_THREADS | CHECK_RANDOM, .timeout_s = 60,
      .why = "512 blocks of one size; the owner frees every second one, three "
             "threads the others, all at once, and each takes blocks of its "
             "own in between; then the owner takes as many again. A list of "
             "remote frees that loses an update gives a block twice or never "
             "(filed: mjansson/rpmalloc 81, 281). 1000 rounds.")
{
    struct crew *crew = check_map(sizeof(*crew));
    struct span *span = check_map(sizeof(*span));
    double before, grown;

    if (crew == NULL || span == NULL)
        return error(run, "no memory");
    span->rounds = run->repeat != 0 ? run->repeat : 1000;
    crew->count = 1 + SPAN_HELPERS;
    crew->seed = run->seed;
    crew->work = span_work;
    crew->shared = span;
    before = resident_bytes();
    if (crew_run(crew) != 0)
        return error(run, "no threads");
    grown = resident_bytes() - before;
    figure(run, "rounds", span->rounds);
    figure(run, "wrong_blocks", crew->complaint.count);
    figure(run, "grown_bytes", grown);
    if (complained(&crew->complaint))
        return fail(run, "%u of %u blocks in %u rounds; the first: %s",
                    crew->complaint.count, span->rounds * SPAN_BLOCKS,
                    span->rounds, crew->complaint.text);
    return pass(run);
}

/* Short threads, each of which frees what the one before it left. */
enum { HEIRS = 10000, HEIRLOOMS = 8 };

struct heirs {
    struct owned left[HEIRLOOMS];
    struct random random;
    struct complaint complaint;
};

static void *heirs_live(void *argument)
{
    struct heirs *heirs = argument;
    struct owned own[HEIRLOOMS];

    for (unsigned i = 0; i < HEIRLOOMS; i++)
        owned_get(&own[i], size_drawn(&heirs->random, 16, 6),
                  random_next(&heirs->random), &heirs->complaint);
    for (unsigned i = 0; i < HEIRLOOMS; i++)
        owned_free(&heirs->left[i], &heirs->complaint);
    for (unsigned i = 0; i < HEIRLOOMS; i++) {
        owned_look(&own[i], &heirs->complaint);
        heirs->left[i] = own[i];
    }
    return NULL;
}

CHECK(XTF_5, MUST, "a new thread may free the blocks of one whose id it has",
      "C23 7.24.3.3; pthread_t values are used again after a join",
      .flags = CHECK_THREADS | CHECK_RANDOM, .timeout_s = 60,
      .why = "Ten thousand threads in turn, most of them at the same address "
             "with the same id; each allocates, and frees what its "
             "predecessor left. A heap that knows its owner by a recycled id "
             "takes a foreign block for its own (asked: microsoft/mimalloc "
             "956).")
{
    struct heirs *heirs = check_map(sizeof(*heirs));
    unsigned threads = run->repeat != 0 ? run->repeat : HEIRS;

    if (heirs == NULL)
        return error(run, "no memory");
    heirs->random = random_stream(run->seed, 0);
    for (unsigned i = 0; i < threads && !complained(&heirs->complaint); i++)
        if (thread_once(heirs_live, heirs) != 0)
            return error(run, "thread %u of %u could not be started", i,
                         threads);
    for (unsigned i = 0; i < HEIRLOOMS; i++)
        owned_free(&heirs->left[i], &heirs->complaint);
    return complaint_verdict(run, &heirs->complaint);
}

/* A thread that is woken to allocate a batch and sleeps in read() otherwise. */
enum { SLEEPER_BLOCKS = 16384, SLEEPER_SIZE = 256, SLEEPER_ROUNDS = 24 };

struct sleeper {
    unsigned char **blocks;
    int wake[2], done[2];
};

static void *sleeper_live(void *argument)
{
    struct sleeper *sleeper = argument;
    char word;

    while (read(sleeper->wake[0], &word, 1) == 1) {
        for (unsigned i = 0; i < SLEEPER_BLOCKS; i++) {
            sleeper->blocks[i] = subject->malloc(SLEEPER_SIZE);
            if (sleeper->blocks[i] != NULL)
                *sleeper->blocks[i] = 1;
        }
        (void)!write(sleeper->done[1], &word, 1);
    }
    return NULL;
}

/* A batch by the sleeper, freed here while it sleeps; then one of our own. */
static bool sleeper_round(struct sleeper *sleeper)
{
    char word = 0;

    if (write(sleeper->wake[1], &word, 1) != 1 ||
        read(sleeper->done[0], &word, 1) != 1)
        return false;
    for (unsigned own = 0; own < 2; own++)
        for (unsigned i = 0; i < SLEEPER_BLOCKS; i++) {
            if (own == 1)
                sleeper->blocks[i] = subject->malloc(SLEEPER_SIZE);
            if (sleeper->blocks[i] == NULL)
                return false;
            *sleeper->blocks[i] = 2;
            if (own == 0)
                subject->free(sleeper->blocks[i]);
        }
    for (unsigned i = 0; i < SLEEPER_BLOCKS; i++)
        subject->free(sleeper->blocks[i]);
    return true;
}

CHECK(XTF_6, SHOULD,
      "what is freed for a thread that sleeps in read() stays bounded",
      "quality that every mainstream malloc has", .flags = CHECK_THREADS,
      .timeout_s = 30,
      .why = "A server's thread allocates, hands its blocks on and waits for "
             "its next message, perhaps for ever. Whoever frees them can wait "
             "for its help no longer than until it allocates again: 24 times "
             "4 MiB, freed by another thread while it sleeps, may add three "
             "such batches after the fourth time.")
{
    const double batch = (double)SLEEPER_BLOCKS * SLEEPER_SIZE;
    struct sleeper *sleeper = check_map(sizeof(*sleeper));
    double fourth = 0, grown;
    pthread_t thread;

    if (sleeper == NULL || pipe(sleeper->wake) != 0 || pipe(sleeper->done) != 0)
        return error(run, "no memory or pipes");
    sleeper->blocks = check_map(SLEEPER_BLOCKS * sizeof(*sleeper->blocks));
    if (sleeper->blocks == NULL ||
        pthread_create(&thread, NULL, sleeper_live, sleeper) != 0)
        return error(run, "no memory or thread");
    for (unsigned round = 0; round < SLEEPER_ROUNDS; round++) {
        if (!sleeper_round(sleeper))
            return fail(run, "malloc(%d) returned NULL in round %u",
                        SLEEPER_SIZE, round);
        if (round == 3)
            fourth = resident_bytes();
    }
    grown = resident_bytes() - fourth;
    figure(run, "grown_bytes", grown);
    if (grown > 3 * batch)
        return fail(run, "%d rounds of %.0f MiB added %.1f MiB",
                    SLEEPER_ROUNDS - 4, batch / (double)MIB,
                    grown / (double)MIB);
    return pass(run);
}
