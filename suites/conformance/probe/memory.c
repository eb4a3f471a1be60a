/* memory.c - pages of a check's own, and a look at them. */
#include <sys/mman.h>

#include "../check.h"

void *check_map(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return pages == MAP_FAILED ? NULL : pages;
}

size_t first_nonzero(const unsigned char *block, size_t size)
{
    size_t at = 0;

    while (at < size && block[at] == 0)
        at++;
    return at;
}
