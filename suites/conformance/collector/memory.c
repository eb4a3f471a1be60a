/* memory.c - a backend that refuses, at every call it could. (GC-30, 31, 32)
 */
#include "engine/engine.h"
#include "engine/shapes.h"
#include "engine/stress.h"

/* Wide and deep: what a collector might keep a list of. */
static int large_graph(struct world *world, struct random *random)
{
    int count = shape_build(world, SHAPE_RANDOM, 0, 200, WORLD_PLAIN, random);

    count += shape_build(world, SHAPE_STAR, count, 100, WORLD_PLAIN, random);
    count += shape_build(world, SHAPE_CHAIN, count, 100, WORLD_LOOKS, random);
    return count;
}

static void drop_some(struct world *world, int count, struct random *random)
{
    for (int i = 0; i < count; i++)
        if (random_below(random, 4) != 0)
            world_empty(world, i);
}

/* Takes [after, after + refused) of what a collection asks for are refused;
 * whatever it does then, nothing is lost, and the next one does it all. */
static bool refused_collect(struct world *world, size_t after, size_t refused,
                            struct random *random, bool *ret_met)
{
    size_t refusals = check_backend.refusals;
    int count;

    if (!world_open(world, 420, 4000))
        return false;
    count = large_graph(world, random);
    drop_some(world, count, random);
    counting_backend_refuse(&check_backend, after, refused);
    for (unsigned i = 0; i < subject->generations; i++)
        world_collect(world, i);
    world_look(world, false);
    counting_backend_refuse(&check_backend, 0, 0);
    *ret_met = check_backend.refusals > refusals;
    world_collect_all(world);
    shape_drop(world, 0, count);
    world_collect_all(world);
    world_close(world);
    return !world_is_wrong(world);
}

CHECK(GC_30, MUST,
      "a collection that gets no memory at all for its own lists loses "
      "nothing, and the next one ends what is unreachable",
      "bdwgc: overflow of the mark stack", .wants = ASSAY_COLLECTOR_BACKEND,
      .flags = CHECK_RANDOM, .timeout_s = 20)
{
    struct random random = random_stream(run->seed, 30);
    static struct world world;
    bool met;

    refused_collect(&world, 0, SIZE_MAX, &random, &met);
    figure(run, "refused", met);
    return world_verdict(run, &world);
}

CHECK(GC_32, MUST,
      "so it is when the backend refuses any single one of the takes of a "
      "collection",
      "quickjs issue 494, cpython issue 149146",
      .wants = ASSAY_COLLECTOR_BACKEND, .flags = CHECK_RANDOM, .timeout_s = 40)
{
    struct random random = random_stream(run->seed, 32);
    unsigned most = stress_scaled(200);
    static struct world world;
    bool met = true;
    size_t k;

    for (k = 0; k < most && met; k++)
        if (!refused_collect(&world, k, 1, &random, &met))
            return world_blame(run, &world, "take %zu refused", k);
    figure(run, "takes", (double)k);
    return pass(run);
}

/* ---- new_object() ---- */

/* The k-th take of a small program is refused, for every k there is. */
static bool refused_new(struct world *world, size_t k, size_t refused,
                        struct random *random, bool *ret_met)
{
    size_t refusals = check_backend.refusals;

    if (!world_open(world, 40, 2000))
        return false;
    counting_backend_refuse(&check_backend, k, refused);
    for (int i = 0; i < 200 && !world_is_wrong(world); i++) {
        int at = (int)random_below(random, 32);
        size_t before = check_backend.refusals;
        unsigned bytes = i % 17 ? (unsigned)i % 64 : 20000;

        if (world_new(world, at, (enum world_kind)(i % 3), 3, bytes) ==
                WORLD_NONE &&
            check_backend.refusals == before)
            world_complain(world,
                           "new_object() gives NULL, and the backend refused "
                           "nothing");
        world_store(world, at, 0, (int)random_below(random, 32));
        world_weak(world, 32 + i % 8, at, i % 2);
        if (i % 10 == 0)
            world_look(world, false);
    }
    *ret_met = check_backend.refusals > refusals;
    counting_backend_refuse(&check_backend, 0, 0);
    world_collect_all(world);
    world_close(world);
    return !world_is_wrong(world);
}

CHECK(GC_31, MUST,
      "when the backend refuses, at any call, new_object() and weak_new() "
      "give NULL and nothing else has happened",
      "assay/collector.h: Errors; mmtk's tests of out of memory",
      .wants = ASSAY_COLLECTOR_BACKEND, .flags = CHECK_RANDOM, .timeout_s = 40)
{
    struct random random = random_stream(run->seed, 31);
    static struct world world;
    bool met = true;
    size_t k;

    for (k = 0; k < 300 && met; k++)
        if (!refused_new(&world, k, 1 + k % 3, &random, &met))
            return world_blame(run, &world, "take %zu refused", k);
    figure(run, "takes", (double)k);
    return pass(run);
}

CHECK(GC_31b, MUST,
      "random programs on a backend that refuses now and then agree with the "
      "shadow graph",
      "assay/collector.h: Errors", .wants = ASSAY_COLLECTOR_BACKEND,
      .flags = CHECK_RANDOM, .timeout_s = 40)
{
    const struct engine engine = {
        .id = "GC-31b",
        .plan = { .operations = 800,
                  .kinds = (1u << WORLD_KINDS) - 1,
                  .weak = true,
                  .automatic = 1,
                  .refuses = true },
        .scripts = stress_scaled(60),
        .timeout_ms = 30000,
    };

    return engine_decide(run, &engine);
}

/* ---- create(), type_add() and push(): each take of them refused once ---- */

enum { REFUSED_ROOTS = 3000 };

/* One object, that many times a root. False: something was refused. */
static bool refused_push(struct assay_heap *heap)
{
    static const struct assay_kind kind = { .name = "refused" };
    const struct assay_type *type = subject->type_add(heap, &kind);
    struct assay_object *object =
        type != NULL ? subject->new_object(heap, type, 1, 8) : NULL;

    if (object == NULL || !subject->push(heap, object))
        return false;
    if (CAN(COUNTS))
        subject->decref(heap, object);
    for (int i = 1; i < REFUSED_ROOTS; i++)
        if (!subject->push(heap, subject->root(heap, 0)))
            return false;
    return true;
}

/* Each push() that said so has made a root. */
static bool refused_is_pushed(struct assay_heap *heap)
{
    for (size_t i = 1; i < REFUSED_ROOTS; i++)
        if (subject->root(heap, i) != subject->root(heap, 0))
            return false;
    return true;
}

/* What is wrong with a heap of which take `k` was refused, or NULL. */
static const char *refused_take(size_t k)
{
    struct assay_collector_config config = { &check_backend.backend };
    struct assay_heap *heap;
    bool lies;

    counting_backend_refuse(&check_backend, k, 1);
    heap = subject->create(&config);
    if (heap != NULL) {
        lies = refused_push(heap) && !refused_is_pushed(heap);
        subject->destroy(heap);
        if (lies)
            return "each push() says true, and there are fewer roots";
    }
    if (check_backend.outstanding_pieces != 0)
        return "destroy() did not give all pieces back";
    return counting_backend_misuse(&check_backend);
}

/* An interpreter's heap takes some thousand: each of the first is refused,
 * and of the later ones fewer and fewer. */
enum { OPENING_TAKES_MAX = 10000, OPENING_EACH = 200 };

CHECK(GC_31c, MUST,
      "a heap, a kind or a place for a root that there is no memory for is "
      "refused, and leaves nothing",
      "assay/collector.h: Errors", .wants = ASSAY_COLLECTOR_BACKEND,
      .timeout_s = 20)
{
    size_t k, last = 0, refusals = SIZE_MAX;

    for (k = 0; k < OPENING_TAKES_MAX && refusals != check_backend.refusals;
         k += 1 + k / OPENING_EACH) {
        const char *fault;

        last = k;
        refusals = check_backend.refusals;
        fault = refused_take(k);
        if (fault != NULL)
            return fail(run, "take %zu was refused: %s", k, fault);
    }
    counting_backend_refuse(&check_backend, 0, 0);
    figure(run, "takes", (double)last);
    return check_backend.refusals == refusals
               ? pass(run)
               : fail(run, "create() and 3000 roots take %d pieces or more",
                      OPENING_TAKES_MAX);
}

/* ---- a limit ---- */

CHECK(GC_31d, MUST,
      "at its limit new_object() collects before it gives NULL, and goes on "
      "when there is room again",
      "assay/collector.h: set_limit()", .wants = ASSAY_COLLECTOR_LIMIT,
      .flags = CHECK_RANDOM)
{
    struct random random = random_stream(run->seed, 33);
    static struct world world;
    size_t limit = 256 * KIB, refused;

    if (!world_open(&world, 4000, 60000))
        return world_verdict(run, &world);
    subject->set_limit(world.heap, limit);
    /* Garbage makes room for itself. */
    for (int i = 0; i < 3000 && !world_is_wrong(&world); i++)
        if (shape_build(&world, SHAPE_RING, i % 2 * 8, 3, WORLD_PLAIN,
                        &random) == 0) {
            if (!CAN(CONSERVATIVE))
                world_complain(&world,
                               "new_object() gives NULL at a limit of %zu "
                               "bytes; 6 objects are reachable",
                               limit);
            break;
        }
    /* What is reachable does not. */
    shape_drop(&world, 0, 16);
    refused = world.refusals;
    for (int i = 0; i < 4000 && world.refusals == refused; i++)
        world_new(&world, i, WORLD_PLAIN, 2, 100);
    if (world.refusals == refused)
        world_complain(&world,
                       "4000 objects of 100 bytes are reachable at a limit of "
                       "%zu bytes",
                       limit);
    world_look(&world, false);
    shape_drop(&world, 0, 4000);
    refused = world.refusals;
    world_new(&world, 0, WORLD_PLAIN, 2, 100);
    if (world.refusals != refused && !CAN(CONSERVATIVE))
        world_complain(&world, "no room below the limit in an empty heap");
    subject->set_limit(world.heap, 0);
    world_collect_all(&world);
    world_close(&world);
    return world_verdict(run, &world);
}
