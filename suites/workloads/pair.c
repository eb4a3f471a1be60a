/* pair.c - malloc and free of one block, over and over.
 *
 * The shortest path that an allocator has: the block just freed is asked for
 * again. Whatever is slower than this in a program is misses, contention and
 * bookkeeping. The shape is folklore; it flatters an allocator that keeps the
 * last block of each size, and says nothing about anything else. */
#include "body.h"

enum { SIZE }; /* row.parameter */

#define MILLION 1000000u

static const struct row pair_rows[] = {
    { "pair-16", false, 60 * MILLION, 4, { 16 } },
    { "pair-48", true, 60 * MILLION, 4, { 48 } },
    { "pair-256", false, 60 * MILLION, 4, { 256 } },
    { "pair-1024", false, 60 * MILLION, 4, { 1024 } },
    { "pair-32k", false, 60 * MILLION, 6, { 32 << 10 } },
    { 0 },
};

static uint64_t pair_memory_bytes(const struct row *row, double scale,
                                  unsigned threads)
{
    (void)scale;
    (void)threads;
    return row->parameter[SIZE];
}

static struct heap_demand pair_heap(const struct run *run)
{
    size_t size = run->row->parameter[SIZE];

    return (struct heap_demand){ size, size, 1 };
}

static int pair_prepare(struct run *run)
{
    run->repetitions = run_limit(run, run->repetitions, 1);
    run->operations_planned = run->repetitions;
    run->live_bytes_peak = run->row->parameter[SIZE];
    run->block_bytes_max = run->row->parameter[SIZE];
    run->digest = digest_add(run->repetitions, run->row->parameter[SIZE]);
    return 0;
}

BODY struct tally pair_body(const struct run *run, bool calling)
{
    struct calls calls = body_calls(run, calling);
    size_t size = run->row->parameter[SIZE];
    struct tally tally = { run->repetitions, 0 };

    for (uint64_t i = tally.done; i > 0; i--) {
        void *block = body_malloc(calls, size, calling);

        if (unlikely(block == NULL)) {
            tally.refused++;
            continue;
        }
        if (calling)
            body_touch_ends(block, size);
        body_free(calls, block, calling);
    }
    return tally;
}

static void pair_work(struct run *run, unsigned thread)
{
    (void)thread;
    body_report(run, pair_body(run, true));
}

static void pair_loop(struct run *run, unsigned thread)
{
    (void)thread;
    pair_body(run, false);
}

static void pair_finish(struct run *run)
{
    (void)run; /* nothing is left */
}

const struct workload workload_pair = {
    .name = "pair",
    .question = "What does the shortest path cost?",
    .contract = "one thread",
    .operation = "malloc and free",
    .needs = "COV-1 API-1 ALN-1 ALN-2 INT-1 INT-2 INT-3",
    .oracle = "every pair is made, and nothing is alive at the end",
    .version = 1,
    .touch = TOUCH_ENDS,
    .parameters = { "size_bytes" },
    .rows = pair_rows,
    .memory_bytes = pair_memory_bytes,
    .prepare = pair_prepare,
    .work = pair_work,
    .finish = pair_finish,
    .heap = pair_heap,
    .heap_needs = "OBJ-1 OBJ-2 OBJ-15",
    .loop = pair_loop,
};
