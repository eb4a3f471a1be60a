/* statistics.c - what the collector says of itself. (GC-33, 41, 42) */
#include <string.h>

#include "engine/engine.h"
#include "engine/shapes.h"
#include "engine/stress.h"

/* ---- stats() ---- */

static void compare_stats(struct world *world, size_t live,
                          struct assay_collector_stats *ret_stats)
{
    size_t per_generation = 0;

    if (world_is_wrong(world))
        return;
    subject->stats(world->heap, ret_stats);
    for (unsigned i = 0; i < subject->generations; i++)
        per_generation += ret_stats->generation[i].objects;
    if (ret_stats->live_objects != live && !CAN(CONSERVATIVE))
        world_complain(world, "stats() has %zu live objects, and %zu are there",
                       ret_stats->live_objects, live);
    if (per_generation > live && !CAN(CONSERVATIVE))
        world_complain(world,
                       "stats() has %zu objects in all generations, and %zu "
                       "are there",
                       per_generation, live);
    if (live > 0 && ret_stats->live_bytes < live * 8)
        world_complain(world, "stats() has %zu bytes for %zu objects",
                       ret_stats->live_bytes, live);
}

static void count_collections(struct world *world, unsigned generation)
{
    struct assay_collector_stats before, after;

    if (world_is_wrong(world))
        return;
    subject->stats(world->heap, &before);
    world_collect(world, generation);
    subject->stats(world->heap, &after);
    if (after.generation[generation].collections !=
        before.generation[generation].collections + 1)
        world_complain(world,
                       "collect(%u): stats() had %zu collections of that "
                       "generation, and has %zu",
                       generation, before.generation[generation].collections,
                       after.generation[generation].collections);
}

CHECK(GC_41, SHOULD,
      "stats() agrees with what was made, what ended and what was collected",
      "assay/collector.h: stats(); php's gc_status()",
      .wants = ASSAY_COLLECTOR_STATS, .flags = COLLECTOR_EXACT | CHECK_RANDOM)
{
    struct random random = random_stream(run->seed, 41);
    struct assay_collector_stats stats;
    static struct world world;
    size_t collected = 0;
    int count;

    if (!world_open(&world, 64, 2000))
        return world_verdict(run, &world);
    compare_stats(&world, 0, &stats);
    count = shape_build(&world, SHAPE_RING, 0, 30, WORLD_PLAIN, &random);
    compare_stats(&world, (size_t)count, &stats);
    for (unsigned i = 0; i < subject->generations; i++)
        count_collections(&world, i);
    compare_stats(&world, (size_t)count, &stats);
    shape_drop(&world, 0, count);
    count_collections(&world, subject->generations - 1);
    compare_stats(&world, 0, &stats);
    if (stats.live_bytes != 0 && !CAN(CONSERVATIVE))
        world_complain(&world, "stats() has %zu bytes, and nothing is there",
                       stats.live_bytes);
    for (unsigned i = 0; i < subject->generations; i++)
        collected += stats.generation[i].collected;
    if (collected != (size_t)count && collected != 0)
        world_complain(&world,
                       "stats() says that %zu objects were collected; %d were",
                       collected, count);
    world_close(&world);
    return world_verdict(run, &world);
}

/* ---- the listener ---- */

struct hearing {
    unsigned begun, ended, requested;
    size_t collected;
    bool mixed; /* ended without having begun, or the wrong generation */
    unsigned generation;
};

static void hear(void *context, const struct assay_collection_event *event)
{
    struct hearing *hearing = context;

    switch (event->step) {
    case ASSAY_COLLECTION_REQUESTED:
        hearing->requested++;
        break;
    case ASSAY_COLLECTION_BEGUN:
        hearing->mixed |= hearing->begun != hearing->ended ||
                          event->generation != hearing->generation;
        hearing->begun++;
        break;
    case ASSAY_COLLECTION_PHASE:
        hearing->mixed |= hearing->begun != hearing->ended + 1;
        break;
    case ASSAY_COLLECTION_ENDED:
        hearing->ended++;
        hearing->mixed |= hearing->begun != hearing->ended;
        hearing->collected += event->collected;
        break;
    }
}

CHECK(GC_41b, SHOULD,
      "a listener hears each collection begin and end, with its generation, "
      "and nothing when it no longer listens",
      "assay/collector.h: listen()", .wants = ASSAY_COLLECTOR_LISTEN,
      .flags = COLLECTOR_EXACT)
{
    struct hearing hearing = { 0 };
    static struct world world;
    unsigned before;

    if (!world_open(&world, 8, 500))
        return world_verdict(run, &world);
    if (!subject->listen(world.heap, hear, &hearing))
        return fail(run, "listen() gives false");
    for (unsigned i = 0; i < subject->generations; i++) {
        hearing.generation = i;
        before = hearing.ended;
        world_new(&world, 0, WORLD_PLAIN, 1, 8);
        world_store(&world, 0, 0, 0);
        world_empty(&world, 0);
        world_collect(&world, i);
        if (hearing.ended != before + 1 || hearing.begun != hearing.ended)
            return fail(run,
                        "collect(%u): %u collections began and %u ended, for "
                        "the listener",
                        i, hearing.begun, hearing.ended);
    }
    if (hearing.mixed)
        return fail(run, "the listener heard steps out of order, or of another "
                         "generation");
    before = hearing.begun;
    subject->listen(world.heap, NULL, NULL);
    world_collect(&world, subject->generations - 1);
    if (hearing.begun != before)
        return fail(run, "a listener that was taken away was called");
    world_close(&world);
    return world_verdict(run, &world);
}

/* ---- the same again ---- */

/* Which objects have ended after each collection, as one number. */
static uint64_t digest_of(struct check_run *run, bool *ret_good)
{
    struct random random = random_stream(run->seed, 42);
    static struct world world;
    uint64_t digest = 0;

    *ret_good = world_open(&world, 200, 20000);
    for (int round = 0; round < 40 && *ret_good; round++) {
        int count = shape_build(&world, (enum shape)(round % SHAPES), 0, 60,
                                round % 3 ? WORLD_PLAIN : WORLD_LOOKS, &random);
        for (int i = 0; i < count; i++)
            world_copy(&world, 60 + (int)random_below(&random, 100), i);
        shape_drop(&world, 0, count);
        world_collect(&world, (unsigned)round % subject->generations);
        for (int i = 0; i < world.count; i++)
            digest = digest_add(digest, world.node[i].ended * 2 +
                                            (uint64_t)world.node[i].finalized);
    }
    *ret_good = *ret_good && !world_is_wrong(&world);
    if (*ret_good)
        world_close(&world);
    return digest;
}

CHECK(GC_42, QUALITY,
      "the same program twice: the same objects end at each collection",
      "replay", .wants = ASSAY_COLLECTOR_ENDED, .flags = CHECK_RANDOM)
{
    bool good, again;
    uint64_t first = digest_of(run, &good), second = digest_of(run, &again);

    if (!good || !again)
        return fail(run, "it could not be played twice");
    return first == second ? outcome(run, "same", "the same objects ended")
                           : outcome(run, "different", "other objects ended");
}

/* ---- a kind that lies ---- */

static int lie_twice(void *payload, assay_visit *visit, void *context)
{
    struct assay_object **place = payload;
    int end = 0;

    for (int i = 0; i < 2 && end == 0 && *place != NULL; i++)
        end = visit(place, context);
    return end;
}

static int lie_child(void *unused)
{
    struct assay_collector_config config = { &check_backend.backend };
    struct assay_kind kind = { .name = "liar", .traverse = lie_twice };
    struct assay_heap *heap = subject->create(&config);
    const struct assay_type *type = subject->type_add(heap, &kind);
    struct assay_object *object = subject->new_object(heap, type, 0, 8);

    (void)unused;
    subject->push(heap, object);
    subject->push(heap, subject->new_object(heap, type, 0, 8));
    subject->store_at(heap, subject->root(heap, 0),
                      subject->payload(heap, subject->root(heap, 0)),
                      subject->root(heap, 1));
    for (unsigned i = 0; i < subject->generations; i++)
        subject->collect(heap, i);
    return CAN(VERIFY) && subject->verify(heap) != NULL ? 1 : 0;
}

CHECK(GC_33, QUALITY,
      "a traverse that reports a reference twice is noticed, one way or "
      "another",
      "CPython's assertions on gc_refs", .wants = ASSAY_COLLECTOR_TRAVERSE)
{
    struct child_end end;

    if (check_child(lie_child, NULL, 5000, &end) != 0)
        return error(run, "no process");
    if (end.timed_out)
        return outcome(run, "hang", "it hangs");
    if (check_end_word(&end) != NULL)
        return outcome(run, "detected-abort", "%s", check_end_word(&end));
    return end.status == 1 ? outcome(run, "detected-verify", "verify() tells")
                           : outcome(run, "undetected", "nobody tells");
}
