/* tcmalloc 2.10: OVF-3: pvalloc rounds a huge size up past SIZE_MAX, to 0, and
 * gives a block of one page for it. */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>

int main(void)
{
    volatile size_t size = SIZE_MAX;
    void *block = pvalloc(size);

    printf("pvalloc(SIZE_MAX) gave %s\n", block ? "a block" : "NULL");
    return block != NULL;
}
