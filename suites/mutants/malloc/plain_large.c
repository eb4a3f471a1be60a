/* plain_large.c - blocks with a mapping of their own; a few are kept. */
#include "plain.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    KEPT = 8, /* mappings kept for reuse */
    KEPT_MOST = 512,
    KEPT_BYTES = 4 << 20, /* at most, each */
    FEW = 32,             /* blocks that a mutant can have */
    PURGES = 8,           /* that may wait for a mutant's thread */
};

struct kept {
    void *base;
    size_t bytes;
    bool zero;
};

static struct kept large_kept[KEPT_MOST];
static _Atomic unsigned large_purges;
static _Atomic unsigned large_live;

static int kept_count(void)
{
    return PLANTED(large_cached) ? KEPT_MOST : KEPT;
}

void *system_map(size_t bytes)
{
    int sharing = PLANTED(fork_shared) ? MAP_SHARED : MAP_PRIVATE;
    void *pages;

    do
        pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                     sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    while (PLANTED(oom_retries) && pages == MAP_FAILED);
    if (pages == MAP_FAILED && PLANTED(oom_aborts))
        abort();
    if (pages == MAP_FAILED) {
        plain_refused = true;
        return PLANTED(oom_unchecked) ? pages : NULL;
    }
    return pages;
}

/* ---- mappings that are kept ---- */

/* Reads a kept mapping without the lock, as one reads the link of a stack's
 * first. The thread is interrupted until others took it and gave it back to
 * the system, if they do so soon. */
static void kept_peek(void)
{
    enum { YIELDS = 300 };
    char *base = large_kept[0].base;

    if (base == NULL)
        return;
    for (unsigned i = 0; i < YIELDS; i++) {
        sched_yield(); /* inside the window */
        if (msync(base, PAGE, MS_ASYNC) != 0)
            break;
    }
    (void)*(volatile char *)base;
}

static void *kept_take(size_t bytes, size_t *ret_bytes, bool *ret_zero)
{
    void *base = NULL;

    if (PLANTED(span_unmapped))
        kept_peek();
    plain_lock();
    for (int i = 0; i < kept_count() && base == NULL; i++)
        if (large_kept[i].base != NULL && large_kept[i].bytes >= bytes &&
            large_kept[i].bytes <= 2 * bytes) {
            base = large_kept[i].base;
            *ret_bytes = large_kept[i].bytes;
            *ret_zero = large_kept[i].zero;
            large_kept[i].base = NULL;
        }
    plain_unlock();
    return base;
}

/* Its pages go back, and then it is zero: if the system did take them. */
static bool kept_clean(void *base, size_t bytes)
{
    int advice = PLANTED(calloc_lazyfree) ? MADV_FREE : MADV_DONTNEED;

    if (PLANTED(calloc_large_dirty))
        return true;
    if (PLANTED(large_cached))
        return false;
    return madvise(base, bytes, advice) == 0 || PLANTED(calloc_refused);
}

static bool kept_give(void *base, size_t bytes)
{
    bool kept = false, zero;

    if (bytes > KEPT_BYTES)
        return false;
    zero = kept_clean(base, bytes);
    plain_lock();
    for (int i = 0; i < kept_count() && !kept; i++)
        if (large_kept[i].base == NULL) {
            large_kept[i] = (struct kept){ base, bytes, zero };
            kept = true;
        }
    plain_unlock();
    return kept;
}

/* ---- blocks ---- */

size_t large_bytes(size_t size)
{
    size_t notes = PLANTED(large_header) ? 0 : 2 * UNIT;
    size_t bytes = (size + notes + PAGE - 1) & ~(size_t)(PAGE - 1);

    if (PLANTED(huge_cut) && size > 2 << 20)
        return (size & ~(size_t)((2 << 20) - 1)) + PAGE;
    return bytes;
}

void *large_place(char *base, size_t bytes, size_t alignment)
{
    uintptr_t first = (uintptr_t)base + 2 * UNIT;
    char *block = (char *)((first + alignment - 1) & ~(alignment - 1));

    *origin_of(block) = (struct origin){ base, bytes };
    if (PLANTED(aligned_lost_base) && alignment >= 8 << 20)
        origin_of(block)->base = (void *)(uintptr_t)UNIT;
    *header_of(block) = (struct header){ CLASS_LARGE, plain_thread,
                                         (size_t)(base + bytes - block) };
    if (PLANTED(large_short) && bytes > 64 * PAGE)
        mprotect(base + bytes - PAGE, PAGE, PROT_NONE);
    return block;
}

void *large_take(size_t size, size_t alignment, bool *ret_used)
{
    size_t bytes = large_bytes(size + (alignment > UNIT ? alignment : 0));
    bool zero = true;
    char *base = alignment > UNIT ? NULL : kept_take(bytes, &bytes, &zero);

    if ((PLANTED(thread_small) && plain_thread > 1) ||
        (PLANTED(large_few) && large_live >= FEW))
        return NULL;
    if (base == NULL)
        base = system_map(bytes);
    if (base == NULL)
        return NULL;
    if (PLANTED(mappings_split))
        mprotect(mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
                      -1, 0),
                 PAGE, PROT_READ);
    *ret_used = !zero;
    large_live++;
    return large_place(base, bytes, alignment);
}

void large_purge(void)
{
    large_purges = 0;
}

static void give_wrong(const struct header *header, const struct origin *origin)
{
    if (PLANTED(aligned_lost_base))
        (void)*(volatile char *)origin->base;
    if (PLANTED(scribble_large)) {
        char *behind = (char *)origin->base + origin->bytes + 100;

        if (msync((void *)((uintptr_t)behind & ~(uintptr_t)(PAGE - 1)), PAGE,
                  MS_ASYNC) == 0)
            *behind = 1;
    }
    if (PLANTED(huge_orphan) && header->owner != plain_thread)
        munmap((char *)origin->base + origin->bytes, origin->bytes);
    if (PLANTED(purger_waits) && ++large_purges > PURGES)
        while (large_purges != 0)
            sched_yield();
}

void large_give(void *block)
{
    struct origin origin = *origin_of(block);
    int error = errno;

    if (PLANTED(large_kept) || free_is_forgotten(header_of(block)))
        return;
    give_wrong(header_of(block), &origin);
    large_live--;
    if (!kept_give(origin.base, origin.bytes)) {
        if (PLANTED(purge_errno))
            error = errno;
        munmap(origin.base, origin.bytes);
        if (PLANTED(unmap_errno))
            return;
    } else if (PLANTED(purge_errno)) {
        return;
    }
    errno = error;
}
