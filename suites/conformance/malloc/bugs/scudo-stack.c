/* scudo 14: STK-1: its static TLS fills the smallest stack there is: a thread
 * with one cannot be made. */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static void *nothing(void *argument)
{
    return argument;
}

int main(void)
{
    pthread_attr_t small;
    pthread_t thread;
    int error;

    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN);
    error = pthread_create(&thread, &small, nothing, NULL);
    printf("pthread_create: %s\n", strerror(error));
    return error != 0;
}
