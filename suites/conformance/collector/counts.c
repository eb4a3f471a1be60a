/* counts.c - reference counts: promptness and the right number.
 * (GC-3, 6, 48) */
#include "engine/shapes.h"
#include "engine/stress.h"

/* ---- promptness ---- */

/* A random graph in which references go to older objects only. */
static void acyclic(struct world *world, int count, struct random *random)
{
    for (int i = 0; i < count; i++) {
        world_new(world, i, i % 3 ? WORLD_PLAIN : WORLD_PAYLOAD, 3, 10);
        for (unsigned slot = 0; slot < 3 && i > 0; slot++)
            world_store(world, i, slot, (int)random_below(random, (uint32_t)i));
    }
}

static void expect_prompt(struct world *world)
{
    size_t garbage = world_garbage(world);

    if (garbage != 0)
        world_complain(world,
                       "%zu objects that no cycle keeps have no reference "
                       "left, and are there without a collection",
                       garbage);
}

/* A reference goes, or one to an older object takes its place: no cycle comes
 * of it. Place 59 is empty. */
static void change(struct world *world, int turn, struct random *random)
{
    int at = (int)random_below(random, 50);
    unsigned slot = random_below(random, 3);

    if (turn % 3 == 0)
        world_store(world, at, slot, 59);
    else if (turn % 3 == 1 && at > 0)
        world_store(world, at, slot, (int)random_below(random, (uint32_t)at));
    else
        world_empty(world, at);
}

/* Down a list: what takes the place of an object lives by that object alone.
 * And what is put where it is already. */
static void walk(struct world *world)
{
    for (int i = 0; i < 20; i++) {
        world_new(world, 1, WORLD_PLAIN, 1, 8);
        world_store(world, 1, 0, 0);
        world_copy(world, 0, 1);
    }
    world_empty(world, 1);
    while (world_has(world, 0)) {
        world_copy(world, 0, 0);
        world_load(world, 0, 0, 0);
        expect_prompt(world);
    }
}

/* The last reference is the top of the root stack. */
static void popped(struct world *world)
{
    world_new(world, 0, WORLD_PLAIN, 1, 8);
    if (!world_has(world, 0) ||
        !world_protect(world, subject->root(world->heap, 0), world->root[0]))
        return;
    world_empty(world, 0);
    world_look(world, false);
    world_unprotect(world);
    expect_prompt(world);
}

CHECK(GC_3, MUST, "an object in no cycle ends with its last reference, at once",
      "assay/collector.h: COUNTS", .wants = ASSAY_COLLECTOR_COUNTS,
      .flags = CHECK_RANDOM)
{
    struct random random = random_stream(run->seed, 3);
    unsigned rounds = stress_scaled(20);
    static struct world world;

    if (!world_sees_ends())
        return skip(run, "it claims neither ENDED nor STATS");
    for (unsigned round = 0; round < rounds; round++) {
        if (!world_open(&world, 60, 1000))
            return world_verdict(run, &world);
        acyclic(&world, 50, &random);
        world_hold(&world, 20);
        world_hold(&world, 40);
        for (int i = 0; i < 200 && !world_is_wrong(&world); i++) {
            change(&world, i, &random);
            expect_prompt(&world);
        }
        shape_drop(&world, 0, 50);
        expect_prompt(&world);
        world_release(&world, 0);
        expect_prompt(&world);
        world_release(&world, 0);
        expect_prompt(&world);
        walk(&world);
        popped(&world);
        world_look(&world, true);
        world_close(&world);
        if (world_is_wrong(&world))
            break;
    }
    return world_verdict(run, &world);
}

/* ---- the number ---- */

CHECK(GC_6, MUST,
      "after a collection the count of a survivor is what refers to it: "
      "slots, roots and the caller",
      "assay/collector.h: count(); trial deletion counts in place and must "
      "restore",
      .wants = ASSAY_COLLECTOR_COUNTS, .flags = CHECK_RANDOM)
{
    struct random random = random_stream(run->seed, 6);
    unsigned rounds = stress_scaled(4 * SHAPES);
    static struct world world;

    for (unsigned round = 0; round < rounds; round++) {
        enum shape shape = (enum shape)(round % SHAPES);
        int count;

        if (!world_open(&world, 64, 4000))
            return world_verdict(run, &world);
        count = shape_build(&world, shape, 0, 30,
                            round % 2 ? WORLD_PAYLOAD : WORLD_PLAIN, &random);
        world_hold(&world, 0);
        for (unsigned i = 0; i < subject->generations; i++) {
            world_collect(&world, i);
            world_look(&world, true);
        }
        for (int i = 1; i < count; i += 1 + (int)random_below(&random, 3))
            world_empty(&world, i);
        world_collect_all(&world);
        shape_drop(&world, 0, count);
        world_collect_all(&world);
        world_release(&world, 0);
        world_collect_all(&world);
        world_close(&world);
        if (world_is_wrong(&world))
            return world_blame(run, &world, "%s", shape_words[shape]);
    }
    return pass(run);
}

/* As many references of the caller alone; where a count or what a collection
 * makes of it is narrower, there is a moment at which it is 0. */
static enum verdict count_up_to(struct check_run *run, size_t many, bool back)
{
    struct assay_object *object;
    static struct world world;
    size_t count;

    if (!world_open(&world, 2, 10))
        return world_verdict(run, &world);
    world_new(&world, 0, WORLD_PLAIN, 1, 8);
    world_hold(&world, 0);
    object = subject->root(world.heap, 0);
    for (size_t i = 1; i < many; i++)
        subject->incref(world.heap, object);
    world_empty(&world, 0);
    world_collect_all(&world);
    count = subject->count(world.heap, object);
    if (!world_is_wrong(&world) && count < many)
        world_complain(&world, "after %zu calls of incref() the count is %zu",
                       many, count);
    for (size_t i = 1; back && i < many && !world_is_wrong(&world); i++)
        subject->decref(world.heap, object);
    world_collect_all(&world);
    world_look_from(&world, object, world.held[0]);
    if (back) {
        world_release(&world, 0);
        world_collect_all(&world);
    }
    world_close(&world);
    return world_verdict(run, &world);
}

/* What wraps at 8, 16 or 24 bits shows. */
CHECK(GC_48, QUALITY,
      "a count goes up to 2^24 and back, and the object lives all the time",
      "assay/collector.h: incref(), decref()", .wants = ASSAY_COLLECTOR_COUNTS,
      .timeout_s = 30)
{
    return count_up_to(run, (size_t)1 << 24, true);
}

/* And at 32; the way back is half of the time. A count of 48 bits or more
 * cannot be told from an endless one. */
CHECK(GC_48b, QUALITY,
      "a count goes up to 2^32, and the object lives all the time",
      "assay/collector.h: incref(), decref()", .wants = ASSAY_COLLECTOR_COUNTS,
      .timeout_s = 180)
{
    return count_up_to(run, (size_t)1 << 32, false);
}
