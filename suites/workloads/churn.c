/* churn.c - a steady random mix: a random block is freed and replaced.
 *
 * One replacement an operation: free what a random slot holds, fill it with a
 * block of a random size. Lifetimes are geometric, sizes uniform, the number
 * of live blocks constant: the state that a long-running program settles in,
 * without its phases. The mix is the one most allocator papers begin with. */
#include "body.h"

#include <errno.h>

#include "clock.h"

enum { SLOTS, SIZE_MIN, SIZE_MAX_, TAPE }; /* row.parameter */

/* An entry of the tape: where, and how much more than the smallest size. */
enum { SLOT_BITS = 23, SLOT_MASK = (1 << SLOT_BITS) - 1 };

#define MILLION 1000000u

static const struct row churn_rows[] = {
    { "churn-10k", true, 20 * MILLION, 2, { 10000, 16, 512, 1 << 20 } },
    { "churn-1m", false, 20 * MILLION, 8, { 1000000, 16, 512, 1 << 22 } },
    { 0 },
};

struct churn {
    void **slots;
    uint64_t slot_count;
    uint32_t *tape; /* PREFETCH_AHEAD entries longer than it says */
    uint64_t tape_length;
};

static uint64_t churn_memory_bytes(const struct row *row, double scale,
                                   unsigned threads)
{
    uint64_t slots = run_scale(row->parameter[SLOTS], scale);
    uint64_t mean = (row->parameter[SIZE_MIN] + row->parameter[SIZE_MAX_]) / 2;

    (void)threads;
    return slots * (mean + sizeof(void *)) +
           row->parameter[TAPE] * sizeof(uint32_t);
}

static struct heap_demand churn_heap(const struct run *run)
{
    const uint64_t *parameter = run->row->parameter;

    return (struct heap_demand){ parameter[SIZE_MIN], parameter[SIZE_MAX_],
                                 run_live_count(run, parameter[SLOTS]) };
}

static uint32_t churn_draw(struct random *random, const struct row *row,
                           uint64_t slots)
{
    uint32_t sizes =
        (uint32_t)(row->parameter[SIZE_MAX_] - row->parameter[SIZE_MIN] + 1);
    uint32_t slot = random_below(random, (uint32_t)slots);

    return slot | random_below(random, sizes) << SLOT_BITS;
}

static int churn_record_tape(struct run *run, struct churn *churn)
{
    struct random random = random_stream(run->seed, 0);
    uint64_t length = churn->tape_length;

    churn->tape =
        run_map(run, (length + PREFETCH_AHEAD) * sizeof(*churn->tape));
    if (churn->tape == NULL)
        return -ENOMEM;
    for (uint64_t i = 0; i < length; i++) {
        churn->tape[i] = churn_draw(&random, run->row, churn->slot_count);
        run->digest = digest_add(run->digest, churn->tape[i]);
    }
    return 0;
}

/* The live set stands before the clock starts: its cost is bulk's question.
 * It takes sizes of the same mix. */
static void churn_fill(struct run *run, struct churn *churn)
{
    struct random random = random_stream(run->seed, 1);
    uint64_t live_bytes = 0;

    for (uint64_t i = 0; i < churn->slot_count; i++) {
        uint32_t entry = churn_draw(&random, run->row, churn->slot_count);
        size_t size = run->row->parameter[SIZE_MIN] + (entry >> SLOT_BITS);

        churn->slots[i] = run->calls->malloc(size);
        live_bytes += size;
        run->digest = digest_add(run->digest, size);
        if (churn->slots[i] == NULL)
            run->refused++;
        else
            body_touch_ends(churn->slots[i], size);
    }
    run->live_bytes_peak = live_bytes; /* within the spread of the mix */
    run_live(run, live_bytes);
}

static int churn_prepare(struct run *run)
{
    struct churn *churn = run_map(run, sizeof(*churn));
    int error;

    if (churn == NULL)
        return -ENOMEM;
    run->state = churn;
    churn->slot_count = run_live_count(run, run->row->parameter[SLOTS]);
    if (churn->slot_count > SLOT_MASK)
        return -ERANGE;
    run->repetitions = run_limit(run, run->repetitions, 1);
    run->operations_planned = run->repetitions;
    run->live_planned = churn->slot_count;
    run->block_bytes_max = run->row->parameter[SIZE_MAX_];
    churn->tape_length = run->row->parameter[TAPE];
    if (churn->tape_length > run->repetitions)
        churn->tape_length = run->repetitions;
    churn->slots = run_map(run, churn->slot_count * sizeof(*churn->slots));
    error = churn->slots == NULL ? -ENOMEM : churn_record_tape(run, churn);
    if (error != 0)
        return error;
    churn_fill(run, churn);
    return 0;
}

/* Plays `count` entries of the tape from its start. */
BODY uint64_t churn_pass(const struct churn *churn, struct calls calls,
                         size_t size_min, uint64_t count, bool calling)
{
    void **slots = churn->slots;
    const uint32_t *entry = churn->tape;
    const uint32_t *end = entry + count;
    uint64_t refused = 0;

    for (; entry < end; entry++) {
        void **slot = &slots[*entry & SLOT_MASK];
        size_t size = size_min + (*entry >> SLOT_BITS);
        void *block;

        __builtin_prefetch(&slots[entry[PREFETCH_AHEAD] & SLOT_MASK], 1);
        body_free(calls, *(void *volatile *)slot, calling);
        block = body_malloc(calls, size, calling);
        *slot = block;
        if (unlikely(block == NULL))
            refused++;
        else if (calling)
            body_touch_ends(block, size);
    }
    return refused;
}

BODY struct tally churn_body(struct run *run, bool calling)
{
    const struct churn *churn = run->state;
    struct calls calls = body_calls(run, calling);
    size_t size_min = run->row->parameter[SIZE_MIN];
    uint64_t left = run->repetitions;
    struct tally tally = { left, 0 };
    uint64_t start_ns = clock_wall_ns();

    while (left > 0) {
        uint64_t count = left < churn->tape_length ? left : churn->tape_length;

        tally.refused += churn_pass(churn, calls, size_min, count, calling);
        if (calling && left == run->repetitions)
            run->first_pass_ns = clock_wall_ns() - start_ns;
        left -= count;
    }
    return tally;
}

static void churn_work(struct run *run, unsigned thread)
{
    (void)thread;
    body_report(run, churn_body(run, true));
}

static void churn_loop(struct run *run, unsigned thread)
{
    (void)thread;
    churn_body(run, false);
}

static void churn_finish(struct run *run)
{
    struct churn *churn = run->state;

    body_free_slots(run, churn->slots, churn->slot_count);
}

const struct workload workload_churn = {
    .name = "churn",
    .question = "What does a steady random mix cost?",
    .contract = "one thread",
    .operation = "free and malloc",
    .needs = "COV-1 API-1 API-9 ALN-1 ALN-2 INT-1 INT-2 INT-3 INT-5",
    .oracle = "every replacement is made, and every slot is filled at the end",
    .version = 1,
    .touch = TOUCH_ENDS,
    .parameters = { "slots", "size_min_bytes", "size_max_bytes",
                    "tape_entries" },
    .rows = churn_rows,
    .memory_bytes = churn_memory_bytes,
    .prepare = churn_prepare,
    .work = churn_work,
    .finish = churn_finish,
    .heap = churn_heap,
    .heap_needs = "OBJ-1 OBJ-2 OBJ-15",
    .loop = churn_loop,
};
