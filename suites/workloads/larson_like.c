/* larson_like.c - a server whose threads come and go, and leave their blocks.
 *
 * One replacement an operation, as in churn; but after `passes` times its
 * slots a thread ends, and a successor goes on with the slots it leaves. So
 * the first frees of every thread are of blocks that a dead thread made, and
 * an allocator with a heap per thread must adopt, share or strand them.
 *
 * Written from the description of a server benchmark by Larson and Krishnan
 * (Memory allocation for long-running server applications, 1998), and so only
 * like it. Here work is fixed and not time, and threads are created and joined
 * by a thread that itself never calls the subject. */
#include "body.h"

#include <errno.h>

enum { SLOTS, SIZE_MIN, SIZE_MAX_, PASSES }; /* row.parameter */

/* An entry of the tape: where, and how much more than the smallest size. */
enum { SLOT_BITS = 22, SLOT_MASK = (1 << SLOT_BITS) - 1 };

/* Thirteen draws a slot; a quarter of the second-level cache. */
enum { TAPE_ENTRIES = 64 << 10 };

/* What a checked run must still show: threads that succeed one another. */
enum { GENERATIONS_CHECKED = 4 };

static const struct row larson_rows[] = {
    { "larson-like", true, 72, 6, { 5000, 8, 1000, 100 } },
    { 0 },
};

/* What threads that succeed one another hand on. Only the living one of them
 * uses it; its creation and its join are the hand-over. */
struct larson_line {
    const struct calls *calls;
    void **slots;
    const uint32_t *tape;
    uint64_t at; /* of the tape; a successor reads on */
    uint64_t operations;
    size_t size_min;
    struct tally tally;
};

struct larson {
    uint64_t slots; /* of one line */
    struct larson_line **lines;
};

static uint64_t larson_memory_bytes(const struct row *row, double scale,
                                    unsigned threads)
{
    uint64_t slots = run_scale(threads * row->parameter[SLOTS], scale);
    uint64_t mean = (row->parameter[SIZE_MIN] + row->parameter[SIZE_MAX_]) / 2;

    return slots * (mean + sizeof(void *)) +
           threads * (uint64_t)TAPE_ENTRIES * sizeof(uint32_t);
}

static uint32_t larson_draw(struct random *random, const struct row *row,
                            uint64_t slots)
{
    uint32_t sizes =
        (uint32_t)(row->parameter[SIZE_MAX_] - row->parameter[SIZE_MIN] + 1);
    uint32_t slot = random_below(random, (uint32_t)slots);

    return slot | random_below(random, sizes) << SLOT_BITS;
}

static void larson_record_tape(struct run *run, struct random *random,
                               uint32_t *tape, uint64_t slots)
{
    for (uint64_t i = 0; i < TAPE_ENTRIES; i++) {
        tape[i] = larson_draw(random, run->row, slots);
        run->digest = digest_add(run->digest, tape[i]);
    }
}

/* The live set stands before the clock starts, and the main thread made it:
 * the first threads too begin with blocks that are not theirs. */
static void larson_fill(struct run *run, struct random *random, void **slots,
                        uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint32_t entry = larson_draw(random, run->row, count);
        size_t size = run->row->parameter[SIZE_MIN] + (entry >> SLOT_BITS);

        slots[i] = run->calls->malloc(size);
        run->live_bytes_peak += size; /* within the spread of the mix */
        run->digest = digest_add(run->digest, size);
        if (slots[i] == NULL)
            run->refused++;
        else
            body_touch_ends(slots[i], size);
    }
}

/* Pages of its own for each line: lines share nothing, not even a cache line
 * of the harness's. */
static struct larson_line *larson_make_line(struct run *run, unsigned thread,
                                            uint64_t slots)
{
    struct random random = random_stream(run->seed, thread);
    struct larson_line *line = run_map(run, sizeof(*line));
    void **slot = run_map(run, slots * sizeof(*slot));
    uint32_t *tape = run_map(run, TAPE_ENTRIES * sizeof(*tape));

    if (line == NULL || slot == NULL || tape == NULL)
        return NULL;
    larson_record_tape(run, &random, tape, slots);
    larson_fill(run, &random, slot, slots);
    *line = (struct larson_line){ .calls = run->calls,
                                  .slots = slot,
                                  .tape = tape,
                                  .size_min = run->row->parameter[SIZE_MIN] };
    return line;
}

/* A generation is as many passes over the slots as the row says, and a
 * repetition is one generation of every line. */
static uint64_t larson_plan(struct run *run, uint64_t slots)
{
    uint64_t pass = run->threads * slots;
    uint64_t passes =
        run_limit(run, run->row->parameter[PASSES], pass * GENERATIONS_CHECKED);

    run->repetitions = run_limit(run, run->repetitions, pass * passes);
    run->operations_planned = run->repetitions * pass * passes;
    run->live_planned = pass;
    run->block_bytes_max = run->row->parameter[SIZE_MAX_];
    run->digest = digest_add(run->repetitions, passes);
    return passes * slots;
}

/* One line's share of the live set. */
static uint64_t larson_slots(const struct run *run)
{
    uint64_t wanted = run->threads * run->row->parameter[SLOTS];
    uint64_t slots = run_live_count(run, wanted) / run->threads;

    return slots == 0 ? 1 : slots;
}

static int larson_prepare(struct run *run)
{
    struct larson *larson = run_map(run, sizeof(*larson));
    struct larson_line **lines =
        run_map(run, run->threads * sizeof(*larson->lines));
    uint64_t operations;

    if (larson == NULL || lines == NULL)
        return -ENOMEM;
    *larson = (struct larson){ larson_slots(run), lines };
    if (larson->slots > SLOT_MASK)
        return -ERANGE;
    run->state = larson;
    operations = larson_plan(run, larson->slots);
    for (unsigned i = 0; i < run->threads; i++) {
        lines[i] = larson_make_line(run, i, larson->slots);
        if (lines[i] == NULL)
            return -ENOMEM;
        lines[i]->operations = operations;
    }
    run_live(run, run->live_bytes_peak);
    return 0;
}

static uint64_t larson_play(const struct larson_line *line, uint64_t count)
{
    struct calls calls = *line->calls;
    const uint32_t *entry = line->tape + line->at;
    const uint32_t *end = entry + count;
    uint64_t refused = 0;

    for (; entry < end; entry++) {
        void **slot = &line->slots[*entry & SLOT_MASK];
        size_t size = line->size_min + (*entry >> SLOT_BITS);
        void *block;

        calls.free(*slot);
        block = calls.malloc(size);
        *slot = block;
        if (unlikely(block == NULL))
            refused++;
        else
            body_touch_ends(block, size);
    }
    return refused;
}

/* The life of one thread. */
static void larson_generation(void *given)
{
    struct larson_line *line = given;
    uint64_t left = line->operations;

    while (left > 0) {
        uint64_t rest = TAPE_ENTRIES - line->at;
        uint64_t count = left < rest ? left : rest;

        line->tally.refused += larson_play(line, count);
        line->at = (line->at + count) % TAPE_ENTRIES;
        left -= count;
    }
    line->tally.done += line->operations;
}

static void larson_work(struct run *run, unsigned thread)
{
    const struct larson *larson = run->state;
    struct larson_line *line = larson->lines[thread];

    for (uint64_t i = 0; i < run->repetitions; i++)
        run_spawn(run, larson_generation, line);
    body_report(run, line->tally);
}

static void larson_finish(struct run *run)
{
    const struct larson *larson = run->state;

    for (unsigned i = 0; i < run->threads; i++)
        body_free_slots(run, larson->lines[i]->slots, larson->slots);
}

const struct workload workload_larson_like = {
    .name = "larson-like",
    .question = "What does a server do to it, when threads come and go?",
    .contract = "thread-safe",
    .operation = "free and malloc",
    .needs = "COV-1 API-1 API-9 ALN-1 ALN-2 INT-1 INT-2 INT-3 THR-1 XTF-1 "
             "XTF-3",
    .oracle = "every thread lives and makes all its replacements, and every "
              "slot is filled at the end",
    .version = 1,
    .flags = WORKLOAD_THREADS | WORKLOAD_SPAWNS,
    .touch = TOUCH_ENDS,
    .parameters = { "slots_a_thread", "size_min_bytes", "size_max_bytes",
                    "passes" },
    .rows = larson_rows,
    .memory_bytes = larson_memory_bytes,
    .prepare = larson_prepare,
    .work = larson_work,
    .finish = larson_finish,
};
