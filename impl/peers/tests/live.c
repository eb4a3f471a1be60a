/* live.c - no block of a heap is forgotten while it is resized, whether there
 * is memory for the set or not. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include "live.h"

/* So many are added until the first set of 4096 places would have to grow. */
enum { BLOCKS = 2048, WORKERS = 4, TURNS = 20000 };

/* Addresses as blocks have them; nothing is there. */
static void *block_of(size_t number)
{
    return (void *)(uintptr_t)(4096 + 48 * number);
}

static unsigned char ended[(size_t)WORKERS * TURNS];

static void end(void *block)
{
    ended[((uintptr_t)block - 4096) / 48]++;
}

static void expect_ended_once(struct live *live, size_t first, size_t count)
{
    memset(ended, 0, sizeof(ended));
    live_end_all(live, end);
    for (size_t i = 0; i < sizeof(ended); i++)
        cr_assert_eq(ended[i], i >= first && i < first + count, "block %zu", i);
}

Test(live, a_block_that_is_resized_is_kept_where_no_page_is_to_be_had)
{
    const struct rlimit none = { 0, 0 };
    struct live live;

    live_begin(&live);
    for (size_t i = 0; i < BLOCKS; i++)
        cr_assert(live_add(&live, block_of(i)));
    cr_assert_eq(setrlimit(RLIMIT_AS, &none), 0);
    cr_assert_not(live_add(&live, block_of(BLOCKS)));
    /* All to new addresses, until every place was used once, and again. */
    for (size_t to = BLOCKS; to < (size_t)10 * BLOCKS; to++) {
        live_lend(&live, block_of(to - BLOCKS));
        live_return(&live, block_of(to));
    }
    expect_ended_once(&live, (size_t)9 * BLOCKS, BLOCKS);
    live_end(&live);
}

struct worker {
    struct live *live;
    size_t first; /* it moves one block from there, TURNS - 1 times */
};

static void *move_one(void *given)
{
    struct worker *worker = given;

    for (size_t i = 1; i < TURNS; i++) {
        live_lend(worker->live, block_of(worker->first + i - 1));
        live_return(worker->live, block_of(worker->first + i));
    }
    return NULL;
}

Test(live, blocks_that_threads_resize_while_the_set_grows_are_all_kept)
{
    struct worker workers[WORKERS];
    pthread_t threads[WORKERS];
    struct live live;

    live_begin(&live);
    for (size_t i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){ &live, i * TURNS };
        cr_assert(live_add(&live, block_of(workers[i].first)));
        cr_assert_eq(pthread_create(&threads[i], NULL, move_one, &workers[i]),
                     0);
    }
    for (size_t i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    memset(ended, 0, sizeof(ended));
    live_end_all(&live, end);
    for (size_t i = 0; i < sizeof(ended); i++)
        cr_assert_eq(ended[i], i % TURNS == TURNS - 1, "block %zu", i);
    live_end(&live);
}
