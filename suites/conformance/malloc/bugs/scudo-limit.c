/* scudo 14: OOM-1: at the end of memory it ends the process, where NULL is the
 * answer. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

int main(void)
{
    static const struct rlimit limit = { 100 << 20, 100 << 20 };

    setrlimit(RLIMIT_DATA, &limit);
    while (malloc(1000) != NULL)
        continue;
    puts("NULL came, as it should");
    return 0;
}
