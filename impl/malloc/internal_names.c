/* internal_names.c - glibc's own names for its entry points.
 *
 * Programs and libraries that hook malloc call these (and give the blocks to
 * free), so they must not lead past us. Only those that glibc exports. */
#include <malloc.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

void *__libc_malloc(size_t bytes);
void __libc_free(void *p);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *p, size_t bytes);
void *__libc_memalign(size_t align, size_t bytes);
void *__libc_valloc(size_t bytes);
void *__libc_pvalloc(size_t bytes);
int __posix_memalign(void **memptr, size_t align, size_t bytes);

EXPORT void *__libc_malloc(size_t bytes)
{
    return malloc(bytes);
}

EXPORT void __libc_free(void *p)
{
    free(p);
}

EXPORT void *__libc_calloc(size_t count, size_t bytes)
{
    return calloc(count, bytes);
}

EXPORT void *__libc_realloc(void *p, size_t bytes)
{
    return realloc(p, bytes);
}

EXPORT void *__libc_memalign(size_t align, size_t bytes)
{
    return memalign(align, bytes);
}

EXPORT void *__libc_valloc(size_t bytes)
{
    return valloc(bytes);
}

EXPORT void *__libc_pvalloc(size_t bytes)
{
    return pvalloc(bytes);
}

EXPORT int __posix_memalign(void **memptr, size_t align, size_t bytes)
{
    return posix_memalign(memptr, align, bytes);
}
