/* resize.cc - realloc by one byte, and to twice the size with neighbours in
 * the way. Whether a block moved is counted, not assumed. */
#include "micro.h"

#include "clock.h"

static const size_t in_place_sizes[] = { 16,    64,     1024,    4096,
                                         65536, 262144, 1048576, 0 };
static const size_t moving_sizes[] = { 16,    64,     1024,   4096,
                                       65536, 262144, 524288, 0 };

enum : size_t { RESIZE_PAIRS = 64, RESIZE_BYTES = size_t(4) << 20 };

/* google-benchmark divides by the iterations: a share of them. */
static void resize_note_moved(benchmark::State &state, size_t moved)
{
    state.counters["moved_share"] =
        benchmark::Counter(double(moved), benchmark::Counter::kAvgIterations);
}

static void in_place_run(benchmark::State &state, const family &, size_t size)
{
    void *block = driver_calls.malloc(size);
    size_t moved = 0;

    if (block == nullptr)
        state.SkipWithError("malloc returned NULL");
    while (state.KeepRunningBatch(2)) {
        void *less = driver_calls.realloc(block, size - 1);
        void *more =
            less == nullptr ? nullptr : driver_calls.realloc(less, size);

        moved += (less != block) + (more != less);
        block = more;
        if (more == nullptr) {
            state.SkipWithError("realloc returned NULL");
            break;
        }
        micro_touch_ends(block, size);
    }
    resize_note_moved(state, moved);
    driver_calls.free(block);
}

/* Each block to grow, and behind it one that stays. */
static size_t moving_make(size_t pairs, size_t size)
{
    for (size_t i = 0; i < 2 * pairs; i++) {
        micro_blocks[i] = driver_calls.malloc(size);
        if (micro_blocks[i] == nullptr)
            return i;
        for (size_t at = 0; at < size; at += 4096)
            static_cast<volatile char *>(micro_blocks[i])[at] = 1;
    }
    return 2 * pairs;
}

static size_t moving_grow(benchmark::State &state, size_t pairs, size_t size)
{
    size_t moved = 0;

    for (size_t i = 0; i < pairs; i++) {
        void *grown = driver_calls.realloc(micro_blocks[2 * i], 2 * size);

        if (grown == nullptr) {
            state.SkipWithError("realloc returned NULL");
            return moved;
        }
        moved += grown != micro_blocks[2 * i];
        micro_blocks[2 * i] = grown;
        micro_touch_ends(grown, 2 * size);
    }
    return moved;
}

static void moving_run(benchmark::State &state, const family &, size_t size)
{
    size_t pairs = micro_count(size, RESIZE_PAIRS, RESIZE_BYTES);
    size_t moved = 0;

    while (state.KeepRunningBatch(static_cast<int64_t>(pairs))) {
        size_t made = moving_make(pairs, size);
        uint64_t start_ns = clock_wall_ns();

        if (made == 2 * pairs)
            moved += moving_grow(state, pairs, size);
        else
            state.SkipWithError("malloc returned NULL");
        state.SetIterationTime(double(clock_wall_ns() - start_ns) / NS_PER_S);
        micro_free_all(made);
    }
    resize_note_moved(state, moved);
}

extern const family family_realloc_in_place = {
    "realloc-in-place",
    "realloc to one byte less, and back",
    DRIVER_REALLOC,
    FAMILY_CLOCK_LOOP,
    false,
    0,
    in_place_sizes,
    in_place_run,
};

extern const family family_realloc_moving = {
    "realloc-moving",
    "realloc to twice the size, with a neighbour behind",
    DRIVER_REALLOC,
    FAMILY_CLOCK_PART,
    false,
    0,
    moving_sizes,
    moving_run,
};
