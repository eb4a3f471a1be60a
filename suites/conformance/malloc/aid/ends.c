/* ends.c - all the ways in which a process ends, with threads still at work.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "aid.h"
#include "system/team.h"

enum { END_STATUS = 5 };

static void *end_kept;

/* What an exit handler may do: free what is there, allocate anew. */
static void end_handler(void)
{
    void *block = subject->calloc(1, 5000);

    if (block == NULL)
        _exit(AID_WRONG);
    subject->free(end_kept);
    end_kept = subject->realloc(block, 50000);
    if (end_kept == NULL)
        _exit(AID_WRONG);
}

static void end_on_exit(int status, void *argument)
{
    (void)status;
    subject->free(argument);
    end_handler();
}

static bool end_armed;

__attribute__((destructor)) static void end_destructor(void)
{
    if (end_armed)
        end_handler();
}

/* Threads at work, handlers registered; they have a moment to get going. */
static int end_prepare(void)
{
    const struct timespec moment = { 0, 1000000 };

    end_armed = true;
    end_kept = subject->malloc(100);
    if (team_start(1, 3) == NULL || atexit(end_handler) != 0 ||
        on_exit(end_on_exit, subject->malloc(64)) != 0 ||
        atexit(end_handler) != 0 || at_quick_exit(end_handler) != 0)
        return AID_SKIP;
    nanosleep(&moment, NULL);
    return AID_GOOD;
}

/* main() returns; the threads go on until the process is gone. */
int aid_end_churn(char **arguments)
{
    (void)arguments;
    return end_prepare() == AID_GOOD ? END_STATUS : AID_SKIP;
}

int aid_end_quick(char **arguments)
{
    (void)arguments;
    if (end_prepare() == AID_GOOD)
        quick_exit(END_STATUS);
    return AID_SKIP;
}

int aid_end_at_once(char **arguments)
{
    (void)arguments;
    if (end_prepare() == AID_GOOD)
        _exit(END_STATUS);
    return AID_SKIP;
}

int aid_end_abort(char **arguments)
{
    const struct rlimit none = { 0, 0 };

    (void)arguments;
    setrlimit(RLIMIT_CORE, &none);
    if (end_prepare() == AID_GOOD)
        abort();
    return AID_SKIP;
}

static void *end_last_thread(void *given)
{
    const struct timespec moment = { 0, 2000000 };

    (void)given;
    subject->free(subject->malloc(1000));
    nanosleep(&moment, NULL);
    subject->free(subject->malloc(100000));
    return NULL;
}

/* The main thread leaves first; the last one ends the process with 0. */
int aid_end_thread(char **arguments)
{
    pthread_t thread;

    (void)arguments;
    end_armed = true;
    if (atexit(end_handler) != 0 ||
        pthread_create(&thread, NULL, end_last_thread, NULL) != 0)
        return AID_SKIP;
    subject->free(subject->malloc(500));
    pthread_detach(thread);
    pthread_exit(NULL);
}

/* Prints lines and ends with the status that is asked for. */
int aid_end_print(char **arguments)
{
    int status = arguments[0] != NULL ? atoi(arguments[0]) : 0;

    for (unsigned i = 0; i < 500; i++) {
        char *text = subject->malloc(i + 1);

        memset(text, 'a' + (int)(i % 26), i);
        text[i] = '\0';
        printf("%u %s\n", i, text);
        subject->free(text);
    }
    return status;
}
