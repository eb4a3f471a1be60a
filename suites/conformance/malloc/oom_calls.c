/* oom_calls.c - system calls that fail: one, all from there on, and the break.
 * (OOM) */
#include "oom.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "system/churn.h"
#include "system/fault.h"
#include "system/share.h"

CHECK(OOM_7, SHOULD, "a break that cannot grow does not end memory",
      "glibc malloc/tst-malloc-alternate-path",
      .why = "Another library may map a page right behind the break, and many "
             "sandboxes refuse brk. A page is mapped there; 64 MiB must still "
             "come, in small blocks and in large ones.")
{
    static const size_t sizes[] = { 64, KIB, 20 * KIB, 100 * KIB, 3 * MIB };
    uintptr_t end = (uintptr_t)syscall(SYS_brk, 0);
    uintptr_t next = (end + 4095) & ~(uintptr_t)4095;

    if (mmap((void *)next, 4096, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
             0) == MAP_FAILED &&
        errno != EEXIST)
        return skip(run, "no page can be mapped behind the break: %s",
                    strerror(errno));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct oom_chain chain = { 0 };

        while (chain.bytes < 64 * MIB) {
            void **block = subject->malloc(sizes[i]);

            if (block == NULL)
                return fail(run, "malloc(%zu) gave NULL after %zu bytes",
                            sizes[i], chain.bytes);
            *block = (void *)chain.head;
            chain.head = block;
            chain.bytes += sizes[i];
        }
        oom_release(&chain);
    }
    return pass(run);
}

/* ---- OOM-9 ---- */

enum {
    OOM_CALLS_MOST = 200,
    OOM_SAMPLED = 40,
    OOM_STEPS = 240,
    OOM_FAULT_MS = 5000,
    OOM_STAIRS = 16,
    OOM_CHURNS = 4, /* of the main thread and three others */
};

struct oom_sweep {
    struct churn *churns;
    uint64_t seed;
};

/* Large blocks, each larger than the one before, so that caches of large
 * ones do not serve them; only their ends are written. */
static void oom_stairs(void)
{
    unsigned char *blocks[OOM_STAIRS];

    for (size_t i = 0; i < OOM_STAIRS; i++) {
        size_t size = (i + 1) * (i + 1) * 128 * KIB;

        blocks[i] = subject->malloc(size);
        if (blocks[i] != NULL)
            blocks[i][0] = blocks[i][size - 1] = 1;
    }
    for (size_t i = 0; i < OOM_STAIRS; i++) {
        size_t size = (i + 1) * (i + 1) * 160 * KIB;
        unsigned char *moved = i < 8 && blocks[i] != NULL
                                   ? subject->realloc(blocks[i], size)
                                   : NULL;

        subject->free(moved != NULL ? moved : blocks[i]);
    }
}

static void *oom_churn_thread(void *churn)
{
    churn_steps(churn, OOM_STEPS / 4);
    return NULL;
}

/* Each thread has a heap to build. One after another, so that the n-th call
 * is the same in every run; one that cannot be started is left out. */
static void oom_churn_threads(struct churn *churns)
{
    for (unsigned i = 1; i < OOM_CHURNS; i++) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, oom_churn_thread, &churns[i]) == 0)
            pthread_join(thread, NULL);
    }
}

static int oom_churn_under_faults(void *given)
{
    const struct oom_sweep *sweep = given;
    struct churn *churns = sweep->churns;

    for (unsigned i = 0; i < OOM_CHURNS; i++) {
        churn_start(&churns[i], sweep->seed, i);
        churns[i].size_max = 512 * KIB;
    }
    fault_arm(true);
    oom_churn_threads(churns);
    churn_steps(&churns[0], OOM_STEPS);
    oom_stairs();
    churn_steps(&churns[0], OOM_STEPS);
    fault_arm(false);
    for (unsigned i = 0; i < OOM_CHURNS; i++)
        if (!churn_finish(&churns[i])) {
            memcpy(churns[0].wrong, churns[i].wrong, sizeof(churns[i].wrong));
            return 1;
        }
    return 0;
}

/* VERDICT_PASS, or the verdict and its words. */
static enum verdict oom_fault_once(struct check_run *run,
                                   struct oom_sweep *sweep, unsigned first,
                                   unsigned count, unsigned *ret_seen)
{
    const struct fault_plan plan = {
        .calls = FAULT_GROWTH | FAULT_MADVISE,
        .first = first,
        .count = count,
        .error = ENOMEM,
    };
    const char *which = count == 1 ? "" : " and all later ones";
    struct fault_end end;
    int result =
        fault_run(oom_churn_under_faults, sweep, &plan, OOM_FAULT_MS, &end);

    if (result != 0)
        return skip(run, "system calls cannot be made to fail here: %s",
                    strerror(-result));
    *ret_seen = end.seen;
    if (end.child.timed_out)
        return fail(run, "call %u%s failed: no answer within %u s", first,
                    which, check_limit_ms(OOM_FAULT_MS) / 1000);
    if (check_end_word(&end.child) != NULL)
        return fail(run, "call %u%s failed: ended by %s", first, which,
                    check_end_word(&end.child));
    if (end.child.status != 0)
        return fail(run, "call %u%s failed: %s", first, which,
                    sweep->churns[0].wrong);
    return VERDICT_PASS;
}

/* All the first ones, then every k-th. */
static unsigned oom_next_call(unsigned call, unsigned last, bool whole)
{
    unsigned step = whole || call < 24 ? 1 : 1 + last / (OOM_SAMPLED - 24);

    return call + step;
}

CHECK(OOM_9, SHOULD, "any one system call may fail, and nothing breaks",
      "mmap(2), brk(2), mremap(2), mprotect(2), madvise(2): ERRORS",
      .why = "Paths that run once a year are wrong for years. A program of "
             "random requests, large blocks and threads runs again and again, "
             "each time with another of "
             "its mmap, brk, mremap, mprotect and madvise calls failing, once "
             "or from there on: NULL is an answer, a crash, a hang or a "
             "changed block is not. By default the first 24 calls and a "
             "sample of those up to the 200th; all of them with --repeat 1 or "
             "more.",
      .flags = CHECK_RANDOM | CHECK_ALONE, .timeout_s = 60)
{
    struct oom_sweep sweep = { check_share(OOM_CHURNS * sizeof(struct churn)),
                               run->seed };
    unsigned seen = 0, unused, tried = 0;
    enum verdict verdict;

    if (sweep.churns == NULL)
        return error(run, "no shared memory for the model");
    verdict = oom_fault_once(run, &sweep, 0, 1, &seen);
    if (verdict != VERDICT_PASS)
        return verdict;
    figure(run, "system_calls", seen);
    seen = seen < OOM_CALLS_MOST ? seen : OOM_CALLS_MOST;
    for (unsigned n = 1; n <= seen;
         n = oom_next_call(n, seen, run->repeat > 0), tried++) {
        verdict = oom_fault_once(run, &sweep, n, 1, &unused);
        if (verdict == VERDICT_PASS && (n & (n - 1)) == 0)
            verdict = oom_fault_once(run, &sweep, n, 0, &unused);
        if (verdict != VERDICT_PASS)
            return verdict;
    }
    figure(run, "calls_tried", tried);
    return pass(run);
}
