/* batch.cc - 256 blocks are made, then freed: the last first, or the first
 * first. What a cache of freed blocks holds, and what lies behind it. */
#include "micro.h"

static const size_t batch_sizes[] = {
    16, 64, 256, 1024, 4096, 16384, 65536, 0,
};

/* How many were made: all, or fewer when malloc returned NULL. */
static size_t batch_make(size_t size)
{
    for (size_t i = 0; i < MICRO_BLOCKS; i++) {
        micro_blocks[i] = driver_calls.malloc(size);
        if (micro_blocks[i] == nullptr)
            return i;
        micro_touch_ends(micro_blocks[i], size);
    }
    return MICRO_BLOCKS;
}

static void batch_run(benchmark::State &state, size_t size, bool last_first)
{
    while (state.KeepRunningBatch(MICRO_BLOCKS)) {
        size_t made = batch_make(size);

        if (made < MICRO_BLOCKS)
            state.SkipWithError("malloc returned NULL");
        if (last_first)
            for (size_t i = made; i > 0; i--)
                driver_calls.free(micro_blocks[i - 1]);
        else
            micro_free_all(made);
    }
}

static void lifo_run(benchmark::State &state, const family &, size_t size)
{
    batch_run(state, size, true);
}

static void fifo_run(benchmark::State &state, const family &, size_t size)
{
    batch_run(state, size, false);
}

extern const family family_lifo = {
    "lifo",        "malloc and free, 256 at a time, the last first",
    DRIVER_MALLOC, FAMILY_CLOCK_LOOP,
    true,          0,
    batch_sizes,   lifo_run,
};

extern const family family_fifo = {
    "fifo",        "malloc and free, 256 at a time, the first first",
    DRIVER_MALLOC, FAMILY_CLOCK_LOOP,
    true,          0,
    batch_sizes,   fifo_run,
};
