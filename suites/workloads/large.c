/* large.c - blocks of some megabytes, replaced at random.
 *
 * One replacement an operation: free one of a few large blocks, allocate
 * another size, touch a byte of every page. An allocator that hands out fresh
 * mappings pays a fault a page each time; one that keeps what was freed pays
 * with memory. The row asks for both: read its time beside its memory. */
#include "body.h"

#include <errno.h>

enum { SLOTS, SIZE_MIN, SIZE_MAX_ }; /* row.parameter */

/* An entry of the tape: where, and how much more than the smallest size. */
enum { SLOT_BITS = 5, SLOT_MASK = (1 << SLOT_BITS) - 1 };

/* A checked run looks at every byte of every block: few are enough. */
enum { CHECKED_OPERATIONS_EACH = 2000, CHECKED_SLOTS = 5 };

#define MIB ((uint64_t)1 << 20)

static const struct row large_rows[] = {
    { "large", true, 2000, 33, { 20, 5 * MIB, 25 * MIB } },
    { 0 },
};

struct large {
    void **slots;
    uint64_t slot_count;
    uint32_t *tape;
};

static uint64_t large_slot_count(const struct row *row, double scale)
{
    uint64_t slots = run_scale(row->parameter[SLOTS], scale);

    return slots > SLOT_MASK ? SLOT_MASK : slots;
}

static uint64_t large_memory_bytes(const struct row *row, double scale,
                                   unsigned threads)
{
    (void)threads;
    return large_slot_count(row, scale) * row->parameter[SIZE_MAX_];
}

static size_t large_size(const struct run *run, uint32_t entry)
{
    return run->row->parameter[SIZE_MIN] + (entry >> SLOT_BITS);
}

static uint32_t large_draw(struct random *random, const struct run *run,
                           uint64_t slots)
{
    const uint64_t *parameter = run->row->parameter;
    uint32_t sizes = (uint32_t)(parameter[SIZE_MAX_] - parameter[SIZE_MIN]);
    uint32_t slot = random_below(random, (uint32_t)slots);

    return slot | random_below(random, sizes + 1) << SLOT_BITS;
}

/* All slots hold a block before the clock starts. */
static void large_fill(struct run *run, struct large *large)
{
    struct random random = random_stream(run->seed, 1);
    uint64_t live_bytes = 0;

    for (uint64_t i = 0; i < large->slot_count; i++) {
        uint32_t entry = large_draw(&random, run, large->slot_count);
        size_t size = large_size(run, entry);

        large->slots[i] = run->calls->malloc(size);
        live_bytes += size;
        run->digest = digest_add(run->digest, size);
        if (large->slots[i] == NULL)
            run->refused++;
        else
            body_touch_pages(large->slots[i], size);
    }
    run->live_bytes_peak = live_bytes; /* within the spread of the sizes */
    run_live(run, live_bytes);
}

static int large_prepare(struct run *run)
{
    struct large *large = run_map(run, sizeof(*large));
    struct random random = random_stream(run->seed, 0);

    if (large == NULL)
        return -ENOMEM;
    run->state = large;
    large->slot_count = run->operations_max != 0
                            ? CHECKED_SLOTS
                            : large_slot_count(run->row, run->scale);
    run->repetitions =
        run_limit(run, run->repetitions, CHECKED_OPERATIONS_EACH);
    run->operations_planned = run->repetitions;
    run->live_planned = large->slot_count;
    run->block_bytes_max = run->row->parameter[SIZE_MAX_];
    large->slots = run_map(run, large->slot_count * sizeof(*large->slots));
    large->tape = run_map(run, run->repetitions * sizeof(*large->tape));
    if (large->slots == NULL || large->tape == NULL)
        return -ENOMEM;
    for (uint64_t i = 0; i < run->repetitions; i++) {
        large->tape[i] = large_draw(&random, run, large->slot_count);
        run->digest = digest_add(run->digest, large->tape[i]);
    }
    large_fill(run, large);
    return 0;
}

static void large_work(struct run *run, unsigned thread)
{
    const struct large *large = run->state;
    struct calls calls = *run->calls;
    struct tally tally = { run->repetitions, 0 };

    (void)thread;
    for (uint64_t i = 0; i < run->repetitions; i++) {
        void **slot = &large->slots[large->tape[i] & SLOT_MASK];
        size_t size = large_size(run, large->tape[i]);

        calls.free(*slot);
        *slot = calls.malloc(size);
        if (unlikely(*slot == NULL))
            tally.refused++;
        else
            body_touch_pages(*slot, size);
    }
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
    .operation = "free, malloc and a touch of each page",
    .needs = "COV-1 API-1 API-9 ALN-2 INT-1 INT-2 INT-3 INT-7",
    .oracle = "every replacement is made, and every slot is filled at the end",
    .version = 1,
    .touch = TOUCH_PAGE,
    .parameters = { "slots", "size_min_bytes", "size_max_bytes" },
    .rows = large_rows,
    .memory_bytes = large_memory_bytes,
    .prepare = large_prepare,
    .work = large_work,
    .finish = large_finish,
};
