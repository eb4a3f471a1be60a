/* threads_blocks.c - what many threads at once do to one another's blocks,
 * under the shadow model. (THR) */
#include <stdatomic.h>

#include "shadow.h"
#include "tools/crew.h"

enum { POOL_SLOTS = 1024, POOL_STEPS = 12000 };

/* Half the blocks are the thread's own, half anybody's. */
struct pool {
    struct shadow *shadow;
    _Atomic(void *) shared[POOL_SLOTS];
};

static void *pool_block(struct member *member, struct pool *pool)
{
    size_t size = size_drawn(&member->random, 8, 10);
    uint32_t draw = random_below(&member->random, 10);

    if (draw == 0)
        return shadow_calloc(pool->shadow, 3, size);
    if (draw == 1)
        return shadow_aligned_alloc(pool->shadow, 64, (size + 63) / 64 * 64);
    return shadow_malloc(pool->shadow, size);
}

static void pool_work(struct member *member)
{
    struct pool *pool = member->crew->shared;
    void *own[64] = { NULL };

    for (unsigned i = 0; i < POOL_STEPS / member->crew->count; i++) {
        void **at = &own[random_below(&member->random, 64)];

        if (*at != NULL && random_chance(&member->random, 150)) {
            void *moved = shadow_realloc(pool->shadow, *at,
                                         size_drawn(&member->random, 8, 11));

            *at = moved != NULL ? moved : *at;
            continue;
        }
        if (*at != NULL)
            shadow_free(pool->shadow, *at);
        *at = pool_block(member, pool);
        if (random_chance(&member->random, 500))
            *at = atomic_exchange(
                &pool->shared[random_below(&member->random, POOL_SLOTS)], *at);
    }
    for (unsigned i = 0; i < 64; i++)
        if (own[i] != NULL)
            shadow_free(pool->shadow, own[i]);
}

/* One crew under a model of its own. */
static enum verdict pool_verdict(struct check_run *run, unsigned threads)
{
    const struct calls calls = { subject->malloc, subject->calloc,
                                 subject->realloc, subject->free,
                                 subject->aligned_alloc };
    const struct shadow_options options = {
        .seed = run->seed,
        .blocks_max = POOL_SLOTS + 64 * (CREW_MAX + 1),
        .touch = TOUCH_NONE,
    };
    struct crew *crew = check_map(sizeof(*crew));
    struct pool *pool = check_map(sizeof(*pool));

    if (crew == NULL || pool == NULL)
        return error(run, "no memory");
    pool->shadow = shadow_create(&calls, &options);
    crew->count = threads;
    crew->seed = run->seed;
    crew->work = pool_work;
    crew->shared = pool;
    if (pool->shadow == NULL || crew_run(crew) != 0)
        return error(run, "no memory or threads");
    shadow_verify(pool->shadow);
    for (unsigned i = 0; i < POOL_SLOTS; i++)
        if (pool->shared[i] != NULL)
            shadow_free(pool->shadow, pool->shared[i]);
    if (shadow_requirement(pool->shadow) == NULL)
        return pass(run);
    return fail(run, "%u threads: %s: %s (seed %llu)", threads,
                shadow_requirement(pool->shadow), shadow_message(pool->shadow),
                (unsigned long long)run->seed);
}

CHECK(THR_1, MUST, "blocks stay apart and whole with any number of threads",
      "C23 7.24.3p2; POSIX 2.9.1 Thread-Safety",
      .flags = CHECK_RANDOM | CHECK_THREADS, .timeout_s = 60,
      .why = "1, 2, 4, 8 and four threads a processor, with blocks of their "
             "own and blocks that go from hand to hand, after Larson and "
             "Krishnan's server; every block's place and each of its bytes "
             "are held against a model. --repeat does it all again; the share "
             "of rounds that failed is told.")
{
    unsigned counts[] = { 1, 2, 4, 8, 4 * crew_processors() };
    unsigned repeat = run->repeat != 0 ? run->repeat : 1;
    unsigned rounds = 0, wrong = 0;
    struct check_run scratch = *run;

    counts[4] = counts[4] < CREW_MAX ? counts[4] : CREW_MAX;
    for (unsigned round = 0; round < repeat; round++)
        for (unsigned i = 0; i < 5; i++, rounds++) {
            enum verdict verdict;

            scratch.seed = run->seed + round;
            verdict = pool_verdict(&scratch, counts[i]);
            if (verdict == VERDICT_ERROR)
                return verdict;
            wrong += verdict == VERDICT_FAIL;
        }
    figure(run, "rounds", rounds);
    figure(run, "failed_rounds", wrong);
    /* The last failure's text is in the record already. */
    return wrong != 0 ? VERDICT_FAIL : pass(run);
}
