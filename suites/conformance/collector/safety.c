/* safety.c - what can be reached is never ended. (GC-1, 5, 7, 34, 47) */
#include <string.h>

#include "engine/engine.h"
#include "engine/shapes.h"
#include "engine/stress.h"

enum { MANY = 70000, FEW = 600 };

CHECK(GC_1, MUST,
      "what a root can reach, through whatever, is not finalized, cleared or "
      "ended, and keeps its payload and references",
      "assay/collector.h: `root`",
      .why = "random graphs against a shadow graph, with weak references and "
             "counted ones; Boehm's \"premature finalization\"",
      .flags = CHECK_RANDOM, .timeout_s = 30)
{
    const struct engine engine = {
        .id = "GC-1",
        .plan = { .operations = 1200,
                  .kinds = 1u << WORLD_PLAIN | 1u << WORLD_PAYLOAD |
                           1u << WORLD_LOOKS,
                  .weak = true,
                  .automatic = 1,
                  .freezes = true },
        .scripts = stress_scaled(40),
        .timeout_ms = 20000,
    };

    return engine_decide(run, &engine);
}

/* ---- one object, and more references to it than a count may hold ----
 * Without a shadow, which would go through all slots after each store. */

struct crowd {
    struct assay_heap *heap;
    size_t many, ended;
};

static void crowd_ended(void *context, const void *payload)
{
    struct crowd *crowd = context;

    (void)payload;
    crowd->ended++;
}

/* Root 0 is the object, root 1 the one with the slots. */
static bool crowd_open(struct crowd *crowd, size_t many)
{
    struct assay_collector_config config = { &check_backend.backend };
    struct assay_kind kind = { .name = "crowd",
                               .context = crowd,
                               .ended = CAN(ENDED) ? crowd_ended : NULL };
    const struct assay_type *type;

    *crowd = (struct crowd){ .heap = subject->create(&config) };
    crowd->many = subject->slots_max < many ? subject->slots_max : many;
    type = crowd->heap != NULL ? subject->type_add(crowd->heap, &kind) : NULL;
    for (int i = 0; i < 2 && type != NULL; i++) {
        struct assay_object *object =
            subject->new_object(crowd->heap, type, i == 0 ? 1 : crowd->many,
                                sizeof(int));

        if (object == NULL || !subject->push(crowd->heap, object))
            return false;
        if (CAN(COUNTS))
            subject->decref(crowd->heap, object);
        memset(subject->payload(crowd->heap,
                                subject->root(crowd->heap, (size_t)i)),
               0x70 + i, sizeof(int));
    }
    return type != NULL;
}

static void crowd_store(struct crowd *crowd, size_t slot, bool full)
{
    stress_point(crowd->heap);
    subject->store(crowd->heap, subject->root(crowd->heap, 1), slot,
                   full ? subject->root(crowd->heap, 0) : NULL);
}

/* The last slot still leads to it. */
static bool crowd_has_it(const struct crowd *crowd)
{
    struct assay_object *object =
        subject->load(crowd->heap, subject->root(crowd->heap, 1),
                      crowd->many - 1);

    return object != NULL &&
           *(int *)subject->payload(crowd->heap, object) == 0x70707070;
}

/* Empties all slots but the last. Whether the object lived all the time. */
static bool crowd_leaves(struct crowd *crowd)
{
    for (size_t i = 0; i + 1 < crowd->many; i++) {
        crowd_store(crowd, i, false);
        if (i % 10000 == 0 || i + 100 > crowd->many)
            subject->collect(crowd->heap, (unsigned)i % subject->generations);
        if (crowd->ended > 0)
            return false;
    }
    return crowd_has_it(crowd);
}

/* A count of 8 or 16 bits wraps here. */
CHECK(GC_1b, MUST, "an object that 70 000 slots refer to lives until the last",
      "assay/collector.h: `root`; quickjs and others keep counts in few bits",
      .timeout_s = 20)
{
    static struct crowd crowd;

    stress_apply();
    if (!crowd_open(&crowd, stress_is_on() ? FEW : MANY))
        return fail(run, "no memory for a heap of two objects");
    for (size_t i = 0; i < crowd.many; i++)
        crowd_store(&crowd, i, true);
    subject->set_root(crowd.heap, 0, NULL);
    if (!crowd_leaves(&crowd))
        return fail(run,
                    "%zu slots referred to an object, they were emptied one "
                    "after the other, and it was gone before the last",
                    crowd.many);
    crowd_store(&crowd, crowd.many - 1, false);
    for (int i = 0; i < 3; i++)
        subject->collect(crowd.heap, subject->generations - 1);
    if (CAN(ENDED) && !CAN(CONSERVATIVE) && crowd.ended != 1)
        return fail(run,
                    "%zu slots referred to an object, none does any "
                    "more, and it has not ended",
                    crowd.many);
    subject->destroy(crowd.heap);
    return pass(run);
}

/* A ring that garbage refers to, and the same with one reference from a live
 * object: then it stays with all it reaches. */
static void cycle_of(struct world *world, int size, bool held,
                     struct random *random)
{
    int count = shape_build(world, SHAPE_RING, 1, size, WORLD_PLAIN, random);
    int tail =
        shape_build(world, SHAPE_CHAIN, 1 + count, size, WORLD_PLAIN, random);
    int over = 1 + count + tail;

    if (count == 0 || tail == 0)
        return;
    /* The ring's last object leads to the tail; garbage leads to the ring. */
    world_store(world, count, 1, 1 + count);
    shape_build(world, SHAPE_RING, over, 3, WORLD_PLAIN, random);
    world_store(world, over, 1, 1);
    world_store(world, 0, 0, held ? 1 + size / 2 : 0);
    if (!held)
        world_store(world, 0, 1, 0);
    shape_drop(world, 1, over + 2);
    world_collect_all(world);
    if (held && CAN(ENDED) && world->live < (size_t)size)
        world_complain(world, "nothing is left");
}

CHECK(GC_5, MUST,
      "a cycle that only garbage refers to is garbage; one with a reference "
      "from a live object stays with all it reaches",
      "assay/collector.h: `unreachable`",
      .why = "trial deletion must bring back what the live reach",
      .flags = CHECK_RANDOM)
{
    static const int sizes[] = { 1, 2, 3, 5, 17, 100 };
    struct random random = random_stream(run->seed, 5);
    static struct world world;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        for (int held = 0; held < 2; held++) {
            if (!world_open(&world, 2 * sizes[i] + 8, 1000))
                return world_verdict(run, &world);
            world_new(&world, 0, WORLD_PLAIN, 2, 8);
            cycle_of(&world, sizes[i], held, &random);
            world_close(&world);
            if (world_is_wrong(&world))
                return world_verdict(run, &world);
        }
    return pass(run);
}

/* Half of the objects of a graph are held by the caller alone. */
CHECK(GC_7, MUST, "a counted reference of the caller keeps what it reaches",
      "assay/collector.h: COUNTS; quickjs-ng issue 1570",
      .wants = ASSAY_COLLECTOR_COUNTS, .flags = CHECK_RANDOM)
{
    struct random random = random_stream(run->seed, 7);
    static struct world world;

    for (int round = 0; round < SHAPES * 3; round++) {
        int count;

        if (!world_open(&world, 40, 1000))
            return world_verdict(run, &world);
        count = shape_build(&world, (enum shape)(round % SHAPES), 0, 24,
                            WORLD_PLAIN, &random);
        world_hold(&world, (int)random_below(&random, (uint32_t)count));
        world_hold(&world, (int)random_below(&random, (uint32_t)count));
        shape_drop(&world, 0, count);
        for (unsigned i = 0; i < subject->generations; i++)
            world_collect(&world, i);
        world_collect_all(&world);
        world_release(&world, 0);
        world_collect_all(&world);
        world_release(&world, 0);
        world_collect_all(&world);
        world_close(&world);
        if (world_is_wrong(&world))
            return world_verdict(run, &world);
    }
    return pass(run);
}

/* A collection right after it was made, before anything was stored in it, and
 * between any two of its references. */
CHECK(GC_34, MUST,
      "an object that is being built is kept by its root, however little of "
      "it is there",
      "assay/collector.h: `root`; quickjs-ng issue 1570",
      .why = "empty slots, payloads of references that are all zero")
{
    static struct world world;

    for (unsigned kind = WORLD_PLAIN; kind <= WORLD_PAYLOAD; kind++) {
        if (!world_open(&world, 20, 2000))
            return world_verdict(run, &world);
        for (int i = 0; i < 12; i++) {
            world_new(&world, i, kind, 8, 24);
            for (unsigned slot = 0; slot < 8; slot++) {
                world_collect(&world, slot % subject->generations);
                world_new(&world, 12, WORLD_PLAIN, 1, 0);
                world_store(&world, i, slot, 12);
                world_empty(&world, 12);
            }
            world_look(&world, false);
        }
        shape_drop(&world, 0, 12);
        world_collect_all(&world);
        world_close(&world);
        if (world_is_wrong(&world))
            break;
    }
    return world_verdict(run, &world);
}

/* Losing a reference without dying makes an object a suspect; then it dies,
 * and then comes the collection that goes through the suspects. */
CHECK(GC_47, MUST,
      "an object that was suspected and then ended by its count is not met by "
      "the next collection",
      "PHP's root buffer; php-src pull 3176", .wants = ASSAY_COLLECTOR_COUNTS)
{
    static struct world world;

    if (!world_open(&world, 24, 20000))
        return world_verdict(run, &world);
    for (int round = 0; round < 60 && !world_is_wrong(&world); round++) {
        for (int i = 0; i < 8; i++) {
            world_new(&world, i, WORLD_PLAIN, 2, 16);
            world_store(&world, i, 0, i > 0 && round % 3 == 0 ? i - 1 : i);
            world_copy(&world, 8 + i, i);
            world_empty(&world, 8 + i);
        }
        for (int i = 0; i < 8; i += 2) {
            world_store(&world, i, 0, 23); /* empty: no cycle is left */
            world_empty(&world, i);
        }
        world_collect(&world, (unsigned)round % subject->generations);
        shape_drop(&world, 0, 8);
        if (round % 5 == 4)
            world_collect_all(&world);
    }
    world_collect_all(&world);
    world_close(&world);
    return world_verdict(run, &world);
}
