/* overflow.c - sizes that overflow, or that no object can have. (OVF) */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tools/blocks.h"
#include "pattern.h"

#define HALF  (SIZE_MAX / 2)
#define TWO32 ((size_t)1 << 32)

/* Products above SIZE_MAX: huge, zero and small after wrapping. */
static const struct {
    size_t count, size;
    const char *words;
} overflow_pairs[] = {
    { HALF, 3, "SIZE_MAX/2, 3" },
    { 3, HALF, "3, SIZE_MAX/2" },
    { HALF + 1, 2, "2^63, 2: wraps to 0" },
    { TWO32, TWO32, "2^32, 2^32: wraps to 0" },
    { TWO32 + 1, TWO32, "2^32+1, 2^32: wraps to 2^32" },
    { SIZE_MAX / 16 + 2, 16, "SIZE_MAX/16+2, 16: wraps to 16" },
    { SIZE_MAX / 64 + 2, 64, "SIZE_MAX/64+2, 64: wraps to 64" },
    { 48, SIZE_MAX / 48 + 2, "48, SIZE_MAX/48+2: wraps to about 48" },
    { SIZE_MAX, SIZE_MAX, "SIZE_MAX, SIZE_MAX: wraps to 1" },
    { SIZE_MAX, 2, "SIZE_MAX, 2" },
    { SIZE_MAX, 1, "SIZE_MAX, 1" },
    { 1, SIZE_MAX, "1, SIZE_MAX" },
};

/* The last two are huge, but the product does not overflow. */
enum {
    OVERFLOW_PAIRS = sizeof(overflow_pairs) / sizeof(*overflow_pairs),
    OVERFLOW_WRAPS = OVERFLOW_PAIRS - 2
};

CHECK(
    OVF_1, MUST, "calloc of more than SIZE_MAX bytes returns NULL",
    "C23 7.24.3.2 Returns: NULL where the product wraps around (from memory of "
    "N3220); in C17 7.22.3.2 no such array can be allocated",
    .why = "A product that wraps gives a small block to a caller that will "
           "write far beyond it (filed: mjansson/rpmalloc 26).")
{
    struct findings findings = { 0 };

    for (size_t i = 0; i < OVERFLOW_PAIRS; i++) {
        void *block =
            subject->calloc(overflow_pairs[i].count, overflow_pairs[i].size);

        if (block != NULL)
            finding(&findings, "calloc(%s) = %p", overflow_pairs[i].words,
                    block);
        subject->free(block);
    }
    return verdict_of(run, &findings, "NULL is returned");
}

CHECK(OVF_2, MUST,
      "reallocarray that overflows returns NULL, ENOMEM and keeps the block",
      "POSIX.1-2024 reallocarray(): \"overflow in the multiplication shall be "
      "an error\"; ENOMEM from memory of ERRORS",
      .profiles = "posix2024 dropin",
      .why = "reallocarray exists for this check alone.")
{
    unsigned char *block = subject->malloc(1000);
    struct findings findings = { 0 };

    if (subject->reallocarray == NULL)
        return skip(run, "there is no reallocarray");
    if (block == NULL)
        return fail(run, "malloc(1000) returned NULL");
    pattern_fill(block, 7, 0, 1000);
    for (size_t i = 0; i < OVERFLOW_WRAPS; i++) {
        void *other;

        errno = 0;
        other = subject->reallocarray(block, overflow_pairs[i].count,
                                      overflow_pairs[i].size);
        if (other != NULL)
            return fail(run, "reallocarray(p, %s) = %p",
                        overflow_pairs[i].words, other);
        if (errno != ENOMEM)
            finding(&findings, "(p, %s): %s", overflow_pairs[i].words,
                    errno_word(errno));
        if (pattern_mismatch(block, 7, 0, 1000) < 1000)
            return fail(run, "reallocarray(p, %s) changed the old block",
                        overflow_pairs[i].words);
    }
    subject->free(block);
    return verdict_of(run, &findings, "NULL with ENOMEM");
}

/* Sizes that no object can have, from both ends of that range. */
static size_t overflow_huge(size_t i)
{
    static const size_t below_top[] = { 0,    1,    7,    8,    15,   16,
                                        31,   32,   63,   64,   127,  255,
                                        1000, 4095, 4096, 8191, 8192, 65535 };
    enum { TOP = sizeof(below_top) / sizeof(*below_top) };

    return i < TOP       ? SIZE_MAX - below_top[i]
           : i < TOP + 4 ? (size_t)PTRDIFF_MAX + ((size_t)1 << 12 * (i - TOP))
                         : 0;
}

CHECK(OVF_3, SHOULD, "no function gives more than PTRDIFF_MAX bytes",
      "malloc(3): fails with ENOMEM above PTRDIFF_MAX (glibc since 2.30)",
      .why = "In a larger object the difference of two pointers is undefined; "
             "such a request is a mistake of the caller.")
{
    struct findings findings = { 0 };

    for (size_t i = 0; overflow_huge(i) != 0; i++)
        for (size_t way = 0; way < WAY_COUNT; way++) {
            size_t size = overflow_huge(i);
            void *block;

            if (!way_is_subjects(&ways[way]))
                continue;
            block = ways[way].get(size);
            if (block != NULL)
                finding(&findings, "%s(%s%zu) = %p", ways[way].name,
                        size > SIZE_MAX - MIB ? "SIZE_MAX-" : "",
                        size > SIZE_MAX - MIB ? SIZE_MAX - size : size, block);
        }
    return verdict_of(run, &findings, "NULL is returned");
}

CHECK(OVF_4, MUST, "a request near SIZE_MAX never gives a small block",
      "C23 7.24.3.6: \"whose size is specified by size\"",
      .why = "Adding a header wraps round, and the thread cache has just the "
             "small block for it: one of each size is freed first (filed: "
             "glibc bug 22375, ivmai/bdwgc 135 which is CVE-2016-9427, "
             "gperftools/gperftools 723).")
{
    for (size_t small = 1; small <= 5000; small += 1 + small / 3)
        for (size_t i = 0; overflow_huge(i) != 0; i++) {
            static const char *const words[] = { "malloc", "calloc",
                                                 "realloc(NULL)", "realloc" };
            void *old = subject->malloc(small), *blocks[4];

            subject->free(subject->malloc(small));
            blocks[0] = subject->malloc(overflow_huge(i));
            blocks[1] = subject->calloc(1, overflow_huge(i));
            blocks[2] = subject->realloc(NULL, overflow_huge(i));
            blocks[3] = subject->realloc(old, overflow_huge(i));
            for (size_t j = 0; j < 4; j++)
                if (blocks[j] != NULL)
                    return fail(run,
                                "%s(%zu) after free of %zu bytes gave %p "
                                "with %zu bytes",
                                words[j], overflow_huge(i), small, blocks[j],
                                subject->malloc_usable_size(blocks[j]));
            subject->free(old);
        }
    return pass(run);
}

CHECK(OVF_5, MUST, "realloc beyond 2 GiB and 4 GiB is not cut to 32 bits",
      "C23 7.24.3.7", .flags = CHECK_ALONE, .timeout_s = 60,
      .why = "A size kept in 32 bits comes back small (filed: "
             "gperftools/gperftools 470 and 497). The last byte and one in "
             "each 512 MiB are written and looked at; a subject that copies "
             "makes the whole resident.")
{
    static const size_t sizes[] = { 64 * MIB, 2 * GIB + 4096, 4 * GIB + 4096 };
    unsigned char *block = NULL;
    size_t last = 0;

    for (size_t i = 0; i < 3; i++) {
        unsigned char *larger = subject->realloc(block, sizes[i]);

        if (larger == NULL) {
            subject->free(block);
            return skip(run, "realloc to %zu bytes returned NULL", sizes[i]);
        }
        block = larger;
        for (size_t at = 0; at < last; at += 512 * MIB)
            if (block[at] != (unsigned char)(at / MIB + 1))
                return fail(run, "realloc to %zu lost byte %zu", sizes[i], at);
        for (size_t at = 0; at < sizes[i]; at += 512 * MIB)
            block[at] = (unsigned char)(at / MIB + 1);
        block[sizes[i] - 1] = 1;
        if (subject->malloc_usable_size(block) < sizes[i])
            return fail(run, "%zu bytes usable after realloc to %zu",
                        subject->malloc_usable_size(block), sizes[i]);
        last = sizes[i];
    }
    subject->free(block);
    return pass(run);
}

CHECK(OVF_6, SHOULD, "valloc and pvalloc do not wrap when rounding to pages",
      "glibc manual; C23 7.24.3p1 for the size",
      .why = "The round-up to a whole page is one more addition that wraps to "
             "0 (filed: glibc bugs 15855 and 15856).")
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct findings findings = { 0 };
    void *block;

    for (size_t below = 0; below <= 3 * page; below += 1 + page / 16) {
        block =
            subject_has("pvalloc") ? subject->pvalloc(SIZE_MAX - below) : NULL;
        if (block != NULL)
            finding(&findings, "pvalloc(SIZE_MAX-%zu) = %p", below, block);
        block =
            subject_has("valloc") ? subject->valloc(SIZE_MAX - below) : NULL;
        if (block != NULL)
            finding(&findings, "valloc(SIZE_MAX-%zu) = %p", below, block);
    }
    return verdict_of(run, &findings, "NULL is returned");
}
