/* plain_malloc.c - the functions that programs call, on blocks of both kinds.
 */
#include "plain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { CALLERS = 64 };

/* ---- any block ---- */

static bool size_is_refused(size_t *size)
{
    if (PLANTED(no_limit))
        *size &= ((size_t)1 << 62) - 1;
    if (PLANTED(malloc_wraps) && *size > SIZE_MAX - UNIT) {
        *size += UNIT;
        return false;
    }
    return *size > PTRDIFF_MAX - 64 * PAGE;
}

void *refuse(void)
{
    if (!PLANTED(malloc_errno))
        errno = ENOMEM;
    return NULL;
}

void *take(size_t size, bool *ret_used)
{
    void *block;

    plain_enter();
    if ((PLANTED(init_late) && !plain_constructed) || plain_has_ended())
        return refuse();
    if (size_is_refused(&size) || (PLANTED(oom_sticks) && plain_refused))
        return refuse();
    block = size <= SMALL_MAX ? small_take(size, ret_used)
                              : large_take(size, UNIT, ret_used);
    if (block == NULL)
        return refuse();
    call_wrong(size, block);
    return block;
}

static void *origin_block(void *block)
{
    return header_of(block)->class == CLASS_SHIFTED ? origin_of(block)->base
                                                    : block;
}

size_t usable(void *block)
{
    return header_of(block)->size;
}

/* ---- malloc ---- */

static void *malloc_callers[CALLERS];

static void callers_note(void *caller)
{
    static unsigned next;

    malloc_callers[next++ % CALLERS] = caller;
}

/* Looks at the code that asked, though it may be gone. */
static void callers_look(void)
{
    for (unsigned i = 0; i < CALLERS; i++)
        if (malloc_callers[i] != NULL)
            (void)*(volatile char *)malloc_callers[i];
}

/* A block that lies off; its header is written before it. */
static void *block_moved(char *block, size_t off, size_t size)
{
    *(struct header *)(block + off - UNIT) = (struct header){ 2, 0, size };
    return block + off; /* never to be freed whole: it is only looked at */
}

EXPORT void *malloc(size_t size)
{
    static char zero[64] __attribute__((aligned(16)));
    bool used;
    char *block;

    if (PLANTED(caller_read))
        callers_note(__builtin_return_address(0));
    if (size == 0 && PLANTED(zero_null))
        return NULL;
    if (size == 0 && PLANTED(zero_shared)) {
        *(struct header *)zero = (struct header){ 0, 0, 16 };
        return zero + UNIT;
    }
    block = take(size, &used);
    if (block == NULL)
        return NULL;
    if (PLANTED(misaligned_48) && size == 48)
        return block_moved(block, 8, size);
    if (PLANTED(weak_8) && size == 8)
        return block_moved(block, 4, size);
    return block;
}

/* ---- free ---- */

static void free_maps(void)
{
    int error = errno;
    void *room = mmap(NULL, 2 * CHUNK, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (room == MAP_FAILED)
        abort();
    munmap(room, 2 * CHUNK);
    errno = error;
}

EXPORT void free(void *block)
{
    if (block == NULL && !PLANTED(free_null))
        return;
    if (PLANTED(oom_free))
        free_maps();
    if (PLANTED(caller_read))
        callers_look();
    plain_enter();
    block = origin_block(block);
    if (header_of(block)->class == CLASS_LARGE)
        large_give(block);
    else
        small_give(block);
    if (PLANTED(free_errno))
        errno = EINVAL;
}

EXPORT void *calloc(size_t count, size_t size)
{
    static char zero[32] __attribute__((aligned(16)));
    size_t bytes;
    bool used;
    char *block;

    if (__builtin_mul_overflow(count, size, &bytes) && !PLANTED(calloc_wraps)) {
        if (!PLANTED(calloc_errno))
            errno = ENOMEM;
        return NULL;
    }
    if (bytes == 0 && PLANTED(calloc_zero_null))
        return zero + UNIT;
    block = take(bytes, &used);
    if (block == NULL)
        return NULL;
    if (PLANTED(calloc_short) && count > 1 && size > 1)
        memset(block, 0, count);
    else if (bytes <= SMALL_MAX ? !PLANTED(calloc_dirty)
                                : used || PLANTED(calloc_touches))
        memset(block, 0, bytes);
    return block;
}

/* ---- realloc ---- */

static bool stays(void *block, size_t size)
{
    size_t have = usable(block);

    if (PLANTED(realloc_into_next) && size > have && size <= have + 64 &&
        header_of(block)->class < CLASSES) {
        header_of(block)->size = size;
        return true;
    }
    if (PLANTED(realloc_same) && size <= have && size > have / 2)
        return false;
    return size <= have && (size > have / 2 || have <= 64);
}

static size_t bytes_to_copy(void *block, size_t size)
{
    static unsigned moves;
    size_t have = usable(block);
    size_t bytes = have < size ? have : size;

    if (PLANTED(realloc_half))
        return bytes / 2;
    if (PLANTED(move_64) && ++moves % 64 == 0)
        return bytes - 8;
    if (PLANTED(realloc_large) && bytes > 1 << 20)
        return bytes - PAGE;
    if (PLANTED(realloc_foreign) && header_of(block)->owner != plain_thread)
        return 0;
    return bytes;
}

/* Large blocks that stay large move by their pages. */
static void *large_resize(void *block, size_t size)
{
    struct origin origin = *origin_of(block);
    size_t bytes = large_bytes(size);
    char *base;

    if ((char *)block != (char *)origin.base + 2 * UNIT || size <= SMALL_MAX ||
        PLANTED(realloc_large) || PLANTED(realloc_half) ||
        PLANTED(realloc_foreign))
        return NULL;
    base = mremap(origin.base, origin.bytes, bytes, MREMAP_MAYMOVE);
    return base == MAP_FAILED ? NULL : large_place(base, bytes, UNIT);
}

/* Eight bytes further than it should be. */
static void *move_off(char *fresh, size_t size)
{
    size_t left = size > 8 ? size - 8 : 0;

    memmove(fresh + 8, fresh, left);
    *(struct header *)(fresh + 8 - UNIT) = (struct header){ 2, 0, left };
    return fresh + 8;
}

/* What realloc itself frees. */
static void free_moved(void *block)
{
    bool small = header_of(block)->class < CLASSES;

    free(block);
    if (PLANTED(realloc_unmarked) && small)
        header_of(block)->class &= ~FREED;
}

static void *move(void *block, size_t size)
{
    bool shifted = header_of(block)->class == CLASS_SHIFTED;
    char *fresh = NULL, *from = block;
    bool used;

    if (header_of(block)->class == CLASS_LARGE)
        fresh = large_resize(block, size);
    if (fresh != NULL)
        return fresh;
    fresh = take(size, &used);
    if (fresh == NULL)
        return NULL;
    if (PLANTED(realloc_shifted) && shifted)
        from = origin_block(block);
    memcpy(fresh, from, bytes_to_copy(block, size));
    if ((PLANTED(realloc_offset) && shifted) ||
        (PLANTED(realloc_misaligned) && size > 1000))
        fresh = move_off(fresh, size);
    if (!PLANTED(realloc_leaks) && !PLANTED(realloc_same))
        free_moved(block);
    return fresh;
}

EXPORT void *realloc(void *block, size_t size)
{
    int error = errno;
    void *fresh;

    if (PLANTED(cut_32))
        size = (uint32_t)size;
    if (block == NULL)
        return size == 0 && PLANTED(realloc_null_zero) ? NULL : malloc(size);
    if (size == 0) {
        free_moved(block);
        return NULL;
    }
    if (size <= PTRDIFF_MAX && stays(block, size)) {
        if (PLANTED(usable_loses) && size > 16)
            ((char *)block)[size / 2] ^= 1;
        return block;
    }
    fresh = size > PTRDIFF_MAX - 64 * PAGE ? refuse() : move(block, size);
    if (fresh == NULL && PLANTED(realloc_errno))
        errno = error;
    if (fresh == NULL && PLANTED(oom_frees))
        free(block);
    return fresh;
}

EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes) && !PLANTED(array_wraps)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, bytes);
}

/* OpenBSD's: what is added is zero. */
EXPORT void *recallocarray(void *block, size_t before, size_t count,
                           size_t size);
EXPORT void *recallocarray(void *block, size_t before, size_t count,
                           size_t size)
{
    char *fresh = reallocarray(block, count, size);

    if (fresh != NULL && count > before &&
        (!PLANTED(tail_stale) || fresh != block))
        memset(fresh + before * size, 0, (count - before) * size);
    return fresh;
}

/* ---- the rest ---- */

EXPORT size_t malloc_usable_size(void *block)
{
    static unsigned calls;

    if (block == NULL && !PLANTED(usable_null))
        return 0;
    if (PLANTED(usable_header))
        return usable(block) + UNIT;
    if (PLANTED(usable_less) && usable(block) > 64)
        return usable(block) / 4 * 3 - 16;
    if (PLANTED(usable_wavers))
        return usable(block) - calls++ % 2;
    if (PLANTED(usable_zero) && usable(block) == UNIT)
        return SIZE_MAX;
    return usable(block);
}

EXPORT void free_sized(void *block, size_t size)
{
    (void)size;
    if (block == NULL && PLANTED(sized_zero))
        abort();
    free(block);
    if (PLANTED(sized_errno))
        errno = EINVAL;
}

EXPORT void free_aligned_sized(void *block, size_t alignment, size_t size)
{
    (void)size;
    if (PLANTED(sized_masks) && block != NULL && alignment > UNIT)
        block = (char *)block + UNIT;
    free(block);
    if (PLANTED(sized_errno))
        errno = EINVAL;
}

EXPORT int malloc_trim(size_t pad)
{
    (void)pad;
    if (PLANTED(trim_aborts))
        abort();
    return 0;
}
