/* mimalloc 2.0.9: ERR-1: a calloc whose product overflows gives NULL and leaves
 * errno as it was. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    volatile size_t half = SIZE_MAX / 2;

    errno = 0;
    if (calloc(half, 3) == NULL)
        printf("calloc gave NULL, errno is %d\n", errno);
    return errno != ENOMEM;
}
