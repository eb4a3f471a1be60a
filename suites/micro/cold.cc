/* cold.cc - the first allocation that a program makes.
 *
 * A process has only one: main.cc takes its time before google-benchmark is
 * set up, in a process that runs this benchmark alone, and what is done here
 * is to hand it over. The C++ library has asked for its own before. */
#include "micro.h"

#include "clock.h"
#include "cold.h"

static const size_t cold_sizes[] = {
    16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 0,
};

static uint64_t cold_first_ns;

void cold_take(size_t size)
{
    cold_first_ns = driver_first_ns(size);
}

static void cold_run(benchmark::State &state, const family &, size_t)
{
    for (auto _ : state) {
        if (cold_first_ns == 0) {
            state.SkipWithError("malloc returned NULL");
            break;
        }
        state.SetIterationTime(double(cold_first_ns) / NS_PER_S);
    }
}

extern const family family_cold = {
    "cold",        "the first malloc of the process, and a write at both ends",
    DRIVER_MALLOC, FAMILY_CLOCK_ONCE,
    false,         0,
    cold_sizes,    cold_run,
};
