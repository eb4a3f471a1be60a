/* jemalloc 5.3.0: ERR-1: a realloc that is refused for its size leaves errno
 * as it was: perror() then says "Success". */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    volatile size_t size = (size_t)PTRDIFF_MAX + 1;
    void *block = malloc(1);

    errno = 0;
    if (realloc(block, size) == NULL)
        printf("realloc gave NULL, errno is %d\n", errno);
    return errno != ENOMEM;
}
