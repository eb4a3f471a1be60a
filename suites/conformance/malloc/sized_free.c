/* sized_free.c - C23's free with a hint. (SZD) */
#include <string.h>

#include "tools/blocks.h"
#include "pattern.h"

enum { SIZED_LIVE = 12 };

static size_t sized_next(size_t size)
{
    return size < 700 ? size + 1 : size + size / 6;
}

/* Looks at the blocks before they go: one freed by a wrong size breaks those
 * of the next round. */
static enum verdict sized_round(struct check_run *run, size_t size,
                                void *(*get)(size_t size), const char *words)
{
    unsigned char *blocks[SIZED_LIVE];

    for (size_t i = 0; i < SIZED_LIVE; i++) {
        blocks[i] = get(size);
        if (blocks[i] == NULL)
            return size == 0 ? pass(run)
                             : fail(run, "%s of %zu bytes returned NULL", words,
                                    size);
        pattern_fill(blocks[i], i, 0, size);
    }
    for (size_t i = 0; i < SIZED_LIVE; i++) {
        size_t wrong = pattern_mismatch(blocks[i], i, 0, size);

        if (wrong < size)
            return fail(run, "%s of %zu bytes: byte %zu was changed", words,
                        size, wrong);
        subject->free_sized(blocks[i], size);
    }
    return pass(run);
}

static void *sized_calloc(size_t size)
{
    return subject->calloc(1, size);
}

static void *sized_malloc(size_t size)
{
    return subject->malloc(size);
}

/* From a third, so that the size that counts is the new one. */
static void *sized_realloc(size_t size)
{
    return subject->realloc(subject->malloc(size / 3 + 1), size);
}

CHECK(SZD_1, MUST, "free_sized takes what malloc, calloc and realloc gave",
      "C23 7.24.3.4 (N3220)", .profiles = "c23",
      .why = "With the size last asked for, 0 and NULL included. An allocator "
             "that believes the size has to round it as malloc did.")
{
    if (!subject_has("free_sized"))
        return skip(run, "free_sized is not the subject's");
    subject->free_sized(NULL, 0);
    subject->free_sized(NULL, 100);
    if (sized_round(run, 0, sized_malloc, "malloc"))
        return VERDICT_FAIL;
    for (size_t size = 1; size <= MIB; size = sized_next(size))
        if (sized_round(run, size, sized_malloc, "malloc") ||
            sized_round(run, size, sized_calloc, "calloc") ||
            sized_round(run, size, sized_realloc, "realloc"))
            return VERDICT_FAIL;
    return pass(run);
}

CHECK(SZD_2, MUST, "free_aligned_sized takes what aligned_alloc gave",
      "C23 7.24.3.5 (N3220)", .profiles = "c23",
      .why = "Every alignment to 1 MiB with several multiples of it (filed: "
             "microsoft/mimalloc 1400, gperftools/gperftools 1096).")
{
    if (!subject_has("free_aligned_sized"))
        return skip(run, "free_aligned_sized is not the subject's");
    subject->free_aligned_sized(NULL, 64, 64);
    for (size_t alignment = 1; alignment <= MIB; alignment *= 2)
        for (size_t times = 1; times <= 12; times += 1 + times / 2) {
            unsigned char *blocks[SIZED_LIVE];
            size_t size = times * alignment;

            for (size_t i = 0; i < SIZED_LIVE; i++) {
                blocks[i] = subject->aligned_alloc(alignment, size);
                if (blocks[i] == NULL || off_by(blocks[i], alignment) != 0)
                    return fail(run, "aligned_alloc(%zu, %zu) = %p", alignment,
                                size, (void *)blocks[i]);
                blocks[i][0] = blocks[i][size - 1] = (unsigned char)i;
            }
            for (size_t i = 0; i < SIZED_LIVE; i++) {
                if (blocks[i][size - 1] != i)
                    return fail(run,
                                "aligned_alloc(%zu, %zu): last byte was "
                                "changed",
                                alignment, size);
                subject->free_aligned_sized(blocks[i], alignment, size);
            }
        }
    return pass(run);
}

static int sized_lie(void *argument)
{
    size_t lie = *(const size_t *)argument;
    void *small = subject->malloc(64);
    void *large = subject->malloc(5000);

    subject->free_sized(lie == 5000 ? small : large, lie);
    for (int i = 0; i < 1000; i++)
        memset(subject->malloc(lie), 1, lie);
    return 0;
}

CHECK(SZD_3, QUALITY, "a wrong size is noticed by free_sized",
      "C23 7.24.3.4: undefined behaviour",
      .why = "A size that does not belong to the block puts it into the wrong "
             "list if it is believed; hardened allocators abort.")
{
    static const size_t lies[] = { 5000, 64 };
    unsigned noticed = 0;

    if (!subject_has("free_sized"))
        return skip(run, "free_sized is not the subject's");
    for (size_t i = 0; i < 2; i++) {
        struct child_end end;

        if (check_child(sized_lie, (void *)&lies[i], 5000, &end) != 0)
            return error(run, "no child process");
        noticed += check_end_word(&end) != NULL;
    }
    return outcome(run, noticed != 0 ? "DETECTED-abort" : "NEUTRAL",
                   "%u of 2 wrong sizes ended the process", noticed);
}

CHECK(SZD_4, MUST, "a block resized in place is freed with its new size",
      "C23 7.24.3.4, 7.24.3.7 (N3220)", .profiles = "c23",
      .why = "realloc within a class returns the same address, and the size "
             "that counts is the new one all the same. Shrinking and growing "
             "by little and by much.")
{
    if (!subject_has("free_sized"))
        return skip(run, "free_sized is not the subject's");
    for (size_t size = 1; size <= 4 * MIB; size += 1 + size / 8) {
        size_t sizes[] = { size + 1, size + size / 16 + 1, size / 2 + 1,
                           size > 1 ? size - 1 : 1, 2 * size };

        for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
            size_t kept = size < sizes[i] ? size : sizes[i];
            unsigned char *block = subject->malloc(size);

            pattern_fill(block, size, 0, size);
            block = subject->realloc(block, sizes[i]);
            if (block == NULL || pattern_mismatch(block, size, 0, kept) < kept)
                return fail(run, "realloc from %zu to %zu lost bytes", size,
                            sizes[i]);
            subject->free_sized(block, sizes[i]);
        }
    }
    return pass(run);
}
