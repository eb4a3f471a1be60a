/* jemalloc 5.3.0: COV-4: pvalloc is left to the C library, and its block is
 * freed by jemalloc, which does not know it. */
#include <malloc.h>
#include <stdlib.h>

int main(void)
{
    free(pvalloc(1));
    return 0;
}
