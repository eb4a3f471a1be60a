/* usable.cc - malloc_usable_size of blocks that are alive. */
#include "micro.h"

static const size_t usable_sizes[] = { 16, 256, 4096, 65536, 1048576, 0 };

enum : size_t { USABLE_BLOCKS = 64, USABLE_BYTES = size_t(4) << 20 };

static void usable_run(benchmark::State &state, const family &, size_t size)
{
    size_t count = micro_count(size, USABLE_BLOCKS, USABLE_BYTES), made = 0;
    size_t next = 0, sum = 0;

    for (; made < count; made++) {
        micro_blocks[made] = driver_calls.malloc(size);
        if (micro_blocks[made] == nullptr) {
            state.SkipWithError("malloc returned NULL");
            break;
        }
    }
    for (auto _ : state) {
        sum += driver_calls.usable_size(micro_blocks[next]);
        next = next + 1 == count ? 0 : next + 1;
    }
    benchmark::DoNotOptimize(sum);
    micro_free_all(made);
}

extern const family family_usable_size = {
    "usable-size",
    "malloc_usable_size",
    DRIVER_USABLE_SIZE,
    FAMILY_CLOCK_LOOP,
    false,
    0,
    usable_sizes,
    usable_run,
};
