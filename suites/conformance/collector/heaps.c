/* heaps.c - the end of a heap, several of them, and what is pinned, moved or
 * kept by a guess. (GC-25, 39, 40, 44, 45) */
#include "engine/engine.h"
#include "engine/shapes.h"
#include "engine/stress.h"

/* ---- the end ---- */

/* Cycles, finalizers, weak references, counted ones, roots, all at once. */
static void fill_heap(struct world *world, struct random *random)
{
    for (unsigned kind = WORLD_PLAIN; kind < WORLD_KINDS; kind++) {
        int count = shape_build(world, (enum shape)(kind % SHAPES), 0, 12, kind,
                                random);

        for (int i = 0; i < count; i += 3) {
            world_weak(world, 40 + (int)kind, i, true);
            world_weak(world, 41 + (int)kind, i, false);
            world_ephemeron(world, 52 + (int)kind, i, 0);
        }
        if (kind % 2)
            shape_drop(world, 0, count);
        world_hold(world, 0);
    }
}

static void expect_all_finalized(struct world *world)
{
    for (int i = 0; i < world->count; i++)
        if (world->node[i].kind >= WORLD_LOOKS &&
            world->node[i].shape == WORLD_OBJECT && !world->node[i].finalized)
            world_complain(world, "destroy() did not finalize object %d", i);
}

CHECK(GC_39, MUST,
      "a heap can be destroyed with everything pending: all memory is given "
      "back, each finalizer is called once or, unless claimed, not at all, "
      "and nothing else is called",
      "assay/collector.h: Owner; quickjs-ng issue 367, cpython issue 82187",
      .flags = CHECK_RANDOM)
{
    struct random random = random_stream(run->seed, 39);
    static struct world world;

    for (int round = 0; round < 10; round++) {
        if (!world_open(&world, 64, 2000))
            return world_verdict(run, &world);
        fill_heap(&world, &random);
        if (round % 2)
            world_collect(&world, (unsigned)round % subject->generations);
        world_close(&world);
        if (CAN(FINALIZE_AT_END) && CAN(FINALIZE))
            expect_all_finalized(&world);
        if (world_is_wrong(&world))
            break;
    }
    return world_verdict(run, &world);
}

CHECK(GC_39b, MUST, "a heap that nothing was done with can be destroyed",
      "assay/collector.h: create()")
{
    struct assay_collector_config config = { &check_backend.backend };

    for (int i = 0; i < 50; i++) {
        struct assay_heap *heap = subject->create(&config);

        if (heap == NULL)
            return fail(run, "create() gives NULL at round %d", i);
        subject->destroy(heap);
        if (CAN(BACKEND) && check_backend.outstanding_pieces != 0)
            return fail(run, "%zu pieces of the backend were not given back",
                        check_backend.outstanding_pieces);
    }
    if (counting_backend_misuse(&check_backend) != NULL)
        return fail(run, "%s", counting_backend_misuse(&check_backend));
    return pass(run);
}

/* ---- several ---- */

CHECK(GC_40, MUST, "heaps know nothing of one another",
      "assay/collector.h: Threads", .flags = CHECK_RANDOM)
{
    enum { HEAPS = 4 };
    static struct world world[HEAPS];
    struct script_plan plan = { .operations = stress_scaled(300),
                                .kinds = (1u << WORLD_KINDS) - 1,
                                .weak = true };
    struct script script;

    for (int i = 0; i < HEAPS; i++)
        if (!world_open(&world[i], SCRIPT_PLACES, 4000))
            return world_verdict(run, &world[i]);
    for (int round = 0; round < 5; round++)
        for (int i = 0; i < HEAPS; i++) {
            plan.seed = run->seed * 100 + (uint64_t)(round * HEAPS + i);
            if (script_draw(&script, &plan) != 0)
                return error(run, "no memory for a script");
            script_play(&script, &world[i], NULL);
            if (world_is_wrong(&world[i]))
                return world_blame(run, &world[i], "heap %d of %d", i, HEAPS);
        }
    for (int i = HEAPS - 1; i >= 0; i--) {
        while (world[i].held_count > 0 && !world_is_wrong(&world[i]))
            world_release(&world[i], 0);
        for (int j = 0; j < i; j++)
            world_look(&world[j], false);
        world_close(&world[i]);
        if (world_is_wrong(&world[i]))
            return world_blame(run, &world[i], "heap %d", i);
    }
    return pass(run);
}

/* ---- moved, pinned, kept by a guess ---- */

CHECK(GC_25, MUST,
      "what was moved is found through every root, slot and weak reference",
      "assay/collector.h: MOVES; objeck pull 558",
      .wants = ASSAY_COLLECTOR_MOVES, .flags = CHECK_RANDOM)
{
    const struct engine engine = {
        .id = "GC-25",
        .plan = { .operations = 1000,
                  .kinds = 1u << WORLD_PLAIN,
                  .weak = true },
        .scripts = stress_scaled(40),
        .timeout_ms = 9000,
    };

    return engine_decide(run, &engine);
}

/* Every shape hangs on an object that is pinned and on nothing else. */
static void pinned_shape(struct world *world, enum shape shape,
                         struct random *random)
{
    int count = shape_build(world, shape, 1, 10, WORLD_PLAIN, random);
    struct assay_object *object;
    int number;

    world_new(world, 0, WORLD_PLAIN, 1, 8);
    world_store(world, 0, 0, 1);
    world->uncounted++; /* pins may count */
    object = subject->root(world->heap, 0);
    number = world->root[0];
    if (!subject->pin(world->heap, object) ||
        !subject->pin(world->heap, object)) {
        world_complain(world, "pin() gives false");
        return;
    }
    /* To the shadow it is one more temporary root. */
    world->temporary[world->temporaries++] = number;
    shape_drop(world, 0, count + 1);
    world_collect_all(world);
    object = world->node[number].handle;
    world_look_from(world, object, number);
    subject->unpin(world->heap, object);
    world_collect_all(world);
    world->temporaries--;
    world_changed(world);
    subject->unpin(world->heap, object);
    world_collect_all(world);
}

CHECK(GC_45, MUST,
      "what is pinned lives with all it reaches, until it was unpinned as "
      "often",
      "assay/collector.h: pin(); bdwgc's uncollectable objects",
      .wants = ASSAY_COLLECTOR_PIN, .flags = CHECK_RANDOM)
{
    struct random random = random_stream(run->seed, 45);
    static struct world world;

    if (CAN(MOVES))
        return skip(run, "handles may change: nothing else keeps it");
    for (unsigned shape = 0; shape < SHAPES; shape++) {
        if (!world_open(&world, 16, 500))
            return world_verdict(run, &world);
        pinned_shape(&world, shape, &random);
        world_close(&world);
        if (world_is_wrong(&world))
            return world_blame(run, &world, "%s", shape_words[shape]);
    }
    return pass(run);
}

/* Many lists die; how much of them stays is the figure. */
CHECK(GC_44, QUALITY,
      "of what is unreachable a conservative collector keeps little",
      "bdwgc: \"Bounding space usage of conservative garbage collectors\" "
      "(Boehm, 2002)",
      .wants = ASSAY_COLLECTOR_CONSERVATIVE, .timeout_s = 30,
      .flags = CHECK_RANDOM)
{
    struct random random = random_stream(run->seed, 44);
    static struct world world;
    size_t made = 0, left;

    if (!world_sees_ends())
        return skip(run, "it claims neither ENDED nor STATS");
    if (!world_open(&world, 64, 40000))
        return world_verdict(run, &world);
    for (int round = 0; round < 300; round++) {
        int count = shape_build(&world, (enum shape)(round % SHAPES), 0, 40,
                                WORLD_PLAIN, &random);
        shape_drop(&world, 0, count);
        made += (size_t)count;
    }
    world_collect_all(&world);
    left = world_garbage(&world);
    figure(run, "residue_percent", 100.0 * (double)left / (double)made);
    if (left * 4 > made)
        return fail(run, "%zu of %zu unreachable objects were left", left,
                    made);
    world_close(&world);
    return world_verdict(run, &world);
}
