/* pair.cc - malloc and free of one block, and the same with an alignment. */
#include "micro.h"

/* Powers of two and the middle between them: size classes of all subjects lie
 * at most that far apart, so a step between classes shows. */
static const size_t pair_sizes[] = {
    1,      2,      3,      4,       6,     8,     12,     16,     24,
    32,     48,     64,     96,      128,   192,   256,    384,    512,
    768,    1024,   1536,   2048,    3072,  4096,  6144,   8192,   12288,
    16384,  24576,  32768,  49152,   65536, 98304, 131072, 196608, 262144,
    393216, 524288, 786432, 1048576, 0,
};

static const size_t aligned_64_sizes[] = { 64, 256, 1024, 4096, 65536, 0 };
static const size_t aligned_4096_sizes[] = { 4096, 16384, 65536, 1048576, 0 };

static void pair_run(benchmark::State &state, const family &, size_t size)
{
    for (auto _ : state) {
        void *block = driver_calls.malloc(size);

        if (block == nullptr) {
            state.SkipWithError("malloc returned NULL");
            break;
        }
        micro_touch_ends(block, size);
        driver_calls.free(block);
    }
}

static void aligned_run(benchmark::State &state, const family &family,
                        size_t size)
{
    for (auto _ : state) {
        void *block = driver_calls.aligned_alloc(family.alignment_bytes, size);

        if (block == nullptr) {
            state.SkipWithError("aligned_alloc returned NULL");
            break;
        }
        micro_touch_ends(block, size);
        driver_calls.free(block);
    }
}

extern const family family_pair = {
    "pair", "malloc and free", DRIVER_MALLOC, FAMILY_CLOCK_LOOP, true,
    0,      pair_sizes,        pair_run,
};

extern const family family_aligned_64 = {
    "aligned-64",
    "aligned_alloc and free",
    DRIVER_ALIGNED_ALLOC,
    FAMILY_CLOCK_LOOP,
    true,
    64,
    aligned_64_sizes,
    aligned_run,
};

extern const family family_aligned_4096 = {
    "aligned-4096",
    "aligned_alloc and free",
    DRIVER_ALIGNED_ALLOC,
    FAMILY_CLOCK_LOOP,
    true,
    4096,
    aligned_4096_sizes,
    aligned_run,
};
