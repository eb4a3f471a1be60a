/* api_aligned.c - posix_memalign and its kin: errors, sizes of zero, pages.
 * (API) */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tools/blocks.h"
#include "pattern.h"

static const struct {
    size_t alignment;
    size_t size;
    int wanted;
} aligned_calls[] = {
    { 8, 1, 0 },
    { 16, 100, 0 },
    { 64, 64, 0 },
    { 4096, 1, 0 },
    { 65536, 100000, 0 },
    { 3, 100, EINVAL },
    { 2, 100, EINVAL },
    { 24, 100, EINVAL },
    { 0, 100, EINVAL },
    { 100, 100, EINVAL },
    { 16, SIZE_MAX, ENOMEM },
    { 4096, SIZE_MAX - 100, ENOMEM },
    { 64, (size_t)PTRDIFF_MAX + 1, ENOMEM },
};

enum { ALIGNED_CALLS = sizeof(aligned_calls) / sizeof(*aligned_calls) };

CHECK(API_11, MUST, "posix_memalign returns 0 or the number of an error",
      "POSIX.1-2024 posix_memalign() RETURN VALUE, ERRORS",
      .why = "Other functions of POSIX return -1 and set errno; callers of "
             "this one print strerror() of what it returned.")
{
    struct findings findings = { 0 };

    for (size_t i = 0; i < ALIGNED_CALLS; i++) {
        void *block = NULL;
        int result = subject->posix_memalign(&block, aligned_calls[i].alignment,
                                             aligned_calls[i].size);

        if (result != aligned_calls[i].wanted)
            finding(&findings, "(%zu, %zu): %d instead of %d",
                    aligned_calls[i].alignment, aligned_calls[i].size, result,
                    aligned_calls[i].wanted);
        if (result == 0)
            subject->free(block);
    }
    return verdict_of(run, &findings,
                      "0, EINVAL (22) or ENOMEM (12) is returned");
}

CHECK(API_12, MUST, "free and realloc take what posix_memalign gave",
      "POSIX.1-2024 free(), realloc(): \"posix_memalign()\" is listed",
      .why = "A block with an offset in front of it has to be found again "
             "from the address that the caller holds.")
{
    for (size_t alignment = 16; alignment <= 64 * KIB; alignment *= 2)
        for (size_t size = 1; size <= 100000; size += 7 + 2 * size) {
            unsigned char *first = aligned_block(alignment, size);
            unsigned char *second = aligned_block(alignment, size);
            size_t wrong;

            if (first == NULL || second == NULL)
                return fail(run, "posix_memalign(%zu, %zu) failed", alignment,
                            size);
            pattern_fill(first, size, 0, size);
            subject->free(second);
            first = subject->realloc(first, 2 * size + 100);
            if (first == NULL)
                return fail(run, "realloc of posix_memalign(%zu, %zu) is NULL",
                            alignment, size);
            wrong = pattern_mismatch(first, size, 0, size);
            if (wrong < size)
                return fail(run,
                            "realloc of posix_memalign(%zu, %zu) lost "
                            "byte %zu",
                            alignment, size, wrong);
            subject->free(first);
        }
    return pass(run);
}

CHECK(API_13, MUST,
      "aligned_alloc and posix_memalign of 0 bytes give NULL or what free "
      "takes",
      "C23 7.24.3p1; POSIX.1-2024 posix_memalign(), aligned_alloc()",
      .why = "posix_memalign may also return an error; two live results may "
             "never be the same address.")
{
    for (size_t alignment = 8; alignment <= MIB; alignment *= 2) {
        void *blocks[4] = { NULL };

        blocks[0] = subject->aligned_alloc(alignment, 0);
        blocks[1] = subject->aligned_alloc(alignment, 0);
        if (subject->posix_memalign(&blocks[2], alignment, 0) != 0)
            blocks[2] = NULL;
        if (subject->posix_memalign(&blocks[3], alignment, 0) != 0)
            blocks[3] = NULL;
        for (size_t i = 0; i < 4; i++) {
            if (off_by(blocks[i], alignment) != 0)
                return fail(run, "0 bytes aligned to %zu: %p", alignment,
                            blocks[i]);
            for (size_t j = 0; j < i; j++)
                if (blocks[i] != NULL && blocks[i] == blocks[j])
                    return fail(run,
                                "two live blocks of 0 bytes aligned to "
                                "%zu are both %p",
                                alignment, blocks[i]);
        }
        for (size_t i = 0; i < 4; i++)
            subject->free(blocks[i]);
    }
    return pass(run);
}

/* Calls that fail, with a value that is no pointer in *memptr. */
static enum verdict aligned_failing(struct check_run *run, bool null_is_right)
{
    static char sentinel;
    struct findings findings = { 0 };
    bool null_seen = false;

    for (size_t i = 0; i < ALIGNED_CALLS; i++) {
        void *block = &sentinel;
        int result = subject->posix_memalign(&block, aligned_calls[i].alignment,
                                             aligned_calls[i].size);

        if (result == 0) {
            subject->free(block);
            continue;
        }
        null_seen |= block == NULL;
        if (block != &sentinel && !(block == NULL && null_is_right))
            finding(&findings, "after (%zu, %zu) = %d it is %p",
                    aligned_calls[i].alignment, aligned_calls[i].size, result,
                    block);
    }
    if (findings.count == 0 && null_is_right)
        return outcome(run, null_seen ? "null" : "kept",
                       "*memptr after a failing posix_memalign");
    return verdict_of(run, &findings,
                      null_is_right ? "*memptr is kept or NULL"
                                    : "*memptr is kept");
}

CHECK(API_14, MUST,
      "a failing posix_memalign leaves *memptr alone or sets it to NULL",
      "POSIX.1-2017 and POSIX.1-2024 posix_memalign() RETURN VALUE",
      .why = "Callers free what is in there (filed: microsoft/mimalloc 27).")
{
    return aligned_failing(run, true);
}

CHECK(API_15, SHOULD, "a failing posix_memalign leaves *memptr alone",
      "posix_memalign(3): \"On Linux ... does not modify memptr on failure\"",
      .profiles = "dropin",
      .why = "Programs on Linux keep their old pointer there (filed: "
             "microsoft/mimalloc 27).")
{
    return aligned_failing(run, false);
}

CHECK(API_16, QUALITY,
      "valloc and pvalloc align to pages, pvalloc gives whole pages",
      "valloc(3), pvalloc(3)",
      .why = "Obsolete functions, still called by old programs for I/O that "
             "wants whole pages.")
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct findings findings = { 0 };

    if (!subject_has("valloc") || !subject_has("pvalloc"))
        return skip(run, "valloc or pvalloc is not the subject's");
    for (size_t size = 0; size <= 5 * page; size += 1 + size / 5) {
        size_t whole = size == 0 ? page : (size + page - 1) / page * page;
        unsigned char *first = subject->valloc(size);
        unsigned char *second = subject->pvalloc(size);

        if (first == NULL || off_by(first, page) != 0)
            finding(&findings, "valloc(%zu) = %p", size, (void *)first);
        if (second == NULL || off_by(second, page) != 0)
            finding(&findings, "pvalloc(%zu) = %p", size, (void *)second);
        else if (subject->malloc_usable_size(second) < whole)
            finding(&findings, "pvalloc(%zu) has %zu bytes", size,
                    subject->malloc_usable_size(second));
        else
            memset(second, 1, whole);
        subject->free(first);
        subject->free(second);
    }
    return verdict_of(run, &findings, "aligned to pages, in whole pages");
}
