/* oom_functions.c - the end of memory, function by function and again and
 * again. (OOM) */
#include "oom.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- OOM-4: function by function ---- */

static const char *const oom_names[] = { "malloc",        "calloc",
                                         "realloc",       "reallocarray",
                                         "aligned_alloc", "posix_memalign" };

void *oom_call(enum oom_function function, size_t size, int *ret_error)
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

/* ---- OOM-8 ---- */

enum { OOM_ASK_MS = 10000, OOM_NO_LIMIT = 1 };

static int oom_ask_often(void *given)
{
    struct limit before;
    struct oom_chain chain = { 0 };

    (void)given;
    if (limit_memory(&before, OOM_BUDGET / 2) != 0)
        return OOM_NO_LIMIT;
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
             "refusal can do so for ever, and one that says so and calls "
             "exit() does not come back at all. Thousands of requests are "
             "made at the end of memory; they have ten seconds where "
             "milliseconds are usual.",
      .flags = CHECK_ALONE, .timeout_s = 20)
{
    struct child_end end;

    if (check_child(oom_ask_often, NULL, OOM_ASK_MS, &end) != 0)
        return error(run, "no child process could be started");
    if (end.timed_out)
        return fail(run,
                    "requests at the end of memory did not come back "
                    "within %u s",
                    check_limit_ms(OOM_ASK_MS) / 1000);
    if (check_end_word(&end) != NULL)
        return fail(run, "ended by %s at the end of memory",
                    check_end_word(&end));
    if (end.status == OOM_NO_LIMIT)
        return skip(run, "memory cannot be limited here");
    return pass(run);
}

/* ---- OOM-10 ---- */

enum { OOM_LOCK_REFUSED = 2, OOM_LOCK_ERRNO = 3, OOM_LOCK_MS = 8000 };

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

    if (check_child(oom_locked, NULL, OOM_LOCK_MS, &end) != 0)
        return error(run, "no child process could be started");
    if (end.timed_out)
        return outcome(run, "hang", "no end within %u s",
                       check_limit_ms(OOM_LOCK_MS) / 1000);
    if (check_end_word(&end) != NULL)
        return outcome(run, "crash", "ended by %s", check_end_word(&end));
    if (end.status == OOM_LOCK_REFUSED)
        return skip(run, "memory cannot be locked here");
    if (end.status == OOM_LOCK_ERRNO)
        return outcome(run, "other-errno", "NULL came without ENOMEM");
    if (end.status != 0)
        return outcome(run, "starved", "no memory after all was freed");
    return outcome(run, "clean", "NULL and ENOMEM, and memory after freeing");
}
