/* elsewhere.c - exports what is not what its name says.
 *
 * The build gives the functions names of their own. The file says that it has
 * them all; only where a name leads to, in the process, tells that one of them
 * is glibc's. And one name is that of a variable. */
#include <stdlib.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);

extern int far_variable;
int far_variable = 1;

static void *(*elsewhere_pick(void))(size_t size)
{
    return __libc_malloc;
}

void *malloc(size_t size) __attribute__((ifunc("elsewhere_pick")));

void *calloc(size_t count, size_t size)
{
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return __libc_realloc(block, size);
}

void free(void *block)
{
    __libc_free(block);
}
