/* micro.h - what a family of micro-benchmarks is.
 *
 * A family is one question over sizes: what does `pair` cost at 1 B, ... at
 * 1 MiB? A benchmark is a family at one size. run() is google-benchmark's
 * loop; the time of an iteration is the time of one operation (batches count
 * through KeepRunningBatch()).
 *
 * Memory: a loop reaches the subject through driver_calls alone, and holds
 * its blocks in static arrays: nothing else allocates while a clock runs. */
#ifndef ASSAY_MICRO_H
#define ASSAY_MICRO_H

#include <benchmark/benchmark.h>

#include "driver.h"

enum family_clock {
    FAMILY_CLOCK_LOOP, /* the loop is timed, all of it */
    FAMILY_CLOCK_PART, /* run() times a part: SetIterationTime() */
    FAMILY_CLOCK_ONCE, /* the same, once in a process */
};

struct family {
    const char *name;      /* "pair"; unique */
    const char *operation; /* what one operation is */
    enum driver_function needs;
    enum family_clock clock;
    bool floor;             /* whether the floor can serve it */
    size_t alignment_bytes; /* 0: malloc's own */
    const size_t *sizes;    /* in bytes, ended by 0 */
    void (*run)(benchmark::State &state, const family &family, size_t size);
};

/* All families, ended by nullptr. Adding one: an entry in its file, and one
 * word in families.cc. */
extern const family *const families[];

/* Two writes, as every use of a block makes at least one. */
static inline void micro_touch_ends(void *block, size_t size)
{
    volatile unsigned char *bytes = static_cast<unsigned char *>(block);

    bytes[0] = 0xa7;
    bytes[size - 1] = 0xa7;
}

/* A live set bounded in blocks and in bytes. */
enum : size_t { MICRO_BLOCKS = 256, MICRO_BYTES = size_t(16) << 20 };
extern void *micro_blocks[MICRO_BLOCKS];

static inline size_t micro_count(size_t size, size_t blocks, size_t bytes)
{
    size_t fitting = bytes / size;

    return fitting < 1 ? 1 : fitting < blocks ? fitting : blocks;
}

/* Frees the first `count` of micro_blocks. */
void micro_free_all(size_t count);

#endif
