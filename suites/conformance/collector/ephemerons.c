/* ephemerons.c - values that live as long as their keys. (GC-18) */
#include <string.h>

#include "engine/shapes.h"
#include "engine/stress.h"

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

/* ---- a thousand of them ----
 * Without a shadow, which would follow the chain after each store. */

struct links {
    struct assay_heap *heap;
    const struct assay_type *type;
    size_t count, ended;
};

/* In places: 0 the first key, 1 the object whose slots keep the ephemerons,
 * from LINKS_KEYS on all keys, while the chain is made. */
enum { LINKS = 1000, LINKS_KEYS = 2 };

static void links_ended(void *context, const void *payload)
{
    struct links *links = context;

    (void)payload;
    links->ended++;
}

static bool links_open(struct links *links, size_t count)
{
    struct assay_collector_config config = { &check_backend.backend };
    struct assay_kind kind = { .name = "link",
                               .context = links,
                               .ended = CAN(ENDED) ? links_ended : NULL };

    stress_apply();
    *links = (struct links){ .heap = subject->create(&config), .count = count };
    links->type =
        links->heap != NULL ? subject->type_add(links->heap, &kind) : NULL;
    for (size_t i = 0; i <= LINKS_KEYS + count && links->type != NULL; i++)
        if (!subject->push(links->heap, NULL))
            return false;
    return links->type != NULL;
}

static bool links_new(struct links *links, size_t place, size_t slots,
                      size_t number)
{
    struct assay_object *object =
        subject->new_object(links->heap, links->type, slots, sizeof(number));

    if (object == NULL)
        return false;
    memcpy(subject->payload(links->heap, object), &number, sizeof(number));
    subject->set_root(links->heap, place, object);
    if (CAN(COUNTS))
        subject->decref(links->heap, object);
    return true;
}

/* From key `at` to the next. */
static bool links_add(struct links *links, size_t at)
{
    struct assay_heap *heap = links->heap;
    struct assay_object *made;

    stress_point(heap);
    made = subject->ephemeron_new(heap, subject->root(heap, LINKS_KEYS + at),
                                  subject->root(heap, LINKS_KEYS + at + 1));
    if (made == NULL)
        return false;
    subject->store(heap, subject->root(heap, 1), at, made);
    if (CAN(COUNTS))
        subject->decref(heap, made);
    return true;
}

static bool links_build(struct links *links, bool backwards)
{
    for (size_t i = 0; i <= links->count; i++)
        if (!links_new(links, LINKS_KEYS + i, 0, i))
            return false;
    if (!links_new(links, 1, links->count, 0))
        return false;
    for (size_t i = 0; i < links->count; i++)
        if (!links_add(links, backwards ? links->count - 1 - i : i))
            return false;
    subject->set_root(links->heap, 0, subject->root(links->heap, LINKS_KEYS));
    for (size_t i = 0; i <= links->count; i++)
        subject->set_root(links->heap, LINKS_KEYS + i, NULL);
    return true;
}

/* How far the chain leads from the first key. */
static size_t links_length(const struct links *links)
{
    struct assay_heap *heap = links->heap;
    struct assay_object *key = subject->root(heap, 0);
    size_t at, number;

    for (at = 0; at < links->count; at++) {
        struct assay_object *link =
            subject->load(heap, subject->root(heap, 1), at);

        if (link == NULL || subject->ephemeron_key(heap, link) != key)
            break;
        key = subject->ephemeron_value(heap, link);
        if (key == NULL)
            break;
        memcpy(&number, subject->payload(heap, key), sizeof(number));
        if (number != at + 1)
            break;
    }
    return at;
}

static enum verdict links_verdict(struct check_run *run, size_t count,
                                  bool backwards)
{
    const char *order = backwards ? "the last first" : "the first first";
    static struct links links;

    if (!links_open(&links, count) || !links_build(&links, backwards))
        return fail(run, "no memory for %zu ephemerons", count);
    for (unsigned i = 0; i < subject->generations; i++)
        subject->collect(links.heap, i);
    if (links.ended > 0)
        return fail(run,
                    "the first of a chain of %zu ephemerons made %s is a "
                    "root, and %zu objects ended",
                    count, order, links.ended);
    if (links_length(&links) < count)
        return fail(run,
                    "the first of a chain of %zu ephemerons made %s is a "
                    "root, and %zu links lead on",
                    count, order, links_length(&links));
    subject->set_root(links.heap, 0, NULL);
    for (int i = 0; i < 3; i++)
        subject->collect(links.heap, subject->generations - 1);
    if (CAN(ENDED) && !CAN(CONSERVATIVE) && links.ended != count + 1)
        return fail(run,
                    "no root leads to the first of a chain of %zu ephemerons "
                    "made %s, and %zu of %zu objects have ended",
                    count, order, links.ended, count + 1);
    subject->destroy(links.heap);
    return pass(run);
}

CHECK(GC_18d, MUST,
      "a chain of a thousand ephemerons lives by its first key, and ends with "
      "it, in whatever order they were made",
      "Lua's gc.lua: ephemerons in both orders",
      .why = "a search for values that ends after so many rounds",
      .wants = ASSAY_COLLECTOR_EPHEMERON, .timeout_s = 30)
{
    const size_t count = stress_is_on() ? LINKS / 10 : LINKS;
    enum verdict verdict = links_verdict(run, count, false);

    return verdict == VERDICT_PASS ? links_verdict(run, count, true) : verdict;
}
