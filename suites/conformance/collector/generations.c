/* generations.c - old objects, young ones, and the barrier between them.
 * (GC-19 to 24) */
#include "engine/engine.h"
#include "engine/shapes.h"
#include "engine/small.h"
#include "engine/stress.h"

/* Old: survived a collection of all, and of each generation. */
static void grow_old(struct world *world)
{
    for (unsigned i = 0; i < subject->generations; i++)
        world_collect(world, i);
    world_collect(world, subject->generations - 1);
}

/* Collects the youngest only, and then each but the oldest. */
static void collect_young(struct world *world)
{
    for (unsigned i = 0; i + 1 < subject->generations; i++) {
        world_collect(world, i);
        world_look(world, false);
    }
}

/* ---- GC-19: every way to store ---- */

enum store_way {
    BY_STORE,     /* into an empty slot */
    BY_REPLACING, /* an old value */
    BY_LAST_SLOT, /* of a thousand */
    BY_PAYLOAD,   /* store_at() */
    BY_MOVING,    /* what another old object referred to */
    BY_CHAIN,     /* of young objects that is only stored with its head */
    BY_GET,       /* what a weak reference gave */
    STORE_WAYS,
};

static const char *const store_words[STORE_WAYS] = {
    "an empty slot",    "a slot with an old value",  "the last of 1000 slots",
    "a payload",        "another old object's slot", "a chain",
    "a weak reference",
};

static void store_young(struct world *world, enum store_way way)
{
    world_new(world, 2, WORLD_PLAIN, 1, 8);
    switch (way) {
    case BY_MOVING: /* from one old object to another */
        world_store(world, 1, 0, 2);
        world_load(world, 2, 1, 0);
        world_store(world, 0, 0, 2);
        world_store(world, 1, 0, 9);
        break;
    case BY_CHAIN:
        for (int i = 0; i < 10; i++) {
            world_new(world, 3, WORLD_PLAIN, 1, 8);
            world_store(world, 3, 0, 2);
            world_copy(world, 2, 3);
        }
        world_store(world, 0, 0, 2);
        break;
    case BY_GET:
        world_weak(world, 4, 2, false);
        world_get(world, 2, 4);
        world_store(world, 0, 0, 2);
        break;
    default:
        world_store(world, 0, way == BY_LAST_SLOT ? 999 : 0, 2);
    }
    world_empty(world, 2);
    world_empty(world, 3);
}

static void old_to_young(struct world *world, enum store_way way)
{
    unsigned slots = way == BY_LAST_SLOT ? 1000 : 2;

    world_new(world, 0, way == BY_PAYLOAD ? WORLD_PAYLOAD : WORLD_PLAIN, slots,
              8);
    world_new(world, 1, WORLD_PLAIN, 2, 8);
    if (way == BY_REPLACING)
        world_store(world, 0, 0, 1);
    grow_old(world);
    for (int round = 0; round < 6; round++) {
        store_young(world, way);
        /* The second time nothing was stored since: whoever stayed young by
         * the first is found by what that one remembered. */
        for (int i = 0; i < 1 + round % 3; i++)
            collect_young(world);
    }
    shape_drop(world, 0, 10);
    world_collect_all(world);
}

CHECK(GC_19, MUST,
      "a young object that only an old one refers to survives collections of "
      "the young, however it was stored there",
      "SOMpp pull 97, objeck pull 650: stores without a barrier",
      .wants = ASSAY_COLLECTOR_GENERATIONS)
{
    static struct world world;

    for (unsigned way = 0; way < STORE_WAYS; way++) {
        if (!world_open(&world, 10, 2000))
            return world_verdict(run, &world);
        old_to_young(&world, way);
        world_close(&world);
        if (world_is_wrong(&world))
            return world_blame(run, &world, "%s", store_words[way]);
    }
    return pass(run);
}

CHECK(GC_19b, MUST,
      "of every graph of up to three objects, with every set of them old when "
      "the others are made, a collection of the young keeps what roots reach",
      "assay/collector.h: GENERATIONS", .wants = ASSAY_COLLECTOR_GENERATIONS,
      .timeout_s = 60)
{
    struct small_result result = { 0 };

    for (unsigned nodes = 1; nodes <= 3; nodes++)
        for (int payload = 0; payload <= (CAN(TRAVERSE) ? 1 : 0); payload++)
            small_run(&(struct small_plan){ .nodes = nodes,
                                            .most = 1,
                                            .batch = 64,
                                            .step = stress_is_on() ? 7 : 1,
                                            .ages = true,
                                            .payload = payload },
                      &result);
    figure(run, "graphs", (double)result.graphs);
    return result.complaint[0] != '\0' ? fail(run, "%s", result.complaint)
                                       : pass(run);
}

/* ---- GC-20: again, and again ---- */

CHECK(GC_20, MUST,
      "an old object that was stored into once is remembered again the next "
      "time; what was overwritten is forgotten",
      "PerryTS/perry issue 7022: lost_dirty",
      .wants = ASSAY_COLLECTOR_GENERATIONS)
{
    unsigned rounds = stress_scaled(200);
    static struct world world;

    if (!world_open(&world, 12, 4000))
        return world_verdict(run, &world);
    for (int i = 0; i < 4; i++)
        world_new(&world, i, i % 2 ? WORLD_PAYLOAD : WORLD_PLAIN, 3, 8);
    grow_old(&world);
    for (unsigned round = 0; round < rounds; round++) {
        int old = (int)round % 4;

        world_new(&world, 10, WORLD_PLAIN, 1, 8);
        world_store(&world, old, round / 4 % 3, 10);
        world_empty(&world, 10);
        if (round % 3 == 0) /* and nothing in its place */
            world_store(&world, old, round % 3, 11);
        if (round % 2 == 0)
            collect_young(&world);
        if (world_is_wrong(&world))
            break;
    }
    shape_drop(&world, 0, 12);
    world_collect_all(&world);
    world_close(&world);
    return world_verdict(run, &world);
}

/* ---- GC-21: what is old is left alone ---- */

struct scans {
    size_t old, young; /* calls of traverse */
};

static struct scans *scans_now;

struct scan_payload {
    struct assay_object *place;
    bool old;
};

static int scan_traverse(void *payload, assay_visit *visit, void *context)
{
    struct scan_payload *head = payload;

    if (head->old)
        scans_now->old++;
    else
        scans_now->young++;
    return head->place != NULL ? visit(&head->place, context) : 0;
}

static void scan_clear(void *context, struct assay_heap *heap,
                       struct assay_object *object)
{
    struct scan_payload *head = subject->payload(heap, object);

    (void)context;
    subject->store_at(heap, object, &head->place, NULL);
}

static bool scan_make(struct assay_heap *heap, const struct assay_type *type,
                      size_t count, bool old)
{
    for (size_t i = 0; i < count; i++) {
        struct assay_object *object =
            subject->new_object(heap, type, 0, sizeof(struct scan_payload));

        if (object == NULL || !subject->push(heap, object))
            return false;
        ((struct scan_payload *)subject->payload(heap, object))->old = old;
        if (CAN(COUNTS))
            subject->decref(heap, object);
    }
    return true;
}

CHECK(GC_21, SHOULD,
      "objects that survived ten collections of the youngest generation are "
      "not traversed by the next",
      "the weak generational hypothesis: Ungar, \"Generation scavenging\" "
      "(1984)",
      .why = "a collector that never promotes traverses all there is, always",
      .wants = ASSAY_COLLECTOR_GENERATIONS | ASSAY_COLLECTOR_TRAVERSE,
      .flags = COLLECTOR_EXACT)
{
    enum { OLD = 5000, YOUNG = 50 };
    struct assay_collector_config config = { &check_backend.backend };
    struct assay_kind kind = { .name = "scanned",
                               .traverse = scan_traverse,
                               .clear = scan_clear };
    struct scans scans = { 0 };
    struct assay_heap *heap = subject->create(&config);
    const struct assay_type *type =
        heap ? subject->type_add(heap, &kind) : NULL;

    scans_now = &scans;
    if (type == NULL || !scan_make(heap, type, OLD, true))
        return fail(run, "no memory for %d objects", OLD);
    for (int i = 0; i < 10; i++)
        subject->collect(heap, 0);
    if (!scan_make(heap, type, YOUNG, false))
        return fail(run, "no memory for %d objects", YOUNG);
    scans = (struct scans){ 0 };
    subject->collect(heap, 0);
    figure(run, "old_traversals", (double)scans.old);
    figure(run, "young_traversals", (double)scans.young);
    if (scans.old > OLD / 10)
        return fail(run,
                    "a collection of the youngest generation traversed %zu "
                    "times objects that had survived ten",
                    scans.old);
    subject->destroy(heap);
    return pass(run);
}

/* ---- GC-22: who ends when ---- */

CHECK(GC_22, MUST,
      "a collection of the youngest generation ends young cycles that are "
      "garbage; one of all ends the old ones",
      "assay/collector.h: collect()", .wants = ASSAY_COLLECTOR_GENERATIONS,
      .flags = COLLECTOR_EXACT | CHECK_RANDOM)
{
    struct random random = random_stream(run->seed, 22);
    static struct world world;

    if (!world_sees_ends())
        return skip(run, "it claims neither ENDED nor STATS");
    for (unsigned shape = 0; shape < SHAPES; shape++) {
        int count;

        if (!world_open(&world, 40, 1000))
            return world_verdict(run, &world);
        shape_drop(&world, 0,
                   shape_build(&world, shape, 0, 20, WORLD_PLAIN, &random));
        for (int i = 0; i < 3; i++)
            world_collect(&world, 0);
        world_look(&world, true);
        count = shape_build(&world, shape, 0, 20, WORLD_PLAIN, &random);
        grow_old(&world);
        shape_drop(&world, 0, count);
        world_collect_all(&world);
        world_close(&world);
        if (world_is_wrong(&world))
            return world_blame(run, &world, "%s", shape_words[shape]);
    }
    return pass(run);
}

CHECK(GC_22b, SHOULD,
      "a collection of the youngest generation leaves garbage that is old",
      "assay/collector.h: collect()",
      .why = "one that ends it has looked at all there is",
      .wants = ASSAY_COLLECTOR_GENERATIONS, .flags = COLLECTOR_EXACT)
{
    static struct world world;
    size_t before;

    if (!world_sees_ends() || subject->generations < 2)
        return skip(run, "it has one generation, or nobody sees an end");
    if (!world_open(&world, 40, 1000))
        return world_verdict(run, &world);
    for (int i = 0; i < 20; i++) {
        world_new(&world, i, WORLD_PLAIN, 1, 8);
        world_store(&world, i, 0, i);
    }
    grow_old(&world);
    shape_drop(&world, 0, 20);
    before = world_garbage(&world);
    world_collect(&world, 0);
    if (world_garbage(&world) != before)
        world_complain(&world,
                       "a collection of the youngest generation ended %zu of "
                       "%zu old objects",
                       before - world_garbage(&world), before);
    world_collect_all(&world);
    world_close(&world);
    return world_verdict(run, &world);
}

/* ---- GC-23: what was remembered dies ---- */

CHECK(GC_23, MUST,
      "an old object that was stored into and then dies is not looked at by "
      "the next collection of the young",
      "objeck pull 558; pyre issue 146", .wants = ASSAY_COLLECTOR_GENERATIONS)
{
    unsigned rounds = stress_scaled(60);
    static struct world world;

    if (!world_open(&world, 24, 20000))
        return world_verdict(run, &world);
    for (unsigned round = 0; round < rounds; round++) {
        for (int i = 0; i < 8; i++) {
            world_new(&world, i, round % 2 ? WORLD_PAYLOAD : WORLD_PLAIN, 2,
                      round % 5 ? 8 : 600);
            world_store(&world, i, 0, i);
        }
        grow_old(&world);
        for (int i = 0; i < 8; i++) {
            world_new(&world, 20, WORLD_PLAIN, 1, 8);
            world_store(&world, i, 1, 20);
        }
        shape_drop(&world, 0, 24);
        if (round % 3 == 0)
            world_collect(&world, 0);
        world_collect_all(&world);
        for (int i = 0; i < 8; i++) /* takes their memory */
            world_new(&world, 10 + i, WORLD_PLAIN, 2, 8);
        collect_young(&world);
        if (world_is_wrong(&world))
            break;
    }
    shape_drop(&world, 0, 24);
    world_collect_all(&world);
    world_close(&world);
    return world_verdict(run, &world);
}

/* ---- GC-24 ---- */

/* An object with a finalizer in each age refers to young ones; some die and
 * come back in between. */
CHECK(GC_24, MUST,
      "objects with finalizers that grow old are looked at as others are",
      "Lua 5.4's gengc.lua: an OLD1 object among those with finalizers",
      .wants = ASSAY_COLLECTOR_GENERATIONS | ASSAY_COLLECTOR_FINALIZE)
{
    unsigned rounds = stress_scaled(120);
    static struct world world;

    if (!world_open(&world, 32, 20000))
        return world_verdict(run, &world);
    for (unsigned round = 0; round < rounds && !world_is_wrong(&world);
         round++) {
        int at = (int)(round % 12);

        world_new(&world, at, round % 4 ? WORLD_LOOKS : WORLD_RESURRECTS, 2, 8);
        for (int i = 0; i < 12; i++) {
            world_new(&world, 14, WORLD_PLAIN, 1, 8);
            world_store(&world, i, (unsigned)round % 2, 14);
        }
        world_empty(&world, 14);
        world_collect(&world, round % subject->generations);
        world_look(&world, false);
        if (round % 7 == 6) {
            shape_drop(&world, 16, 16);
            world_store(&world, at, 0, (at + 5) % 12);
        }
    }
    shape_drop(&world, 0, 32);
    world_collect_all(&world);
    world_close(&world);
    return world_verdict(run, &world);
}
