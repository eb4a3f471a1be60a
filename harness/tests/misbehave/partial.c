/* partial.c - replaces malloc and free, and forgets calloc and realloc. */
#include <stdlib.h>

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *block);

void *malloc(size_t size)
{
    return __libc_malloc(size);
}

void free(void *block)
{
    __libc_free(block);
}
