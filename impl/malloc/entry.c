/* entry.c - the names a program knows: malloc and its family.
 *
 * Each decides what its standard leaves open as glibc does: malloc(0) gives a
 * block of its own, realloc(p, 0) frees, posix_memalign leaves *memptr alone
 * when it fails. aligned_alloc is stricter than glibc 2.36 and follows
 * POSIX.1-2024: an alignment that is no power of two is EINVAL. */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

#include "block.h"
#include "os.h"

#define EXPORT __attribute__((visibility("default")))

static bool entry_is_power_of_two(size_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

EXPORT void *malloc(size_t bytes)
{
    return block_alloc(bytes);
}

EXPORT void free(void *p)
{
    block_free(p);
}

EXPORT void *calloc(size_t count, size_t bytes)
{
    return block_alloc_zero(count, bytes);
}

EXPORT void *realloc(void *p, size_t bytes)
{
    if (p && bytes == 0) {
        block_free(p);
        return NULL;
    }
    return block_resize(p, bytes);
}

EXPORT void *reallocarray(void *p, size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(p, total);
}

/* The caller's word about size and alignment is not needed. */
void free_sized(void *p, size_t bytes);
void free_aligned_sized(void *p, size_t align, size_t bytes);

EXPORT void free_sized(void *p, size_t bytes)
{
    (void)bytes;
    block_free(p);
}

EXPORT void free_aligned_sized(void *p, size_t align, size_t bytes)
{
    (void)align;
    (void)bytes;
    block_free(p);
}

EXPORT void *aligned_alloc(size_t align, size_t bytes)
{
    if (!entry_is_power_of_two(align)) {
        errno = EINVAL;
        return NULL;
    }
    return block_alloc_aligned(align, bytes);
}

/* Returns the error and leaves errno as it was. */
EXPORT int posix_memalign(void **memptr, size_t align, size_t bytes)
{
    if (!entry_is_power_of_two(align) || align < sizeof(void *))
        return EINVAL;
    int saved = errno;
    void *p = block_alloc_aligned(align, bytes);
    errno = saved;
    if (!p)
        return ENOMEM;
    *memptr = p;
    return 0;
}

/* glibc rounds an odd alignment up to the next power of two, and refuses what
 * has none with EINVAL. */
EXPORT void *memalign(size_t align, size_t bytes)
{
    if (align > SIZE_MAX / 2 + 1) {
        errno = EINVAL;
        return NULL;
    }
    size_t power = CLASS_STEP_BYTES;
    while (power < align)
        power *= 2;
    return block_alloc_aligned(power, bytes);
}

EXPORT void *valloc(size_t bytes)
{
    return block_alloc_aligned(OS_PAGE_BYTES, bytes);
}

EXPORT void *pvalloc(size_t bytes)
{
    if (bytes > PTRDIFF_MAX) {
        errno = ENOMEM;
        return NULL;
    }
    bytes = os_round_up(bytes + (bytes == 0), OS_PAGE_BYTES);
    return block_alloc_aligned(OS_PAGE_BYTES, bytes);
}

EXPORT size_t malloc_usable_size(void *p)
{
    return block_usable(p);
}

/* The pad of glibc is memory to keep at the top of its heap; ours has none. */
EXPORT int malloc_trim(size_t pad)
{
    (void)pad;
    return block_trim();
}
