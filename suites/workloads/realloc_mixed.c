/* realloc_mixed.c - threads that replace blocks, and now and then resize one.
 *
 * One operation frees and refills a random slot of the thread's own, or, one
 * time in eight, doubles its block or cuts it to a quarter: growth and decay
 * meet blocks of all ages, and pieces that a cut leaves over are there for
 * others to take. Whatever realloc must keep of what was written is looked
 * at. The shape is that of phong's benchmark, written from its description. */
#include "body.h"

#include <errno.h>

enum { SLOTS, SIZE_MIN, SIZE_FRESH, SIZE_MAX_ }; /* row.parameter */

/* An entry of the tape: slot, what is done, size of a fresh block. */
enum {
    SLOT_BITS = 16,
    KIND_BITS = 2,
    SLOT_MASK = (1 << SLOT_BITS) - 1,
    KIND_MASK = (1 << KIND_BITS) - 1,
    TAPE_ENTRIES = 64 << 10,
    RESIZED_PER_MILLE = 125,
};

enum kind { REPLACE, DOUBLE, QUARTER };

#define MILLION 1000000u

static const struct row mixed_rows[] = {
    { "realloc-mixed", false, 8 * MILLION, 1, { 1024, 8, 2048, 64 << 10 } },
    { 0 },
};

struct mixed_thread {
    void **blocks;
    uint32_t *sizes;
    uint32_t *tape;
};

struct mixed {
    uint64_t slots;      /* of one thread */
    uint64_t operations; /* of one thread */
    struct mixed_thread **threads;
};

/* A bound that is met with room: the mean of the sizes drawn is a fifth of the
 * largest, and what resizing adds is less than the rest. */
static uint64_t mixed_memory_bytes(const struct row *row, double scale,
                                   unsigned threads)
{
    uint64_t slots = run_scale(row->parameter[SLOTS], scale);

    return threads * (slots * row->parameter[SIZE_FRESH] +
                      TAPE_ENTRIES * sizeof(uint32_t));
}

/* Log-uniform: as many blocks of 8 to 15 bytes as of 1024 to 2047. */
static uint32_t mixed_draw_size(struct random *random, const struct row *row)
{
    uint32_t least = (uint32_t)row->parameter[SIZE_MIN];
    uint32_t doublings = 0;

    while (least << (doublings + 1) <= row->parameter[SIZE_FRESH])
        doublings++;
    least <<= random_below(random, doublings);
    return least + random_below(random, least);
}

static uint32_t mixed_draw(struct random *random, const struct row *row,
                           uint64_t slots)
{
    uint32_t slot = random_below(random, (uint32_t)slots);
    uint32_t size = mixed_draw_size(random, row);
    uint32_t kind = REPLACE;

    if (random_chance(random, RESIZED_PER_MILLE))
        kind = random_below(random, 2) == 0 ? DOUBLE : QUARTER;
    return slot | kind << SLOT_BITS | size << (SLOT_BITS + KIND_BITS);
}

static uint32_t mixed_fresh_size(uint32_t entry)
{
    return entry >> (SLOT_BITS + KIND_BITS);
}

static enum kind mixed_kind(uint32_t entry)
{
    return (enum kind)((entry >> SLOT_BITS) & KIND_MASK);
}

/* What would leave the bounds goes the other way. */
static uint32_t mixed_new_size(const struct row *row, enum kind kind,
                               uint32_t size)
{
    bool can_double = size * 2 <= row->parameter[SIZE_MAX_];
    bool can_quarter = size / 4 >= row->parameter[SIZE_MIN];

    if ((kind == DOUBLE && can_double) || !can_quarter)
        return size * 2;
    return size / 4;
}

/* The size that slot `at` is given by this entry. */
static uint32_t mixed_size(const struct row *row, uint32_t entry, uint32_t old)
{
    return mixed_kind(entry) == REPLACE || old == 0
               ? mixed_fresh_size(entry)
               : mixed_new_size(row, mixed_kind(entry), old);
}

/* The first entries of the tape also fill the slots. Plays the sizes alone:
 * the peak is known before anything is asked for. */
static uint64_t mixed_peak(const struct run *run,
                           const struct mixed_thread *thread)
{
    const struct mixed *mixed = run->state;
    uint64_t live = 0, peak;

    for (uint64_t i = 0; i < mixed->slots; i++) {
        thread->sizes[i] = mixed_fresh_size(thread->tape[i]);
        live += thread->sizes[i];
    }
    peak = live;
    for (uint64_t i = 0; i < mixed->operations; i++) {
        uint32_t entry = thread->tape[i % TAPE_ENTRIES];
        uint32_t *size = &thread->sizes[entry & SLOT_MASK];

        live -= *size;
        *size = mixed_size(run->row, entry, *size);
        live += *size;
        if (live > peak)
            peak = live;
    }
    for (uint64_t i = 0; i < mixed->slots; i++)
        thread->sizes[i] = 0;
    return peak;
}

/* Each thread's own pages, so that no line is shared by two. */
static struct mixed_thread *mixed_prepare_thread(struct run *run,
                                                 unsigned number)
{
    const struct mixed *mixed = run->state;
    struct random random = random_stream(run->seed, number);
    struct mixed_thread *thread = run_map(run, sizeof(*thread));

    if (thread == NULL)
        return NULL;
    thread->blocks = run_map(run, mixed->slots * sizeof(*thread->blocks));
    thread->sizes = run_map(run, mixed->slots * sizeof(*thread->sizes));
    thread->tape = run_map(run, TAPE_ENTRIES * sizeof(*thread->tape));
    if (thread->blocks == NULL || thread->sizes == NULL || thread->tape == NULL)
        return NULL;
    for (uint64_t i = 0; i < TAPE_ENTRIES; i++) {
        thread->tape[i] = mixed_draw(&random, run->row, mixed->slots);
        run->digest = digest_add(run->digest, thread->tape[i]);
    }
    run->live_bytes_peak += mixed_peak(run, thread);
    return thread;
}

static int mixed_prepare(struct run *run)
{
    struct mixed *mixed = run_map(run, sizeof(*mixed));
    uint64_t slots = run->row->parameter[SLOTS] * run->threads;

    if (mixed == NULL)
        return -ENOMEM;
    run->state = mixed;
    mixed->slots = (run_live_count(run, slots) - 1) / run->threads + 1;
    if (mixed->slots > SLOT_MASK)
        return -ERANGE;
    run->repetitions = run_limit(run, run->repetitions, 1);
    mixed->operations = (run->repetitions - 1) / run->threads + 1;
    run->operations_planned = mixed->operations * run->threads;
    run->live_planned = mixed->slots * run->threads;
    run->block_bytes_max = run->row->parameter[SIZE_MAX_];
    mixed->threads = run_map(run, run->threads * sizeof(*mixed->threads));
    for (unsigned i = 0; mixed->threads != NULL && i < run->threads; i++) {
        mixed->threads[i] = mixed_prepare_thread(run, i);
        if (mixed->threads[i] == NULL)
            return -ENOMEM;
    }
    return mixed->threads == NULL ? -ENOMEM : 0;
}

BODY bool mixed_replace(struct calls calls, void **block, uint32_t size)
{
    calls.free(*block);
    *block = calls.malloc(size);
    if (unlikely(*block == NULL))
        return false;
    body_touch_ends(*block, size);
    return true;
}

/* The first byte is always kept; the last one when nothing is cut off. */
BODY bool mixed_resize(struct run *run, struct calls calls, void **block,
                       uint32_t old, uint32_t size)
{
    unsigned char *moved = calls.realloc(*block, size);

    if (unlikely(moved == NULL))
        return false;
    *block = moved;
    if (unlikely(moved[0] != TOUCH_BYTE ||
                 (size >= old && moved[old - 1] != TOUCH_BYTE)))
        run_wrong(run, "realloc lost a byte of what was kept");
    body_touch_ends(moved, size);
    return true;
}

/* A request that was refused leaves a slot empty, or as large as it was. */
BODY bool mixed_step(struct run *run, struct calls calls,
                     struct mixed_thread *thread, uint32_t entry)
{
    void **block = &thread->blocks[entry & SLOT_MASK];
    uint32_t *size = &thread->sizes[entry & SLOT_MASK];
    uint32_t old = *size;
    uint32_t wanted = mixed_size(run->row, entry, old);
    bool done;

    if (mixed_kind(entry) == REPLACE || old == 0) {
        done = mixed_replace(calls, block, wanted);
        *size = done ? wanted : 0;
    } else {
        done = mixed_resize(run, calls, block, old, wanted);
        *size = done ? wanted : old;
    }
    return done;
}

static uint64_t mixed_fill(struct calls calls, struct mixed_thread *thread,
                           uint64_t slots)
{
    uint64_t refused = 0;

    for (uint64_t i = 0; i < slots; i++) {
        uint32_t size = mixed_fresh_size(thread->tape[i]);

        if (mixed_replace(calls, &thread->blocks[i], size))
            thread->sizes[i] = size;
        else
            refused++;
    }
    return refused;
}

static void mixed_work(struct run *run, unsigned number)
{
    const struct mixed *mixed = run->state;
    struct mixed_thread *thread = mixed->threads[number];
    struct calls calls = *run->calls;
    struct tally tally = { mixed->operations, 0 };

    tally.refused = mixed_fill(calls, thread, mixed->slots);
    if (number == 0)
        run_live(run, run->live_bytes_peak);
    for (uint64_t i = 0; i < mixed->operations; i++)
        if (!mixed_step(run, calls, thread, thread->tape[i % TAPE_ENTRIES]))
            tally.refused++;
    body_report(run, tally);
}

static void mixed_finish(struct run *run)
{
    const struct mixed *mixed = run->state;

    for (unsigned i = 0; i < run->threads; i++)
        body_free_slots(run, mixed->threads[i]->blocks, mixed->slots);
}

const struct workload workload_realloc_mixed = {
    .name = "realloc-mixed",
    .question = "What do resizes cost in a mix, on several threads?",
    .contract = "thread-safe",
    .operation = "free and malloc, or realloc",
    .needs = "COV-1 API-1 ALN-1 ALN-2 INT-1 INT-2 INT-3 RLC-1 THR-1",
    .oracle = "every operation is done, every slot is filled at the end, and "
              "realloc keeps the bytes written at both ends",
    .version = 1,
    .flags = WORKLOAD_THREADS | WORKLOAD_READS_BACK,
    .touch = TOUCH_ENDS,
    .parameters = { "slots_each", "size_min_bytes", "size_fresh_bytes",
                    "size_max_bytes" },
    .rows = mixed_rows,
    .memory_bytes = mixed_memory_bytes,
    .prepare = mixed_prepare,
    .work = mixed_work,
    .finish = mixed_finish,
};
