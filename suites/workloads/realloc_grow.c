/* realloc_grow.c - vectors that grow by realloc.
 *
 * One realloc an operation: a vector starts small and grows to a length drawn
 * before the clock starts, byte by byte or by a factor; then its prefix is
 * read back and it is freed. What decides is how often a block can grow where
 * it lies, what a move costs, and whether pages are remapped or copied. The
 * byte-wise row is the string that is appended to; 1.125 and 2 are the factors
 * of the lists and vectors of common languages. */
#include "body.h"

#include <errno.h>

enum { EIGHTHS, LENGTH_MIN, LENGTH_MAX, MARK_EVERY }; /* row.parameter */

/* Growth by a factor of EIGHTHS / 8, or by one byte where that is 0. */
enum { BYTEWISE = 0, X1_125 = 9, X2 = 16 };

/* What a vector has at first, and grows by at least. */
enum { CAPACITY_FIRST = 16 };

/* A checked run looks at every byte of a vector at every step: it has few
 * vectors, and shorter ones. */
enum { CHECKED_STEPS_EACH = 4000, CHECKED_SHORTER = 8 };

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)

static const struct row realloc_grow_rows[] = {
    { "realloc-grow-bytewise", true, 3000, 4, { BYTEWISE, 1, 16 * KIB, 1 } },
    { "realloc-grow-x1.125", true, 6000, 6, { X1_125, KIB, 4 * MIB, 512 } },
    { "realloc-grow-x2", false, 6000, 2, { X2, KIB, 4 * MIB, 512 } },
    { 0 },
};

struct grow {
    uint32_t *lengths;
};

static uint64_t realloc_grow_memory_bytes(const struct row *row, double scale,
                                          unsigned threads)
{
    (void)scale;
    (void)threads;
    /* While a vector moves there are two of it. */
    return 4 * row->parameter[LENGTH_MAX];
}

static uint64_t grow_next(uint64_t eighths, uint64_t capacity)
{
    uint64_t next = capacity * eighths / 8;

    if (eighths == BYTEWISE)
        return capacity + 1;
    return next < capacity + CAPACITY_FIRST ? capacity + CAPACITY_FIRST : next;
}

static uint64_t grow_steps(uint64_t eighths, uint64_t length)
{
    uint64_t steps = 0;

    for (uint64_t capacity = CAPACITY_FIRST; capacity < length; steps++)
        capacity = grow_next(eighths, capacity);
    return steps;
}

static uint64_t grow_last(uint64_t eighths, uint64_t length)
{
    uint64_t capacity = CAPACITY_FIRST;

    while (capacity < length)
        capacity = grow_next(eighths, capacity);
    return capacity;
}

static uint64_t grow_length_max(const struct run *run)
{
    uint64_t length = run->row->parameter[LENGTH_MAX];

    return run->operations_max != 0 ? length / CHECKED_SHORTER : length;
}

static int realloc_grow_prepare(struct run *run)
{
    const uint64_t *parameter = run->row->parameter;
    uint64_t length_max = grow_length_max(run);
    struct grow *grow = run_map(run, sizeof(*grow));
    struct random random = random_stream(run->seed, 0);

    if (grow == NULL)
        return -ENOMEM;
    run->state = grow;
    run->repetitions =
        run_limit(run, run->repetitions,
                  grow_steps(parameter[EIGHTHS], parameter[LENGTH_MAX]));
    run->block_bytes_max = grow_last(parameter[EIGHTHS], parameter[LENGTH_MAX]);
    run->live_bytes_peak = run->block_bytes_max;
    grow->lengths = run_map(run, run->repetitions * sizeof(*grow->lengths));
    if (grow->lengths == NULL)
        return -ENOMEM;
    for (uint64_t i = 0; i < run->repetitions; i++) {
        uint32_t spread = (uint32_t)(length_max - parameter[LENGTH_MIN]);
        uint64_t length =
            parameter[LENGTH_MIN] + random_below(&random, spread + 1);

        grow->lengths[i] = (uint32_t)length;
        run->operations_planned += grow_steps(parameter[EIGHTHS], length);
        run->digest = digest_add(run->digest, length);
    }
    return 0;
}

/* A byte of each vector's own: what an earlier vector left there is no
 * prefix. The shadow model wants to see the one byte it knows. */
static unsigned char grow_mark(const struct run *run, uint64_t vector)
{
    return run->operations_max != 0 ? TOUCH_BYTE
                                    : (unsigned char)(vector * 37 + 1);
}

/* Every `every`-th byte, counted from the start of the vector. */
static void grow_write(unsigned char *bytes, uint64_t from, uint64_t until,
                       uint64_t every, unsigned char mark)
{
    for (uint64_t at = (from + every - 1) / every * every; at < until;
         at += every)
        ((volatile unsigned char *)bytes)[at] = mark;
}

static bool grow_reads_back(const unsigned char *bytes, uint64_t until,
                            uint64_t every, unsigned char mark)
{
    unsigned differ = 0;

    for (uint64_t at = 0; at < until; at += every)
        differ |= bytes[at] ^ mark;
    return differ == 0;
}

/* Grows one vector to its length. Returns how many reallocs that took;
 * *ret_bytes is NULL when one was refused. */
static uint64_t grow_vector(struct run *run, struct calls calls,
                            uint64_t length, unsigned char mark,
                            unsigned char **ret_bytes)
{
    uint64_t eighths = run->row->parameter[EIGHTHS];
    uint64_t every = run->row->parameter[MARK_EVERY];
    uint64_t capacity = CAPACITY_FIRST, steps = 0;
    unsigned char *bytes = calls.malloc(capacity);

    if (bytes != NULL)
        grow_write(bytes, 0, capacity, every, mark);
    while (bytes != NULL && capacity < length) {
        uint64_t next = grow_next(eighths, capacity);
        unsigned char *moved = calls.realloc(bytes, next);

        if (moved == NULL)
            calls.free(bytes);
        else
            grow_write(moved, capacity, next, every, mark);
        bytes = moved;
        capacity = next;
        steps++;
    }
    if (bytes != NULL && !grow_reads_back(bytes, capacity, every, mark))
        run_wrong(run, "a vector's prefix was lost while it grew");
    *ret_bytes = bytes;
    return steps;
}

static void realloc_grow_work(struct run *run, unsigned thread)
{
    const struct grow *grow = run->state;
    struct calls calls = *run->calls;
    struct tally tally = { 0, 0 };

    (void)thread;
    for (uint64_t i = 0; i < run->repetitions; i++) {
        unsigned char *bytes;

        tally.done += grow_vector(run, calls, grow->lengths[i],
                                  grow_mark(run, i), &bytes);
        if (bytes == NULL)
            tally.refused++;
        calls.free(bytes);
    }
    body_report(run, tally);
}

static void realloc_grow_finish(struct run *run)
{
    (void)run; /* every vector was freed */
}

const struct workload workload_realloc_grow = {
    .name = "realloc-grow",
    .question = "What does growing cost?",
    .contract = "one thread",
    .operation = "realloc",
    .needs = "COV-1 API-1 API-10 ALN-2 INT-1 INT-2 INT-3 RLC-1 RLC-3",
    .oracle = "every vector grows to its length, and its prefix reads back",
    .version = 1,
    .flags = WORKLOAD_READS_BACK,
    .touch = TOUCH_FULL,
    .parameters = { "growth_eighths", "length_min_bytes", "length_max_bytes",
                    "mark_every_bytes" },
    .rows = realloc_grow_rows,
    .memory_bytes = realloc_grow_memory_bytes,
    .prepare = realloc_grow_prepare,
    .work = realloc_grow_work,
    .finish = realloc_grow_finish,
};
