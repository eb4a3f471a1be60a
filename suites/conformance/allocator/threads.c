/* threads.c - any number of threads at once. (OBJ-16) */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "model.h"
#include "pattern.h"

enum { THREADS = 4, KEPT = 32, OPERATIONS = 60000, BYTES = 64 };

static struct model model;
static _Atomic unsigned storm_wrong; /* 1 + the number of the first thread */
static _Atomic size_t storm_refused;

/* What the threads pass to one another: any block may be freed by another
 * than the one that has it. */
static _Atomic(unsigned char *) storm_passed[8];

struct storm {
    pthread_t thread;
    unsigned number;
    uint64_t seed;
    unsigned char *kept[KEPT];
};

/* The block's own address is its key, so that whoever frees it can look. */
static void storm_stamp(unsigned char *block)
{
    pattern_fill(block, (uintptr_t)block, 0, BYTES);
}

static bool storm_is_stamped(unsigned char *block)
{
    return pattern_mismatch(block, (uintptr_t)block, 0, BYTES) == BYTES;
}

/* A stamp is wiped before the block is freed: two owners of one block see
 * each other's wiping. */
static void storm_free(const struct storm *storm, unsigned char *block)
{
    unsigned none = 0;

    if (!storm_is_stamped(block))
        atomic_compare_exchange_strong(&storm_wrong, &none, 1 + storm->number);
    memset(block, 0, BYTES);
    subject->free(model.heap, block);
}

static void storm_step(struct storm *storm, struct random *random)
{
    unsigned slot = random_below(random, KEPT);
    unsigned char *block = storm->kept[slot];

    if (block != NULL && random_chance(random, 100))
        block = atomic_exchange(&storm_passed[slot % 8], block);
    if (block != NULL) {
        storm_free(storm, block);
        block = NULL;
    } else {
        block = subject->alloc(model.heap, BYTES, 1);
        if (block == NULL)
            atomic_fetch_add(&storm_refused, 1);
        else
            storm_stamp(block);
    }
    storm->kept[slot] = block;
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
        if (storm->kept[i] != NULL)
            storm_free(storm, storm->kept[i]);
    return NULL;
}

static enum verdict storm_end(struct check_run *run)
{
    struct storm last = { .number = THREADS };

    for (unsigned i = 0; i < 8; i++)
        if (storm_passed[i] != NULL)
            storm_free(&last, storm_passed[i]);
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
    if (!model_open(&model, BYTES, THREADS * KEPT + 8))
        return fail(run, "%s", model.wrong);
    for (unsigned i = 0; i < THREADS; i++) {
        storms[i].number = i;
        storms[i].seed = run->seed;
        if (pthread_create(&storms[i].thread, NULL, storm_run, &storms[i]) != 0)
            return error(run, "no thread could be started");
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(storms[i].thread, NULL);
    figure(run, "refused_count", (double)storm_refused);
    return storm_end(run);
}
