/* floor.c - the allocator that costs nothing, for one thread's timed loop.
 *
 * Unarmed, every call goes on to glibc. Armed, the calling thread is handed
 * one and the same block for every request: what is left in the clock is the
 * loop, the calls and the touches. One block for ever is a floor; a bump
 * allocator is none, since it touches new memory.
 *
 * Law: an address inside a range was never glibc's, and a range is never
 * unmapped. So a block of the floor can be recognised, and ignored, for ever.
 *
 * What a caller loses while armed: all its blocks are one, calloc does not
 * clear, realloc does not copy, and blocks of glibc's it frees are leaked. */
#include "range.h"

#include "../lib/floor.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT       __attribute__((visibility("default")))
#define INITIAL_EXEC __attribute__((tls_model("initial-exec")))
#define likely(x)    __builtin_expect(!!(x), 1)

/* glibc's own entry points, which stay its own when malloc is replaced. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

EXPORT floor_arm_function assay_floor_arm;
EXPORT floor_disarm_function assay_floor_disarm;
EXPORT floor_missed_function assay_floor_missed;

/* One compare decides the fast path: `bytes_end` is 0 while unarmed, and one
 * more than the largest request that is served while armed. */
static _Thread_local INITIAL_EXEC struct {
    size_t bytes_end;
    void *block;
    struct range *range;
} mine;

static _Atomic uint64_t requests_missed;

/* An armed thread asked for what the floor cannot serve. Its time is then
 * glibc's, so the count must be nought for a floor that is published. */
static void floor_note_missed(void)
{
    if (mine.bytes_end != 0)
        atomic_fetch_add_explicit(&requests_missed, 1, memory_order_relaxed);
}

int assay_floor_arm(size_t bytes_max)
{
    assay_floor_disarm();
    struct range *range = range_take(bytes_max);
    if (range == NULL)
        return -1;
    mine.range = range;
    mine.block = range_block(range);
    mine.bytes_end = bytes_max + 1;
    return 0;
}

void assay_floor_disarm(void)
{
    mine.bytes_end = 0;
    if (mine.range != NULL)
        range_release(mine.range);
    mine.range = NULL;
}

uint64_t assay_floor_missed(void)
{
    return atomic_load_explicit(&requests_missed, memory_order_relaxed);
}

EXPORT void *malloc(size_t size)
{
    if (likely(size < mine.bytes_end))
        return mine.block;
    floor_note_missed();
    return __libc_malloc(size);
}

EXPORT void free(void *block)
{
    if (likely(mine.bytes_end != 0))
        return;
    if (range_of(block) == NULL)
        __libc_free(block);
}

EXPORT void *calloc(size_t count, size_t size)
{
    size_t bytes;
    if (likely(!__builtin_mul_overflow(count, size, &bytes) &&
               bytes < mine.bytes_end))
        return mine.block;
    floor_note_missed();
    return __libc_calloc(count, size);
}

/* A block of the floor that must grow out of its range, or be resized after
 * the loop: its size was never kept, so all that may be its is copied. */
static void *floor_move_to_glibc(const struct range *range, void *block,
                                 size_t size)
{
    void *moved = __libc_malloc(size);
    size_t bytes = range_bytes_from(range, block);
    if (moved != NULL)
        memcpy(moved, block, bytes < size ? bytes : size);
    return moved;
}

EXPORT void *realloc(void *block, size_t size)
{
    if (likely(size < mine.bytes_end))
        return mine.block;
    floor_note_missed();
    const struct range *range = range_of(block);
    if (range != NULL)
        return floor_move_to_glibc(range, block, size);
    return __libc_realloc(block, size);
}

EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, bytes);
}

/* The one block is aligned to a page and to no more. */
EXPORT void *memalign(size_t alignment, size_t size)
{
    if (likely(size < mine.bytes_end && alignment <= RANGE_ALIGNMENT))
        return mine.block;
    floor_note_missed();
    return __libc_memalign(alignment, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

EXPORT int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    int errno_kept = errno;
    void *block = memalign(alignment, size);
    errno = errno_kept;
    if (block == NULL)
        return ENOMEM;
    *ret_block = block;
    return 0;
}

EXPORT void *valloc(size_t size)
{
    return memalign((size_t)getpagesize(), size);
}

EXPORT void *pvalloc(size_t size)
{
    size_t page = (size_t)getpagesize();
    if (size > SIZE_MAX - page) {
        errno = ENOMEM;
        return NULL;
    }
    return memalign(page, (size + page - 1) / page * page);
}

EXPORT size_t malloc_usable_size(void *block)
{
    static _Atomic(size_t(*)(void *)) glibc_usable_size;
    const struct range *range = range_of(block);
    if (range != NULL)
        return range_bytes_from(range, block);
    if (glibc_usable_size == NULL)
        glibc_usable_size =
            (size_t(*)(void *))dlsym(RTLD_NEXT, "malloc_usable_size");
    return glibc_usable_size(block);
}
