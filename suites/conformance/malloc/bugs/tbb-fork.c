/* tbb 2021.8.0: FRK-2: fork while other threads allocate: the child waits for
 * a lock that nobody there holds. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void *churn(void *argument)
{
    for (size_t i = 1;; i++)
        free(malloc(i * 7919 % 1000000));
    return argument;
}

int main(void)
{
    pthread_t thread;

    for (int i = 0; i < 4; i++)
        pthread_create(&thread, NULL, churn, NULL);
    for (int i = 0; i < 1000; i++) {
        int status;

        if (fork() == 0) {
            alarm(3);
            for (size_t size = 8; size < 2000000; size += size / 8)
                free(malloc(size));
            _exit(0);
        }
        wait(&status);
        if (status != 0) {
            dprintf(1, "child %d did not get its memory within 3 s\n", i);
            _exit(1);
        }
    }
    _exit(0);
}
