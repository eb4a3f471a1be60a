/* plain_aligned.c - blocks at a multiple of what is asked for. */
#include "plain.h"

#include <errno.h>

static void *shift_block(char *inner, size_t alignment)
{
    size_t whole = usable(inner);
    char *block =
        (char *)(((uintptr_t)inner + alignment - 1) & ~(alignment - 1));

    if (block == inner)
        return block;
    if (block - inner < 2 * UNIT)
        block += alignment;
    *origin_of(block) = (struct origin){ inner, 0 };
    *header_of(block) = (struct header){ CLASS_SHIFTED, plain_thread,
                                         whole - (size_t)(block - inner) };
    return block;
}

static bool goes_plain(size_t alignment, size_t size)
{
    if (PLANTED(aligned_256_plain) && size == alignment && size >= 256 &&
        size <= 1024)
        return true;
    if (PLANTED(small_unaligned) && size < alignment)
        return true;
    return PLANTED(aligned_no_multiple) && size % alignment != 0;
}

void *take_aligned(size_t alignment, size_t size)
{
    size_t room = size + 2 * alignment + 2 * UNIT;
    bool used;
    void *inner;

    if (alignment <= UNIT || goes_plain(alignment, size))
        return take(size, &used);
    if ((size > PTRDIFF_MAX || alignment > PTRDIFF_MAX || room < size) &&
        !PLANTED(aligned_wraps))
        return refuse();
    if (size + alignment > SMALL_MAX && room >= size) {
        plain_enter();
        if (room > PTRDIFF_MAX - 64 * PAGE)
            return refuse();
        inner = large_take(size, alignment, &used);
        return inner != NULL ? inner : refuse();
    }
    inner = take(room, &used);
    return inner == NULL ? NULL : shift_block(inner, alignment);
}

static bool is_power(size_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    if (PLANTED(aligned_24) && alignment == 24)
        alignment = 32;
    if (PLANTED(aligned_1_null) && alignment == 1)
        return NULL;
    if (!is_power(alignment)) {
        if (!PLANTED(aligned_24_errno))
            errno = EINVAL;
        return NULL;
    }
    return take_aligned(alignment, size);
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    while (!is_power(alignment) && alignment < (size_t)1 << 62)
        alignment++;
    return take_aligned(alignment, size);
}

static int memalign_fails(void **ret_block, int error)
{
    if (PLANTED(memalign_garbage))
        *ret_block = (void *)(uintptr_t)0x1234560;
    if (PLANTED(memalign_null))
        *ret_block = NULL;
    if (PLANTED(memalign_errno))
        errno = error;
    if (PLANTED(oom_einval))
        error = EINVAL;
    return PLANTED(memalign_minus_one) ? -1 : error;
}

EXPORT int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
    int error = errno;
    void *block;

    if (PLANTED(memalign_takes_4) && alignment == 4)
        alignment = 8;
    if (!is_power(alignment) || alignment % sizeof(void *) != 0)
        return memalign_fails(ret_block, EINVAL);
    block = take_aligned(alignment, size);
    errno = error;
    if (block == NULL)
        return memalign_fails(ret_block, ENOMEM);
    *ret_block = block;
    return 0;
}

EXPORT void *valloc(size_t size)
{
    return take_aligned(PAGE, size);
}
