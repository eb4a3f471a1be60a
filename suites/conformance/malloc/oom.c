/* oom.c - no memory is an answer: NULL and ENOMEM, and life goes on. (OOM) */
#include "oom.h"

#include <errno.h>
#include <string.h>

#include "pattern.h"

bool oom_fill(struct oom_chain *chain, size_t size)
{
    while (chain->bytes < OOM_UNBOUND) {
        void **block;

        errno = 0;
        block = subject->malloc(size);
        if (block == NULL) {
            chain->error = errno;
            return true;
        }
        *block = chain->head;
        ((volatile unsigned char *)block)[size - 1] = 1;
        chain->head = block;
        chain->count++;
        chain->bytes += size;
    }
    return false;
}

bool oom_exhaust(struct oom_chain *chain)
{
    static const size_t sizes[] = { MIB, 64 * KIB, 4 * KIB, 256, 16 };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        if (!oom_fill(chain, sizes[i]))
            return false;
    return true;
}

void oom_release(struct oom_chain *chain)
{
    while (chain->head != NULL) {
        void **block = chain->head;

        chain->head = *block;
        subject->free(block);
    }
    *chain = (struct oom_chain){ 0 };
}

enum verdict oom_no_limit(struct check_run *run, int error)
{
    return skip(run, "memory cannot be limited here: %s", strerror(-error));
}

enum verdict oom_unbound(struct check_run *run)
{
    return skip(run, "%zu MiB came under a limit of %zu MiB: it does not bind",
                OOM_UNBOUND / MIB, OOM_BUDGET / MIB);
}

CHECK(OOM_1, MUST, "malloc ends with NULL and ENOMEM when memory is used up",
      "C23 7.24.3.6p3; POSIX.1-2024 malloc ERRORS",
      .profiles = "c17 c23 posix2024 dropin",
      .why = "A server that meets its limit must be able to refuse one request "
             "and go on. Allocators that abort, or that read a table they "
             "could not allocate, take the choice away (filed: "
             "gperftools/gperftools 228). The limits are RLIMIT_AS and "
             "RLIMIT_DATA; ENOMEM is POSIX's, the null pointer C's.",
      .flags = CHECK_ALONE)
{
    struct oom_chain chain = { 0 };
    struct limit before;
    int result = limit_memory(&before, OOM_BUDGET);
    bool bound;
    int error;

    if (result != 0)
        return oom_no_limit(run, result);
    bound = oom_fill(&chain, KIB);
    limit_lift(&before);
    error = chain.error;
    figure(run, "usable_bytes", (double)chain.bytes);
    oom_release(&chain);
    if (!bound)
        return oom_unbound(run);
    if (error != ENOMEM)
        return fail(run, "malloc(1024) gave NULL with errno %d, not ENOMEM",
                    error);
    return pass(run);
}

CHECK(OOM_1b, SHOULD, "at least half of a memory limit can be used",
      "quality of the limit's use; no clause",
      .why = "An allocator that asks the system for huge steps, or that gives "
             "up at the first refusal of one, leaves most of a container's "
             "memory unused. Measured with blocks of 1 KiB.",
      .flags = CHECK_ALONE)
{
    struct oom_chain chain = { 0 };
    struct limit before;
    int result = limit_memory(&before, OOM_BUDGET);
    size_t usable;
    bool bound;

    if (result != 0)
        return oom_no_limit(run, result);
    bound = oom_fill(&chain, KIB);
    limit_lift(&before);
    usable = chain.bytes;
    oom_release(&chain);
    figure(run, "usable_share", (double)usable / (double)OOM_BUDGET);
    if (!bound)
        return oom_unbound(run);
    if (usable < OOM_BUDGET / 2)
        return fail(run, "%zu of %zu bytes were usable", usable, OOM_BUDGET);
    return pass(run);
}

CHECK(OOM_2, MUST, "freeing at the end of memory makes memory available again",
      "C23 7.24.3.3 (\"made available for further allocation\")",
      .why = "After a refusal a program frees what it can spare and tries "
             "again. Three rounds of filling and freeing; each must reach a "
             "quarter of the first, for fragments and caches are the "
             "allocator's own affair.",
      .flags = CHECK_ALONE)
{
    struct limit before;
    size_t first = 0;
    int result = limit_memory(&before, OOM_BUDGET);

    if (result != 0)
        return oom_no_limit(run, result);
    for (unsigned round = 0; round < 3; round++) {
        struct oom_chain chain = { 0 };
        bool bound = oom_fill(&chain, KIB);
        size_t count = chain.count;

        oom_release(&chain);
        if (!bound) {
            limit_lift(&before);
            return oom_unbound(run);
        }
        first = round == 0 ? count : first;
        if (count < first / 4) {
            limit_lift(&before);
            return fail(run, "round %u: %zu blocks of 1 KiB, the first had %zu",
                        round + 1, count, first);
        }
    }
    limit_lift(&before);
    return pass(run);
}

CHECK(OOM_2b, SHOULD, "memory freed at the end serves other sizes, too",
      "C23 7.24.3.3 leaves open for which sizes: so no MUST",
      .why = "Size classes that keep their pages for themselves make a program "
             "starve beside its own free memory (seen from outside in "
             "gperftools/gperftools 305).",
      .flags = CHECK_ALONE)
{
    static const size_t sizes[] = { 48, 16 * KIB, 512 * KIB, 4 * MIB };
    struct oom_chain chain = { 0 };
    struct limit before;
    int result = limit_memory(&before, OOM_BUDGET);
    bool bound;

    if (result != 0)
        return oom_no_limit(run, result);
    bound = oom_fill(&chain, KIB);
    oom_release(&chain);
    for (size_t i = 0; bound && i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct oom_chain other = { 0 };
        size_t reached;

        bound = oom_fill(&other, sizes[i]);
        reached = other.bytes;
        oom_release(&other);
        if (bound && reached < OOM_BUDGET / 8) {
            limit_lift(&before);
            return fail(run,
                        "%zu bytes in blocks of %zu came after %zu MiB "
                        "in blocks of 1 KiB were freed",
                        reached, sizes[i], OOM_BUDGET / MIB);
        }
    }
    limit_lift(&before);
    return bound ? pass(run) : oom_unbound(run);
}

static enum verdict oom_realloc(struct check_run *run, size_t size,
                                size_t asked)
{
    unsigned char *block = subject->malloc(size), *moved;
    struct limit before;
    int result, error;
    size_t at;

    if (block == NULL)
        return fail(run, "malloc(%zu) gave NULL", size);
    pattern_fill(block, size, 0, size);
    result = limit_memory(&before, OOM_BUDGET);
    if (result != 0)
        return oom_no_limit(run, result);
    errno = 0;
    moved = subject->realloc(block, asked);
    error = errno;
    limit_lift(&before);
    if (moved != NULL) {
        subject->free(moved);
        return skip(run, "realloc to %zu MiB succeeds under a limit of %zu MiB",
                    asked / MIB, OOM_BUDGET / MIB);
    }
    at = pattern_mismatch(block, size, 0, size);
    if (at < size)
        return fail(run, "byte %zu of %zu changed by a realloc that failed", at,
                    size);
    if (error != ENOMEM)
        return fail(run, "realloc(%zu -> %zu) gave NULL with errno %d", size,
                    asked, error);
    moved = subject->realloc(block, size + size / 2);
    if (moved == NULL || pattern_mismatch(moved, size, 0, size) < size)
        return fail(run,
                    "a block of %zu cannot be resized after a realloc "
                    "that failed",
                    size);
    subject->free(moved);
    return pass(run);
}

CHECK(OOM_3, MUST, "a realloc that fails leaves the block as it was",
      "C23 7.24.3.7p3 (\"the old object is not deallocated and its value is "
      "unchanged\")",
      .why = "The idiom that keeps the old pointer until realloc succeeds is "
             "safe only because of this sentence. Blocks of all kinds are "
             "asked to grow to 2 GiB under a limit, compared, grown by a half "
             "and freed.",
      .flags = CHECK_ALONE)
{
    static const size_t sizes[] = { 24,        1000,       4096,    33000,
                                    300 * KIB, 1024 * KIB, 10 * MIB };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        enum verdict verdict = oom_realloc(run, sizes[i], 2 * GIB);

        if (verdict != VERDICT_PASS)
            return verdict;
    }
    return pass(run);
}
