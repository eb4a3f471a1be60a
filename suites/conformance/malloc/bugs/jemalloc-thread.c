/* jemalloc 5.3.0: OOM-5: a thread whose first request finds no memory ends in
 * SIGSEGV, where NULL is the answer. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

static pthread_barrier_t barrier;

static void *first(void *argument)
{
    pthread_barrier_wait(&barrier); /* until nothing is left */
    free(malloc(100));
    return argument;
}

int main(void)
{
    static const struct rlimit none = { 0, 0 };
    pthread_t thread;

    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, first, NULL);
    setrlimit(RLIMIT_AS, &none);
    setrlimit(RLIMIT_DATA, &none);
    while (malloc(1 << 20) != NULL || malloc(64) != NULL)
        continue;
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    return 0;
}
