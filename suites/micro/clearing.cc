/* clearing.cc - calloc of memory that only ever held zeros, and of memory that
 * was written.
 *
 * Only calloc and one write a page are timed. A subject that remembers which
 * memory is fresh from the kernel, or gives large blocks back to it, need not
 * clear; one write a page makes it pay for the pages that it got instead. */
#include "micro.h"

#include <cstring>

#include "clock.h"

static const size_t clearing_sizes[] = {
    16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 0,
};

enum : size_t {
    CLEARING_BLOCKS = 64,
    CLEARING_BYTES = size_t(2) << 20,
    CLEARING_PAGE = 4096,
};

/* Writes zeros: what was clean stays so. */
static void clearing_touch(void *block, size_t size)
{
    volatile unsigned char *bytes = static_cast<unsigned char *>(block);

    for (size_t at = 0; at < size; at += CLEARING_PAGE)
        bytes[at] = 0;
}

static size_t clearing_make(size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        micro_blocks[i] = driver_calls.calloc(1, size);
        if (micro_blocks[i] == nullptr)
            return i;
        clearing_touch(micro_blocks[i], size);
    }
    return count;
}

static void clearing_run(benchmark::State &state, size_t size, bool dirty)
{
    size_t count = micro_count(size, CLEARING_BLOCKS, CLEARING_BYTES);

    while (state.KeepRunningBatch(static_cast<int64_t>(count))) {
        uint64_t start_ns = clock_wall_ns();
        size_t made = clearing_make(count, size);

        state.SetIterationTime(double(clock_wall_ns() - start_ns) / NS_PER_S);
        if (made < count)
            state.SkipWithError("calloc returned NULL");
        for (size_t i = 0; dirty && i < made; i++)
            memset(micro_blocks[i], 0xa7, size);
        micro_free_all(made);
    }
}

static void clean_run(benchmark::State &state, const family &, size_t size)
{
    clearing_run(state, size, false);
}

static void dirty_run(benchmark::State &state, const family &, size_t size)
{
    clearing_run(state, size, true);
}

extern const family family_calloc_clean = {
    "calloc-clean", "calloc and a write a page, where only zeros ever were",
    DRIVER_CALLOC,  FAMILY_CLOCK_PART,
    true,           0,
    clearing_sizes, clean_run,
};

extern const family family_calloc_dirty = {
    "calloc-dirty", "calloc and a write a page, where every byte was written",
    DRIVER_CALLOC,  FAMILY_CLOCK_PART,
    true,           0,
    clearing_sizes, dirty_run,
};
