/* zeroing.c - calloc gives zeros, whatever the memory held before. (ZER) */
#include <string.h>

#include "check.h"

enum { LIVE_BLOCKS = 32, DIRT = 0xa5 };

/* Every size to 64, then about eight sizes for each doubling. */
static size_t zeroing_next_size(size_t size)
{
    return size < 64 ? size + 1 : size + size / 8;
}

static void zeroing_fill_and_free(unsigned char **blocks, size_t size)
{
    for (size_t i = 0; i < LIVE_BLOCKS; i++) {
        blocks[i] = subject->malloc(size);
        if (blocks[i] != NULL)
            memset(blocks[i], DIRT, size);
    }
    for (size_t i = 0; i < LIVE_BLOCKS; i++)
        subject->free(blocks[i]);
}

CHECK(ZER_1, MUST, "calloc gives zeros at every size", "C23 7.24.3.2",
      .why = "Programs build on calloc's zeros without looking. Every byte of "
             "small sizes is looked at, and of sizes up to 64 KiB.")
{
    for (size_t size = 1; size <= 64 * KIB; size = zeroing_next_size(size)) {
        unsigned char *block = subject->calloc(1, size);
        size_t dirty;

        if (block == NULL)
            return fail(run, "calloc(1, %zu) returned NULL", size);
        dirty = first_nonzero(block, size);
        if (dirty < size)
            return fail(run, "calloc(1, %zu): byte %zu is 0x%02x", size, dirty,
                        block[dirty]);
        subject->free(block);
    }
    return pass(run);
}

/* A cache that skips the memset for blocks it thinks are fresh is the usual
 * way to fail: dirty the blocks, free them, and look at every byte. */
CHECK(ZER_2, MUST, "calloc zeroes memory that was used and freed",
      "C23 7.24.3.2",
      .why = "A thread cache, a split or a merged block holds what its last "
             "owner wrote (filed: microsoft/mimalloc 1385).")
{
    for (size_t size = 1; size <= 64 * KIB; size = zeroing_next_size(size)) {
        unsigned char *blocks[LIVE_BLOCKS];

        zeroing_fill_and_free(blocks, size);
        for (size_t i = 0; i < LIVE_BLOCKS; i++) {
            size_t dirty;

            blocks[i] = subject->calloc(1, size);
            if (blocks[i] == NULL)
                return fail(run, "calloc(1, %zu) returned NULL", size);
            dirty = first_nonzero(blocks[i], size);
            if (dirty < size)
                return fail(run, "byte %zu of %zu is 0x%02x", dirty, size,
                            blocks[i][dirty]);
        }
        for (size_t i = 0; i < LIVE_BLOCKS; i++)
            subject->free(blocks[i]);
    }
    return pass(run);
}
