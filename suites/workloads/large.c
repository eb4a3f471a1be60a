/* large.c - large blocks are replaced, and a byte of each page is written.
 *
 * One replacement an operation. Blocks of many megabytes come straight from
 * the operating system, or from what an allocator kept back of it: the price
 * is page faults against memory held, and the memory cell of this row shows
 * the other side of what the time cell gained. Shape: mimalloc-bench's
 * "large" and the buffers of image and matrix programs. */
#include "body.h"

#include <errno.h>

enum { SLOTS, SIZE_MIN_MIB, SIZE_MAX_MIB }; /* row.parameter */

enum { MIB = 1 << 20 };

static const struct row large_rows[] = {
    { "large", true, 500, 10, { 20, 5, 25 } },
    { 0 },
};

struct large_request {
    uint32_t slot;
    uint32_t size;
};

struct large {
    void **slots;
    uint64_t slot_count;
    struct large_request *tape;
    uint32_t *sizes; /* of what each slot holds */
    uint64_t live_bytes;
};

static uint64_t large_memory_bytes(const struct row *row, double scale,
                                   unsigned threads)
{
    (void)threads;
    return run_scale(row->parameter[SLOTS], scale) *
           row->parameter[SIZE_MAX_MIB] * MIB;
}

/* A checked run writes and reads every byte that a timed one only samples. */
static void large_limit(struct run *run, struct large *large)
{
    enum { CHECKED_SLOTS = 6, OPERATIONS_EACH = 1500 };

    large->slot_count = run_live_count(run, run->row->parameter[SLOTS]);
    if (run->operations_max != 0 && large->slot_count > CHECKED_SLOTS)
        large->slot_count = CHECKED_SLOTS;
    run->repetitions = run_limit(run, run->repetitions, OPERATIONS_EACH);
}

/* The first requests fill the slots. */
static void large_draw(struct run *run, struct large *large)
{
    struct random random = random_stream(run->seed, 0);
    uint32_t least = (uint32_t)run->row->parameter[SIZE_MIN_MIB] * MIB;
    uint32_t most = (uint32_t)run->row->parameter[SIZE_MAX_MIB] * MIB;
    uint64_t requests = large->slot_count + run->repetitions;

    run->block_bytes_max = most;
    run->live_bytes_peak = large->slot_count * (uint64_t)most;
    for (uint64_t i = 0; i < requests; i++) {
        struct large_request *request = &large->tape[i];

        request->size = least + random_below(&random, most - least + 1);
        request->slot =
            i < large->slot_count
                ? (uint32_t)i
                : random_below(&random, (uint32_t)large->slot_count);
        run->digest = digest_add(run->digest, request->size);
        run->digest = digest_add(run->digest, request->slot);
    }
}

/* The sampler is told of every replacement: one store against thousands. */
static void large_replace(struct run *run, struct large *large,
                          const struct large_request *request,
                          struct tally *tally)
{
    void **slot = &large->slots[request->slot];

    run->calls->free(*slot);
    *slot = run->calls->malloc(request->size);
    if (*slot == NULL)
        tally->refused++;
    else
        body_touch_pages(*slot, request->size);
    large->live_bytes += request->size;
    large->live_bytes -= large->sizes[request->slot];
    large->sizes[request->slot] = request->size;
    run_live(run, large->live_bytes);
}

static int large_prepare(struct run *run)
{
    struct large *large = run_map(run, sizeof(*large));
    struct tally filled = { 0 };

    if (large == NULL)
        return -ENOMEM;
    run->state = large;
    large_limit(run, large);
    large->slots = run_map(run, large->slot_count * sizeof(*large->slots));
    large->tape = run_map(run, (large->slot_count + run->repetitions) *
                                   sizeof(*large->tape));
    large->sizes = run_map(run, large->slot_count * sizeof(*large->sizes));
    if (large->slots == NULL || large->tape == NULL || large->sizes == NULL)
        return -ENOMEM;
    large_draw(run, large);
    run->operations_planned = run->repetitions;
    run->live_planned = large->slot_count;
    for (uint64_t i = 0; i < large->slot_count; i++)
        large_replace(run, large, &large->tape[i], &filled);
    body_report(run, filled);
    return 0;
}

static void large_work(struct run *run, unsigned thread)
{
    struct large *large = run->state;
    const struct large_request *request = large->tape + large->slot_count;
    struct tally tally = { run->repetitions, 0 };

    (void)thread;
    for (uint64_t i = 0; i < run->repetitions; i++)
        large_replace(run, large, &request[i], &tally);
    body_report(run, tally);
}

static void large_finish(struct run *run)
{
    struct large *large = run->state;

    body_free_slots(run, large->slots, large->slot_count);
}

const struct workload workload_large = {
    .name = "large",
    .question = "What do large blocks cost, and are they given back?",
    .contract = "one thread",
    .operation = "free and malloc",
    .needs = "COV-1 API-1 ALN-2 INT-1 INT-2 INT-3 INT-7",
    .oracle = "every replacement is made, and every slot is filled at the end",
    .version = 1,
    .touch = TOUCH_PAGE,
    .parameters = { "slots", "size_min_mib", "size_max_mib" },
    .rows = large_rows,
    .memory_bytes = large_memory_bytes,
    .prepare = large_prepare,
    .work = large_work,
    .finish = large_finish,
};
