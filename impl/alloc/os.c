/* os.c - the platform: mmap and its relatives, a clock, a futex. */
#include "os.h"

#include <errno.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#if !defined(__linux__)
#error "os.c knows Linux only: add the platform's calls here"
#endif

#include <linux/futex.h>
#include <sys/syscall.h>

static void *os_map_at(void *hint, size_t bytes)
{
    int saved = errno;
    void *start = mmap(hint, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    errno = saved;
    return start == MAP_FAILED ? NULL : start;
}

void *os_map(size_t bytes)
{
    return os_map_at(NULL, bytes);
}

bool os_unmap(void *start, size_t bytes)
{
    int saved = errno;
    bool done = munmap(start, bytes) == 0;
    errno = saved;
    return done;
}

static bool os_is_aligned(const void *start, size_t align)
{
    return ((uintptr_t)start & (align - 1)) == 0;
}

/* Maps too much and cuts both ends off. An end that cannot be cut off stays
 * mapped and untouched: addresses are lost then, memory is not. */
static void *os_map_and_cut(size_t bytes, size_t align)
{
    size_t slack = align - OS_PAGE_BYTES;
    if (bytes > PTRDIFF_MAX - slack)
        return NULL;
    char *wide = os_map(bytes + slack);
    if (!wide)
        return NULL;
    char *start = (char *)os_round_up((uintptr_t)wide, align);
    size_t before = (size_t)(start - wide);
    if (before > 0)
        os_unmap(wide, before);
    if (before < slack)
        os_unmap(start + bytes, slack - before);
    return start;
}

/* A mapping usually lands just below the one before it, so a size that is a
 * multiple of the alignment is often aligned by itself: try that first. */
void *os_map_aligned(size_t bytes, size_t align, void *hint)
{
    void *start = os_map_at(hint, bytes);
    if (!start || os_is_aligned(start, align))
        return start;
    os_unmap(start, bytes);
    return os_map_and_cut(bytes, align);
}

void os_ask_large_pages(void *start, size_t bytes)
{
    int saved = errno;
    madvise(start, bytes, MADV_HUGEPAGE);
    errno = saved;
}

/* MADV_DONTNEED and not MADV_FREE: only the former promises zeros. It fails on
 * locked pages, and a sandbox may forbid it. */
bool os_purge(void *start, size_t bytes)
{
    int saved = errno;
    bool done = madvise(start, bytes, MADV_DONTNEED) == 0;
    errno = saved;
    return done;
}

void *os_remap(void *start, size_t old_bytes, size_t new_bytes)
{
    int saved = errno;
    void *moved = mremap(start, old_bytes, new_bytes, MREMAP_MAYMOVE);
    errno = saved;
    return moved == MAP_FAILED ? NULL : moved;
}

size_t os_mapped_from(const void *start, size_t limit)
{
    int saved = errno;
    uintptr_t page = (uintptr_t)start & ~(OS_PAGE_BYTES - 1);
    uintptr_t end = (uintptr_t)start + limit;
    unsigned char resident;
    while (page < end && mincore((void *)page, OS_PAGE_BYTES, &resident) == 0)
        page += OS_PAGE_BYTES;
    errno = saved;
    if (page >= end)
        return limit;
    return page > (uintptr_t)start ? page - (uintptr_t)start : 0;
}

uint64_t os_now_ms(void)
{
    struct timespec now = { 0, 0 };
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void os_wait(uint32_t *word, uint32_t value)
{
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
    errno = saved;
}

void os_wake(uint32_t *word)
{
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    errno = saved;
}
