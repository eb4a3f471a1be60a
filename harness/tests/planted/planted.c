/* planted.c - glibc's malloc with one bug, chosen when it is compiled.
 *
 * Preloaded into the cell program: the shadow-checked run of some row must
 * name the requirement that PLANT breaks. At every 64th request. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

enum { RIGHT, OVERLAP, MISALIGN, CORRUPT, LOSE, REFUSE, EVERY = 64 };

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

static unsigned requests;
static unsigned char *last;
static size_t last_size;

static int is_due(int plant)
{
    return PLANT == plant && requests % EVERY == 0;
}

/* The bug strikes only where it can be struck: the block before this one is
 * still as large, and most likely still alive. */
void *malloc(size_t size)
{
    unsigned char *block;

    requests++;
    if (is_due(REFUSE))
        return NULL;
    if (is_due(OVERLAP) && last_size >= size)
        return last;
    if (is_due(CORRUPT) && last_size > 16)
        last[7] ^= 1;
    block = __libc_malloc(size + 16);
    if (is_due(MISALIGN) && block != NULL)
        block += 8;
    last = block;
    last_size = size;
    return block;
}

void *calloc(size_t count, size_t size)
{
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    unsigned char *moved = __libc_realloc(block, size);

    requests++;
    if (is_due(LOSE) && moved != NULL && size > 16)
        memset(moved + 5, 0, 2);
    return moved;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return __libc_memalign(alignment, size);
}

void free(void *block)
{
    __libc_free(block);
}
