/* counting.c - a malloc that passes on to glibc and counts every call.
 *
 * At exit it leaves "mallocs callocs reallocs frees" in a file that the parent
 * of the process knows by its own number. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static _Atomic unsigned long mallocs, callocs, reallocs, frees;

void *malloc(size_t size)
{
    mallocs++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    callocs++;
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    reallocs++;
    return __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    mallocs++;
    return __libc_memalign(alignment, size);
}

void free(void *block)
{
    frees += block != NULL;
    __libc_free(block);
}

__attribute__((destructor)) static void counting_tell(void)
{
    char path[64], text[128];
    int fd, size;

    snprintf(path, sizeof(path), "/tmp/assay-count-%d", (int)getppid());
    size = snprintf(text, sizeof(text), "%lu %lu %lu %lu\n", mallocs, callocs,
                    reallocs, frees);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    (void)!write(fd, text, (size_t)size);
    close(fd);
}
