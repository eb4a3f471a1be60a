/* counting.c - passes every call on to glibc, and counts it. */
#include "counting.h"

#include <stddef.h>
#include <sys/mman.h>

#define EXPORT __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

EXPORT void *malloc(size_t size);
EXPORT void *calloc(size_t count, size_t size);
EXPORT void *realloc(void *block, size_t size);
EXPORT void *aligned_alloc(size_t alignment, size_t size);
EXPORT void free(void *block);

static struct counting unseen;
static struct counting *counting = &unseen;

__attribute__((constructor)) static void counting_begin(void)
{
    void *page = mmap(NULL, sizeof(struct counting), PROT_READ | PROT_WRITE,
                      MAP_SHARED, COUNTING_FD, 0);

    if (page != MAP_FAILED)
        counting = page;
}

void *malloc(size_t size)
{
    counting->mallocs++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    counting->callocs++;
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    counting->reallocs++;
    return __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return __libc_memalign(alignment, size);
}

void free(void *block)
{
    if (block != NULL)
        counting->frees++;
    __libc_free(block);
}
