/* realloc_grow.c - vectors that grow by realloc until they are full.
 *
 * One realloc an operation. A round grows a set of vectors in turn from one
 * step to the next, so that no vector can count on free space behind it, and
 * frees them. By one byte at a time, almost every call must see that nothing
 * has to be done; by an eighth or by doubling, that a copy is due, or that
 * pages can be moved instead. After every call the first byte and what was
 * the last one are compared with what was written there. The shape is phong's
 * and every string builder's. */
#include "body.h"

#include <errno.h>

enum { VECTORS, SIZE_FIRST, SIZE_LAST, GROWTH }; /* row.parameter */

enum { PER_MILLE = 1000 };

/* GROWTH is in per mille of the old size; 0 is one byte. */
static const struct row realloc_grow_rows[] = {
    { "realloc-byte", true, 90, 3, { 64, 1, 4096, 0 } },
    { "realloc-eighth", false, 60, 2, { 64, 16, 256 << 10, 125 } },
    { "realloc-double", true, 160, 2, { 64, 16, 256 << 10, 1000 } },
    { 0 },
};

struct grow {
    unsigned char **vectors;
    uint64_t vector_count;
    uint64_t size_last;
};

static size_t grow_next_size(const struct row *row, size_t size)
{
    size_t more = size * row->parameter[GROWTH] / PER_MILLE;

    return size + (more > 0 ? more : 1);
}

static uint64_t grow_steps(const struct row *row, uint64_t size_last)
{
    uint64_t steps = 0;

    for (size_t size = row->parameter[SIZE_FIRST]; size < size_last; steps++)
        size = grow_next_size(row, size);
    return steps;
}

static uint64_t grow_memory_bytes(const struct row *row, double scale,
                                  unsigned threads)
{
    (void)threads;
    return run_scale(row->parameter[VECTORS], scale) *
           (2 * row->parameter[SIZE_LAST] + sizeof(void *));
}

/* A checked run looks at every byte at every step, so it ends at sizes where
 * that is soon done. */
static uint64_t grow_size_last(const struct run *run)
{
    enum { CHECKED_LAST = 64 << 10, CHECKED_LAST_BYTEWISE = 300 };
    uint64_t last = run->row->parameter[SIZE_LAST];
    uint64_t most =
        run->row->parameter[GROWTH] == 0 ? CHECKED_LAST_BYTEWISE : CHECKED_LAST;

    return run->operations_max != 0 && last > most ? most : last;
}

static int grow_prepare(struct run *run)
{
    const struct row *row = run->row;
    struct grow *grow = run_map(run, sizeof(*grow));
    uint64_t each;

    if (grow == NULL)
        return -ENOMEM;
    run->state = grow;
    grow->vector_count = run_live_count(run, row->parameter[VECTORS]);
    grow->size_last = grow_size_last(run);
    grow->vectors = run_map(run, grow->vector_count * sizeof(*grow->vectors));
    if (grow->vectors == NULL)
        return -ENOMEM;
    each = grow->vector_count * grow_steps(row, grow->size_last);
    run->repetitions = run_limit(run, run->repetitions, each);
    run->operations_planned = run->repetitions * each;
    run->block_bytes_max = grow_next_size(row, grow->size_last);
    run->live_bytes_peak = grow->vector_count * run->block_bytes_max;
    run->digest = digest_add(run->operations_planned, row->parameter[GROWTH]);
    run->digest = digest_add(run->digest, row->parameter[SIZE_FIRST]);
    return 0;
}

static void grow_start(struct run *run, struct grow *grow, struct tally *tally)
{
    size_t size = run->row->parameter[SIZE_FIRST];

    for (uint64_t i = 0; i < grow->vector_count; i++) {
        grow->vectors[i] = run->calls->malloc(size);
        if (grow->vectors[i] == NULL)
            tally->refused++;
        else
            body_touch_ends(grow->vectors[i], size);
    }
}

/* One step of all vectors: they hold `old` bytes and get `size`. */
static void grow_step(struct run *run, struct grow *grow, size_t old,
                      size_t size, struct tally *tally)
{
    struct calls calls = *run->calls;

    for (uint64_t i = 0; i < grow->vector_count; i++) {
        unsigned char *vector = calls.realloc(grow->vectors[i], size);

        tally->done++;
        if (unlikely(vector == NULL)) {
            tally->refused++;
            continue;
        }
        grow->vectors[i] = vector;
        if (unlikely(vector[0] != TOUCH_BYTE || vector[old - 1] != TOUCH_BYTE))
            run_wrong(run, "realloc lost a byte of what was kept");
        body_touch_ends(vector, size);
    }
}

/* After a refusal sizes are no longer known: nothing of this round can be
 * compared any more, and the run has failed. */
static void grow_round(struct run *run, struct grow *grow, struct tally *tally)
{
    size_t size = run->row->parameter[SIZE_FIRST];

    grow_start(run, grow, tally);
    while (size < grow->size_last && tally->refused == 0) {
        size_t old = size;

        size = grow_next_size(run->row, old);
        grow_step(run, grow, old, size, tally);
    }
    run_live(run, grow->vector_count * size);
    for (uint64_t i = 0; i < grow->vector_count; i++)
        run->calls->free(grow->vectors[i]);
    run_live(run, 0);
}

static void grow_work(struct run *run, unsigned thread)
{
    struct tally tally = { 0 };

    (void)thread;
    for (uint64_t i = 0; i < run->repetitions && tally.refused == 0; i++)
        grow_round(run, run->state, &tally);
    body_report(run, tally);
}

static void grow_finish(struct run *run)
{
    (void)run; /* each round freed its vectors */
}

const struct workload workload_realloc_grow = {
    .name = "realloc-grow",
    .question = "What does growing cost?",
    .contract = "one thread",
    .operation = "realloc",
    .needs = "COV-1 API-1 ALN-2 INT-1 INT-2 INT-3 RLC-1",
    .oracle = "every vector grows to its end, and the first and the last byte "
              "written are there after every step",
    .version = 1,
    .flags = WORKLOAD_READS_BACK,
    .touch = TOUCH_ENDS,
    .parameters = { "vectors", "size_first_bytes", "size_last_bytes",
                    "growth_permille" },
    .rows = realloc_grow_rows,
    .memory_bytes = grow_memory_bytes,
    .prepare = grow_prepare,
    .work = grow_work,
    .finish = grow_finish,
};
