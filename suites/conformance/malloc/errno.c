/* errno.c - errno after failure, and after free. (ERR) */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "tools/blocks.h"

/* One call that has to fail: NULL and ENOMEM. */
struct errno_call {
    const char *words;
    void *(*call)(void *old);
};

static void *errno_malloc_huge(void *old)
{
    (void)old;
    return subject->malloc((size_t)PTRDIFF_MAX + 1);
}

static void *errno_malloc_top(void *old)
{
    (void)old;
    return subject->malloc(SIZE_MAX);
}

static void *errno_malloc_space(void *old)
{
    (void)old;
    return subject->malloc((size_t)1 << 50);
}

static void *errno_calloc_huge(void *old)
{
    (void)old;
    return subject->calloc(1, (size_t)PTRDIFF_MAX + 1);
}

static void *errno_calloc_overflow(void *old)
{
    (void)old;
    return subject->calloc(SIZE_MAX / 2, 3);
}

static void *errno_calloc_space(void *old)
{
    (void)old;
    return subject->calloc((size_t)1 << 25, (size_t)1 << 25);
}

static void *errno_realloc_huge(void *old)
{
    return subject->realloc(old, (size_t)PTRDIFF_MAX + 1);
}

static void *errno_realloc_top(void *old)
{
    return subject->realloc(old, SIZE_MAX);
}

static void *errno_realloc_space(void *old)
{
    return subject->realloc(old, (size_t)1 << 50);
}

static void *errno_realloc_null(void *old)
{
    (void)old;
    return subject->realloc(NULL, (size_t)PTRDIFF_MAX + 1);
}

static void *errno_reallocarray_huge(void *old)
{
    return subject->reallocarray(old, 1, (size_t)PTRDIFF_MAX + 1);
}

static void *errno_reallocarray_overflow(void *old)
{
    return subject->reallocarray(old, SIZE_MAX / 2, 3);
}

static void *errno_aligned_alloc_huge(void *old)
{
    (void)old;
    return subject->aligned_alloc(64, (size_t)PTRDIFF_MAX + 1);
}

static void *errno_aligned_alloc_space(void *old)
{
    (void)old;
    return subject->aligned_alloc(64, (size_t)1 << 50);
}

static const struct errno_call errno_calls[] = {
    { "malloc(PTRDIFF_MAX+1)", errno_malloc_huge },
    { "malloc(SIZE_MAX)", errno_malloc_top },
    { "malloc(2^50)", errno_malloc_space },
    { "calloc(1, PTRDIFF_MAX+1)", errno_calloc_huge },
    { "calloc(SIZE_MAX/2, 3)", errno_calloc_overflow },
    { "calloc(2^25, 2^25)", errno_calloc_space },
    { "realloc(p, PTRDIFF_MAX+1)", errno_realloc_huge },
    { "realloc(p, SIZE_MAX)", errno_realloc_top },
    { "realloc(p, 2^50)", errno_realloc_space },
    { "realloc(NULL, PTRDIFF_MAX+1)", errno_realloc_null },
    { "reallocarray(p, 1, PTRDIFF_MAX+1)", errno_reallocarray_huge },
    { "reallocarray(p, SIZE_MAX/2, 3)", errno_reallocarray_overflow },
    { "aligned_alloc(64, PTRDIFF_MAX+1)", errno_aligned_alloc_huge },
    { "aligned_alloc(64, 2^50)", errno_aligned_alloc_space },
};

enum { ERRNO_CALLS = sizeof(errno_calls) / sizeof(*errno_calls) };

CHECK(ERR_1, MUST, "an allocation that fails sets errno to ENOMEM",
      "POSIX.1-2024 malloc(), calloc(), realloc(), aligned_alloc() ERRORS: "
      "ENOMEM",
      .profiles = "posix2024 dropin",
      .why = "perror says Success otherwise. Too large, overflow and too much "
             "for any address space are different paths, and so are the "
             "functions: real ones differ between them (jemalloc 5.3.0 in "
             "realloc, mimalloc 2.0.9 and gperftools 2.10 in calloc). EAGAIN, "
             "which POSIX lets others use, is taken too.")
{
    void *old = subject->malloc(100);
    struct findings findings = { 0 };

    for (size_t i = 0; i < ERRNO_CALLS; i++) {
        void *block;

        if (subject->reallocarray == NULL &&
            strncmp(errno_calls[i].words, "reallocarray", 12) == 0)
            continue;
        errno = 0;
        block = errno_calls[i].call(old);
        if (block != NULL)
            finding(&findings, "%s gave %p", errno_calls[i].words, block);
        else if (errno != ENOMEM && errno != EAGAIN)
            finding(&findings, "%s: %s", errno_calls[i].words,
                    errno_word(errno));
    }
    subject->free(old);
    return verdict_of(run, &findings, "NULL with ENOMEM");
}

enum { ERRNO_SENTINEL = 4711 };

static bool errno_kept(struct findings *findings, void *block,
                       const char *words, size_t size)
{
    int seen;

    errno = ERRNO_SENTINEL;
    subject->free(block);
    seen = errno;
    if (seen == ERRNO_SENTINEL)
        return true;
    finding(findings, "%s %zu: %s", words, size, errno_word(seen));
    return false;
}

/* Neighbours with other rights are mappings of their own: with as many as the
 * system allows, munmap from the middle of one has to fail. */
static void errno_exhaust_mappings(void)
{
    for (unsigned i = 0; i < 100000; i++)
        if (mmap(NULL, 4096, i % 2 ? PROT_READ : PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                 0) == MAP_FAILED)
            return;
}

enum { ERRNO_HELD = 64 };

CHECK(ERR_2, MUST, "free leaves errno as it was",
      "POSIX.1-2024 free(): \"shall not modify errno\"; glibc manual, "
      "Replacing malloc",
      .profiles = "posix2024 dropin", .timeout_s = 20,
      .why = "Error paths free first and report errno after. Sizes from 1 "
             "byte to 200 MiB, then once more with no mapping left, so that "
             "munmap fails inside free (after glibc's tst-free-errno).")
{
    struct findings findings = { 0 };
    void *held[ERRNO_HELD];

    errno_kept(&findings, NULL, "free(NULL)", 0);
    for (size_t size = 1; size <= 200 * MIB; size += 1 + size / 4) {
        unsigned char *first = subject->malloc(size);
        unsigned char *second = subject->malloc(size);

        touch_pages(first, first != NULL && size < 32 * MIB ? size : 0, 1);
        errno_kept(&findings, first, "free of", size);
        errno_kept(&findings, second, "free of", size);
    }
    for (size_t i = 0; i < ERRNO_HELD; i++)
        held[i] = subject->malloc(i % 2 ? 200 * KIB : 3 * MIB);
    errno_exhaust_mappings();
    for (size_t i = 0; i < ERRNO_HELD; i++)
        errno_kept(&findings, held[i * 37 % ERRNO_HELD],
                   "with no mapping left, free of",
                   (i * 37 % ERRNO_HELD) % 2 ? 200 * KIB : 3 * MIB);
    return verdict_of(run, &findings, "errno is kept");
}

CHECK(ERR_3, SHOULD, "free_sized and free_aligned_sized leave errno as it was",
      "by analogy with free(): C23 defines them as free with a hint",
      .profiles = "c23",
      .why = "They are entry points of their own, and forget what free was "
             "taught (filed: GrapheneOS/hardened_malloc 328, "
             "jemalloc/jemalloc 2906).")
{
    struct findings findings = { 0 };

    if (!subject_has("free_sized") || !subject_has("free_aligned_sized"))
        return skip(run, "free_sized or free_aligned_sized is not the "
                         "subject's");
    for (size_t size = 1; size <= 200 * MIB; size += 1 + size / 3) {
        size_t whole = (size + 63) & ~(size_t)63;
        void *plain = subject->malloc(size);
        void *aligned = subject->aligned_alloc(64, whole);

        errno = ERRNO_SENTINEL;
        subject->free_sized(plain, size);
        if (errno != ERRNO_SENTINEL)
            finding(&findings, "free_sized(p, %zu): %s", size,
                    errno_word(errno));
        errno = ERRNO_SENTINEL;
        subject->free_aligned_sized(aligned, 64, whole);
        if (errno != ERRNO_SENTINEL)
            finding(&findings, "free_aligned_sized(p, 64, %zu): %s", whole,
                    errno_word(errno));
    }
    return verdict_of(run, &findings, "errno is kept");
}

CHECK(ERR_5, QUALITY, "an allocation that succeeds leaves errno as it was",
      "C23 7.5p3 allows a change; no program expects one",
      .why = "A sentinel in errno tells which functions let an inner failure "
             "show through.")
{
    unsigned changes = 0;

    for (size_t size = 1; size <= 64 * MIB; size += 1 + size / 3)
        for (size_t way = 0; way < WAY_COUNT; way++) {
            void *block;

            if (!way_is_subjects(&ways[way]))
                continue;
            errno = ERRNO_SENTINEL;
            block = ways[way].get(size);
            changes += errno != ERRNO_SENTINEL;
            subject->free(block);
        }
    figure(run, "changes", changes);
    return changes == 0
               ? pass(run)
               : fail(run, "errno changed in %u successful calls", changes);
}

CHECK(ERR_6, QUALITY, "whether a failing posix_memalign sets errno",
      "POSIX.1-2008 posix_memalign(): it returns the number; errno is not "
      "mentioned",
      .why = "glibc, musl and gperftools set it, others do not: every answer "
             "is right.")
{
    void *block = NULL;
    int too_much, invalid;

    errno = 0;
    subject->posix_memalign(&block, 64, (size_t)PTRDIFF_MAX + 1);
    too_much = errno;
    errno = 0;
    subject->posix_memalign(&block, 24, 100);
    invalid = errno;
    return outcome(run, too_much != 0 || invalid != 0 ? "sets" : "keeps",
                   "too much: %s, invalid: %s",
                   too_much != 0 ? strerrorname_np(too_much) : "kept",
                   invalid != 0 ? strerrorname_np(invalid) : "kept");
}

/* Takes blocks of one size until NULL, each the link to the one before; the
 * errno of each of the last calls. False when there was no end. */
static bool errno_run_dry(struct findings *findings, size_t size)
{
    void **last = NULL;
    bool ended = false;

    for (size_t i = 0; i < 256 * MIB / size && !ended; i++) {
        void **block;

        errno = 0;
        block = subject->malloc(size);
        if (block != NULL) {
            *block = last;
            last = block;
            continue;
        }
        ended = true;
        if (errno != ENOMEM)
            finding(findings, "malloc(%zu): %s", size, errno_word(errno));
        for (int again = 0; again < 20; again++) {
            errno = 0;
            block = subject->malloc(size);
            if (block == NULL && errno != ENOMEM)
                finding(findings, "malloc(%zu) once more: %s", size,
                        errno_word(errno));
            subject->free(block);
        }
    }
    while (last != NULL) {
        void **previous = *last;

        subject->free(last);
        last = previous;
    }
    return ended;
}

CHECK(ERR_7, MUST, "errno is ENOMEM when memory ends, in every kind of block",
      "POSIX.1-2024 malloc() ERRORS: ENOMEM", .profiles = "posix2024 dropin",
      .timeout_s = 30,
      .why = "The call that fails inside may be the one for a table of the "
             "allocator's own, whose errno is stale or missing (filed: "
             "GrapheneOS/hardened_malloc 321). RLIMIT_AS leaves 128 MiB; sizes "
             "for which more had been reserved before do not count.")
{
    static const size_t sizes[] = { 64, 1000, 30000, 300000, 5 * MIB };
    struct findings findings = { 0 };
    unsigned ended = 0;

    if (address_space_cap(128 * MIB) != 0)
        return error(run, "RLIMIT_AS cannot be set");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        ended += errno_run_dry(&findings, sizes[i]);
    figure(run, "sizes_that_ended", ended);
    if (ended == 0)
        return skip(run, "256 MiB of every size under a cap of 128 MiB: all "
                         "had been reserved before");
    return verdict_of(run, &findings, "NULL with ENOMEM");
}
