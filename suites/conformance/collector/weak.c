/* weak.c - weak references and what they call. (GC-15 to 17) */
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
                return world_blame(run, &world, "%s", shape_words[shape]);
        }
    return pass(run);
}

CHECK(GC_15c, MUST,
      "a weak reference that a finalizer makes to its own object gives that "
      "while it is there, and NULL from its end on",
      "assay/collector.h: weak_get(); cpython pull 136189",
      .why = "it is made after those of the dying were cleared",
      .wants = ASSAY_COLLECTOR_WEAK | ASSAY_COLLECTOR_FINALIZE,
      .flags = CHECK_RANDOM, .timeout_s = 30)
{
    const struct engine engine = {
        .id = "GC-15c",
        .plan = { .operations = 800,
                  .kinds = 1u << WORLD_PLAIN | 1u << WORLD_WATCHES |
                           1u << WORLD_SAVES,
                  .weak = true },
        .scripts = stress_scaled(40),
        .timeout_ms = 20000,
    };

    return engine_decide(run, &engine);
}

/* ---- callbacks ---- */

/* What a callback does beside looking. */
enum heard_act { HEARD_NOTHING, HEARD_COLLECTS, HEARD_DROPS };

struct heard {
    struct assay_heap *heap;
    const struct assay_type *type;
    size_t weak_count; /* in places [0, weak_count) */
    unsigned calls;
    unsigned given; /* weak references that gave an object inside a call */
    enum heard_act act;
    unsigned made; /* objects, inside the calls */
};

/* An object that is garbage at once, in a cycle. */
static void heard_make(struct heard *heard)
{
    struct assay_object *object =
        subject->new_object(heard->heap, heard->type, 2, 8);

    if (object == NULL)
        return;
    subject->store(heard->heap, object, 0, object);
    heard->made++;
    if (CAN(COUNTS))
        subject->decref(heard->heap, object);
}

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
    for (size_t i = 0; i < heard->weak_count && heard->act == HEARD_DROPS; i++)
        subject->set_root(heap, i, NULL);
    if (heard->act != HEARD_COLLECTS)
        return;
    heard_make(heard);
    for (unsigned i = 0; i < subject->generations; i++)
        subject->collect(heap, i);
    heard_make(heard);
}

/* A ring of `count`, each with a weak reference in a root: inside every call
 * all of them are dead, since they died together. */
static bool heard_ring(struct heard *heard, size_t count, bool inside)
{
    struct assay_heap *heap = heard->heap;

    for (size_t i = 0; i < count; i++)
        if (!subject->push(heap, NULL))
            return false;
    for (size_t i = 0; i < count; i++) {
        struct assay_object *object =
            subject->new_object(heap, heard->type, 2, 8);

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
                                  enum heard_act act)
{
    enum { COUNT = 20 };
    struct assay_collector_config config = { &check_backend.backend };
    struct assay_kind kind = { .name = "heard" };
    struct heard heard = { .heap = subject->create(&config), .act = act };
    unsigned most = inside ? 0 : COUNT, least = act == HEARD_DROPS ? 1 : most;

    heard.type = heard.heap ? subject->type_add(heard.heap, &kind) : NULL;
    if (heard.type == NULL || !heard_ring(&heard, COUNT, inside))
        return fail(run, "no memory for %d objects", COUNT);
    subject->pop(heard.heap, COUNT);
    for (int i = 0; i < 3; i++)
        subject->collect(heard.heap, subject->generations - 1);
    figure(run, "calls", heard.calls);
    if (heard.calls > most || (heard.calls < least && !CAN(CONSERVATIVE)))
        return fail(run, "%u callbacks were called; %d objects died together%s",
                    heard.calls, COUNT,
                    inside ? ", and their weak references with them" : "");
    if (act == HEARD_COLLECTS && heard.made < 2 * heard.calls)
        return fail(run, "inside %u callbacks %u objects could be made",
                    heard.calls, heard.made);
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
    enum verdict verdict = heard_verdict(run, true, HEARD_NOTHING);

    return verdict == VERDICT_PASS ? heard_verdict(run, false, HEARD_NOTHING)
                                   : verdict;
}

CHECK(GC_17, MUST,
      "a callback sees no object that died together with its referent, and "
      "may allocate and collect",
      "assay/collector.h: weak_new(); bpo-38009",
      .wants = ASSAY_COLLECTOR_WEAK | ASSAY_COLLECTOR_WEAK_CALLBACK)
{
    return heard_verdict(run, false, HEARD_COLLECTS);
}

/* Those that wait may be called or not: they died with their referent or
 * after it. */
CHECK(GC_17b, MUST,
      "a callback may drop the weak references that are still to call back",
      "assay/collector.h: weak_new(); quickjs-ng issues 432 and 1318",
      .wants = ASSAY_COLLECTOR_WEAK | ASSAY_COLLECTOR_WEAK_CALLBACK)
{
    return heard_verdict(run, false, HEARD_DROPS);
}
