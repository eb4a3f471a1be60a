/* realloc.c - what realloc keeps, moves, and gives back. (RLC) */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "tools/blocks.h"
#include "tools/resident.h"
#include "pattern.h"

/* About where size classes, pages and thresholds of large blocks lie. */
static const size_t realloc_edges[] = {
    1,       8,           15,          16,          17,      24,
    32,      33,          48,          64,          65,      80,
    96,      112,         128,         129,         192,     255,
    256,     257,         384,         512,         513,     768,
    1000,    1008,        1024,        1025,        1032,    1536,
    2048,    2049,        3000,        4080,        4096,    4097,
    6000,    8192,        8193,        12000,       16384,   16385,
    32768,   32769,       65536,       65537,       100000,  131072,
    131073,  132000,      200000,      262144,      262145,  524288,
    524289,  MIB - 1,     MIB,         MIB + 1,     2 * MIB, 2 * MIB + 1,
    4 * MIB, 4 * MIB + 1, 5 * MIB + 7, 8 * MIB + 1,
};

enum { REALLOC_EDGES = sizeof(realloc_edges) / sizeof(*realloc_edges) };

/* Of a large block 64 bytes of each page are marked, and its last 64. */
static size_t realloc_step(size_t size)
{
    return size <= 64 * KIB ? 4096 : 64;
}

static void realloc_mark(unsigned char *block, uint64_t key, size_t size)
{
    size_t step = realloc_step(size);

    for (size_t at = 0; at < size; at += 4096)
        pattern_fill(block, key, at, at + step < size ? at + step : size);
    if (size > 64)
        pattern_fill(block, key, size - 64, size);
}

/* First marked offset below `kept` that is lost, or `kept`. */
static size_t realloc_lost(const unsigned char *block, uint64_t key,
                           size_t marked, size_t kept)
{
    size_t step = realloc_step(marked);

    for (size_t at = 0; at < kept; at += 4096) {
        size_t until = at + step < kept ? at + step : kept;
        size_t wrong = pattern_mismatch(block, key, at, until);

        if (wrong < until)
            return wrong;
    }
    if (kept == marked && kept > 64)
        return pattern_mismatch(block, key, kept - 64, kept);
    return kept;
}

static enum verdict realloc_pair(struct check_run *run, size_t from, size_t to)
{
    size_t kept = from < to ? from : to, lost;
    unsigned char *block = subject->malloc(from);
    unsigned char *neighbour = subject->malloc(from);

    if (block == NULL || neighbour == NULL)
        return fail(run, "malloc(%zu) returned NULL", from);
    realloc_mark(block, from, from);
    realloc_mark(neighbour, to, from);
    block = subject->realloc(block, to);
    if (block == NULL)
        return fail(run, "realloc from %zu to %zu returned NULL", from, to);
    lost = realloc_lost(block, from, from, kept);
    if (lost < kept)
        return fail(run, "realloc from %zu to %zu lost byte %zu", from, to,
                    lost);
    if (to <= 64 * KIB)
        memset(block, 1, to);
    else
        touch_pages(block, to, 1);
    lost = realloc_lost(neighbour, to, from, from);
    if (lost < from)
        return fail(run,
                    "realloc from %zu to %zu and writing there changed "
                    "byte %zu of a live neighbour",
                    from, to, lost);
    subject->free(block);
    subject->free(neighbour);
    return pass(run);
}

/* Of two large sizes only neighbours in the list: pages are dear. */
static bool realloc_worth(size_t i, size_t j)
{
    size_t apart = i > j ? i - j : j - i;

    return realloc_edges[i] < 500 * KIB || realloc_edges[j] < 500 * KIB ||
           apart <= 2;
}

CHECK(RLC_1, MUST, "realloc keeps the lesser of the old and the new size",
      "C23 7.24.3.7", .timeout_s = 30,
      .why = "Pairs of sizes at the borders of classes, growing and "
             "shrinking, in place or moved, with a live neighbour (filed: "
             "llvm-mos/llvm-mos-sdk 314, growth into a live block).")
{
    for (size_t i = 0; i < REALLOC_EDGES; i++)
        for (size_t j = 0; j < REALLOC_EDGES; j++)
            if (realloc_worth(i, j) &&
                realloc_pair(run, realloc_edges[i], realloc_edges[j]))
                return VERDICT_FAIL;
    return pass(run);
}

CHECK(RLC_2, MUST, "realloc that moves frees the block it moved from",
      "C23 7.24.3.7: \"deallocates the old object\"", .timeout_s = 20,
      .why = "20 000 times a block grows by a chain of steps and is freed; "
             "what is resident may not grow with the rounds. The bound, 128 "
             "MiB, is far below the 4 GiB that a leak of every move makes.")
{
    double before = 0, after;

    for (unsigned round = 0; round < 20000; round++) {
        unsigned char *block = NULL;

        for (size_t size = 20; size <= 200000; size *= 3) {
            unsigned char *pin = subject->malloc(size);

            block = subject->realloc(block, size);
            if (block == NULL || pin == NULL)
                return fail(run, "realloc to %zu is NULL in round %u", size,
                            round);
            block[0] = block[size - 1] = 1;
            block[size / 2] = 1;
            subject->free(pin);
        }
        subject->free(block);
        if (round == 100)
            before = resident_bytes();
    }
    after = resident_bytes();
    figure(run, "grown_bytes", after - before);
    if (after - before > 128.0 * (double)MIB)
        return fail(run,
                    "%.0f MiB more are resident after 20 000 rounds than "
                    "after 100",
                    (after - before) / (double)MIB);
    return pass(run);
}

CHECK(RLC_3, MUST, "realloc reads nothing beyond the old block", "C23 7.24.3.7",
      .flags = CHECK_ALONE, .timeout_s = 20,
      .why = "Copying the new size, or a rounded old one, runs off the end of "
             "a mapping (filed: microsoft/snmalloc 175: 20 million ints to 40 "
             "million). The kernel puts mappings below one another, so that "
             "an unmapped page often follows.")
{
    static const size_t sizes[] = { 80000000, 8000000, 2000000, 300000,
                                    140000,   70000,   4096,    1000 };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        for (int round = 0; round < (sizes[i] > MIB ? 1 : 20); round++) {
            unsigned char *block = subject->malloc(sizes[i]);
            size_t lost;

            if (block == NULL)
                return fail(run, "malloc(%zu) returned NULL", sizes[i]);
            realloc_mark(block, i, sizes[i]);
            block = subject->realloc(block, 2 * sizes[i]);
            if (block == NULL)
                return fail(run, "realloc from %zu to %zu returned NULL",
                            sizes[i], 2 * sizes[i]);
            lost = realloc_lost(block, i, sizes[i], sizes[i]);
            if (lost < sizes[i])
                return fail(run, "realloc from %zu to %zu lost byte %zu",
                            sizes[i], 2 * sizes[i], lost);
            block[2 * sizes[i] - 1] = 1;
            subject->free(block);
        }
    return pass(run);
}

CHECK(RLC_6, MUST, "realloc of aligned blocks keeps their contents",
      "POSIX.1-2024 realloc(): aligned_alloc and posix_memalign are listed",
      .why = "The start of the contents is not the start of the block: "
             "whoever copies from the wrong one shifts the data (filed: "
             "gperftools/gperftools 467, torch/torch7 244, microsoft/mimalloc "
             "603).")
{
    for (size_t alignment = 32; alignment <= 64 * KIB; alignment *= 2)
        for (size_t size = 1; size <= 300000; size += 1 + size / 2)
            for (size_t to = size / 3 + 1; to <= 4 * size; to += 1 + size) {
                unsigned char *blocks[2];
                size_t kept = size < to ? size : to;

                blocks[0] = aligned_block(alignment, size);
                blocks[1] = subject_has("memalign")
                                ? subject->memalign(alignment, size)
                                : aligned_block(alignment, size);
                for (size_t i = 0; i < 2; i++) {
                    size_t wrong;

                    if (blocks[i] == NULL)
                        return fail(run, "%zu bytes aligned to %zu: NULL", size,
                                    alignment);
                    pattern_fill(blocks[i], i, 0, size);
                    blocks[i] = subject->realloc(blocks[i], to);
                    if (blocks[i] == NULL)
                        return fail(run, "realloc to %zu returned NULL", to);
                    wrong = pattern_mismatch(blocks[i], i, 0, kept);
                    if (wrong < kept)
                        return fail(run,
                                    "%s(%zu, %zu), realloc to %zu: byte "
                                    "%zu is lost",
                                    i ? "memalign" : "posix_memalign",
                                    alignment, size, to, wrong);
                }
                subject->free(blocks[0]);
                subject->free(blocks[1]);
            }
    return pass(run);
}

CHECK(RLC_10, MUST, "realloc to the same size gives the data, and no growth",
      "C23 7.24.3.7",
      .why = "Some allocators move even then; doing so for ever must not cost "
             "memory.")
{
    for (size_t size = 1; size <= 4 * MIB; size += 1 + size / 3) {
        unsigned char *block = subject->malloc(size);
        double before = resident_bytes();
        double grown;

        realloc_mark(block, size, size);
        for (int i = 0; i < 3000; i++) {
            block = subject->realloc(block, size);
            if (block == NULL)
                return fail(run, "realloc from %zu to %zu returned NULL", size,
                            size);
        }
        if (realloc_lost(block, size, size, size) < size)
            return fail(run, "realloc from %zu to %zu lost bytes", size, size);
        grown = resident_bytes() - before;
        if (grown > 16.0 * (double)(MIB + size))
            return fail(run,
                        "%.0f MiB more are resident after 3000 times "
                        "realloc(p, %zu)",
                        grown / (double)MIB, size);
        subject->free(block);
    }
    return pass(run);
}

/* With a step of `by`, up or down. */
static enum verdict realloc_walk(struct check_run *run, size_t from, size_t to,
                                 bool doubling)
{
    unsigned char *block = subject->malloc(from);
    size_t size = from;

    realloc_mark(block, 9, from);
    while (size < to) {
        size_t next = doubling ? 2 * size : size + 1, lost;

        block = subject->realloc(block, next);
        if (block == NULL && next > 256 * MIB)
            return skip(run, "realloc to %zu bytes returned NULL", next);
        if (block == NULL)
            return fail(run, "realloc from %zu to %zu returned NULL", size,
                        next);
        lost = realloc_lost(block, 9, from, from);
        if (lost < from)
            return fail(run, "growing from %zu, now to %zu, lost byte %zu",
                        from, next, lost);
        block[next - 1] = 1;
        size = next;
    }
    for (; !doubling && size > from; size--) {
        block = subject->realloc(block, size - 1);
        if (block == NULL || realloc_lost(block, 9, from, from) < from)
            return fail(run, "shrinking to %zu lost bytes", size - 1);
    }
    subject->free(block);
    return pass(run);
}

CHECK(RLC_7, MUST, "realloc by one byte, and doubling to 1 GiB, keeps contents",
      "C23 7.24.3.7", .flags = CHECK_ALONE, .timeout_s = 40,
      .why = "Borders of classes are crossed one by one, and large blocks go "
             "by mremap. A part of each page is looked at.")
{
    static const size_t starts[] = { 1, 500, 4000, 32700, 65500, 131000 };
    enum verdict verdict = VERDICT_PASS;

    for (size_t i = 0; i < 6 && verdict == VERDICT_PASS; i++)
        verdict = realloc_walk(run, starts[i], starts[i] + 300, false);
    if (verdict == VERDICT_PASS)
        verdict = realloc_walk(run, 16, GIB, true);
    if (verdict == VERDICT_PASS)
        verdict = realloc_walk(run, 3 * MIB, 48 * MIB, true);
    return verdict;
}
