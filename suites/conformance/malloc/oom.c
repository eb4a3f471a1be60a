/* oom.c - no memory is an answer: NULL and ENOMEM, and life goes on. (OOM) */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pattern.h"
#include "system/churn.h"
#include "system/fault.h"
#include "system/limit.h"
#include "system/share.h"

#define OOM_BUDGET (96 * MIB)
/* Beyond this much the limit evidently does not bind the subject. */
#define OOM_UNBOUND (8 * OOM_BUDGET)

/* Blocks linked through themselves: no memory of our own is needed. */
struct oom_chain {
    void **head;
    size_t count;
    size_t bytes;
    int error; /* errno of the call that gave NULL; 0: none did */
};

/* Takes blocks of that size until there are none. False when the limit does
 * not bind. */
static bool oom_fill(struct oom_chain *chain, size_t size)
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

/* Down to the last small block. */
static bool oom_exhaust(struct oom_chain *chain)
{
    static const size_t sizes[] = { MIB, 64 * KIB, 4 * KIB, 256, 16 };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        if (!oom_fill(chain, sizes[i]))
            return false;
    return true;
}

static void oom_release(struct oom_chain *chain)
{
    while (chain->head != NULL) {
        void **block = chain->head;

        chain->head = *block;
        subject->free(block);
    }
    *chain = (struct oom_chain){ 0 };
}

static enum verdict oom_no_limit(struct check_run *run, int error)
{
    return skip(run, "memory cannot be limited here: %s", strerror(-error));
}

static enum verdict oom_unbound(struct check_run *run)
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

/* ---- OOM-4: function by function ---- */

enum oom_function {
    OOM_MALLOC,
    OOM_CALLOC,
    OOM_REALLOC,
    OOM_REALLOCARRAY,
    OOM_ALIGNED_ALLOC,
    OOM_POSIX_MEMALIGN,
    OOM_FUNCTIONS
};

static const char *const oom_names[] = { "malloc",        "calloc",
                                         "realloc",       "reallocarray",
                                         "aligned_alloc", "posix_memalign" };

/* One block of that size by that function; *ret_error is what it says. */
static void *oom_call(enum oom_function function, size_t size, int *ret_error)
{
    void *block = NULL;

    errno = 0;
    switch (function) {
    case OOM_CALLOC:
        block = subject->calloc(1, size);
        break;
    case OOM_REALLOC:
        block = subject->realloc(NULL, size);
        break;
    case OOM_REALLOCARRAY:
        block = subject->reallocarray(NULL, 1, size);
        break;
    case OOM_ALIGNED_ALLOC:
        block = subject->aligned_alloc(64, size);
        break;
    case OOM_POSIX_MEMALIGN:
        *ret_error = subject->posix_memalign(&block, 64, size);
        return *ret_error == 0 ? block : NULL;
    default:
        block = subject->malloc(size);
    }
    *ret_error = errno;
    return block;
}

/* The errno of the call that found no memory, or -1 when none did. */
static int oom_call_until_refused(enum oom_function function, size_t size)
{
    void **head = NULL;
    int error = -1;

    for (size_t bytes = 0; bytes < OOM_UNBOUND; bytes += size) {
        int said;
        void **block = oom_call(function, size, &said);

        if (block == NULL) {
            error = said;
            break;
        }
        *block = (void *)head;
        head = block;
    }
    while (head != NULL) {
        void **block = head;

        head = *block;
        subject->free(block);
    }
    return error;
}

CHECK(OOM_4, MUST, "every allocation function says ENOMEM at the end of memory",
      "POSIX.1-2024 malloc, calloc, realloc, aligned_alloc, posix_memalign: "
      "ERRORS",
      .profiles = "posix2024 dropin",
      .why = "Real allocators differ between functions: malloc is written "
             "with care, the aligned ones come later. posix_memalign returns "
             "the number and need not touch errno.",
      .flags = CHECK_ALONE)
{
    static const size_t sizes[] = { 256 * KIB, 2 * KIB, 8 * MIB };
    struct limit before;
    int result = limit_memory(&before, OOM_BUDGET);

    if (result != 0)
        return oom_no_limit(run, result);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        for (unsigned f = 0; f < OOM_FUNCTIONS; f++) {
            int error = oom_call_until_refused(f, sizes[i]);

            if (error == ENOMEM)
                continue;
            limit_lift(&before);
            if (error < 0)
                return oom_unbound(run);
            return fail(run,
                        "%s of %zu bytes found no memory and said %d, not "
                        "ENOMEM",
                        oom_names[f], sizes[i], error);
        }
    limit_lift(&before);
    return pass(run);
}

/* ---- OOM-5, OOM-6: threads ---- */

enum { OOM_THREADS = 4, OOM_BLOCKS = 2000, OOM_STACK = 512 << 10 };

struct oom_team {
    pthread_barrier_t ready, go;
    void *blocks[OOM_THREADS][OOM_BLOCKS];
    unsigned served;
    unsigned refused;
};

struct oom_member {
    struct oom_team *team;
    unsigned number;
    pthread_t thread;
    bool started;
};

/* A stack that is mapped before the limit is set. */
static bool oom_start(struct oom_member *member, void *stack,
                      void *(*function)(void *))
{
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, OOM_STACK);
    member->started =
        pthread_create(&member->thread, &attributes, function, member) == 0;
    pthread_attr_destroy(&attributes);
    return member->started;
}

/* The first requests of a thread's life. */
static void *oom_first_requests(void *given)
{
    static const size_t sizes[] = { 16, 100, 5000, 100000, 3000000 };
    struct oom_member *member = given;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        for (unsigned f = 0; f < OOM_FUNCTIONS; f++) {
            int error;
            unsigned char *block = oom_call(f, sizes[i], &error);

            if (block != NULL)
                block[0] = block[sizes[i] - 1] = 1;
            __atomic_fetch_add(block != NULL ? &member->team->served
                                             : &member->team->refused,
                               1, __ATOMIC_RELAXED);
            subject->free(block);
        }
    return NULL;
}

static void *oom_wait_and_request(void *given)
{
    struct oom_member *member = given;

    pthread_barrier_wait(&member->team->ready);
    pthread_barrier_wait(&member->team->go);
    return oom_first_requests(given);
}

CHECK(OOM_5, SHOULD, "a thread's first allocation may be refused, no worse",
      "glibc malloc/tst-malloc-thread-fail",
      .why = "A thread's first request builds its heap, and that can fail like "
             "anything else. Threads wait for the end of memory and then make "
             "their first request; others are started at the end of memory "
             "(pthread_create may say so), on stacks mapped before.",
      .flags = CHECK_THREADS | CHECK_ALONE)
{
    struct oom_team *team = check_map(sizeof(*team));
    char *stacks = check_map((size_t)2 * OOM_THREADS * OOM_STACK);
    struct oom_member members[2 * OOM_THREADS] = { 0 };
    struct oom_chain chain = { 0 };
    struct limit before;
    unsigned started = 0;
    int result;
    bool bound;

    if (team == NULL || stacks == NULL)
        return error(run, "no memory for the threads' stacks");
    pthread_barrier_init(&team->ready, NULL, OOM_THREADS + 1);
    pthread_barrier_init(&team->go, NULL, OOM_THREADS + 1);
    for (unsigned i = 0; i < 2 * OOM_THREADS; i++)
        members[i] = (struct oom_member){ .team = team, .number = i };
    for (unsigned i = 0; i < OOM_THREADS; i++)
        if (!oom_start(&members[i], stacks + (size_t)i * OOM_STACK,
                       oom_wait_and_request))
            return error(run, "thread %u could not be started", i);
    pthread_barrier_wait(&team->ready);
    result = limit_memory(&before, OOM_BUDGET);
    if (result != 0)
        return oom_no_limit(run, result);
    bound = oom_exhaust(&chain);
    pthread_barrier_wait(&team->go);
    for (unsigned i = OOM_THREADS; i < 2 * OOM_THREADS; i++)
        started += oom_start(&members[i], stacks + (size_t)i * OOM_STACK,
                             oom_first_requests);
    for (unsigned i = 0; i < 2 * OOM_THREADS; i++)
        if (members[i].started)
            pthread_join(members[i].thread, NULL);
    limit_lift(&before);
    oom_release(&chain);
    figure(run, "refused_requests", team->refused);
    figure(run, "threads_started_at_the_end", started);
    if (!bound)
        return oom_unbound(run);
    if (!oom_start(&members[0], stacks, oom_first_requests))
        return fail(run, "no thread can be started after memory was freed");
    pthread_join(members[0].thread, NULL);
    return pass(run);
}

static void *oom_owner(void *given)
{
    static const size_t sizes[] = { 16, 40, 100, 600, 3000, 20000 };
    struct oom_member *member = given;
    void **blocks = member->team->blocks[member->number];
    void **others = member->team->blocks[(member->number + 1) % OOM_THREADS];

    for (unsigned i = 0; i < OOM_BLOCKS; i++)
        blocks[i] = subject->malloc(sizes[i % 6]);
    pthread_barrier_wait(&member->team->ready);
    pthread_barrier_wait(&member->team->go);
    for (unsigned i = 0; i < OOM_BLOCKS / 2; i++)
        subject->free(others[i]);
    return NULL;
}

CHECK(OOM_6, MUST, "free needs no memory, from whatever thread it is called",
      "C23 7.24.3.3: free has no way to fail",
      .why = "free returns nothing, so it cannot say that it had no memory for "
             "a list node or a queue. At the end of memory half of each "
             "thread's blocks are freed by another thread, the rest by the "
             "main thread after their owners have gone.",
      .flags = CHECK_THREADS | CHECK_ALONE)
{
    struct oom_team *team = check_map(sizeof(*team));
    char *stacks = check_map((size_t)OOM_THREADS * OOM_STACK);
    struct oom_member members[OOM_THREADS] = { 0 };
    struct oom_chain chain = { 0 };
    struct limit before;
    void *after;
    int result;

    if (team == NULL || stacks == NULL)
        return error(run, "no memory for the threads' stacks");
    pthread_barrier_init(&team->ready, NULL, OOM_THREADS + 1);
    pthread_barrier_init(&team->go, NULL, OOM_THREADS + 1);
    for (unsigned i = 0; i < OOM_THREADS; i++) {
        members[i] = (struct oom_member){ .team = team, .number = i };
        if (!oom_start(&members[i], stacks + (size_t)i * OOM_STACK, oom_owner))
            return error(run, "thread %u could not be started", i);
    }
    pthread_barrier_wait(&team->ready);
    result = limit_memory(&before, OOM_BUDGET);
    if (result != 0)
        return oom_no_limit(run, result);
    oom_exhaust(&chain); /* where the limit does not bind, free works anyway */
    pthread_barrier_wait(&team->go);
    for (unsigned i = 0; i < OOM_THREADS; i++)
        pthread_join(members[i].thread, NULL);
    for (unsigned i = 0; i < OOM_THREADS; i++)
        for (unsigned k = OOM_BLOCKS / 2; k < OOM_BLOCKS; k++)
            subject->free(team->blocks[i][k]);
    oom_release(&chain);
    after = subject->malloc(MIB);
    limit_lift(&before);
    if (after == NULL)
        return fail(run, "malloc(1 MiB) gave NULL after everything was freed");
    subject->free(after);
    return pass(run);
}

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

/* ---- OOM-8 ---- */

static int oom_ask_often(void *given)
{
    struct limit before;
    struct oom_chain chain = { 0 };

    (void)given;
    if (limit_memory(&before, OOM_BUDGET / 2) != 0)
        return 2;
    oom_exhaust(&chain);
    for (unsigned round = 0; round < 200; round++)
        for (unsigned f = 0; f < OOM_FUNCTIONS; f++)
            for (size_t size = 32; size <= 32 * MIB; size *= 32) {
                int error;

                subject->free(oom_call(f, size, &error));
            }
    return 0;
}

CHECK(OOM_8, MUST, "at the end of memory every call comes back",
      "C23 7.24.3: a null pointer is returned",
      .why = "An allocator that collects, sleeps and tries again at each "
             "refusal can do so for ever. Thousands of requests are made at "
             "the end of memory; they have ten seconds where milliseconds "
             "are usual.",
      .flags = CHECK_ALONE, .timeout_s = 20)
{
    struct child_end end;

    if (check_child(oom_ask_often, NULL, 10000, &end) != 0)
        return error(run, "no child process could be started");
    if (end.timed_out)
        return fail(run, "requests at the end of memory did not come back "
                         "within 10 s");
    if (end.signal != 0)
        return fail(run, "killed by %s at the end of memory",
                    check_signal_word(end.signal));
    if (end.status == 2)
        return skip(run, "memory cannot be limited here");
    return pass(run);
}

/* ---- OOM-9 ---- */

enum {
    OOM_CALLS_MOST = 200,
    OOM_SAMPLED = 40,
    OOM_STEPS = 240,
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
    int result = fault_run(oom_churn_under_faults, sweep, &plan, 5000, &end);

    if (result != 0)
        return skip(run, "system calls cannot be made to fail here: %s",
                    strerror(-result));
    *ret_seen = end.seen;
    if (end.child.timed_out)
        return fail(run, "call %u%s failed: no answer within 5 s", first,
                    which);
    if (end.child.signal != 0)
        return fail(run, "call %u%s failed: killed by %s", first, which,
                    check_signal_word(end.child.signal));
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

/* ---- OOM-10 ---- */

enum { OOM_LOCK_REFUSED = 2, OOM_LOCK_ERRNO = 3 };

static int oom_locked(void *given)
{
    struct oom_chain chain = { 0 };
    struct rlimit limit;

    (void)given;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        return OOM_LOCK_REFUSED;
    if (limit.rlim_max > 64 * MIB)
        limit.rlim_max = 64 * MIB;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        return OOM_LOCK_REFUSED;
    if (geteuid() == 0) /* the privileged are not limited */
        (void)!setresuid(65534, 65534, 65534);
    if (mlockall(MCL_FUTURE) != 0)
        return OOM_LOCK_REFUSED;
    for (size_t size = MIB; size >= 16; size /= 16) {
        if (!oom_fill(&chain, size))
            return OOM_LOCK_REFUSED;
        if (chain.error != ENOMEM)
            return OOM_LOCK_ERRNO;
    }
    oom_release(&chain);
    chain.head = subject->malloc(KIB);
    return chain.head != NULL ? 0 : 1;
}

CHECK(OOM_10, QUALITY, "with all memory locked, the lock limit is just an end",
      "mlockall(2): MCL_FUTURE and RLIMIT_MEMLOCK",
      .why = "Programs that must not page lock everything, and mmap then says "
             "EAGAIN at the limit, an error allocators do not expect.")
{
    struct child_end end;

    if (check_child(oom_locked, NULL, 8000, &end) != 0)
        return error(run, "no child process could be started");
    if (end.timed_out)
        return outcome(run, "hang", "no end within 8 s");
    if (end.signal != 0)
        return outcome(run, "crash", "killed by %s",
                       check_signal_word(end.signal));
    if (end.status == OOM_LOCK_REFUSED)
        return skip(run, "memory cannot be locked here");
    if (end.status == OOM_LOCK_ERRNO)
        return outcome(run, "other-errno", "NULL came without ENOMEM");
    if (end.status != 0)
        return outcome(run, "starved", "no memory after all was freed");
    return outcome(run, "clean", "NULL and ENOMEM, and memory after freeing");
}
