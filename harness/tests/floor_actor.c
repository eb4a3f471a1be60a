/* floor_actor.c - runs under the floor and looks at what it does.
 *
 * Each act returns NULL, or what was wrong; that goes to stdout. */
#include "../lib/floor.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCK_MAX = 1000, PAIRS = 1000000, ROUNDS = 9 };

static floor_arm_function *arm;
static floor_disarm_function *disarm;
static floor_missed_function *missed;

/* Calls through volatile pointers: a compiler may not fold them away. */
static void *(*volatile ask)(size_t size) = malloc;
static void *(*volatile ask_clear)(size_t count, size_t size) = calloc;
static void (*volatile give)(void *block) = free;

static const char *act_unarmed(void)
{
    void *one = ask(100), *two = ask(100);
    if (one == two)
        return "two live blocks have one address while unarmed";
    memset(one, 1, 100);
    memset(two, 2, 100);
    if (*(char *)one != 1)
        return "blocks overlap while unarmed";
    give(one);
    give(two);
    unsigned char *clear = calloc(10, 10);
    for (int i = 0; i < 100; i++)
        if (clear[i] != 0)
            return "calloc does not clear while unarmed";
    give(clear);
    return missed() == 0 ? NULL : "requests are counted while unarmed";
}

static const char *act_armed(void)
{
    void *outside = ask(100);
    if (arm(BLOCK_MAX) != 0)
        return "arming failed";
    void *one = ask(1), *two = ask(BLOCK_MAX);
    if (one != two)
        return "an armed thread gets two blocks";
    if (one == outside)
        return "the block is glibc's";
    memset(two, 7, BLOCK_MAX);
    give(one);
    if (ask(48) != one || calloc(5, 10) != one || realloc(one, 500) != one ||
        realloc(NULL, 5) != one || aligned_alloc(256, 512) != one)
        return "some function does not hand out the block";
    if ((uintptr_t)one % 4096 != 0)
        return "the block is not aligned to a page";
    give(outside); /* leaked on purpose */
    disarm();
    void *after = ask(100);
    if (after == one || after == outside)
        return "disarmed, malloc hands out the block, or one freed armed";
    give(after);
    return missed() == 0 ? NULL : "requests were missed";
}

static const char *act_too_large(void)
{
    if (arm(BLOCK_MAX) != 0)
        return "arming failed";
    void *block = ask(48), *large = ask(BLOCK_MAX + 1);
    void *wide = aligned_alloc(8192, 512);
    if (large == NULL || large == block || wide == block)
        return "a request too large got the block";
    if ((uintptr_t)wide % 8192 != 0)
        return "alignment over a page is lost";
    memset(large, 1, BLOCK_MAX + 1);
    if (missed() != 2)
        return "two missed requests are not counted as two";
    if (ask_clear(SIZE_MAX / 2, 3) != NULL || errno != ENOMEM)
        return "calloc overflows while armed";
    disarm();
    give(large);
    return arm(SIZE_MAX) == -1 ? NULL : "arming for everything succeeded";
}

/* The block may be resized and freed when the loop is long over. */
static const char *act_later(void)
{
    arm(BLOCK_MAX);
    char *block = ask(100);
    strcpy(block, "text");
    disarm();
    char *moved = realloc(block, 200);
    if (moved == block || strcmp(moved, "text") != 0)
        return "realloc of a block of the floor loses its contents";
    give(moved);
    for (int i = 0; i < 3; i++)
        give(block);
    if (malloc_usable_size(block) < BLOCK_MAX)
        return "the usable size of a block of the floor is too small";
    void *fresh = ask(100);
    if (malloc_usable_size(fresh) < 100 || malloc_usable_size(fresh) > 500)
        return "the usable size of a block of glibc's is wrong";
    give(fresh);
    void *aligned = NULL;
    if (posix_memalign(&aligned, 3, 10) != EINVAL || aligned != NULL)
        return "posix_memalign takes an alignment of 3";
    return NULL;
}

static void *thread_block;

static void *thread_frees(void *block)
{
    void *one = ask(10), *two = ask(10);
    give(block);
    void *result = one == two ? (void *)"another thread is armed, too" : NULL;
    give(one);
    give(two);
    return result;
}

static const char *act_threads(void)
{
    pthread_t thread;
    void *wrong = NULL;
    arm(BLOCK_MAX);
    void *block = ask(10);
    pthread_create(&thread, NULL, thread_frees, block);
    pthread_join(thread, &wrong);
    disarm();
    arm(BLOCK_MAX);
    if (ask(10) != block)
        wrong = "a range that was given back is not taken again";
    disarm();
    return wrong;
}

static void *thread_holds(void *barrier)
{
    arm(BLOCK_MAX);
    thread_block = ask(10);
    pthread_barrier_wait(barrier);
    pthread_barrier_wait(barrier);
    disarm();
    return NULL;
}

static const char *act_private(void)
{
    pthread_barrier_t barrier;
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, thread_holds, &barrier);
    pthread_barrier_wait(&barrier);
    arm(BLOCK_MAX);
    void *block = ask(10);
    bool same = block == thread_block;
    disarm();
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    return same ? "two armed threads share a block" : NULL;
}

/* Processor time of a round of pairs: the least of several, since the machine
 * is shared. */
static clock_t pairs_cost(void)
{
    clock_t least = 0;
    for (int round = 0; round < ROUNDS; round++) {
        clock_t start = clock();
        for (int i = 0; i < PAIRS; i++)
            give(ask(48));
        clock_t cost = clock() - start;
        if (round == 0 || cost < least)
            least = cost;
    }
    return least;
}

/* glibc's pair is about the cheapest that does anything at all. */
static const char *act_cheap(void)
{
    clock_t glibc = pairs_cost();
    arm(BLOCK_MAX);
    clock_t floor = pairs_cost();
    disarm();
    printf("glibc %ld us, floor %ld us\n", (long)glibc, (long)floor);
    return floor * 3 < glibc * 2 ? NULL
                                 : "an armed pair costs over 2/3 of glibc's";
}

static const struct {
    const char *name;
    const char *(*act)(void);
} acts[] = {
    { "unarmed", act_unarmed },     { "armed", act_armed },
    { "too-large", act_too_large }, { "later", act_later },
    { "threads", act_threads },     { "private", act_private },
    { "cheap", act_cheap },
};

int main(int argc, char **argv)
{
    arm = (floor_arm_function *)dlsym(RTLD_DEFAULT, FLOOR_ARM);
    disarm = (floor_disarm_function *)dlsym(RTLD_DEFAULT, FLOOR_DISARM);
    missed = (floor_missed_function *)dlsym(RTLD_DEFAULT, FLOOR_MISSED);
    const char *wrong = "no such act, or no floor";
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
        if (argc == 2 && arm != NULL && strcmp(argv[1], acts[i].name) == 0)
            wrong = acts[i].act();
    if (wrong != NULL)
        puts(wrong);
    return wrong != NULL;
}
