/* completeness.c - what cannot be reached ends. (GC-2, 4, 8, 46) */
#include "engine/engine.h"
#include "engine/shapes.h"
#include "engine/small.h"
#include "engine/stress.h"

/* Of what should have ended, a conservative collector may keep this much. */
enum { RESIDUE_PERCENT = 10 };

/* With finalizers: called in one, gone in the next, and one to spare. */
enum { COLLECTIONS = 3 };

static bool blind(void)
{
    return !world_sees_ends();
}

#define SKIP_BLIND(run)                                                        \
    if (blind())                                                               \
    return skip(run, "it claims neither ENDED nor STATS: nobody can see that " \
                     "an object has ended")

static void empty_heap(struct world *world, const char *after)
{
    struct assay_collector_stats stats;

    if (!CAN(STATS) || CAN(CONSERVATIVE) || world_is_wrong(world))
        return;
    subject->stats(world->heap, &stats);
    if (stats.live_objects != 0 || stats.live_bytes != 0)
        world_complain(world,
                       "after %s the heap is empty, and stats() has %zu live "
                       "objects and %zu live bytes",
                       after, stats.live_objects, stats.live_bytes);
}

static void shape_dies(struct world *world, enum shape shape, int size,
                       enum world_kind kind, struct random *random)
{
    int count = shape_build(world, shape, 0, size, kind, random);

    world_look(world, false);
    world_collect(world, subject->generations - 1);
    world_look(world, false);
    shape_drop(world, 0, count);
    for (int i = 0; i < COLLECTIONS; i++)
        world_collect(world, subject->generations - 1);
    world_look(world, true);
    empty_heap(world, shape_words[shape]);
}

CHECK(GC_2, MUST,
      "when no root is left, three collections of all there is end every "
      "object, and no byte is live",
      "assay/collector.h: collect(); php issue 9239",
      .why = "every shape, plain, with references in payloads, and with "
             "finalizers that only look",
      .flags = CHECK_RANDOM, .timeout_s = 20)
{
    static const int sizes[] = { 1, 2, 3, 10, 60 };
    struct random random = random_stream(run->seed, 2);
    static struct world world;

    SKIP_BLIND(run);
    for (unsigned kind = WORLD_PLAIN; kind <= WORLD_LOOKS; kind++)
        for (unsigned shape = 0; shape < SHAPES; shape++) {
            if (!world_open(&world, 64, 4000))
                return world_verdict(run, &world);
            for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
                shape_dies(&world, shape, sizes[i], kind, &random);
            world_close(&world);
            if (world_is_wrong(&world))
                return world_blame(run, &world, "%s (%s)", shape_words[shape],
                                   world_kind_words[kind]);
        }
    return pass(run);
}

/* Every world looks for this after each of its collections; here is what makes
 * most of it, and nothing refuses. */
CHECK(GC_2b, MUST,
      "one collection of all there is ends what was unreachable when it "
      "began, but for what a finalizer still to be called can reach",
      "assay/collector.h: collect()", .wants = ASSAY_COLLECTOR_ENDED,
      .flags = CHECK_RANDOM, .timeout_s = 40)
{
    const struct engine engine = {
        .id = "GC-2b",
        .plan = { .operations = 1000,
                  .kinds = (1u << WORLD_KINDS) - 1,
                  .weak = true },
        .scripts = stress_scaled(40),
        .timeout_ms = 30000,
    };

    return engine_decide(run, &engine);
}

/* ---- every small graph ---- */

static enum verdict small_verdict(struct check_run *run,
                                  const struct small_result *result)
{
    double share = result->garbage > 0 ? 100.0 * (double)result->residue /
                                             (double)result->garbage
                                       : 0;

    figure(run, "graphs", (double)result->graphs);
    if (CAN(CONSERVATIVE))
        figure(run, "residue_percent", share);
    if (result->complaint[0] != '\0')
        return fail(run, "%s", result->complaint);
    return share <= RESIDUE_PERCENT
               ? pass(run)
               : fail(run,
                      "%.1f %% of what was unreachable was left; %d %% "
                      "are allowed to a conservative collector",
                      share, RESIDUE_PERCENT);
}

/* Graphs of one and two objects by themselves. Of a conservative collector a
 * stale word may keep one object of every collection: how large a share that is
 * can be told only where there are many. */
static unsigned batch_of(unsigned nodes)
{
    if (nodes < 3 && !CAN(CONSERVATIVE))
        return 1;
    return nodes < SMALL_NODES_MAX || stress_is_on() ? 64 : 512;
}

CHECK(GC_4, MUST,
      "of every graph of up to four objects, loops included, with every set "
      "of roots, exactly the unreachable objects end",
      "the definition of reachability: 65 536 graphs of four, 16 sets of "
      "roots each",
      .timeout_s = 60)
{
    struct small_result result = { 0 };

    SKIP_BLIND(run);
    for (unsigned nodes = 1; nodes <= SMALL_NODES_MAX; nodes++)
        small_run(&(struct small_plan){ .nodes = nodes,
                                        .most = 1,
                                        .batch = batch_of(nodes),
                                        .step = nodes < 4        ? 1
                                                : stress_is_on() ? 241
                                                                 : 1 },
                  &result);
    if (CAN(TRAVERSE))
        for (unsigned nodes = 1; nodes <= 3; nodes++)
            small_run(&(struct small_plan){ .nodes = nodes,
                                            .most = 1,
                                            .batch = 64,
                                            .step = 1,
                                            .payload = true },
                      &result);
    return small_verdict(run, &result);
}

CHECK(GC_8, MUST,
      "references that one object has to another more than once count each: "
      "every graph of up to three objects, with up to two or three of them",
      "assay/collector.h: store()", .timeout_s = 60)
{
    struct small_result result = { 0 };

    SKIP_BLIND(run);
    for (unsigned nodes = 1; nodes <= 3; nodes++)
        small_run(&(struct small_plan){ .nodes = nodes,
                                        .most = nodes < 3 ? 3 : 2,
                                        .batch = batch_of(nodes),
                                        .step = nodes == 3 && stress_is_on()
                                                    ? 31
                                                    : 1 },
                  &result);
    if (CAN(TRAVERSE))
        small_run(
            &(struct small_plan){
                .nodes = 2, .most = 3, .batch = 8, .step = 1, .payload = true },
            &result);
    return small_verdict(run, &result);
}

/* Each clear ends neighbours that the collection has still to visit. */
CHECK(GC_46, MUST,
      "clearing one object of a cycle may end others of it, each once",
      "php-src pull 4935; CPython's delete_garbage", .timeout_s = 20,
      .flags = CHECK_RANDOM)
{
    struct random random = random_stream(run->seed, 46);
    static struct world world;
    unsigned rounds = stress_scaled(12);

    SKIP_BLIND(run);
    for (unsigned round = 0; round < rounds; round++) {
        int count = 0;

        if (!world_open(&world, 320, 4000))
            return world_verdict(run, &world);
        for (int i = 0; i < 4; i++)
            count +=
                shape_build(&world,
                            (enum shape)((round + (unsigned)i) % SHAPES), count,
                            60, i % 2 ? WORLD_PAYLOAD : WORLD_PLAIN, &random);
        /* And all of them hang together. */
        for (int i = 0; i < count; i++)
            world_store(&world, i, 2,
                        (int)random_below(&random, (uint32_t)count));
        shape_drop(&world, 0, count);
        world_collect_all(&world);
        empty_heap(&world, "that");
        world_close(&world);
        if (world_is_wrong(&world))
            return world_verdict(run, &world);
    }
    return pass(run);
}
