/* early.c - what happens before main(): in .preinit_array, before any
 * library's constructor, and in constructors of all priorities. */
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aid.h"
#include "system/churn.h"
#include "system/team.h"

enum { EARLY_PLACES = 4, EARLY_BLOCKS = 64 };

/* Each place allocates in its own way and leaves half of it to main(). */
static struct early_place {
    bool ran;
    bool wrong;
    unsigned char *blocks[EARLY_BLOCKS];
} early_places[EARLY_PLACES];

static const char *const early_names[] = { ".preinit_array", "constructor(101)",
                                           "constructor(65000)",
                                           "constructor" };

static size_t early_size(unsigned number)
{
    return 8 + (size_t)number * number * 9;
}

/* malloc, calloc, realloc and free, four blocks at a time. */
static void early_allocate(unsigned number)
{
    struct early_place *place = &early_places[number];

    place->ran = true;
    for (unsigned i = 0; i < EARLY_BLOCKS; i++) {
        size_t size = early_size(i);
        unsigned char *block =
            i % 2 != 0 ? subject->malloc(size) : subject->calloc(1, size);

        if (block == NULL || (i % 2 == 0 && first_nonzero(block, size) < size))
            place->wrong = true;
        if (block != NULL && i % 4 == 3)
            block = subject->realloc(block, size * 2);
        if (block != NULL)
            memset(block, (int)(number + i), size);
        place->blocks[i] = block;
    }
    for (unsigned i = 0; i < EARLY_BLOCKS; i += 3) {
        subject->free(place->blocks[i]);
        place->blocks[i] = NULL;
    }
}

static bool early_place_verify(unsigned number)
{
    struct early_place *place = &early_places[number];
    bool right = place->ran && !place->wrong;

    for (unsigned i = 0; i < EARLY_BLOCKS; i++) {
        unsigned char *block = place->blocks[i];

        for (size_t at = 0; block != NULL && at < early_size(i); at++)
            right = right && block[at] == (unsigned char)(number + i);
        subject->free(block);
    }
    return right;
}

int aid_early_verify(void)
{
    for (unsigned i = 0; i < EARLY_PLACES; i++)
        if (!early_place_verify(i))
            return aid_say(early_names[i]);
    return aid_work(NULL);
}

/* ---- fork handlers that are registered before the allocator's ---- */

static void early_handler(void)
{
    void *block = subject->malloc(200);

    subject->free(subject->calloc(3, 50));
    subject->free(subject->realloc(block, 5000));
}

int aid_early_atfork(char **arguments)
{
    struct team *team = team_start(1, 2);

    (void)arguments;
    if (team == NULL)
        return AID_SKIP;
    for (unsigned i = 0; i < 20; i++) {
        pid_t child = fork();
        int status;

        if (child == 0)
            _exit(aid_work(NULL));
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            return aid_say("a child of fork failed");
    }
    return team_stop(team) == NULL ? AID_GOOD : aid_say("a thread's churn");
}

/* ---- what runs when ---- */

/* The environment as it was handed over: getenv() may be too early. */
static const char *early_wish(char **environment)
{
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, "ASSAY_AID_EARLY=", 16) == 0)
            return *environment + 16;
    return "";
}

static void early_before_all(int argc, char **argv, char **environment)
{
    const char *wish = early_wish(environment);
    const struct rlimit none = { 0, 0 };

    (void)argc;
    (void)argv;
    if (strcmp(wish, "allocate") == 0)
        early_allocate(0);
    else if (strcmp(wish, "atfork") == 0)
        pthread_atfork(early_handler, early_handler, early_handler);
    else if (strcmp(wish, "nofile") == 0)
        setrlimit(RLIMIT_NOFILE, &none);
}

__attribute__((section(".preinit_array"),
               used)) static void (*const early_entry)(int, char **, char **) =
    early_before_all;

__attribute__((constructor(101))) static void early_first(void)
{
    if (early_places[0].ran)
        early_allocate(1);
}

__attribute__((constructor(65000))) static void early_late(void)
{
    if (early_places[0].ran)
        early_allocate(2);
}

__attribute__((constructor)) static void early_last(void)
{
    if (early_places[0].ran)
        early_allocate(3);
}
