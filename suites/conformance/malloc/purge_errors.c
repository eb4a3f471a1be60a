/* purge_errors.c - what free gives back to the system may be refused: errno
 * stays, and calloc knows that the page is not zero. (ERR-2, ERR-4, ZER-6) */
#include <errno.h>
#include <string.h>

#include "system/churn.h"
#include "system/fault.h"
#include "system/share.h"

enum { PURGE_BLOCKS = 1200, PURGE_SENTINEL = EDOM, PURGE_MS = 20000 };

/* What a child leaves behind for its verdict. */
struct purge {
    void *blocks[PURGE_BLOCKS];
    size_t size;    /* of the block where it happened */
    size_t at;      /* of the byte that was not zero */
    int error;      /* errno after free */
    unsigned count; /* how often */
    struct churn churn;
};

/* Many pieces of 32 KiB, some of 1 MiB, a few of 8 MiB: 170 MiB. */
static size_t purge_size(unsigned number)
{
    return number % 300 == 299 ? 8 * MIB : number % 12 == 11 ? MIB : 32 * KIB;
}

static bool purge_fill(struct purge *purge)
{
    for (unsigned i = 0; i < PURGE_BLOCKS; i++) {
        size_t size = purge_size(i);

        purge->blocks[i] = subject->malloc(size);
        if (purge->blocks[i] == NULL)
            return false;
        memset(purge->blocks[i], 0xa5, size);
    }
    return true;
}

/* Every second block, then the rest: neighbours merge. */
static void purge_free(struct purge *purge)
{
    for (unsigned i = 0; i < PURGE_BLOCKS; i++) {
        unsigned number = i * 2 % PURGE_BLOCKS + (i * 2 >= PURGE_BLOCKS);

        errno = PURGE_SENTINEL;
        subject->free(purge->blocks[number]);
        if (errno == PURGE_SENTINEL)
            continue;
        purge->error = errno;
        purge->size = purge_size(number);
        purge->count++;
    }
}

enum { PURGE_GOOD, PURGE_NO_MEMORY, PURGE_BROKEN, PURGE_DIRTY };

static int purge_free_in_child(void *given)
{
    struct purge *purge = given;

    for (unsigned round = 0; round < 2; round++) {
        if (!purge_fill(purge))
            return PURGE_NO_MEMORY;
        fault_arm(true);
        purge_free(purge);
        fault_arm(false);
    }
    churn_start(&purge->churn, 1, 1);
    return churn_steps(&purge->churn, 2000) ? PURGE_GOOD : PURGE_BROKEN;
}

/* What every child of this file may end like; PASS when it did not. */
static enum verdict purge_end(struct check_run *run, int result,
                              const struct fault_end *end,
                              const struct purge *purge)
{
    if (result != 0)
        return skip(run, "system calls cannot be made to fail here: %s",
                    strerror(-result));
    figure(run, "calls_failed", end->failed);
    if (end->child.timed_out)
        return fail(run, "no end within %u s, %u calls having failed",
                    check_limit_ms(PURGE_MS) / 1000, end->failed);
    if (check_end_word(&end->child) != NULL)
        return fail(run, "ended by %s, %u calls having failed",
                    check_end_word(&end->child), end->failed);
    if (end->child.status == PURGE_NO_MEMORY)
        return skip(run, "no memory for blocks of 170 MiB in all");
    if (end->child.status == PURGE_BROKEN)
        return fail(run, "after %u failed calls: %s", end->failed,
                    purge->churn.wrong);
    return VERDICT_PASS;
}

static enum verdict purge_errno(struct check_run *run, unsigned calls,
                                int failure)
{
    const struct fault_plan plan = { .calls = calls,
                                     .first = 1,
                                     .error = failure };
    struct purge *purge = check_share(sizeof(*purge));
    struct fault_end end;
    enum verdict verdict;
    int result;

    if (purge == NULL)
        return error(run, "no shared memory for the child");
    result = fault_run(purge_free_in_child, purge, &plan, PURGE_MS, &end);
    verdict = purge_end(run, result, &end, purge);
    if (verdict != VERDICT_PASS)
        return verdict;
    if (purge->count != 0)
        return fail(run,
                    "errno was %d and is %d after free() of %zu bytes "
                    "(%u of %u times; %u calls failed)",
                    PURGE_SENTINEL, purge->error, purge->size, purge->count,
                    2 * PURGE_BLOCKS, end.failed);
    return pass(run);
}

CHECK(ERR_2b, MUST, "free keeps errno when the system will not unmap",
      "POSIX.1-2024 free(): shall not modify errno",
      .profiles = "posix2024 dropin",
      .why = "munmap fails with ENOMEM when the hole would be one mapping too "
             "many (vm.max_map_count), and free must not let that show: "
             "callers free on their way out of an error and report errno "
             "afterwards. munmap and mremap are made to fail with ENOMEM.",
      .timeout_s = 30)
{
    return purge_errno(run, FAULT_MUNMAP | FAULT_MREMAP, ENOMEM);
}

CHECK(
    ERR_4, MUST, "free keeps errno when unused pages cannot be given back",
    "POSIX.1-2024 free(): shall not modify errno",
    .profiles = "posix2024 dropin",
    .why =
        "What free does to return pages can fail under a sandbox or with "
        "locked memory (filed: facebook/jemalloc 29, jemalloc/jemalloc "
        "2906, GrapheneOS/hardened_malloc 324). madvise, prctl, mprotect, brk "
        "and mmap (which decommits, too) are made to fail with EPERM "
        "while 340 MiB are freed.",
    .timeout_s = 30)
{
    return purge_errno(run,
                       FAULT_MADVISE | FAULT_PRCTL | FAULT_MPROTECT |
                           FAULT_BRK | FAULT_MMAP,
                       EPERM);
}

/* ---- ZER-6 ---- */

static int purge_calloc(struct purge *purge)
{
    for (unsigned i = 0; i < PURGE_BLOCKS; i++) {
        size_t size = purge_size(i);

        purge->blocks[i] = subject->calloc(1, size);
        if (purge->blocks[i] == NULL)
            continue;
        purge->size = size;
        purge->at = first_nonzero(purge->blocks[i], size);
        if (purge->at < size)
            return PURGE_DIRTY;
    }
    return PURGE_GOOD;
}

static int purge_zero_in_child(void *given)
{
    struct purge *purge = given;
    int result = PURGE_GOOD;

    for (unsigned round = 0; round < 2 && result == PURGE_GOOD; round++) {
        if (!purge_fill(purge))
            return PURGE_NO_MEMORY;
        fault_arm(true);
        purge_free(purge);
        if (subject_has("malloc_trim"))
            subject->malloc_trim(0);
        result = purge_calloc(purge);
        fault_arm(false);
        for (unsigned i = 0; i < PURGE_BLOCKS; i++)
            subject->free(purge->blocks[i]);
    }
    return result;
}

CHECK(ZER_6, SHOULD, "calloc gives zeros though pages could not be given back",
      "C23 7.24.3.2 under madvise(2), mprotect(2), mmap(2): ERRORS",
      .why = "A page that was to be dropped and was not still holds what was "
             "written; an allocator that notes it as fresh hands that out "
             "(filed: GrapheneOS/hardened_malloc 310, llvm/llvm-project "
             "167788). madvise, prctl, munmap "
             "and mremap fail while 170 MiB are freed and taken again. No "
             "MUST: the failing kernel is of our making.",
      .timeout_s = 30)
{
    const struct fault_plan plan = {
        .calls = FAULT_MADVISE | FAULT_PRCTL | FAULT_MUNMAP | FAULT_MREMAP,
        .first = 1,
        .error = ENOMEM,
    };
    struct purge *purge = check_share(sizeof(*purge));
    struct fault_end end;
    enum verdict verdict;
    int result;

    if (purge == NULL)
        return error(run, "no shared memory for the child");
    result = fault_run(purge_zero_in_child, purge, &plan, PURGE_MS, &end);
    verdict = purge_end(run, result, &end, purge);
    if (verdict != VERDICT_PASS)
        return verdict;
    if (end.child.status == PURGE_DIRTY)
        return fail(run,
                    "byte %zu of calloc(1, %zu) is not zero after %u "
                    "calls failed",
                    purge->at, purge->size, end.failed);
    return pass(run);
}
