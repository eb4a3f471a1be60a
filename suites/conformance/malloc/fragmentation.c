/* fragmentation.c - work that leaves holes, and threads that free for others.
 * (FTP, FRG) */
#include <pthread.h>
#include <string.h>

#include "tools/blocks.h"
#include "tools/resident.h"

enum { RING_THREADS = 4, RING_BLOCKS = 4000, RING_ROUNDS = 12 };

/* Threads in a ring: each allocates a batch, and the next one frees it. */
struct ring {
    pthread_barrier_t barrier;
    void *batches[RING_THREADS][RING_BLOCKS];
    double resident[RING_ROUNDS];
};

struct ring_place {
    struct ring *ring;
    unsigned number;
};

static size_t ring_size(unsigned thread, unsigned i)
{
    return 100 + 60 * ((thread + i) % 24);
}

static void *ring_work(void *argument)
{
    struct ring_place *place = argument;
    struct ring *ring = place->ring;
    unsigned next = (place->number + 1) % RING_THREADS;

    for (unsigned round = 0; round < RING_ROUNDS; round++) {
        for (unsigned i = 0; i < RING_BLOCKS; i++) {
            size_t size = ring_size(place->number, i);
            void *block = subject->malloc(size);

            if (block != NULL)
                memset(block, 1, size);
            ring->batches[place->number][i] = block;
        }
        pthread_barrier_wait(&ring->barrier);
        if (place->number == 0)
            ring->resident[round] = resident_bytes();
        for (unsigned i = 0; i < RING_BLOCKS; i++)
            subject->free(ring->batches[next][i]);
        pthread_barrier_wait(&ring->barrier);
    }
    return NULL;
}

CHECK(FTP_5, SHOULD, "blocks that the next thread frees do not pile up",
      "Berger and others, Hoard, 2000: blowup", .flags = CHECK_THREADS,
      .timeout_s = 20,
      .why = "With heaps of their own, threads that free what others "
             "allocated can strand all of it, round after round (filed: "
             "microsoft/mimalloc 190). Four threads, 12 rounds; the last may "
             "have four times what is alive, plus 32 MiB.")
{
    struct ring *ring = check_map(sizeof(*ring));
    struct ring_place places[RING_THREADS];
    pthread_t threads[RING_THREADS];
    double before = resident_bytes(), live = 0, last;

    if (ring == NULL ||
        pthread_barrier_init(&ring->barrier, NULL, RING_THREADS) != 0)
        return error(run, "no memory or no barrier");
    for (unsigned t = 0; t < RING_THREADS; t++) {
        for (unsigned i = 0; i < RING_BLOCKS; i++)
            live += (double)ring_size(t, i);
        places[t] = (struct ring_place){ ring, t };
        if (pthread_create(&threads[t], NULL, ring_work, &places[t]) != 0)
            return error(run, "no thread");
    }
    for (unsigned t = 0; t < RING_THREADS; t++)
        pthread_join(threads[t], NULL);
    last = ring->resident[RING_ROUNDS - 1] - before;
    figure(run, "live_bytes", live);
    figure(run, "first_round_bytes", ring->resident[0] - before);
    figure(run, "last_round_bytes", last);
    if (last > 4 * live + 32.0 * (double)MIB)
        return fail(run,
                    "%.1f MiB are alive and %.1f MiB resident in round "
                    "%d, %.1f MiB in round 1",
                    live / (double)MIB, last / (double)MIB, RING_ROUNDS,
                    (ring->resident[0] - before) / (double)MIB);
    return pass(run);
}

CHECK(FRG_1, QUALITY, "one size class after another uses the same memory",
      "Robson's sawtooth: reuse across classes", .timeout_s = 30,
      .why = "16 MiB of one size, all freed, then of the next, 40 classes: "
             "who never gives a class's memory to another needs 40 times as "
             "much. Bound: 4 times 16 MiB and 64 MiB.")
{
    void **blocks = check_map(16 * MIB / 16 * sizeof(*blocks));
    double before, peak = 0;
    size_t size = 32;

    if (blocks == NULL)
        return error(run, "no memory for the list");
    touch_pages((void *)blocks, 16 * MIB / 32 * sizeof(*blocks), 0);
    before = resident_bytes();
    for (unsigned class = 0; class < 40; class ++, size += 16 + size / 7) {
        size_t count = 16 * MIB / size;

        for (size_t i = 0; i < count; i++) {
            blocks[i] = subject->malloc(size);
            if (blocks[i] == NULL)
                return fail(run, "malloc(%zu) returned NULL", size);
            touch_pages(blocks[i], size, 1);
        }
        if (resident_bytes() - before > peak)
            peak = resident_bytes() - before;
        for (size_t i = 0; i < count; i++)
            subject->free(blocks[i]);
    }
    figure(run, "peak_bytes", peak);
    if (peak > 128.0 * (double)MIB)
        return fail(run, "16 MiB are alive at a time; %.0f MiB were resident",
                    peak / (double)MIB);
    return pass(run);
}

CHECK(FRG_2, QUALITY,
      "a checkerboard of holes is filled, or costs its own size",
      "quality of implementation",
      .why = "64 MiB of small blocks, every other one freed, then 32 MiB of "
             "blocks twice as large: the holes are too small for them. Peak "
             "at most twice 64 MiB.")
{
    enum { COUNT = 262144, SIZE = 256 };
    void **blocks = check_map(COUNT * sizeof(*blocks));
    double before, peak;

    if (blocks == NULL)
        return error(run, "no memory for the list");
    touch_pages((void *)blocks, COUNT * sizeof(*blocks), 0);
    before = resident_bytes();
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = subject->malloc(SIZE);
        if (blocks[i] == NULL)
            return fail(run, "malloc(%d) returned NULL", SIZE);
        touch_pages(blocks[i], SIZE, 1);
    }
    for (size_t i = 0; i < COUNT; i += 2) {
        subject->free(blocks[i]);
        blocks[i] = NULL;
    }
    for (size_t i = 0; i < COUNT; i += 4) {
        blocks[i] = subject->malloc(2 * SIZE);
        touch_pages(blocks[i], blocks[i] != NULL ? 2 * SIZE : 0, 1);
    }
    peak = resident_bytes() - before;
    figure(run, "peak_bytes", peak);
    for (size_t i = 0; i < COUNT; i++)
        subject->free(blocks[i]);
    if (peak > 128.0 * (double)MIB)
        return fail(run, "64 MiB are alive; %.0f MiB are resident",
                    peak / (double)MIB);
    return pass(run);
}

CHECK(FRG_3, QUALITY, "how much a few long-lived blocks pin after a burst",
      "quality of implementation", .flags = CHECK_WAITS,
      .why = "128 MiB of blocks of 512 bytes, all freed but one in each 64 "
             "KiB: what stays resident, after a second, over what is alive. "
             "A figure; without compaction no malloc can free all of it.")
{
    enum { COUNT = 262144, SIZE = 512, EACH = 128 };
    void **blocks = check_map(COUNT * sizeof(*blocks));
    double before, full, pinned;

    if (blocks == NULL)
        return error(run, "no memory for the list");
    touch_pages((void *)blocks, COUNT * sizeof(*blocks), 0);
    before = resident_bytes();
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = subject->malloc(SIZE);
        if (blocks[i] == NULL)
            return fail(run, "malloc(%d) returned NULL", SIZE);
        memset(blocks[i], 1, SIZE);
    }
    full = resident_bytes() - before;
    for (size_t i = 0; i < COUNT; i++)
        if (i % EACH != 0)
            subject->free(blocks[i]);
    pinned = resident_after(before, 1) - before;
    figure(run, "full_bytes", full);
    figure(run, "pinned_bytes", pinned);
    figure(run, "alive_bytes", (double)COUNT / EACH * SIZE);
    return outcome(run, pinned > full / 2 ? "pinned" : "returned",
                   "%.0f of %.0f MiB stay resident", pinned / (double)MIB,
                   full / (double)MIB);
}
