/* alignment.c - how addresses are aligned, of every function that gives any.
 * (ALN) */
#include <errno.h>
#include <string.h>

#include "tools/blocks.h"
#include "pattern.h"

enum { ALIGNMENT_LIVE = 64 };

/* ALIGNMENT_LIVE live blocks of one size from one way. */
static enum verdict alignment_of_size(struct check_run *run,
                                      const struct way *way, size_t size,
                                      size_t alignment)
{
    enum verdict verdict = VERDICT_PASS;
    void *blocks[ALIGNMENT_LIVE];

    for (size_t i = 0; i < ALIGNMENT_LIVE; i++) {
        blocks[i] = way->get(size);
        if (blocks[i] == NULL && verdict == VERDICT_PASS)
            verdict =
                fail(run, "%s of %zu bytes returned NULL", way->name, size);
        else if (off_by(blocks[i], alignment) != 0 && verdict == VERDICT_PASS)
            verdict = fail(run,
                           "%s of %zu bytes: live block %zu is at %p, %zu "
                           "bytes off an alignment of %zu",
                           way->name, size, i, blocks[i],
                           off_by(blocks[i], alignment), alignment);
    }
    for (size_t i = 0; i < ALIGNMENT_LIVE; i++)
        subject->free(blocks[i]);
    return verdict;
}

/* malloc, calloc, realloc and reallocarray are the first four ways. */
enum { ALIGNMENT_PLAIN_WAYS = 4 };

CHECK(ALN_1, MUST, "a block is aligned for every object that fits into it",
      "C23 7.24.3p1 (N2293): \"fundamental alignment ... and size less than or "
      "equal to the size requested\"",
      .why = "The weak reading, which C17's stronger words include: below 16 "
             "bytes the alignment is the largest power of two that is not "
             "larger than the size. 64 live blocks of each size.")
{
    for (size_t i = 0; i < ALIGNMENT_PLAIN_WAYS; i++)
        for (size_t size = 1; size <= 64; size++)
            if (alignment_of_size(run, &ways[i], size, weak_alignment(size)))
                return VERDICT_FAIL;
    return pass(run);
}

static enum verdict alignment_resized(struct check_run *run, size_t size)
{
    void *blocks[8];

    for (size_t i = 0; i < 8; i++)
        blocks[i] = subject->malloc(size / 3 + 1);
    for (size_t i = 0; i < 8; i++) {
        blocks[i] = subject->realloc(blocks[i], size);
        if (blocks[i] == NULL || off_by(blocks[i], 16) != 0)
            return fail(run, "realloc from %zu to %zu bytes gave %p",
                        size / 3 + 1, size, blocks[i]);
    }
    for (size_t i = 0; i < 8; i++)
        subject->free(blocks[i]);
    return pass(run);
}

CHECK(ALN_2, MUST, "a block of 16 bytes or more is aligned to 16",
      "C17 7.22.3p1, C23 7.24.3p1, with alignof(max_align_t) = 16",
      .why = "Compilers use aligned vector instructions on such blocks. Every "
             "size to 8192 and then to 64 MiB, after realloc too; one class "
             "that is 8 bytes off is enough (filed: microsoft/mimalloc 206).")
{
    for (size_t i = 0; i < ALIGNMENT_PLAIN_WAYS; i++)
        for (size_t size = 16; size <= 8192; size += i == 0 ? 1 : 7)
            if (alignment_of_size(run, &ways[i], size, 16))
                return VERDICT_FAIL;
    for (size_t size = 8193; size <= MIB; size += size / 9)
        if (alignment_of_size(run, &ways[0], size, 16))
            return VERDICT_FAIL;
    for (size_t size = 16; size <= 100000; size += 1 + size / 20)
        if (alignment_resized(run, size))
            return VERDICT_FAIL;
    for (size_t size = MIB; size <= 64 * MIB; size += size / 3) {
        void *block = subject->malloc(size);

        if (block == NULL || off_by(block, 16) != 0)
            return fail(run, "malloc(%zu) gave %p", size, block);
        subject->free(block);
    }
    return pass(run);
}

CHECK(ALN_3, QUALITY, "whether blocks below 16 bytes are aligned to 16 too",
      "C17 7.22.3p1 read literally; glibc's MALLOC_ALIGNMENT",
      .why = "Two right answers: strong, as C17's words can be read and as "
             "glibc does, and weak, as C23 says and as jemalloc, mimalloc, "
             "tcmalloc and TBB do by design (microsoft/mimalloc 206). The "
             "choice is a parameter, never a deviation.")
{
    struct check_run scratch = *run;

    for (size_t size = 1; size < 16; size++)
        if (alignment_of_size(&scratch, &ways[0], size, 16))
            return outcome(run, "weak", "malloc(%zu) is not aligned to 16",
                           size);
    return outcome(run, "strong", "every size below 16 is aligned to 16");
}

CHECK(ALN_11, MUST,
      "realloc of an over-aligned block keeps its data and aligns to 16",
      "C23 7.24.3p1, 7.24.3.7",
      .why = "The result needs the fundamental alignment alone; whoever keeps "
             "the old offset in front of the block gives a crooked address "
             "(filed: microsoft/mimalloc 603).")
{
    for (size_t alignment = 32; alignment <= 256 * KIB; alignment *= 2)
        for (size_t size = 16; size <= 200000; size += 9 + size) {
            unsigned char *block = aligned_block(alignment, size);
            size_t sizes[3] = { 2 * size + 24, size / 2 + 8, 5 * size + 40 };
            size_t kept = size;

            if (block == NULL)
                return fail(run, "posix_memalign(%zu, %zu) failed", alignment,
                            size);
            pattern_fill(block, size, 0, size);
            for (size_t i = 0; i < 3; i++) {
                size_t wrong;

                block = subject->realloc(block, sizes[i]);
                kept = sizes[i] < kept ? sizes[i] : kept;
                if (block == NULL || off_by(block, 16) != 0)
                    return fail(run,
                                "posix_memalign(%zu, %zu), realloc to "
                                "%zu: %p",
                                alignment, size, sizes[i], (void *)block);
                wrong = pattern_mismatch(block, size, 0, kept);
                if (wrong < kept)
                    return fail(run,
                                "posix_memalign(%zu, %zu), realloc to "
                                "%zu lost byte %zu",
                                alignment, size, sizes[i], wrong);
            }
            subject->free(block);
        }
    return pass(run);
}

CHECK(ALN_12, MUST,
      "free_aligned_sized takes what aligned_alloc gave for the same words",
      "C23 7.24.3.5 (N3220)", .profiles = "c23",
      .why = "Small blocks of large alignment lie at odd places of a page or "
             "slab; freeing by the two words finds the wrong one (filed: "
             "microsoft/mimalloc 1400).")
{
    if (!subject_has("free_aligned_sized"))
        return skip(run, "free_aligned_sized is not the subject's");
    for (int round = 0; round < 200; round++)
        for (size_t alignment = 16; alignment <= 16 * KIB; alignment *= 4) {
            unsigned char *blocks[4];

            for (size_t i = 0; i < 4; i++) {
                size_t size = (i + 1) * alignment;

                blocks[i] = subject->aligned_alloc(alignment, size);
                if (blocks[i] == NULL || off_by(blocks[i], alignment) != 0)
                    return fail(run, "aligned_alloc(%zu, %zu) = %p", alignment,
                                size, (void *)blocks[i]);
                memset(blocks[i], (int)i, size);
            }
            for (size_t i = 0; i < 4; i++) {
                size_t size = (i + 1) * alignment;

                if (blocks[i][0] != i || blocks[i][size - 1] != i)
                    return fail(run, "aligned_alloc(%zu, %zu) was overwritten",
                                alignment, size);
                subject->free_aligned_sized(blocks[i], alignment, size);
            }
        }
    return pass(run);
}
