/* mimalloc 2.0.9: ALN-4: blocks of 256, 512 and 1024 bytes that are aligned to
 * their size are not. The first is, by luck: so keep several. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    int wrong = 0;

    for (int i = 0; i < 8; i++) {
        void *block = NULL;

        posix_memalign(&block, 256, 256);
        wrong += (uintptr_t)block % 256 != 0;
    }
    printf("%d of 8 blocks are not aligned to 256\n", wrong);
    return wrong != 0;
}
