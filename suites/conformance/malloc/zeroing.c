/* zeroing.c - calloc gives zeros, whatever the memory held before. (ZER) */
#include <string.h>

#include "tools/blocks.h"
#include "process_memory.h"

enum { LIVE_BLOCKS = 32, DIRT = 0xa5 };

/* Every size to 64, then about eight sizes for each doubling. */
static size_t zeroing_next_size(size_t size)
{
    return size < 64 ? size + 1 : size + size / 8;
}

/* calloc(1, size), looked at to the last byte; NULL after a failure. */
static unsigned char *zeroing_calloc(struct check_run *run, size_t size,
                                     const char *after)
{
    unsigned char *block = subject->calloc(1, size);
    size_t dirty;

    if (block == NULL) {
        fail(run, "calloc(1, %zu) returned NULL", size);
        return NULL;
    }
    dirty = first_nonzero(block, size);
    if (dirty == size)
        return block;
    fail(run, "calloc(1, %zu) %s: byte %zu is 0x%02x", size, after, dirty,
         block[dirty]);
    return NULL;
}

static void zeroing_dirty(unsigned char **blocks, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        blocks[i] = subject->malloc(size);
        if (blocks[i] != NULL)
            memset(blocks[i], DIRT, size);
    }
}

static void zeroing_free(unsigned char **blocks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        subject->free(blocks[i]);
}

/* The product counts, not one of the factors. */
static bool zeroing_is_shaped(struct check_run *run, size_t count, size_t each)
{
    unsigned char *block = subject->calloc(count, each);
    size_t dirty;

    if (block == NULL)
        return fail(run, "calloc(%zu, %zu) returned NULL", count, each) ==
               VERDICT_PASS;
    dirty = first_nonzero(block, count * each);
    if (dirty < count * each)
        return fail(run, "calloc(%zu, %zu): byte %zu is 0x%02x", count, each,
                    dirty, block[dirty]) == VERDICT_PASS;
    subject->free(block);
    return true;
}

CHECK(ZER_1, MUST, "calloc gives zeros at every size", "C23 7.24.3.2",
      .why = "Programs build on calloc's zeros without looking. Every byte of "
             "every size to 64 is looked at, and of sizes up to 64 MiB.")
{
    for (size_t size = 1; size <= 64 * MIB;
         size = size < MIB ? zeroing_next_size(size) : 2 * size) {
        unsigned char *block = zeroing_calloc(run, size, "of fresh memory");

        if (block == NULL)
            return VERDICT_FAIL;
        block[0] = block[size - 1] = DIRT;
        if (size <= 64 * KIB)
            memset(block, DIRT, size);
        subject->free(block);
        if (size >= 16 && size <= 64 * KIB &&
            !zeroing_is_shaped(run, size / 8, 8))
            return VERDICT_FAIL;
    }
    return pass(run);
}

/* A cache that skips the memset for blocks it thinks are fresh is the usual
 * way to fail: dirty the blocks, free them, and look at every byte. */
CHECK(ZER_2, MUST, "calloc zeroes memory that was used and freed",
      "C23 7.24.3.2",
      .why = "A thread cache holds what its last owner wrote. The same size "
             "is asked for again, to 64 KiB (filed: microsoft/mimalloc 1385).")
{
    for (size_t size = 1; size <= 64 * KIB; size = zeroing_next_size(size)) {
        unsigned char *blocks[LIVE_BLOCKS];

        zeroing_dirty(blocks, LIVE_BLOCKS, size);
        zeroing_free(blocks, LIVE_BLOCKS);
        for (size_t i = 0; i < LIVE_BLOCKS; i++) {
            blocks[i] = zeroing_calloc(run, size, "after free");
            if (blocks[i] == NULL)
                return VERDICT_FAIL;
        }
        zeroing_free(blocks, LIVE_BLOCKS);
    }
    return pass(run);
}

CHECK(ZER_2b, MUST, "calloc zeroes what it splits from a larger dirty block",
      "C23 7.24.3.2",
      .why = "The rest of a block that is split has its own header, and its "
             "own wrong idea of being fresh.")
{
    for (size_t size = 256; size <= 4 * MIB; size += size) {
        unsigned char *large[4], *small[8];

        zeroing_dirty(large, 4, size);
        zeroing_free(large, 4);
        for (size_t part = 2; part <= 16; part *= 2) {
            for (size_t i = 0; i < 8; i++) {
                small[i] = zeroing_calloc(run, size / part + i,
                                          "split from a freed block");
                if (small[i] == NULL)
                    return VERDICT_FAIL;
                memset(small[i], DIRT, size / part);
            }
            zeroing_free(small, 8);
        }
    }
    return pass(run);
}

CHECK(ZER_2c, MUST, "calloc zeroes what was merged from dirty blocks",
      "C23 7.24.3.2",
      .why = "Stale sizes and links of the parts remain inside the whole, at "
             "its old borders (filed: pmalloc 3, Nyuzi 164).")
{
    for (size_t size = 16; size <= 256 * KIB; size *= 2) {
        unsigned char *small[LIVE_BLOCKS], *whole;

        zeroing_dirty(small, LIVE_BLOCKS, size);
        for (size_t i = 0; i < LIVE_BLOCKS; i += 2)
            subject->free(small[i]);
        for (size_t i = 1; i < LIVE_BLOCKS; i += 2)
            subject->free(small[i]);
        for (size_t parts = 2; parts <= LIVE_BLOCKS; parts *= 2) {
            whole = zeroing_calloc(run, parts * size, "merged from freed ones");
            if (whole == NULL)
                return VERDICT_FAIL;
            memset(whole, DIRT, parts * size);
            subject->free(whole);
        }
    }
    return pass(run);
}

CHECK(ZER_2d, MUST, "calloc zeroes large blocks that were kept for reuse",
      "C23 7.24.3.2",
      .why = "Large blocks come zeroed from the system, and a cache of them "
             "breaks what calloc knew (filed: microsoft/mimalloc 816 and pull "
             "1385).")
{
    for (size_t size = 64 * KIB; size <= 64 * MIB; size += size / 2) {
        unsigned char *blocks[2];

        for (int round = 0; round < 2; round++) {
            zeroing_dirty(blocks, 2, size);
            zeroing_free(blocks, 2);
            blocks[0] = zeroing_calloc(run, size, "after free");
            if (blocks[0] == NULL)
                return VERDICT_FAIL;
            blocks[1] = zeroing_calloc(run, size / 3 * 2, "after free");
            if (blocks[1] == NULL)
                return VERDICT_FAIL;
            zeroing_free(blocks, 2);
        }
        if (size > 8 * MIB)
            size *= 2;
    }
    return pass(run);
}

CHECK(ZER_4, MUST, "calloc zeroes all of n * m bytes when it rounds the size",
      "C23 7.24.3.2",
      .why = "Odd products that lie just below and above a size class: what "
             "is zeroed is what was asked for, not the class below.")
{
    static const size_t factors[] = { 1,  3,  5,   7,   11,  13,  17,
                                      29, 31, 101, 127, 251, 509, 1021 };
    enum { FACTORS = sizeof(factors) / sizeof(*factors) };

    for (size_t i = 0; i < FACTORS; i++)
        for (size_t j = 0; j < FACTORS; j++) {
            size_t size = factors[i] * factors[j], dirty;
            unsigned char *blocks[4];

            zeroing_dirty(blocks, 4, size + 16);
            zeroing_free(blocks, 4);
            zeroing_dirty(blocks, 4, size);
            zeroing_free(blocks, 4);
            blocks[0] = subject->calloc(factors[i], factors[j]);
            if (blocks[0] == NULL)
                return fail(run, "calloc(%zu, %zu) returned NULL", factors[i],
                            factors[j]);
            dirty = first_nonzero(blocks[0], size);
            if (dirty < size)
                return fail(run, "calloc(%zu, %zu): byte %zu is 0x%02x",
                            factors[i], factors[j], dirty, blocks[0][dirty]);
            subject->free(blocks[0]);
        }
    return pass(run);
}

CHECK(ZER_4b, QUALITY, "whether calloc zeroes all bytes that are usable",
      "no standard: the bytes beyond n * m are nobody's",
      .why = "Who uses what malloc_usable_size says may expect zeros there "
             "(filed: GrapheneOS legacy 441).")
{
    for (size_t size = 1; size <= 64 * KIB; size = zeroing_next_size(size)) {
        unsigned char *blocks[LIVE_BLOCKS];

        for (size_t i = 0; i < LIVE_BLOCKS; i++) {
            blocks[i] = subject->malloc(size);
            memset(blocks[i], DIRT, subject->malloc_usable_size(blocks[i]));
        }
        zeroing_free(blocks, LIVE_BLOCKS);
        for (size_t i = 0; i < LIVE_BLOCKS; i++) {
            size_t usable, dirty;

            blocks[i] = subject->calloc(1, size);
            usable = subject->malloc_usable_size(blocks[i]);
            dirty = first_nonzero(blocks[i], usable);
            if (dirty < usable)
                return outcome(run, "requested-bytes-only",
                               "calloc(1, %zu): byte %zu of %zu usable is "
                               "0x%02x",
                               size, dirty, usable, blocks[i][dirty]);
        }
        zeroing_free(blocks, LIVE_BLOCKS);
    }
    return outcome(run, "all-usable-bytes", "to 64 KiB");
}

CHECK(ZER_5, QUALITY, "calloc of 1 GiB touches next to nothing of it",
      "what mmap makes possible", .flags = CHECK_ALONE,
      .why = "Fresh pages are zero: to write them all costs a second and a "
             "gigabyte (filed: microsoft/mimalloc 1104: 26 s).")
{
    uint64_t before = process_memory_bytes("VmRSS");
    unsigned char *block = subject->calloc(1, GIB);
    double grown;

    if (block == NULL)
        return skip(run, "calloc(1, 1 GiB) returned NULL");
    block[0] = block[GIB - 1] = 1;
    grown = (double)process_memory_bytes("VmRSS") - (double)before;
    figure(run, "resident_bytes", grown);
    subject->free(block);
    if (grown > 64.0 * (double)MIB)
        return fail(run, "%.0f MiB are resident after calloc(1, 1 GiB)",
                    grown / (double)MIB);
    return pass(run);
}
