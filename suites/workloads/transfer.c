/* transfer.c - phases of threads that build up, drop and exchange blocks.
 *
 * An operation is one block, from its malloc to its free by whichever thread
 * has it then. In a phase every thread makes as many blocks as the row says;
 * one block in four changes places with what a shared table holds, and twice
 * in three operations a block made earlier in the phase is dropped, chosen at
 * random. At the end of a phase a thread drops what it still has, and half of
 * the table is freed before the next one. So blocks wander between threads,
 * some outlive their phase, and few large ones lie among many small.
 *
 * After the description of mimalloc's stress test (mstress), and only like it.
 * What a thread gets out of the table depends on who came first; what it asks
 * for, and when it frees, does not. */
#include "body.h"

#include <errno.h>
#include <pthread.h>

enum { PHASES, BLOCKS, TABLE }; /* row.parameter */

static const struct row transfer_rows[] = {
    { "transfer", true, 6, 6, { 25, 75000, 1000 } },
    { 0 },
};

/* Powers of two, all alike; one block in a hundred is a hundred times as
 * large, one in a thousand a thousand times. */
enum {
    POWERS = 7,
    SIZE_SMALLEST = 8,
    SIZE_LARGEST = (SIZE_SMALLEST << (POWERS - 1)) * 1000,
    SIZE_MEAN = 435,
    PER_MILLE_THOUSANDFOLD = 1,
    PER_MILLE_HUNDREDFOLD = 10,
};

enum { PER_MILLE_DROP = 660, PER_MILLE_SWAP = 250 };

enum { NONE = UINT32_MAX };

/* One operation of the tape: a block is made, it or what the table gives for
 * it goes into the thread's next slot, and an earlier slot is emptied. */
struct transfer_step {
    uint32_t size;
    uint32_t swap; /* slot of the table, or NONE */
    uint32_t drop; /* the thread's slot, or NONE */
};

struct transfer_thread {
    struct transfer_step *steps;
    void **slots;   /* one for each step */
    uint32_t *left; /* the slots that no step empties, in no order */
    uint32_t left_count;
};

/* Threads meet at the gate at both ends of the time between phases, in which
 * the table is the first thread's alone. */
struct transfer {
    uint64_t phases; /* of one repetition */
    uint64_t steps;  /* of one thread in one phase */
    uint64_t table_slots;
    _Atomic(void *) *table;
    struct transfer_thread *threads;
    pthread_barrier_t gate;
    _Atomic uint64_t freed;
};

static uint64_t transfer_memory_bytes(const struct row *row, double scale,
                                      unsigned threads)
{
    uint64_t blocks = run_scale(threads * row->parameter[BLOCKS], scale);
    uint64_t slots = run_scale(row->parameter[TABLE], scale);
    uint64_t live = blocks * (1000 - PER_MILLE_DROP) / 1000 + slots;

    return live * SIZE_MEAN +
           blocks * (sizeof(void *) + sizeof(struct transfer_step) +
                     sizeof(uint32_t)) +
           slots * sizeof(void *);
}

static uint32_t transfer_draw_size(struct random *random)
{
    uint32_t size = SIZE_SMALLEST << random_below(random, POWERS);
    uint32_t chance = random_below(random, 1000);

    if (chance < PER_MILLE_THOUSANDFOLD)
        return size * 1000;
    if (chance < PER_MILLE_THOUSANDFOLD + PER_MILLE_HUNDREDFOLD)
        return size * 100;
    return size;
}

/* A slot that is still filled, other than the newest: the last of `left`,
 * which takes the drawn one's place. */
static uint32_t transfer_draw_drop(struct random *random,
                                   struct transfer_thread *own)
{
    uint32_t drawn = random_below(random, own->left_count - 1);
    uint32_t slot = own->left[drawn];

    own->left[drawn] = own->left[--own->left_count];
    return slot;
}

/* Returns the bytes alive at the worst moment of a phase, as if no block had
 * changed places: those that do are of the same mix. */
static uint64_t transfer_record_tape(const struct transfer *transfer,
                                     struct random random,
                                     struct transfer_thread *own)
{
    uint64_t bytes = 0, bytes_peak = 0;

    for (uint32_t i = 0; i < transfer->steps; i++) {
        struct transfer_step *step = &own->steps[i];

        *step =
            (struct transfer_step){ transfer_draw_size(&random), NONE, NONE };
        bytes += step->size;
        bytes_peak = bytes > bytes_peak ? bytes : bytes_peak;
        own->left[own->left_count++] = i;
        if (random_chance(&random, PER_MILLE_SWAP))
            step->swap = random_below(&random, (uint32_t)transfer->table_slots);
        if (!random_chance(&random, PER_MILLE_DROP) || own->left_count == 1)
            continue;
        step->drop = transfer_draw_drop(&random, own);
        bytes -= own->steps[step->drop].size;
    }
    return bytes_peak;
}

static void transfer_digest(struct run *run, const struct transfer_step *step)
{
    run->digest = digest_add(run->digest, step->size);
    run->digest = digest_add(run->digest, step->swap);
    run->digest = digest_add(run->digest, step->drop);
}

static int transfer_prepare_thread(struct run *run, unsigned thread)
{
    const struct transfer *transfer = run->state;
    struct transfer_thread *own = &transfer->threads[thread];
    uint64_t steps = transfer->steps;

    own->steps = run_map(run, steps * sizeof(*own->steps));
    own->slots = run_map(run, steps * sizeof(*own->slots));
    own->left = run_map(run, steps * sizeof(*own->left));
    if (own->steps == NULL || own->slots == NULL || own->left == NULL)
        return -ENOMEM;
    run->live_bytes_peak +=
        transfer_record_tape(transfer, random_stream(run->seed, thread), own);
    for (uint64_t i = 0; i < steps; i++)
        transfer_digest(run, &own->steps[i]);
    return 0;
}

/* The table and the threads' blocks shrink alike. */
static void transfer_plan(struct run *run, struct transfer *transfer)
{
    uint64_t table = run->row->parameter[TABLE];
    uint64_t all = run->threads * run->row->parameter[BLOCKS] + table;
    uint64_t live = run_live_count(run, all);
    uint64_t table_slots = live * table / all;
    uint64_t blocks;

    transfer->table_slots = table_slots == 0 ? 1 : table_slots;
    transfer->steps = (live - table_slots) / run->threads;
    if (transfer->steps == 0)
        transfer->steps = 1;
    blocks = run->threads * transfer->steps;
    transfer->phases = run_limit(run, run->row->parameter[PHASES], blocks);
    blocks *= transfer->phases;
    run->repetitions = run_limit(run, run->repetitions, blocks);
    run->operations_planned = run->repetitions * blocks;
    run->block_bytes_max = SIZE_LARGEST;
    run->live_bytes_peak = transfer->table_slots * SIZE_MEAN;
    run->digest = digest_add(run->repetitions, transfer->phases);
    run->digest = digest_add(run->digest, transfer->table_slots);
}

static int transfer_prepare(struct run *run)
{
    struct transfer *transfer = run_map(run, sizeof(*transfer));
    int error = 0;

    if (transfer == NULL)
        return -ENOMEM;
    run->state = transfer;
    transfer_plan(run, transfer);
    if (transfer->steps >= NONE || transfer->table_slots >= NONE)
        return -ERANGE;
    transfer->table =
        run_map(run, transfer->table_slots * sizeof(*transfer->table));
    transfer->threads = run_map(run, run->threads * sizeof(*transfer->threads));
    if (transfer->table == NULL || transfer->threads == NULL ||
        pthread_barrier_init(&transfer->gate, NULL, run->threads) != 0)
        return -ENOMEM;
    for (unsigned i = 0; i < run->threads && error == 0; i++)
        error = transfer_prepare_thread(run, i);
    return error;
}

/* 1 if the slot held a block. An exchange with an empty slot of the table
 * leaves nothing to drop. */
static inline uint64_t transfer_drop(struct calls calls, void **slot)
{
    void *block = *slot;

    if (block == NULL)
        return 0;
    calls.free(block);
    *slot = NULL;
    return 1;
}

/* A phase, until every block of the thread's is dropped again. Adds to `done`
 * the blocks made; returns the blocks freed. */
static uint64_t transfer_phase(const struct transfer *transfer,
                               const struct transfer_thread *own,
                               struct calls calls, struct tally *tally)
{
    uint64_t freed = 0;

    for (uint64_t i = 0; i < transfer->steps; i++) {
        struct transfer_step step = own->steps[i];
        void *block = calls.malloc(step.size);

        if (unlikely(block == NULL))
            tally->refused++;
        else
            body_touch_ends(block, step.size);
        if (step.swap != NONE)
            block = atomic_exchange_explicit(&transfer->table[step.swap], block,
                                             memory_order_acq_rel);
        own->slots[i] = block;
        if (step.drop != NONE)
            freed += transfer_drop(calls, &own->slots[step.drop]);
    }
    tally->done += transfer->steps;
    for (uint32_t i = 0; i < own->left_count; i++)
        freed += transfer_drop(calls, &own->slots[own->left[i]]);
    return freed;
}

/* Frees every `stride`-th slot of the table, from `first` on. */
static uint64_t transfer_clear(const struct transfer *transfer,
                               struct calls calls, uint64_t first,
                               uint64_t stride)
{
    uint64_t freed = 0;

    for (uint64_t i = first; i < transfer->table_slots; i += stride) {
        void *block = atomic_exchange(&transfer->table[i], NULL);

        freed += transfer_drop(calls, &block);
    }
    return freed;
}

/* The even half of the table, then the odd half, and all of it at the end of
 * a repetition. */
static uint64_t transfer_between(const struct transfer *transfer,
                                 struct calls calls, uint64_t phase)
{
    if (phase + 1 == transfer->phases)
        return transfer_clear(transfer, calls, 0, 1);
    return transfer_clear(transfer, calls, phase % 2, 2);
}

static void transfer_work(struct run *run, unsigned thread)
{
    struct transfer *transfer = run->state;
    const struct transfer_thread *own = &transfer->threads[thread];
    struct calls calls = *run->calls;
    struct tally tally = { 0 };
    uint64_t freed = 0;

    for (uint64_t i = 0; i < run->repetitions * transfer->phases; i++) {
        freed += transfer_phase(transfer, own, calls, &tally);
        pthread_barrier_wait(&transfer->gate);
        if (thread == 0)
            freed += transfer_between(transfer, calls, i % transfer->phases);
        pthread_barrier_wait(&transfer->gate);
    }
    atomic_fetch_add(&transfer->freed, freed);
    body_report(run, tally);
}

static void transfer_finish(struct run *run)
{
    struct transfer *transfer = run->state;
    uint64_t left = transfer_clear(transfer, *run->calls, 0, 1);

    atomic_fetch_add(&run->live_blocks, left);
    for (unsigned i = 0; i < run->threads; i++)
        body_free_slots(run, transfer->threads[i].slots, transfer->steps);
    if (transfer->freed + run->live_blocks + run->refused !=
        run->operations_done)
        run_wrong(run, "blocks made and blocks freed differ in number");
}

const struct workload workload_transfer = {
    .name = "transfer",
    .question = "What does a phased, multi-threaded mix with transfer cost?",
    .contract = "thread-safe",
    .operation = "malloc, and its free by whichever thread has the block",
    .needs = "COV-1 API-1 API-9 ALN-1 ALN-2 INT-1 INT-2 INT-3 INT-5 THR-1 "
             "XTF-1",
    .oracle = "every block is made, as many are freed as were made, and "
              "nothing is alive at the end",
    .version = 1,
    .flags = WORKLOAD_THREADS,
    .touch = TOUCH_ENDS,
    .parameters = { "phases", "blocks_a_thread", "table_slots" },
    .rows = transfer_rows,
    .memory_bytes = transfer_memory_bytes,
    .prepare = transfer_prepare,
    .work = transfer_work,
    .finish = transfer_finish,
};
