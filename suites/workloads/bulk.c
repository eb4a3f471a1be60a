/* bulk.c - builds a large live set, then drops all of it.
 *
 * A call is an operation: in the first half of a round the mallocs, in the
 * second the frees. What decides is the order of the frees: fifo walks memory
 * forwards, lifo backwards, shuffled leaves half-empty pages everywhere until
 * the end. The shape is that of a compiler's or a parser's phase. */
#include "body.h"

#include <errno.h>

#include "clock.h"

enum { BLOCKS, SIZE, ORDER }; /* row.parameter */

enum order { FIFO, LIFO, SHUFFLED };

/* The shuffled order is drawn from all permutations alike, and yet the
 * harness must not pay a miss a block. So a block's pointer is kept where it
 * will be freed: within the group of GROUP slots that are freed together, and
 * there in order of birth. Building then writes one line per group, and
 * dropping reads one group, which the second-level cache holds. */
enum { GROUP = 32 << 10 };

static const struct row bulk_rows[] = {
    { "bulk-fifo", true, 30, 3, { 1000000, 32, FIFO } },
    { "bulk-lifo", false, 30, 3, { 1000000, 32, LIFO } },
    { "bulk-shuffled", true, 30, 10, { 1000000, 32, SHUFFLED } },
    { 0 },
};

struct bulk {
    uint64_t blocks;
    void **slots;
    uint32_t *keep; /* shuffled: slot of the i-th block built */
    uint32_t *drop; /* shuffled: slot of the i-th block dropped */
};

static uint64_t bulk_memory_bytes(const struct row *row, double scale,
                                  unsigned threads)
{
    uint64_t blocks = run_scale(row->parameter[BLOCKS], scale);
    uint64_t tapes = row->parameter[ORDER] == SHUFFLED ? 3 : 0;

    (void)threads;
    return blocks *
           (row->parameter[SIZE] + sizeof(void *) + tapes * sizeof(uint32_t));
}

static struct heap_demand bulk_heap(const struct run *run)
{
    size_t size = run->row->parameter[SIZE];

    return (struct heap_demand){
        size, size, run_live_count(run, run->row->parameter[BLOCKS])
    };
}

/* Fisher and Yates: which block is dropped when. */
static void bulk_shuffle(struct run *run, uint32_t *order, uint64_t count)
{
    struct random random = random_stream(run->seed, 0);

    for (uint64_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (uint64_t i = count - 1; i > 0; i--) {
        uint64_t j = random_below(&random, (uint32_t)(i + 1));
        uint32_t swapped = order[i];

        order[i] = order[j];
        order[j] = swapped;
    }
    for (uint64_t i = 0; i < count; i++)
        run->digest = digest_add(run->digest, order[i]);
}

/* From "block b is dropped i-th" to the two tapes of slots. */
static int bulk_lay_out(struct run *run, struct bulk *bulk)
{
    uint64_t count = bulk->blocks;
    uint32_t *order = run_map(run, count * sizeof(*order));
    uint32_t *filled = run_map(run, (count / GROUP + 1) * sizeof(*filled));

    bulk->keep = run_map(run, (count + PREFETCH_AHEAD) * sizeof(*bulk->keep));
    bulk->drop = run_map(run, (count + PREFETCH_AHEAD) * sizeof(*bulk->drop));
    if (order == NULL || filled == NULL || bulk->keep == NULL ||
        bulk->drop == NULL)
        return -ENOMEM;
    bulk_shuffle(run, order, count);
    for (uint64_t i = 0; i < count; i++)
        bulk->keep[order[i]] = (uint32_t)(i / GROUP);
    for (uint64_t b = 0; b < count; b++) {
        uint32_t group = bulk->keep[b];

        bulk->keep[b] = group * GROUP + filled[group]++;
    }
    for (uint64_t i = 0; i < count; i++)
        bulk->drop[i] = bulk->keep[order[i]];
    return 0;
}

static int bulk_prepare(struct run *run)
{
    uint64_t blocks = run_live_count(run, run->row->parameter[BLOCKS]);
    struct bulk *bulk = run_map(run, sizeof(*bulk));

    if (bulk == NULL || blocks > UINT32_MAX)
        return -ENOMEM;
    run->state = bulk;
    run->repetitions = run_limit(run, run->repetitions, blocks);
    run->operations_planned = 2 * run->repetitions * blocks;
    run->block_bytes_max = run->row->parameter[SIZE];
    run->live_bytes_peak = blocks * run->row->parameter[SIZE];
    run->digest = digest_add(run->repetitions, blocks);
    run->digest = digest_add(run->digest, run->row->parameter[ORDER]);
    bulk->blocks = blocks;
    bulk->slots = run_map(run, blocks * sizeof(*bulk->slots));
    if (bulk->slots == NULL)
        return -ENOMEM;
    return run->row->parameter[ORDER] == SHUFFLED ? bulk_lay_out(run, bulk) : 0;
}

BODY uint64_t bulk_build(const struct bulk *bulk, struct calls calls,
                         size_t size, enum order order, bool calling)
{
    uint64_t refused = 0;

    for (uint64_t i = 0; i < bulk->blocks; i++) {
        void *block = body_malloc(calls, size, calling);

        if (order == SHUFFLED)
            __builtin_prefetch(&bulk->slots[bulk->keep[i + PREFETCH_AHEAD]], 1);
        bulk->slots[order == SHUFFLED ? bulk->keep[i] : i] = block;
        if (unlikely(block == NULL))
            refused++;
        else if (calling)
            body_touch_ends(block, size);
    }
    return refused;
}

BODY void bulk_drop(const struct bulk *bulk, struct calls calls,
                    enum order order, bool calling)
{
    uint64_t last = bulk->blocks - 1;

    for (uint64_t i = 0; i <= last; i++) {
        uint64_t slot = order == SHUFFLED ? bulk->drop[i]
                        : order == LIFO   ? last - i
                                          : i;
        void *block = *(void *volatile *)&bulk->slots[slot];

        if (order == SHUFFLED)
            __builtin_prefetch(&bulk->slots[bulk->drop[i + PREFETCH_AHEAD]]);
        body_free(calls, block, calling);
    }
}

BODY struct tally bulk_body(struct run *run, enum order order, bool calling)
{
    const struct bulk *bulk = run->state;
    struct calls calls = body_calls(run, calling);
    size_t size = run->row->parameter[SIZE];
    struct tally tally = { 0 };
    uint64_t start_ns = clock_wall_ns();

    for (uint64_t round = 0; round < run->repetitions; round++) {
        tally.refused += bulk_build(bulk, calls, size, order, calling);
        run_live(run, run->live_bytes_peak);
        bulk_drop(bulk, calls, order, calling);
        run_live(run, 0);
        tally.done += 2 * bulk->blocks;
        if (round == 0 && calling)
            run->first_pass_ns = clock_wall_ns() - start_ns;
    }
    return tally;
}

BODY struct tally bulk_dispatch(struct run *run, bool calling)
{
    switch ((enum order)run->row->parameter[ORDER]) {
    case FIFO:
        return bulk_body(run, FIFO, calling);
    case LIFO:
        return bulk_body(run, LIFO, calling);
    case SHUFFLED:
        return bulk_body(run, SHUFFLED, calling);
    }
    return (struct tally){ 0 };
}

static void bulk_work(struct run *run, unsigned thread)
{
    (void)thread;
    body_report(run, bulk_dispatch(run, true));
}

static void bulk_loop(struct run *run, unsigned thread)
{
    (void)thread;
    bulk_dispatch(run, false);
}

static void bulk_finish(struct run *run)
{
    (void)run; /* the last round dropped its blocks */
}

const struct workload workload_bulk = {
    .name = "bulk",
    .question = "What does building and dropping a large live set cost?",
    .contract = "one thread",
    .operation = "malloc, or a free",
    .needs = "COV-1 API-1 ALN-2 INT-1 INT-2 INT-3 INT-5",
    .oracle = "every block of every round is built and dropped",
    .version = 1,
    .touch = TOUCH_ENDS,
    .parameters = { "blocks", "size_bytes", "order" },
    .rows = bulk_rows,
    .memory_bytes = bulk_memory_bytes,
    .prepare = bulk_prepare,
    .work = bulk_work,
    .finish = bulk_finish,
    .heap = bulk_heap,
    .heap_needs = "OBJ-1 OBJ-2 OBJ-15",
    .loop = bulk_loop,
};
