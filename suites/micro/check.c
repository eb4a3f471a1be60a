/* check.c - what is timed must first be right, in small.
 *
 * No replacement for the conformance suite: it keeps a library that hands out
 * one block twice, or clears nothing, from looking fast here. */
#include "driver.h"

#include <string.h>

enum { BLOCKS = 16, BLOCKS_LARGE = 4, LARGE = 64 << 10, FIRST_FILL = 0x21 };

static unsigned char *check_blocks[BLOCKS];

/* Few large ones: their pages would take longer than what is timed. */
static int check_count(size_t size)
{
    return size > LARGE ? BLOCKS_LARGE : BLOCKS;
}

static void *check_request(enum driver_function function, size_t alignment,
                           size_t size)
{
    if (function == DRIVER_CALLOC)
        return driver_calls.calloc(1, size);
    if (function == DRIVER_ALIGNED_ALLOC)
        return driver_calls.aligned_alloc(alignment, size);
    return driver_calls.malloc(size);
}

static bool check_is_all(const unsigned char *block, size_t size,
                         unsigned char value)
{
    return block[0] == value && memcmp(block, block + 1, size - 1) == 0;
}

/* What a block of `size` is aligned to at least: C23 7.24.3, the weak reading,
 * so a block smaller than an alignment need not have it. */
static size_t check_alignment(size_t alignment, size_t size)
{
    size_t least = 1;

    if (alignment != 0)
        return alignment;
    while (least < _Alignof(max_align_t) && 2 * least <= size)
        least *= 2;
    return least;
}

static const char *check_fill(enum driver_function function, size_t alignment,
                              size_t size)
{
    for (int i = 0; i < check_count(size); i++) {
        unsigned char *block = check_request(function, alignment, size);

        check_blocks[i] = block;
        if (block == NULL)
            return "a request returned NULL";
        if ((uintptr_t)block % check_alignment(alignment, size) != 0)
            return "a block is misaligned";
        if (function == DRIVER_CALLOC && !check_is_all(block, size, 0))
            return "calloc left bytes that are not zero";
        memset(block, FIRST_FILL + i, size);
    }
    return NULL;
}

static const char *check_contents(enum driver_function function, size_t size)
{
    for (int i = 0; i < check_count(size); i++) {
        unsigned char fill = (unsigned char)(FIRST_FILL + i);

        if (!check_is_all(check_blocks[i], size, fill))
            return "a block lost what was written to it";
        if (function != DRIVER_REALLOC)
            continue;
        check_blocks[i] = driver_calls.realloc(check_blocks[i], 2 * size);
        if (check_blocks[i] == NULL)
            return "a request returned NULL";
        if (!check_is_all(check_blocks[i], size, fill))
            return "realloc lost what was written";
    }
    return NULL;
}

/* Twice: the second time memory is used again, and dirty. */
const char *driver_check(enum driver_function function, size_t alignment,
                         size_t size)
{
    for (int round = 0; round < 2; round++) {
        const char *wrong = check_fill(function, alignment, size);

        if (wrong == NULL)
            wrong = check_contents(function, size);
        if (wrong == NULL && function == DRIVER_USABLE_SIZE &&
            driver_calls.usable_size(check_blocks[0]) < size)
            wrong = "the usable size is less than what was asked for";
        if (wrong != NULL)
            return wrong;
        for (int i = 0; i < check_count(size); i++)
            driver_calls.free(check_blocks[i]);
    }
    return NULL;
}
