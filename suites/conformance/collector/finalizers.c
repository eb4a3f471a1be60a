/* finalizers.c - called once, before anything is cleared, and free to do as
 * they like. (GC-9 to 14) */
#include "engine/engine.h"
#include "engine/shapes.h"
#include "engine/stress.h"

static const enum world_kind finalized_kinds[] = {
    WORLD_LOOKS, WORLD_RESURRECTS, WORLD_SAVES,    WORLD_LINKS,   WORLD_UNLINKS,
    WORLD_MAKES, WORLD_DROPS,      WORLD_COLLECTS, WORLD_WATCHES,
};

enum { FINALIZED_KINDS = sizeof(finalized_kinds) / sizeof(*finalized_kinds) };

/* Whoever was not finalized by now never will be. */
static void expect_finalized(struct world *world)
{
    if (CAN(CONSERVATIVE))
        return;
    for (int i = 0; i < world->count; i++) {
        const struct node *node = &world->node[i];

        if (node->shape == WORLD_OBJECT && node->kind >= WORLD_LOOKS &&
            !node->reached && !node->finalized)
            world_complain(world,
                           "object %d (%s) is unreachable, and collections of "
                           "all there is did not finalize it",
                           i, world_kind_words[node->kind]);
    }
}

/* The upper half of the places is where finalizers resurrect to. */
static void end_all(struct world *world)
{
    world_collect_all(world);
    shape_drop(world, 0, world->places);
    world_collect_all(world);
    /* What came back is dropped again; nobody is finalized twice. */
    for (int i = 0; i < 4; i++) {
        shape_drop(world, 0, world->places);
        world_collect_all(world);
    }
    expect_finalized(world);
}

/* By its last reference, in a cycle, or old and in a cycle. */
static void one_dies(struct world *world, enum world_kind kind, unsigned way)
{
    world_new(world, 0, kind, 2, 8);
    world_new(world, 1, WORLD_PLAIN, 2, 8);
    world_store(world, 0, 0, 1);
    if (way > 0) {
        world_store(world, 1, 0, 0);
        world_store(world, 0, 1, 0);
    }
    world_empty(world, 1);
    if (way > 1)
        world_collect(world, subject->generations - 1);
    world_empty(world, 0);
    end_all(world);
}

CHECK(GC_9, MUST,
      "a finalizer is called exactly once, even if the object comes back and "
      "dies again",
      "PEP 442; assay/collector.h: FINALIZE",
      .why = "Manishearth/rust-gc pull 184: called again after a resurrection",
      .wants = ASSAY_COLLECTOR_FINALIZE)
{
    static struct world world;

    for (unsigned i = 0; i < FINALIZED_KINDS; i++)
        for (unsigned way = 0; way < 3; way++) {
            if (!world_open(&world, 8, 2000))
                return world_verdict(run, &world);
            one_dies(&world, finalized_kinds[i], way);
            world_close(&world);
            if (world_is_wrong(&world))
                return world_blame(run, &world, "%s",
                                   way == 0   ? "by its last reference"
                                   : way == 1 ? "in a cycle"
                                              : "in an old cycle");
        }
    return pass(run);
}

/* Every finalizer walks all that its object reaches; the world complains about
 * the first thing that is missing. */
CHECK(GC_10, MUST,
      "a finalizer finds all that its object reaches whole: nothing of what "
      "became unreachable with it was cleared or ended",
      "PEP 442; CorsixTH issue 3196", .wants = ASSAY_COLLECTOR_FINALIZE,
      .flags = CHECK_RANDOM, .timeout_s = 20)
{
    struct random random = random_stream(run->seed, 10);
    static struct world world;

    for (unsigned shape = 0; shape < SHAPES; shape++)
        for (int mixed = 0; mixed < 2; mixed++) {
            int count;

            if (!world_open(&world, 96, 1000))
                return world_verdict(run, &world);
            count = shape_build(&world, shape, 0, 24, WORLD_LOOKS, &random);
            if (mixed) {
                int more =
                    shape_build(&world, shape, count, 24, WORLD_PLAIN, &random);
                for (int i = 0; i < count && i < more; i++) {
                    world_store(&world, i, 2, count + i);
                    world_store(&world, count + i, 2, i);
                }
                count += more;
            }
            shape_drop(&world, 0, count);
            end_all(&world);
            world_close(&world);
            if (world_is_wrong(&world))
                return world_blame(run, &world, "%s", shape_words[shape]);
        }
    return pass(run);
}

/* One object of a ring, with a finalizer that brings it or another back. */
static void resurrection(struct world *world, enum world_kind kind, int size,
                         struct random *random)
{
    int count;

    world_new(world, 60, WORLD_PLAIN, 2, 8); /* for `links` */
    count = shape_build(world, SHAPE_RING, 0, size, WORLD_PLAIN, random);
    world_new(world, count, kind, 2, 8);
    world_store(world, count, 0, 0);
    if (count > 1)
        world_store(world, 1, 1, count);
    world_store(world, 0, 2, count);
    shape_drop(world, 0, count + 1);
    world_collect_all(world);
    world_look(world, true);
    if (CAN(ENDED) && !CAN(CONSERVATIVE) && world->finalizers == 1 &&
        world->live < (size_t)(kind == WORLD_SAVES ? count : count + 1))
        world_complain(world, "of %d objects that came back %zu are there",
                       count + 1, world->live - 1);
    end_all(world);
}

CHECK(GC_11, MUST,
      "an object that its finalizer makes reachable lives on with all it "
      "reaches, with the right counts, and can be collected later",
      "PEP 442; rust-gc issue 124; cpython issue 82560",
      .wants = ASSAY_COLLECTOR_FINALIZE, .flags = CHECK_RANDOM)
{
    static const enum world_kind kinds[] = { WORLD_RESURRECTS, WORLD_SAVES,
                                             WORLD_LINKS };
    static const int sizes[] = { 1, 2, 3, 20 };
    struct random random = random_stream(run->seed, 11);
    static struct world world;

    for (unsigned i = 0; i < 3; i++)
        for (unsigned j = 0; j < 4; j++) {
            if (!world_open(&world, 64, 2000))
                return world_verdict(run, &world);
            resurrection(&world, kinds[i], sizes[j], &random);
            world_close(&world);
            if (world_is_wrong(&world))
                return world_blame(run, &world, "%s",
                                   world_kind_words[kinds[i]]);
        }
    return pass(run);
}

CHECK(GC_12, MUST,
      "when one of many that died together comes back, the others end by the "
      "second collection from then",
      "cpython issue 82560", .wants = ASSAY_COLLECTOR_FINALIZE,
      .flags = CHECK_RANDOM)
{
    enum { RINGS = 10, EACH = 5 };
    struct random random = random_stream(run->seed, 12);
    static struct world world;

    if (!world_sees_ends())
        return skip(run, "it claims neither ENDED nor STATS");
    if (!world_open(&world, 3 * RINGS * EACH, 2000))
        return world_verdict(run, &world);
    for (int ring = 0; ring < RINGS; ring++)
        shape_build(&world, SHAPE_RING, ring * EACH, EACH,
                    ring == RINGS / 2 ? WORLD_RESURRECTS : WORLD_PLAIN,
                    &random);
    shape_drop(&world, 0, RINGS * EACH);
    for (int i = 0; i < 3; i++)
        world_collect(&world, subject->generations - 1);
    world_look(&world, true);
    if (!CAN(CONSERVATIVE) && CAN(ENDED) && world.live != EACH)
        world_complain(&world, "%zu objects are left, and %d came back",
                       world.live, EACH);
    end_all(&world);
    world_close(&world);
    return world_verdict(run, &world);
}

static enum verdict act(struct check_run *run, enum world_kind kind)
{
    struct random random = random_stream(run->seed, kind);
    unsigned rounds = stress_scaled(100);
    static struct world world;

    if (!world_open(&world, 32, 20000))
        return world_verdict(run, &world);
    for (unsigned round = 0; round < rounds; round++) {
        enum shape shape = (enum shape)(round % SHAPES);
        int count =
            shape_build(&world, shape, 0, 1 + (int)round % 8, kind, &random);

        world_new(&world, 31, WORLD_PLAIN, 1, 8);
        shape_drop(&world, 0, count);
        if (round % 3 == 0)
            world_collect(&world, round % subject->generations);
        if (round % 10 == 9)
            world_collect_all(&world);
        if (round % 20 == 19)
            shape_drop(&world, 0, 32);
        if (world_is_wrong(&world))
            break;
    }
    end_all(&world);
    world_close(&world);
    return world_verdict(run, &world);
}

CHECK(GC_13, MUST,
      "a finalizer may allocate, change the graph, make cycles, drop roots "
      "and collect, each a hundred times",
      "assay/collector.h: finalize; bellard/quickjs issue 494, php issues "
      "13670 and 13758",
      .wants = ASSAY_COLLECTOR_FINALIZE, .flags = CHECK_RANDOM, .timeout_s = 30)
{
    for (unsigned i = 0; i < FINALIZED_KINDS; i++) {
        enum verdict verdict = act(run, finalized_kinds[i]);

        if (verdict != VERDICT_PASS)
            return verdict;
    }
    return pass(run);
}

CHECK(GC_13b, MUST,
      "random programs whose finalizers do all that agree with the shadow "
      "graph",
      "assay/collector.h: finalize", .wants = ASSAY_COLLECTOR_FINALIZE,
      .flags = CHECK_RANDOM, .timeout_s = 40)
{
    const struct engine engine = {
        .id = "GC-13b",
        .plan = { .operations = 800,
                  .kinds = (1u << WORLD_KINDS) - 1,
                  .weak = true,
                  .automatic = 1 },
        .scripts = stress_scaled(60),
        .timeout_ms = 30000,
    };

    return engine_decide(run, &engine);
}

/* ---- a collection asked for inside one ---- */

struct nested {
    struct assay_heap *heap;
    unsigned calls, deep;
    size_t found;
};

static void nested_finalize(void *context, struct assay_heap *heap,
                            struct assay_object *object)
{
    struct nested *nested = context;

    (void)object;
    nested->calls++;
    nested->deep++;
    if (nested->deep < 50)
        for (unsigned i = 0; i < subject->generations; i++)
            nested->found += subject->collect(heap, i);
    nested->deep--;
}

static bool nested_rings(struct nested *nested, const struct assay_type *type,
                         int rings)
{
    for (int i = 0; i < rings; i++) {
        struct assay_object *object =
            subject->new_object(nested->heap, type, 1, 8);

        if (object == NULL || !subject->push(nested->heap, object))
            return false;
        if (CAN(COUNTS))
            subject->decref(nested->heap, object);
        object = subject->root(nested->heap, 0);
        subject->store(nested->heap, object, 0, object);
        subject->pop(nested->heap, 1);
    }
    return true;
}

CHECK(GC_14, MUST,
      "collect() inside a collection does nothing and says 0, or is safe",
      "assay/collector.h: collect(); bellard/quickjs issue 494",
      .wants = ASSAY_COLLECTOR_FINALIZE)
{
    struct assay_collector_config config = { &check_backend.backend };
    struct nested nested = { .heap = subject->create(&config) };
    struct assay_kind kind = { .name = "nested",
                               .context = &nested,
                               .finalize = nested_finalize };
    const struct assay_type *type;
    enum { RINGS = 40 };

    type = nested.heap ? subject->type_add(nested.heap, &kind) : NULL;
    if (type == NULL || !nested_rings(&nested, type, RINGS))
        return fail(run, "no memory for %d objects", RINGS);
    for (int i = 0; i < 3; i++)
        subject->collect(nested.heap, subject->generations - 1);
    figure(run, "finalizers", nested.calls);
    figure(run, "found_inside", (double)nested.found);
    if (nested.calls > RINGS || (nested.calls < RINGS && !CAN(CONSERVATIVE)))
        return fail(run, "%u finalizers were called for %d objects that died",
                    nested.calls, RINGS);
    subject->destroy(nested.heap);
    return pass(run);
}
