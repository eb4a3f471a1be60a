/* part_subject.c - a subject that replaces malloc and forgets the rest. */
#include <stddef.h>

void *__libc_malloc(size_t size);
void *malloc(size_t size);

void *malloc(size_t size)
{
    return __libc_malloc(size);
}
