/* glibc 2.36: ALN-7: aligned_alloc takes an alignment that is no power of two,
 * where C23 wants NULL: a program that computes it wrongly is not told. */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    void *block = aligned_alloc(24, 48);

    printf("aligned_alloc(24, 48) gave %s\n", block ? "a block" : "NULL");
    return block != NULL;
}
