/* weak.c - weak references and ephemerons. (GC-15 to 18) */
#include "engine/engine.h"
#include "engine/shapes.h"
#include "engine/stress.h"

/* From every callback and finalizer all weak references that are roots are
 * looked at: the object, whole, or NULL. */
CHECK(GC_15, MUST,
      "a weak reference gives its referent while that is reachable, and else "
      "the whole object or NULL, seen from everywhere",
      "assay/collector.h: weak_get(); cpython issues 91636 and 136189",
      .wants = ASSAY_COLLECTOR_WEAK, .flags = CHECK_RANDOM, .timeout_s = 30)
{
    const struct engine engine = {
        .id = "GC-15",
        .plan = { .operations = 800,
                  .kinds = 1u << WORLD_PLAIN | 1u << WORLD_LOOKS |
                           1u << WORLD_RESURRECTS | 1u << WORLD_SAVES |
                           1u << WORLD_COLLECTS,
                  .weak = true,
                  .automatic = 1 },
        .scripts = stress_scaled(40),
        .timeout_ms = 20000,
    };

    return engine_decide(run, &engine);
}

/* While its objects live, after a collection of each generation, and dead. */
static void shape_with_weak(struct world *world, enum shape shape,
                            enum world_kind kind, struct random *random)
{
    int count = shape_build(world, shape, 0, 12, kind, random);

    for (int i = 0; i < count; i++) {
        world_weak(world, 16 + i, i, false);
        world_weak(world, 32 + i, i, true);
    }
    for (unsigned i = 0; i < subject->generations; i++) {
        world_collect(world, i);
        world_look(world, true);
    }
    for (int i = 1; i < count; i++)
        world_empty(world, i);
    world_collect_all(world);
    world_empty(world, 0);
    world_collect_all(world);
    if (CAN(CONSERVATIVE))
        return;
    for (int i = 0; i < count && kind == WORLD_PLAIN; i++) {
        struct assay_object *weak =
            subject->root(world->heap, (size_t)(16 + i));

        if (!world_is_wrong(world) &&
            subject->weak_get(world->heap, weak) != NULL)
            world_complain(world, "all objects are dead, and a weak reference "
                                  "still gives one");
    }
}

CHECK(GC_15b, MUST,
      "when objects of every shape have died, alone or together, no weak "
      "reference gives one",
      "assay/collector.h: weak_get(); cpython pull 16495",
      .wants = ASSAY_COLLECTOR_WEAK, .flags = CHECK_RANDOM)
{
    struct random random = random_stream(run->seed, 15);
    static struct world world;

    for (unsigned kind = WORLD_PLAIN; kind <= WORLD_RESURRECTS; kind++)
        for (unsigned shape = 0; shape < SHAPES; shape++) {
            if (!world_open(&world, 64, 1000))
                return world_verdict(run, &world);
            shape_with_weak(&world, shape, kind, &random);
            world_close(&world);
            if (world_is_wrong(&world))
                return fail(run, "%s: %s", shape_words[shape], world.complaint);
        }
    return pass(run);
}

/* ---- callbacks ---- */

struct heard {
    struct assay_heap *heap;
    size_t weak_count; /* in places [0, weak_count) */
    unsigned calls;
    unsigned given; /* weak references that gave an object inside a call */
    unsigned acts;
};

static void heard_call(void *context, struct assay_heap *heap,
                       struct assay_object *weak)
{
    struct heard *heard = context;

    heard->calls++;
    heard->given += subject->weak_get(heap, weak) != NULL;
    for (size_t i = 0; i < heard->weak_count; i++) {
        struct assay_object *other = subject->root(heap, i);

        if (other != NULL)
            heard->given += subject->weak_get(heap, other) != NULL;
    }
    if (!heard->acts)
        return;
    for (unsigned i = 0; i < subject->generations; i++)
        subject->collect(heap, i);
}

/* A ring of `count`, each with a weak reference in a root: inside every call
 * all of them are dead, since they died together. */
static bool heard_ring(struct heard *heard, const struct assay_type *type,
                       size_t count, bool inside)
{
    struct assay_heap *heap = heard->heap;

    for (size_t i = 0; i < count; i++)
        if (!subject->push(heap, NULL))
            return false;
    for (size_t i = 0; i < count; i++) {
        struct assay_object *object = subject->new_object(heap, type, 2, 8);

        if (object == NULL || !subject->push(heap, object))
            return false;
        if (CAN(COUNTS))
            subject->decref(heap, object);
        object = subject->root(heap, count + i);
        subject->store(heap, object, 0,
                       subject->root(heap, i > 0 ? count + i - 1 : count));
    }
    subject->store(heap, subject->root(heap, count), 0,
                   subject->root(heap, 2 * count - 1));
    for (size_t i = 0; i < count; i++) {
        struct assay_object *weak =
            subject->weak_new(heap, subject->root(heap, count + i), heard_call,
                              heard);

        if (weak == NULL)
            return false;
        if (inside) /* of the ring itself */
            subject->store(heap, subject->root(heap, count + i), 1, weak);
        else
            subject->set_root(heap, i, weak);
        if (CAN(COUNTS))
            subject->decref(heap, weak);
    }
    heard->weak_count = count;
    return true;
}

static enum verdict heard_verdict(struct check_run *run, bool inside,
                                  unsigned acts)
{
    enum { COUNT = 20 };
    struct assay_collector_config config = { &check_backend.backend };
    struct assay_kind kind = { .name = "heard" };
    struct heard heard = { .heap = subject->create(&config), .acts = acts };
    const struct assay_type *type =
        heard.heap ? subject->type_add(heard.heap, &kind) : NULL;
    unsigned expected = inside ? 0 : COUNT;

    if (type == NULL || !heard_ring(&heard, type, COUNT, inside))
        return fail(run, "no memory for %d objects", COUNT);
    subject->pop(heard.heap, COUNT);
    for (int i = 0; i < 3; i++)
        subject->collect(heard.heap, subject->generations - 1);
    figure(run, "calls", heard.calls);
    if (heard.calls > expected ||
        (heard.calls < expected && !CAN(CONSERVATIVE)))
        return fail(run, "%u callbacks were called; %d objects died together%s",
                    heard.calls, COUNT,
                    inside ? ", and their weak references with them" : "");
    if (heard.given > 0 && !CAN(CONSERVATIVE))
        return fail(run,
                    "inside the callbacks of objects that died together %u "
                    "weak references to them gave an object",
                    heard.given);
    subject->destroy(heard.heap);
    return pass(run);
}

CHECK(GC_16, MUST,
      "a weak reference calls back once, when it is dead, and not if it died "
      "with its referent",
      "PEP 205; cpython issues 84492 and 82187, pull 16495",
      .wants = ASSAY_COLLECTOR_WEAK | ASSAY_COLLECTOR_WEAK_CALLBACK,
      .flags = COLLECTOR_EXACT)
{
    enum verdict verdict = heard_verdict(run, true, 0);

    return verdict == VERDICT_PASS ? heard_verdict(run, false, 0) : verdict;
}

CHECK(GC_17, MUST,
      "a callback sees no object that died together with its referent, and "
      "may collect",
      "assay/collector.h: weak_new(); bpo-38009",
      .wants = ASSAY_COLLECTOR_WEAK | ASSAY_COLLECTOR_WEAK_CALLBACK)
{
    return heard_verdict(run, false, 1);
}

/* ---- ephemerons ---- */

enum { CHAIN = 150 };

/* Key i leads, by its ephemeron alone, to key i + 1. In places: 0 the first
 * key, 1 a list that keeps the ephemerons. Keys that are loops end by
 * collections only. */
static void ephemeron_chain(struct world *world, bool backwards, bool loops)
{
    for (int i = 0; i <= CHAIN; i++) {
        world_new(world, 2 + i, WORLD_PLAIN, 1, 8);
        if (loops)
            world_store(world, 2 + i, 0, 2 + i);
    }
    world_new(world, 1, WORLD_PLAIN, CHAIN, 0);
    for (int i = 0; i < CHAIN; i++) {
        int at = backwards ? CHAIN - 1 - i : i;

        world_ephemeron(world, 0, 2 + at, 3 + at);
        world_store(world, 1, (unsigned)i, 0);
    }
    world_copy(world, 0, 2);
    shape_drop(world, 2, CHAIN + 1);
}

static void expect_chain(struct world *world, size_t live)
{
    if (CAN(ENDED) && !CAN(CONSERVATIVE) && world->live != live)
        world_complain(world,
                       "of a chain of %d ephemerons %zu objects are left, "
                       "and %zu are reachable",
                       CHAIN, world->live, live);
}

CHECK(GC_18, MUST,
      "the value of an ephemeron lives as long as the key does, and is no "
      "reason for the key to live: chains of them, both ways",
      "Hayes, \"Ephemerons\" (1997); Lua's gc.lua; php issue 13569",
      .wants = ASSAY_COLLECTOR_EPHEMERON, .timeout_s = 30)
{
    static struct world world;

    for (unsigned way = 0; way < 4; way++) {
        if (!world_open(&world, CHAIN + 3, 8000))
            return world_verdict(run, &world);
        ephemeron_chain(&world, way & 1, way & 2);
        world_collect_all(&world);
        expect_chain(&world, CHAIN + 2);
        world_empty(&world, 0);
        /* The chain, and not a link of it each time. */
        for (int i = 0; i < 10; i++)
            world_collect(&world, subject->generations - 1);
        expect_chain(&world, 1);
        world_collect_all(&world);
        world_close(&world);
        if (world_is_wrong(&world))
            break;
    }
    return world_verdict(run, &world);
}

/* The value refers to its own key: that keeps neither. */
CHECK(GC_18b, MUST, "a value that refers to its key keeps neither alive",
      "Hayes, \"Ephemerons\" (1997)", .wants = ASSAY_COLLECTOR_EPHEMERON)
{
    static struct world world;

    if (!world_open(&world, 60, 1000))
        return world_verdict(run, &world);
    for (int i = 0; i < 40; i++) {
        world_new(&world, 0, WORLD_PLAIN, 1, 8);
        world_new(&world, 1, WORLD_PLAIN, 1, 8);
        world_store(&world, 1, 0, 0);
        world_ephemeron(&world, 10 + i, 0, 1);
        world_collect(&world, (unsigned)i % subject->generations);
        world_look(&world, false);
    }
    shape_drop(&world, 0, 2);
    world_collect_all(&world);
    if (CAN(ENDED) && !CAN(CONSERVATIVE) && world.live != 0)
        world_complain(&world,
                       "%zu keys and values are left, and nothing but the "
                       "ephemerons refers to them",
                       world.live);
    world_close(&world);
    return world_verdict(run, &world);
}

/* Keys die by their last reference, and by a collection. */
CHECK(GC_18c, MUST,
      "an ephemeron whose key has died has given up its value: the count is "
      "what it was without it",
      "assay/collector.h: ephemeron_new()",
      .wants = ASSAY_COLLECTOR_EPHEMERON | ASSAY_COLLECTOR_COUNTS)
{
    static struct world world;
    size_t before, after;

    if (!world_open(&world, 23, 1000))
        return world_verdict(run, &world);
    world_new(&world, 1, WORLD_PLAIN, 1, 8);
    before = subject->count(world.heap, subject->root(world.heap, 1));
    for (int i = 0; i < 20; i++) {
        world_new(&world, 0, WORLD_PLAIN, 1, 8);
        if (i % 2)
            world_store(&world, 0, 0, 0);
        world_ephemeron(&world, 3 + i, 0, 1);
    }
    world_empty(&world, 0);
    world_collect_all(&world);
    after = world_has(&world, 1)
                ? subject->count(world.heap, subject->root(world.heap, 1))
                : 0;
    if (after != before && !CAN(CONSERVATIVE))
        world_complain(&world,
                       "a value had the count %zu; it was the value of 20 "
                       "ephemerons whose keys are dead, and has %zu",
                       before, after);
    world_close(&world);
    return world_verdict(run, &world);
}
