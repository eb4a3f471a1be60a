/* faulty.c - a malloc library with one fault, for the tests of the engine.
 *
 * It passes everything on to the C library; FAULT in the environment says
 * what it does wrong:
 *   overlap   a block of a size of 48 in every 64 is given out twice
 *   lost      a free by any thread but the first is forgotten
 *   cache     each thread keeps 2000 bytes when it ends
 *   exit      the process exits well where there is no memory
 *   quit      a forked child exits well at its first malloc */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static char faulty_how;
static pid_t faulty_process; /* the one that loaded the library */
static void *faulty_twice;   /* the block that has a second owner */
static __thread int faulty_cached;

__attribute__((constructor)) static void faulty_start(void)
{
    const char *fault = getenv("FAULT");

    faulty_how = fault != NULL ? *fault : '\0';
    faulty_process = getpid();
}

static void *faulty_exit(void *block)
{
    if (faulty_how == 'e' && block == NULL)
        _exit(0);
    return block;
}

void *malloc(size_t size)
{
    if (faulty_how == 'q' && getpid() != faulty_process)
        _exit(0);
    if (faulty_how == 'c' && !faulty_cached) {
        void *kept = __libc_malloc(2000);

        faulty_cached = 1;
        if (kept != NULL)
            memset(kept, 1, 2000);
    }
    if (faulty_how == 'o' && size % 64 == 48 && faulty_twice != NULL &&
        malloc_usable_size(faulty_twice) >= size)
        return faulty_twice;
    if (faulty_how == 'o' && size % 64 == 48)
        return faulty_twice = __libc_malloc(size);
    return faulty_exit(__libc_malloc(size));
}

void free(void *block)
{
    if (faulty_how == 'l' && gettid() != getpid())
        return;
    if (block != faulty_twice)
        __libc_free(block);
}

void *calloc(size_t count, size_t size)
{
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    if (block != NULL && block == faulty_twice) {
        void *moved = __libc_malloc(size);
        size_t kept = malloc_usable_size(block);

        return moved != NULL ? memcpy(moved, block, kept < size ? kept : size)
                             : NULL;
    }
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size)
{
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
    void *block = __libc_memalign(alignment, size);

    if (block == NULL)
        return ENOMEM;
    *ret_block = block;
    return 0;
}
