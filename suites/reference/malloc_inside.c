/* malloc_inside.c - the drop-in as a library: scripts under the walker,
 * threads that come and go, blocks that cross between them.
 *
 * The runner stays on the system's malloc: the subject is linked in under its
 * inner names. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "block.h"
#include "huge.h"
#include "seed.h"

SEED_OF_RUN(NULL)

#define BOUND .timeout = 20

static void assert_sound(uint64_t seed, unsigned step)
{
    struct fault fault = block_verify();
    cr_assert(!fault.what, "seed %lu, step %u: %s (%p): %zu, expected %zu",
              seed, step, fault.what, fault.where, fault.found, fault.expected);
}

static uint64_t draw(uint64_t *random)
{
    uint64_t x = *random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *random = x;
}

/* --- scripts ----------------------------------------------------------------
 */

#define SCRIPT_BLOCKS 400

struct owned {
    unsigned char *start;
    size_t bytes;
    unsigned char fill;
};

static size_t draw_size(uint64_t *random)
{
    static const size_t ranges[] = { 64, 600, 5000, 33000, 300000, 3 << 20 };
    uint64_t r = draw(random);
    return draw(random) % ranges[r % 64 == 0 ? 5 : r % 5];
}

static void own(struct owned *o, uint64_t *random)
{
    o->fill = (unsigned char)draw(random);
    if (o->bytes > 0)
        memset(o->start, o->fill, o->bytes);
}

static void assert_kept(const struct owned *o, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        cr_assert(o->start[i] == o->fill, "byte %zu of %zu", i, o->bytes);
}

static void script_step(struct owned *o, uint64_t *random)
{
    if (!o->start) {
        o->bytes = draw_size(random);
        bool zero = draw(random) % 4 == 0;
        o->start = zero ? block_alloc_zero(1, o->bytes) : block_alloc(o->bytes);
        for (size_t i = 0; zero && i < o->bytes; i++)
            cr_assert(o->start[i] == 0, "calloc: byte %zu of %zu", i, o->bytes);
    } else if (draw(random) % 4 == 0) {
        size_t bytes = draw_size(random) + 1;
        size_t kept = bytes < o->bytes ? bytes : o->bytes;
        o->start = block_resize(o->start, bytes);
        assert_kept(o, kept);
        o->bytes = bytes;
    } else {
        assert_kept(o, o->bytes);
        block_free(o->start);
        o->start = NULL;
        return;
    }
    cr_assert(o->start);
    cr_assert(block_usable(o->start) >= o->bytes);
    own(o, random);
}

static void run_script(uint64_t seed, unsigned steps)
{
    static struct owned owned[SCRIPT_BLOCKS];
    uint64_t random = seed * 7919 + 1;
    for (unsigned i = 0; i < steps; i++) {
        script_step(&owned[draw(&random) % SCRIPT_BLOCKS], &random);
        assert_sound(seed, i);
    }
    for (unsigned i = 0; i < SCRIPT_BLOCKS; i++)
        block_free(owned[i].start);
    memset(owned, 0, sizeof owned);
    assert_sound(seed, steps);
}

Test(malloc_inside, random_scripts_keep_every_invariant_at_every_step, BOUND)
{
    for (uint64_t i = 0; i < 4; i++)
        run_script(seed_of_run() + i, 1500);
}

/* --- bounded memory ----------------------------------------------------------
 */

static size_t bytes_in_use(void)
{
    struct alloc_stats stats;
    block_stats(&stats);
    return stats.pool_bytes - stats.pool_free_bytes + stats.run_bytes +
           stats.mapping_bytes;
}

static size_t bytes_held(void)
{
    struct alloc_stats stats;
    block_stats(&stats);
    return stats.pool_bytes + stats.run_bytes + stats.mapping_bytes;
}

Test(malloc_inside, trimming_an_unused_heap_leaves_nothing, BOUND)
{
    void *blocks[2000];
    size_t before = bytes_held();
    for (int i = 0; i < 2000; i++)
        blocks[i] = block_alloc((size_t)i * 37 + 1);
    for (int i = 0; i < 2000; i++)
        block_free(blocks[i]);
    block_trim();
    struct alloc_stats stats;
    block_stats(&stats);
    cr_assert(bytes_held() <= before, "%zu bytes held", bytes_held());
    cr_assert(stats.dirty_bytes == 0, "%zu dirty", stats.dirty_bytes);
    cr_assert(stats.cached_bytes == 0, "%zu cached", stats.cached_bytes);
}

/* --- blocks of other threads
 * ---------------------------------------------------- */

#define CROSSING 30000

static void *crossing[CROSSING];

static void *fill_crossing(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < CROSSING; i++) {
        crossing[i] = block_alloc(i % 700);
        cr_assert(crossing[i]);
    }
    return NULL;
}

static void *free_crossing(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < CROSSING; i++)
        block_free(crossing[i]);
    return NULL;
}

static void run_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    cr_assert(pthread_create(&thread, NULL, body, argument) == 0);
    pthread_join(thread, NULL);
}

Test(malloc_inside, blocks_freed_by_a_thread_that_never_allocates_come_back,
     BOUND)
{
    size_t before = bytes_in_use();
    for (int round = 0; round < 20; round++) {
        fill_crossing(NULL);
        run_thread(free_crossing, NULL);
        assert_sound(0, (unsigned)round);
    }
    block_trim();
    cr_assert(bytes_in_use() <= before + 65536, "%zu bytes are lost",
              bytes_in_use() - before);
}

Test(malloc_inside, blocks_freed_after_their_owner_ended_come_back, BOUND)
{
    size_t before = bytes_in_use();
    for (int round = 0; round < 20; round++) {
        run_thread(fill_crossing, NULL);
        free_crossing(NULL);
        assert_sound(0, (unsigned)round);
    }
    block_trim();
    cr_assert(bytes_in_use() <= before + 65536, "%zu bytes are lost",
              bytes_in_use() - before);
}

Test(malloc_inside, heaps_of_ended_threads_serve_the_next_ones, BOUND)
{
    for (int i = 0; i < 200; i++)
        run_thread(fill_crossing, NULL), free_crossing(NULL);
    struct alloc_stats stats;
    block_stats(&stats);
    cr_assert(stats.heap_count <= 4, "%zu heaps", stats.heap_count);
}

/* Several threads send to one owner that drains all the while: every block
 * comes home exactly once. */
#define SENDERS    3
#define SENT_EACH  40000
#define SENT_BYTES 48

static void *inbox[SENDERS][SENT_EACH];
static pthread_barrier_t senders_ready;

static void *send_inbox(void *argument)
{
    void **blocks = argument;
    pthread_barrier_wait(&senders_ready);
    for (int i = 0; i < SENT_EACH; i++)
        block_free(blocks[i]);
    return NULL;
}

static void churn_while_sent_to(void)
{
    static void *kept[1000];
    for (int i = 0; i < 300000; i++) {
        block_free(kept[i % 1000]);
        kept[i % 1000] = block_alloc(SENT_BYTES);
        memset(kept[i % 1000], 0x5a, SENT_BYTES);
    }
    for (int i = 0; i < 1000; i++) {
        block_free(kept[i]);
        kept[i] = NULL;
    }
}

Test(malloc_inside, every_block_sent_home_arrives_exactly_once, BOUND)
{
    size_t before = bytes_in_use();
    pthread_t threads[SENDERS];
    pthread_barrier_init(&senders_ready, NULL, SENDERS + 1);
    for (int round = 0; round < 10; round++) {
        for (int t = 0; t < SENDERS; t++)
            for (int i = 0; i < SENT_EACH; i++)
                inbox[t][i] = block_alloc(SENT_BYTES);
        for (int t = 0; t < SENDERS; t++)
            pthread_create(&threads[t], NULL, send_inbox, inbox[t]);
        pthread_barrier_wait(&senders_ready);
        churn_while_sent_to();
        for (int t = 0; t < SENDERS; t++)
            pthread_join(threads[t], NULL);
        assert_sound(0, (unsigned)round);
    }
    block_trim();
    cr_assert(bytes_in_use() <= before, "%zu bytes are lost",
              bytes_in_use() - before);
}

/* --- fork
 * ------------------------------------------------------------------------ */

static volatile bool stop;

static void *churn_for_ever(void *argument)
{
    uint64_t random = (uintptr_t)argument + 1;
    static __thread void *kept[500];
    while (!stop) {
        uint64_t r = draw(&random);
        block_free(kept[r % 500]);
        kept[r % 500] = block_alloc((r >> 20) % 2000);
    }
    for (int i = 0; i < 500; i++)
        block_free(kept[i]);
    return NULL;
}

static void live_as_child(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* the test's limit ends both */
    for (int i = 0; i < 20; i++)
        run_thread(fill_crossing, NULL), free_crossing(NULL);
    block_trim();
    _exit(block_verify().what ? 3 : 0);
}

Test(malloc_inside, the_child_of_a_fork_under_load_is_sound, BOUND)
{
    pthread_t threads[3];
    for (uintptr_t i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, churn_for_ever, (void *)i);
    for (int i = 0; i < 20; i++) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0)
            live_as_child();
        cr_assert(waitpid(pid, &status, 0) == pid);
        cr_assert(status == 0, "fork %d: status %x", i, status);
    }
    stop = true;
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_sound(0, 0);
}

/* --- mappings
 * ------------------------------------------------------------------- */

Test(malloc_inside, thousands_of_mappings_are_found_again, BOUND)
{
    static void *blocks[3000];
    uint64_t random = 5;
    for (int i = 0; i < 3000; i++)
        cr_assert(blocks[i] = huge_alloc(4096, 4096, false));
    for (int i = 0; i < 6000; i++) {
        int at = (int)(draw(&random) % 3000);
        cr_assert(huge_free(blocks[at]));
        cr_assert(!huge_free((char *)blocks[at] + 16));
        blocks[at] = huge_alloc(4096 * (1 + draw(&random) % 8), 4096, false);
        cr_assert(blocks[at]);
    }
    cr_assert(!huge_verify().what, "%s", huge_verify().what);
    for (int i = 0; i < 3000; i++)
        cr_assert(huge_free(blocks[i]));
    cr_assert(!huge_verify().what, "%s", huge_verify().what);
}
