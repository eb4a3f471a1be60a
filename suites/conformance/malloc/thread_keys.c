/* thread_keys.c - allocation while a thread is being taken down. (TLS) */
#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/crew.h"
#include "tools/resident.h"

/* A destructor that works as often as POSIX lets it: each time it looks at
 * the block of the time before, frees it, and leaves a larger one. */
struct rite {
    pthread_key_t key;
    unsigned times; /* 1 to PTHREAD_DESTRUCTOR_ITERATIONS */
    void *(*malloc)(size_t size);
    void (*free)(void *block);
    _Atomic unsigned served, wrong;
};

/* One thread's state; it lives in the block that it describes. */
struct rite_block {
    struct rite *rite;
    unsigned time;
    unsigned char bytes[];
};

static size_t rite_bytes(unsigned time)
{
    return 40 + 300 * (size_t)time;
}

static struct rite_block *rite_block_make(struct rite *rite, unsigned time)
{
    struct rite_block *block = rite->malloc(sizeof(*block) + rite_bytes(time));

    if (block == NULL) {
        atomic_fetch_add(&rite->wrong, 1);
        return NULL;
    }
    block->rite = rite;
    block->time = time;
    memset(block->bytes, (int)(0x51 + time), rite_bytes(time));
    return block;
}

static void rite_destroy(void *argument)
{
    struct rite_block *block = argument;
    struct rite *rite = block->rite;
    unsigned time = block->time;
    struct rite_block *next = NULL;

    if (time + 1 < rite->times)
        next = rite_block_make(rite, time + 1);
    for (size_t i = 0; i < rite_bytes(time); i++)
        if (block->bytes[i] != 0x51 + time) {
            atomic_fetch_add(&rite->wrong, 1);
            break;
        }
    rite->free(block);
    atomic_fetch_add(&rite->served, 1);
    if (next != NULL)
        pthread_setspecific(rite->key, next);
}

static void *rite_thread(void *argument)
{
    struct rite *rite = argument;

    pthread_setspecific(rite->key, rite_block_make(rite, 0));
    return NULL;
}

/* How many of so many threads' destructors went wrong; -1 without a thread. */
static long rite_hold(struct rite *rite, unsigned threads)
{
    for (unsigned i = 0; i < threads; i++)
        if (thread_once(rite_thread, rite) != 0)
            return -1;
    return (long)rite->wrong +
           ((long)threads * rite->times - (long)rite->served);
}

enum { TLS_EARLY_THREADS = 50 };

/* The key is the program's first deed, before its first malloc. */
static int tls_early(const char *subject_path)
{
    struct rite rite = { .times = PTHREAD_DESTRUCTOR_ITERATIONS };
    void *address;
    long wrong;

    (void)subject_path;
    pthread_key_create(&rite.key, rite_destroy);
    address = dlsym(RTLD_DEFAULT, "malloc");
    memcpy(&rite.malloc, &address, sizeof(address));
    address = dlsym(RTLD_DEFAULT, "free");
    memcpy(&rite.free, &address, sizeof(address));
    wrong = rite_hold(&rite, TLS_EARLY_THREADS);
    return wrong == 0 ? 0 : 1;
}

CHECK(TLS_1, MUST, "destructors of thread keys may allocate and free",
      "POSIX pthread_key_create, PTHREAD_DESTRUCTOR_ITERATIONS",
      .flags = CHECK_THREADS, .timeout_s = 20, .bare = tls_early,
      .why = "Destructors run in no order that POSIX promises, four rounds of "
             "them at least: the allocator's own may have run before the "
             "program's. Two hundred threads, each of whose destructors looks "
             "at its block, frees it and leaves another until the rounds are "
             "used up, with a key made late; and 50 in a fresh process, with "
             "a key made before the program's first malloc.")
{
    struct rite *rite = check_map(sizeof(*rite));
    struct child_end end;
    long wrong;

    if (rite == NULL)
        return error(run, "no memory");
    rite->times = PTHREAD_DESTRUCTOR_ITERATIONS;
    rite->malloc = subject->malloc;
    rite->free = subject->free;
    if (pthread_key_create(&rite->key, rite_destroy) != 0)
        return error(run, "no key");
    wrong = rite_hold(rite, 200);
    if (wrong != 0)
        return wrong < 0 ? error(run, "no thread")
                         : fail(run, "%ld of %d destructors went wrong", wrong,
                                200 * PTHREAD_DESTRUCTOR_ITERATIONS);
    if (check_bare(run, "TLS-1", true, 10000, &end) != 0)
        return error(run, "no process");
    if (end.timed_out || end.signal != 0 || end.status != 0)
        return fail(run, "with a key made before the first malloc: %s",
                    check_end_word(&end) != NULL ? check_end_word(&end)
                                                 : "a destructor went wrong");
    return pass(run);
}

/* Growth over threads, after a warm-up, as the least of four quarters. */
static int tls_least_growth(void *(*work)(void *argument), void *argument,
                            unsigned threads, double *ret_bytes)
{
    double last = 0;

    for (unsigned quarter = 0; quarter <= 4; quarter++) {
        double now;

        for (unsigned i = 0; i < (quarter == 0 ? 500 : threads / 4); i++)
            if (thread_once(work, argument) != 0)
                return -1;
        now = resident_bytes();
        if (quarter == 1 || (quarter > 1 && now - last < *ret_bytes))
            *ret_bytes = now - last;
        last = now;
    }
    return 0;
}

static enum verdict tls_growth_verdict(struct check_run *run,
                                       void *(*work)(void *argument),
                                       void *argument, unsigned threads)
{
    double grown = 0;

    if (run->repeat != 0)
        threads = run->repeat;
    if (tls_least_growth(work, argument, threads, &grown) != 0)
        return error(run, "no thread");
    figure(run, "grown_quarter_bytes", grown);
    if (grown > 16384 + 256.0 * threads / 4)
        return fail(run, "each %u threads added %.0f KiB or more", threads / 4,
                    grown / (double)KIB);
    return pass(run);
}

/* What the C++ runtime registers for a thread_local with a destructor. */
extern int __cxa_thread_atexit_impl(void (*destructor)(void *object),
                                    void *object, void *object_of_library);
extern void *__dso_handle;

static void tls_local_destroy(void *block)
{
    void *other = subject->malloc(700);

    subject->free(block);
    subject->free(other);
}

static void *tls_local_thread(void *argument)
{
    (void)argument;
    for (size_t size = 24; size < 5000; size *= 3) {
        void *block = subject->malloc(size);

        __cxa_thread_atexit_impl(tls_local_destroy, block, &__dso_handle);
    }
    return NULL;
}

CHECK(TLS_2, SHOULD, "destructors of thread_local objects leave no memory",
      "Itanium C++ ABI, __cxa_thread_atexit; POSIX pthread_exit",
      .flags = CHECK_THREADS, .timeout_s = 30,
      .why = "They run before those of keys, and after both glibc frees the "
             "thread's vector of TLS blocks, at a time when an allocator may "
             "have taken down its cache (filed: jemalloc/jemalloc 896, "
             "microsoft/snmalloc 161). 2000 threads; more than 256 bytes of "
             "each in each quarter are a leak.")
{
    return tls_growth_verdict(run, tls_local_thread, NULL, 2000);
}

CHECK(TLS_3, SHOULD, "a cache made again by a destructor is released again",
      "quality that every mainstream malloc has", .flags = CHECK_THREADS,
      .timeout_s = 30,
      .why = "The key is younger than the subject's, so that glibc runs its "
             "destructor after the subject's own, twice: what it allocates "
             "makes a new cache, which must go with the next round (filed: "
             "microsoft/snmalloc 161). 2000 threads; more than 256 bytes of "
             "each in each quarter are a leak.")
{
    struct rite *rite = check_map(sizeof(*rite));

    if (rite == NULL)
        return error(run, "no memory");
    rite->times = 2;
    rite->malloc = subject->malloc;
    rite->free = subject->free;
    if (pthread_key_create(&rite->key, rite_destroy) != 0)
        return error(run, "no key");
    return tls_growth_verdict(run, rite_thread, rite, 2000);
}

struct tls_size {
    struct stat file; /* the subject's */
    size_t bytes;
};

/* The subject's own thread-local storage, from its program header. */
static int tls_size_seen(struct dl_phdr_info *info, size_t size, void *argument)
{
    struct tls_size *tls = argument;
    struct stat file;

    (void)size;
    if (stat(info->dlpi_name, &file) != 0 || file.st_ino != tls->file.st_ino ||
        file.st_dev != tls->file.st_dev)
        return 0;
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_TLS)
            tls->bytes = info->dlpi_phdr[i].p_memsz;
    return 1;
}

enum { TLS_LATE_REFUSED = 2, TLS_LATE_FAILED = 3 };

/* Without the subject preloaded: loads it when threads have long begun. */
static int tls_late(const char *subject_path)
{
    void *library = dlopen(subject_path, RTLD_NOW | RTLD_LOCAL);
    void *(*get)(size_t size);
    void (*give)(void *block);
    void *address, *block;

    if (library == NULL || (address = dlsym(library, "malloc")) == NULL)
        return TLS_LATE_REFUSED;
    memcpy(&get, &address, sizeof(address));
    address = dlsym(library, "free");
    memcpy(&give, &address, sizeof(address));
    block = get(100);
    if (block == NULL)
        return TLS_LATE_FAILED;
    memset(block, 1, 100);
    give(block);
    return 0;
}

CHECK(TLS_4, QUALITY, "how the library is loaded late, and its thread storage",
      "ELF TLS: static storage is scarce for a library that is loaded late",
      .flags = CHECK_THREADS, .bare = tls_late,
      .why = "A plug-in may bring an allocator by dlopen(). One that uses the "
             "initial-exec model needs room that the loader reserved at "
             "start, some 1.6 KiB for all libraries together (filed: "
             "jemalloc/jemalloc 937, 1237; microsoft/mimalloc 147). Every "
             "ending is right; how much it uses is told.")
{
    struct tls_size tls = { 0 };
    struct child_end end;

    if (stat(run->subject_path, &tls.file) != 0)
        return error(run, "%s cannot be looked at", run->subject_path);
    dl_iterate_phdr(tls_size_seen, &tls);
    figure(run, "thread_storage_bytes", (double)tls.bytes);
    if (check_bare(run, "TLS-4", false, 5000, &end) != 0)
        return error(run, "no process");
    if (check_end_word(&end) != NULL)
        return outcome(run, "late-crash", "loaded late, it ended with %s",
                       check_end_word(&end));
    if (end.status != 0)
        return outcome(run,
                       end.status == TLS_LATE_REFUSED ? "late-refused"
                                                      : "late-failed",
                       "loaded late: %s",
                       end.status == TLS_LATE_REFUSED ? "dlopen refused it"
                                                      : "malloc(100) failed");
    return outcome(run, "late-works", "%zu bytes of thread storage", tls.bytes);
}
