/* threads.c - any number of threads at once. (OBJ-16) */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "model.h"
#include "pattern.h"

enum { THREADS = 4, KEPT = 32, PASSED = 8, OPERATIONS = 100000, BYTES = 64 };

/* Blocks at once at most: kept, passed on, and two in hand. */
enum { CAPACITY = THREADS * (KEPT + 2) + PASSED };

static struct model model;
static _Atomic unsigned storm_wrong; /* 1 + the number of the first thread */
static _Atomic size_t storm_refused;

/* What the threads pass to one another: any block may be freed by another
 * than the one that has it. */
static _Atomic(unsigned char *) storm_passed[PASSED];

/* A block begins with its key, which no other owner of it ever had. */
struct storm_block {
    unsigned char *start;
    uint64_t key;
};

struct storm {
    pthread_t thread;
    unsigned number;
    uint64_t seed;
    uint64_t keys;
    struct storm_block kept[KEPT];
};

static uint64_t storm_key(const unsigned char *start)
{
    uint64_t key;

    memcpy(&key, start, sizeof(key));
    return key;
}

static struct storm_block storm_take(struct storm *storm)
{
    struct storm_block block = { subject->alloc(model.heap, BYTES, 1),
                                 storm->keys++ * THREADS + storm->number };

    if (block.start == NULL) {
        atomic_fetch_add(&storm_refused, 1);
        return block;
    }
    memcpy(block.start, &block.key, sizeof(block.key));
    pattern_fill(block.start, block.key, sizeof(block.key), BYTES);
    return block;
}

/* Wiped before it is freed: two owners of one block see each other. */
static void storm_give(const struct storm *storm, struct storm_block block)
{
    unsigned none = 0;

    if (block.start == NULL)
        return;
    if (storm_key(block.start) != block.key ||
        pattern_mismatch(block.start, block.key, sizeof(block.key), BYTES) !=
            BYTES)
        atomic_compare_exchange_strong(&storm_wrong, &none, 1 + storm->number);
    memset(block.start, 0, BYTES);
    subject->free(model.heap, block.start);
}

/* Puts one down for others, and takes what lies there. */
static struct storm_block storm_swap(struct storm_block block, unsigned place)
{
    block.start = atomic_exchange(&storm_passed[place], block.start);
    if (block.start != NULL)
        block.key = storm_key(block.start);
    return block;
}

/* Two are taken and the first is given back: whoever looked at the list
 * meanwhile finds the same head with another behind it (ABA). */
static struct storm_block storm_take_second(struct storm *storm)
{
    struct storm_block first = storm_take(storm);
    struct storm_block second = storm_take(storm);

    storm_give(storm, first);
    return second;
}

static void storm_step(struct storm *storm, struct random *random)
{
    unsigned slot = random_below(random, KEPT);
    struct storm_block block = storm->kept[slot];

    if (block.start == NULL) {
        storm->kept[slot] = random_chance(random, 500)
                                ? storm_take_second(storm)
                                : storm_take(storm);
    } else {
        if (random_chance(random, 100))
            block = storm_swap(block, slot % PASSED);
        storm_give(storm, block);
        storm->kept[slot].start = NULL;
    }
    if (random_chance(random, 20))
        sched_yield();
}

static void *storm_run(void *given)
{
    struct storm *storm = given;
    struct random random = random_stream(storm->seed, storm->number);

    for (unsigned i = 0; i < OPERATIONS && storm_wrong == 0; i++)
        storm_step(storm, &random);
    for (unsigned i = 0; i < KEPT; i++)
        storm_give(storm, storm->kept[i]);
    return NULL;
}

static enum verdict storm_end(struct check_run *run)
{
    struct storm last = { .number = THREADS };

    for (unsigned i = 0; i < PASSED; i++)
        storm_give(&last, storm_swap((struct storm_block){ NULL, 0 }, i));
    if (storm_wrong != 0)
        return fail(run,
                    "thread %u found a block of its own written to: it "
                    "was given out twice",
                    storm_wrong - 1);
    model_close(&model); /* nothing lives: stats() and verify() must agree */
    return model.wrong[0] != '\0' ? fail(run, "%s", model.wrong) : pass(run);
}

CHECK(OBJ_16, MUST,
      "four threads that allocate, pass on and free never share a block",
      "assay/allocator.h: ASSAY_ALLOCATOR_THREADS",
      .why = "A free list without locks gives a block to two when it comes "
             "back between a look and a swap (ABA).",
      .wants = ASSAY_ALLOCATOR_THREADS | ASSAY_ALLOCATOR_FREE,
      .flags = CHECK_RANDOM | CHECK_THREADS, .timeout_s = 60)
{
    static struct storm storms[THREADS];

    model.watches_stats = true;
    if (!model_open(&model, BYTES, CAPACITY))
        return fail(run, "%s", model.wrong);
    for (unsigned i = 0; i < THREADS; i++) {
        storms[i].number = i;
        storms[i].seed = run->seed;
        if (pthread_create(&storms[i].thread, NULL, storm_run, &storms[i]) != 0)
            return error(run, "no thread could be started");
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(storms[i].thread, NULL);
    if (storm_refused > 0)
        return fail(run,
                    "%zu requests were refused, and there was room for "
                    "%d blocks",
                    (size_t)storm_refused, CAPACITY);
    return storm_end(run);
}
