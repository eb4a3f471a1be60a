/* alignment_asked.c - alignments that the caller asks for: kept, refused, or
 * too much. (ALN) */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tools/blocks.h"

enum { ASKED_LIVE = 8 };

static void *asked_posix_memalign(size_t alignment, size_t size)
{
    return aligned_block(alignment, size);
}

static void *asked_aligned_alloc(size_t alignment, size_t size)
{
    return subject->aligned_alloc(alignment, size);
}

static void *asked_memalign(size_t alignment, size_t size)
{
    return subject->memalign(alignment, size);
}

static const struct {
    const char *name;
    void *(*get)(size_t alignment, size_t size);
} asked[] = {
    { "posix_memalign", asked_posix_memalign },
    { "aligned_alloc", asked_aligned_alloc },
    { "memalign", asked_memalign },
};

/* True when all of ASKED_LIVE live blocks are right, else one finding. */
static bool asked_cell(struct findings *findings, size_t function,
                       size_t alignment, size_t size)
{
    unsigned char *blocks[ASKED_LIVE];
    bool right = true;

    for (size_t i = 0; i < ASKED_LIVE; i++) {
        blocks[i] = asked[function].get(alignment, size);
        if (right && blocks[i] == NULL)
            finding(findings, "%s(%zu, %zu) is NULL", asked[function].name,
                    alignment, size);
        else if (right && off_by(blocks[i], alignment) != 0)
            finding(findings, "%s(%zu, %zu) = %p, live block %zu",
                    asked[function].name, alignment, size, (void *)blocks[i],
                    i);
        right &= blocks[i] != NULL && off_by(blocks[i], alignment) == 0;
        if (blocks[i] != NULL && size > 0)
            blocks[i][0] = blocks[i][size - 1] = (unsigned char)i;
    }
    for (size_t i = 0; i < ASKED_LIVE; i++) {
        if (right && size > 1 && blocks[i][0] != i)
            finding(findings, "%s(%zu, %zu): live block %zu was overwritten",
                    asked[function].name, alignment, size, i);
        subject->free(blocks[i]);
    }
    return right;
}

CHECK(ALN_4, MUST, "every power of two up to 4 MiB is honoured at every size",
      "C23 7.24.3.1; POSIX.1-2024 posix_memalign(), aligned_alloc()",
      .timeout_s = 20,
      .why = "Sizes below, at and beside the alignment, eight live blocks of "
             "each: the first block of a page is aligned by luck (filed: "
             "microsoft/mimalloc 700 and 602, scylladb/seastar 1940).")
{
    struct findings findings = { 0 };
    unsigned cells = 0;

    for (size_t function = 0; function < 3; function++)
        for (size_t a = sizeof(void *); a <= 4 * MIB; a *= 2) {
            size_t sizes[] = { 1,     8,     24,        a / 2, a - 1,    a,
                               a + 1, 2 * a, 2 * a + 1, 3 * a, 5 * a / 2 };

            if (!subject_has(asked[function].name))
                continue;
            for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
                size_t whole = (sizes[i] + a - 1) & ~(a - 1);

                /* C17 wants a multiple of the alignment of aligned_alloc. */
                asked_cell(&findings, function, a,
                           asked[function].get == asked_aligned_alloc
                               ? whole
                               : sizes[i]);
                cells++;
            }
        }
    figure(run, "cells", cells);
    return verdict_of(run, &findings, "all live blocks are aligned");
}

CHECK(ALN_5, MUST,
      "alignments from 8 MiB to 1 GiB are honoured or refused with ENOMEM",
      "POSIX.1-2024 posix_memalign()",
      .why = "Never crooked, never a crash: offsets that no longer fit, bases "
             "recorded wrong (filed: gperftools/gperftools 1096, "
             "kuszmaul/SuperMalloc 16, cloudius-systems/osv 1304).")
{
    for (size_t alignment = 8 * MIB; alignment <= GIB; alignment *= 2)
        for (size_t size = 1; size <= 3 * MIB; size += 1 + 5 * size) {
            unsigned char *blocks[2] = { NULL, NULL };

            for (size_t i = 0; i < 2; i++) {
                int result = subject->posix_memalign((void **)&blocks[i],
                                                     alignment, size);

                if (result == ENOMEM) {
                    blocks[i] = NULL;
                    continue;
                }
                if (result != 0 || off_by(blocks[i], alignment) != 0)
                    return fail(run,
                                "posix_memalign(%zu, %zu) returned %d and "
                                "gave %p",
                                alignment, size, result, (void *)blocks[i]);
                blocks[i][0] = blocks[i][size - 1] = 1;
            }
            subject->free(blocks[0]);
            subject->free(blocks[1]);
        }
    return pass(run);
}

static enum verdict asked_small(struct check_run *run)
{
    struct findings findings = { 0 };

    for (size_t alignment = 1; alignment <= 4; alignment *= 2)
        for (size_t times = 1; times <= 9; times += 2) {
            void *block = subject->aligned_alloc(alignment, times * alignment);

            if (block == NULL || off_by(block, alignment) != 0)
                finding(&findings, "aligned_alloc(%zu, %zu) = %p", alignment,
                        times * alignment, block);
            subject->free(block);
        }
    return verdict_of(run, &findings, "alignments 1, 2 and 4 are valid");
}

CHECK(ALN_6, MUST, "aligned_alloc takes the alignments 1, 2 and 4",
      "C23 7.24.3.1, 6.2.8: the alignments of char, short and int are valid",
      .profiles = "c23",
      .why = "posix_memalign refuses them, and an aligned_alloc built on it "
             "refuses them too (filed: microsoft/snmalloc 668).")
{
    return asked_small(run);
}

CHECK(ALN_6b, SHOULD, "aligned_alloc takes the alignments 1, 2 and 4",
      "what glibc and every mainstream malloc of Linux does",
      .why = "As ALN-6, for programs of any standard.")
{
    return asked_small(run);
}

static const struct {
    size_t alignment, size;
} asked_invalid[] = {
    { 24, 48 },
    { 3, 9 },
    { 3, 48 },
    { 0, 16 },
    { 48, 96 },
    { 100, 200 },
    { 4095, 8190 },
    { 12, 24 },
    { 6, 12 },
    { SIZE_MAX, SIZE_MAX },
    { SIZE_MAX / 2 + 2, SIZE_MAX / 2 + 2 },
};

enum { ASKED_INVALID = sizeof(asked_invalid) / sizeof(*asked_invalid) };

CHECK(ALN_7, MUST,
      "aligned_alloc gives NULL for an alignment that is no power of two",
      "C23 7.24.3.1 (N3220), with 6.2.8p4; POSIX.1-2024 aligned_alloc(): \"a "
      "null pointer shall be returned\"",
      .profiles = "c23 posix2024",
      .why = "C11 left it undefined. A block whose alignment is something "
             "else is worse than none (glibc before 2.38, gperftools).")
{
    struct findings findings = { 0 };

    for (size_t i = 0; i < ASKED_INVALID; i++) {
        void *block = subject->aligned_alloc(asked_invalid[i].alignment,
                                             asked_invalid[i].size);

        if (block != NULL)
            finding(&findings, "(%zu, %zu) = %p", asked_invalid[i].alignment,
                    asked_invalid[i].size, block);
        subject->free(block);
    }
    return verdict_of(run, &findings, "aligned_alloc gives NULL");
}

CHECK(ALN_7b, MUST, "where aligned_alloc refuses an alignment, errno is EINVAL",
      "POSIX.1-2024 aligned_alloc() ERRORS (from memory: EINVAL, the alignment "
      "is not supported)",
      .profiles = "posix2024",
      .why = "Apart from ALN-7, so that a subject that returns NULL with "
             "another errno is told from one that returns a block. The two "
             "largest alignments may as well be ENOMEM.")
{
    struct findings findings = { 0 };

    for (size_t i = 0; i < ASKED_INVALID; i++) {
        void *block;
        int seen;

        errno = 0;
        block = subject->aligned_alloc(asked_invalid[i].alignment,
                                       asked_invalid[i].size);
        seen = errno;
        subject->free(block);
        if (block == NULL && seen != EINVAL &&
            !(seen == ENOMEM && asked_invalid[i].size > PTRDIFF_MAX))
            finding(&findings, "(%zu, %zu): %s", asked_invalid[i].alignment,
                    asked_invalid[i].size, errno_word(seen));
    }
    return verdict_of(run, &findings, "errno is EINVAL");
}

CHECK(ALN_8, MUST,
      "aligned_alloc of a size that is no multiple is aligned, or NULL",
      "C17 7.22.3.1 as amended by DR 460, C23 7.24.3.1",
      .why = "Both answers are right and a parameter of the profile; a "
             "crooked block is not (filed: google/sanitizers 1495, "
             "jemalloc/jemalloc 2647).")
{
    static const size_t pairs[][2] = { { 64, 65 },   { 4096, 1 },
                                       { 32, 8 },    { 128, 100 },
                                       { 256, 257 }, { 65536, 70000 } };
    unsigned given = 0, asked_for = 0;
    int seen = 0;

    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        void *blocks[ASKED_LIVE];

        for (size_t j = 0; j < ASKED_LIVE; j++) {
            errno = 0;
            blocks[j] = subject->aligned_alloc(pairs[i][0], pairs[i][1]);
            seen = blocks[j] == NULL ? errno : seen;
            given += blocks[j] != NULL;
            asked_for++;
            if (off_by(blocks[j], pairs[i][0]) != 0)
                return fail(run, "aligned_alloc(%zu, %zu) = %p, live block %zu",
                            pairs[i][0], pairs[i][1], blocks[j], j);
            if (blocks[j] != NULL)
                memset(blocks[j], 1, pairs[i][1]);
        }
        for (size_t j = 0; j < ASKED_LIVE; j++)
            subject->free(blocks[j]);
    }
    return outcome(run, given != 0 ? "works" : errno_word(seen),
                   "%u of %u gave a block", given, asked_for);
}

CHECK(ALN_9, MUST,
      "posix_memalign returns EINVAL for what is no power of two times "
      "sizeof(void *)",
      "POSIX.1-2024 posix_memalign() ERRORS: \"shall fail if\"",
      .why = "A test for evenness, or a power of two alone, lets some through "
             "(filed: microsoft/mimalloc pull 56, and its first repair).")
{
    static const size_t alignments[] = {
        0,   1,    2,    3,    4,     5,        6,           7,  9,
        10,  12,   15,   20,   24,    40,       48,          56, 96,
        100, 1000, 4095, 4097, 65544, SIZE_MAX, SIZE_MAX - 7
    };
    struct findings findings = { 0 };

    for (size_t i = 0; i < sizeof(alignments) / sizeof(*alignments); i++) {
        void *block = NULL;
        int result = subject->posix_memalign(&block, alignments[i], 100);

        if (result != EINVAL)
            finding(&findings, "alignment %zu: %d", alignments[i], result);
        if (result == 0)
            subject->free(block);
    }
    return verdict_of(run, &findings, "EINVAL (22) is returned");
}

/* SIZE_MAX and less by a step, so that size + alignment wraps or does not. */
static void asked_too_much(struct findings *findings, size_t alignment,
                           size_t below)
{
    size_t size = SIZE_MAX - below;
    void *block = NULL;
    int result = subject->posix_memalign(&block, alignment, size);

    if (result != ENOMEM)
        finding(findings, "posix_memalign(%zu, SIZE_MAX - %zu): %d, %p",
                alignment, below, result, block);
    block = subject_has("memalign") ? subject->memalign(alignment, size) : NULL;
    if (block != NULL)
        finding(findings, "memalign(%zu, SIZE_MAX - %zu) = %p", alignment,
                below, block);
    block = subject->aligned_alloc(alignment, size & ~(alignment - 1));
    if (block != NULL)
        finding(findings, "aligned_alloc(%zu, SIZE_MAX - %zu) = %p", alignment,
                SIZE_MAX - (size & ~(alignment - 1)), block);
}

CHECK(ALN_10, MUST, "alignment and size that overflow together are refused",
      "POSIX.1-2024 posix_memalign() ERRORS: ENOMEM; C23 7.24.3p1",
      .why = "size + alignment wraps round to a tiny block (filed: glibc bug "
             "22343). Of alignments that no address space holds, ENOMEM and "
             "EINVAL are both taken.")
{
    static const size_t giants[] = { (size_t)1 << 63, (size_t)1 << 62,
                                     (size_t)1 << 50 };
    struct findings findings = { 0 };

    for (size_t alignment = 8; alignment <= 64 * KIB; alignment *= 4)
        for (size_t below = 0; below <= 2 * alignment;
             below += 1 + alignment / 8)
            asked_too_much(&findings, alignment, below);
    for (size_t i = 0; i < 3; i++) {
        void *block = NULL;
        int result = subject->posix_memalign(&block, giants[i], 64);

        if (result != ENOMEM && result != EINVAL)
            finding(&findings, "posix_memalign(2^%d, 64): %d, %p",
                    __builtin_ctzll(giants[i]), result, block);
    }
    return verdict_of(run, &findings, "refused with ENOMEM");
}
