/* producer_consumer.c - one thread allocates, another one frees.
 *
 * An operation is one block: its malloc by a producer, its free by a consumer
 * that never allocates. What one thread caches is of no use to the other, so
 * an allocator must carry every block back, or keep asking for new memory.
 * The shape is that of pipelines, and of the xmalloc test of Lever and Boreham
 * (Malloc performance in a multithreaded Linux environment, 2000).
 *
 * Threads work two by two: thread 2p produces what thread 2p + 1 consumes, and
 * no other. So N threads are N / 2 of either kind, an odd N is rounded up, and
 * one thread becomes two. All batches would be one queue in a program; with a
 * queue a pair, what each thread asks for does not depend on who came first. */
#include "body.h"

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>

enum { SIZE, BATCH, QUEUE }; /* row.parameter; size 0 is the mix */

/* Powers of two and what lies half-way: half of an allocator's usual size
 * classes, from the smallest to where most change their ways. */
static const uint16_t producer_sizes[] = { 8,   12,  16,   24,   32,  48,
                                           64,  96,  128,  192,  256, 384,
                                           512, 768, 1024, 1536, 2048 };

enum {
    SIZES = sizeof(producer_sizes) / sizeof(*producer_sizes),
    SIZE_LARGEST = 2048,
    SIZE_MEAN = 420,
};

/* Eight batches of sizes. A batch may begin at any entry, so the tape is
 * longer by one batch. */
enum { TAPE_ENTRIES = 32 << 10 };

/* A queue has at least four batches, so that a quarter of it is one. */
enum { QUEUE_MIN = 4, CACHE_LINE_BYTES = 64 };

static const struct row producer_consumer_rows[] = {
    { "producer-consumer-64", true, 7500, 10, { 64, 4096, 100 } },
    { "producer-consumer-mix", false, 2400, 3, { 0, 4096, 100 } },
    { 0 },
};

struct batch {
    uint64_t held; /* blocks in it; 0 before it is filled and once freed */
    uint64_t bytes;
};

/* What two threads share. The queue is a ring; `filled` batches of it are the
 * consumer's, the one in its hands included, and all others the producer's.
 *
 * Who finds nothing to do sleeps until a quarter of the queue waits for him:
 * woken for every batch, two threads take turns on one processor, and the row
 * would measure the kernel's placement. No more than one of them can sleep,
 * for a quarter cannot be missing on both sides. */
struct belt {
    alignas(CACHE_LINE_BYTES) pthread_mutex_t lock; /* of the next four */
    pthread_cond_t room;
    pthread_cond_t ready;
    uint64_t filled;
    uint64_t to_come; /* batches that the producer has yet to fill */
    alignas(CACHE_LINE_BYTES) struct batch *queue;
    void **blocks;  /* the queue's, batch after batch */
    uint16_t *tape; /* sizes */
};

struct producer_consumer {
    uint64_t batch;   /* blocks */
    uint64_t queue;   /* batches, those in either thread's hands included */
    uint64_t quarter; /* batches that end a sleep, at least 1 */
    uint64_t belt_count;
    struct belt *belts;
    _Atomic uint64_t live_bytes;
};

static uint64_t producer_consumer_queue(const struct row *row, unsigned threads)
{
    uint64_t queue = row->parameter[QUEUE] / (threads / 2);

    return queue < QUEUE_MIN ? QUEUE_MIN : queue;
}

static uint64_t producer_consumer_memory_bytes(const struct row *row,
                                               double scale, unsigned threads)
{
    uint64_t size =
        row->parameter[SIZE] != 0 ? row->parameter[SIZE] : SIZE_MEAN;
    uint64_t queue = producer_consumer_queue(row, threads);
    uint64_t blocks =
        run_scale(threads / 2 * queue * row->parameter[BATCH], scale);

    return blocks * (size + sizeof(void *)) +
           threads / 2 * (TAPE_ENTRIES + row->parameter[BATCH]) *
               sizeof(uint16_t);
}

/* A small live set first makes the queues short, then their batches small. */
static void producer_consumer_plan(struct run *run,
                                   struct producer_consumer *shared)
{
    uint64_t batch = run->row->parameter[BATCH];
    uint64_t queue = producer_consumer_queue(run->row, run->threads);
    uint64_t belts = run->threads / 2;
    uint64_t live = run_live_count(run, belts * queue * batch) / belts;

    if (live < QUEUE_MIN)
        live = QUEUE_MIN;
    if (batch > live / QUEUE_MIN)
        batch = live / QUEUE_MIN;
    run->repetitions = run_limit(run, run->repetitions, belts * batch);
    run->operations_planned = run->repetitions * belts * batch;
    run->digest = digest_add(run->repetitions, belts);
    run->digest = digest_add(run->digest, batch);
    shared->batch = batch;
    shared->queue = live / batch;
    shared->quarter = shared->queue / 4;
    shared->belt_count = belts;
}

static uint16_t producer_draw(struct random *random, const struct row *row)
{
    if (row->parameter[SIZE] != 0)
        return (uint16_t)row->parameter[SIZE];
    return producer_sizes[random_below(random, SIZES)];
}

static void producer_record_tape(struct run *run, struct belt *belt,
                                 uint64_t stream, uint64_t entries)
{
    struct random random = random_stream(run->seed, stream);

    for (uint64_t i = 0; i < entries; i++) {
        belt->tape[i] = producer_draw(&random, run->row);
        run->digest = digest_add(run->digest, belt->tape[i]);
    }
}

static int producer_consumer_lay(struct run *run,
                                 const struct producer_consumer *shared,
                                 struct belt *belt, uint64_t stream)
{
    uint64_t room = shared->queue * shared->batch;
    uint64_t entries = TAPE_ENTRIES + shared->batch;

    belt->queue = run_map(run, shared->queue * sizeof(*belt->queue));
    belt->blocks = run_map(run, room * sizeof(*belt->blocks));
    belt->tape = run_map(run, entries * sizeof(*belt->tape));
    if (belt->queue == NULL || belt->blocks == NULL || belt->tape == NULL)
        return -ENOMEM;
    pthread_mutex_init(&belt->lock, NULL);
    pthread_cond_init(&belt->room, NULL);
    pthread_cond_init(&belt->ready, NULL);
    belt->to_come = run->repetitions;
    producer_record_tape(run, belt, stream, entries);
    for (uint64_t i = 0; i < room; i++) /* when every queue is full */
        run->live_bytes_peak += belt->tape[i % TAPE_ENTRIES];
    return 0;
}

static int producer_consumer_prepare(struct run *run)
{
    struct producer_consumer *shared = run_map(run, sizeof(*shared));

    if (shared == NULL)
        return -ENOMEM;
    run->state = shared;
    run->block_bytes_max = SIZE_LARGEST;
    producer_consumer_plan(run, shared);
    shared->belts = run_map(run, shared->belt_count * sizeof(*shared->belts));
    if (shared->belts == NULL)
        return -ENOMEM;
    for (uint64_t i = 0; i < shared->belt_count; i++) {
        int error = producer_consumer_lay(run, shared, &shared->belts[i], i);

        if (error != 0)
            return error;
    }
    return 0;
}

static void producer_await_room(const struct producer_consumer *shared,
                                struct belt *belt)
{
    uint64_t most = shared->queue - 1;

    pthread_mutex_lock(&belt->lock);
    while (belt->filled > most) {
        pthread_cond_wait(&belt->room, &belt->lock);
        most = shared->queue - shared->quarter;
    }
    pthread_mutex_unlock(&belt->lock);
}

static void producer_hand_over(const struct producer_consumer *shared,
                               struct belt *belt)
{
    pthread_mutex_lock(&belt->lock);
    belt->filled++;
    belt->to_come--;
    if (belt->filled == shared->quarter || belt->to_come == 0)
        pthread_cond_signal(&belt->ready);
    pthread_mutex_unlock(&belt->lock);
}

static void consumer_await_batch(const struct producer_consumer *shared,
                                 struct belt *belt)
{
    uint64_t least = 1;

    pthread_mutex_lock(&belt->lock);
    while (belt->filled < least && belt->to_come > 0) {
        pthread_cond_wait(&belt->ready, &belt->lock);
        least = shared->quarter;
    }
    pthread_mutex_unlock(&belt->lock);
}

static void consumer_hand_back(const struct producer_consumer *shared,
                               struct belt *belt)
{
    pthread_mutex_lock(&belt->lock);
    belt->filled--;
    if (belt->filled == shared->queue - shared->quarter)
        pthread_cond_signal(&belt->room);
    pthread_mutex_unlock(&belt->lock);
}

/* For the sampler, once a batch. */
static void producer_consumer_live(struct run *run, uint64_t more)
{
    struct producer_consumer *shared = run->state;

    run_live(run, atomic_fetch_add(&shared->live_bytes, more) + more);
}

static uint64_t producer_fill(struct calls calls, void **blocks,
                              const uint16_t *tape, uint64_t count,
                              uint64_t *ret_bytes)
{
    uint64_t refused = 0, bytes = 0;

    for (uint64_t i = 0; i < count; i++) {
        size_t size = tape[i];
        void *block = calls.malloc(size);

        blocks[i] = block;
        bytes += size;
        if (unlikely(block == NULL))
            refused++;
        else
            body_touch_ends(block, size);
    }
    *ret_bytes = bytes;
    return refused;
}

static void producer_work(struct run *run, struct belt *belt)
{
    const struct producer_consumer *shared = run->state;
    struct calls calls = *run->calls;
    struct tally tally = { 0 };

    for (uint64_t i = 0; i < run->repetitions; i++) {
        struct batch *batch = &belt->queue[i % shared->queue];
        void **blocks = belt->blocks + i % shared->queue * shared->batch;
        const uint16_t *tape = belt->tape + i * shared->batch % TAPE_ENTRIES;

        producer_await_room(shared, belt);
        tally.refused +=
            producer_fill(calls, blocks, tape, shared->batch, &batch->bytes);
        batch->held = shared->batch;
        producer_consumer_live(run, batch->bytes);
        producer_hand_over(shared, belt);
    }
    body_report(run, tally);
}

static void consumer_work(struct run *run, struct belt *belt)
{
    const struct producer_consumer *shared = run->state;
    struct calls calls = *run->calls;
    struct tally tally = { 0 };

    for (uint64_t i = 0; i < run->repetitions; i++) {
        struct batch *batch = &belt->queue[i % shared->queue];
        void **blocks = belt->blocks + i % shared->queue * shared->batch;

        consumer_await_batch(shared, belt);
        for (uint64_t b = 0; b < batch->held; b++)
            calls.free(blocks[b]);
        tally.done += batch->held;
        batch->held = 0;
        producer_consumer_live(run, -batch->bytes);
        consumer_hand_back(shared, belt);
    }
    body_report(run, tally);
}

static void producer_consumer_work(struct run *run, unsigned thread)
{
    const struct producer_consumer *shared = run->state;
    struct belt *belt = &shared->belts[thread / 2];

    if (thread % 2 == 0)
        producer_work(run, belt);
    else
        consumer_work(run, belt);
}

/* What no consumer has freed is counted as alive, and freed here. */
static void producer_consumer_finish(struct run *run)
{
    const struct producer_consumer *shared = run->state;

    for (uint64_t i = 0; i < shared->belt_count; i++) {
        const struct belt *belt = &shared->belts[i];

        for (uint64_t b = 0; b < shared->queue; b++)
            body_free_slots(run, belt->blocks + b * shared->batch,
                            belt->queue[b].held);
    }
}

const struct workload workload_producer_consumer = {
    .name = "producer-consumer",
    .question = "What does freeing another thread's memory cost?",
    .contract = "thread-safe",
    .operation = "malloc by one thread, free by another",
    .needs = "COV-1 API-1 API-9 ALN-1 ALN-2 INT-1 INT-2 INT-3 THR-1 XTF-1",
    .oracle = "every block of every batch is freed by its consumer, and "
              "nothing is alive at the end",
    .version = 1,
    .flags = WORKLOAD_THREADS | WORKLOAD_PAIRS,
    .touch = TOUCH_ENDS,
    .parameters = { "size_bytes", "batch_blocks", "queue_batches" },
    .rows = producer_consumer_rows,
    .memory_bytes = producer_consumer_memory_bytes,
    .prepare = producer_consumer_prepare,
    .work = producer_consumer_work,
    .finish = producer_consumer_finish,
};
