/* threads.c - heaps that many threads use, and those of a forked child.
 * (GC-36, 37, 38) */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/shapes.h"
#include "engine/stress.h"

enum { CREW = 4 };

struct crew {
    struct assay_heap *heap;
    const struct assay_type *type;
    struct assay_object *shared;
    _Atomic unsigned workers, ended[CREW], failed;
    _Atomic unsigned expected, arrived; /* where all meet */
    unsigned rounds;
};

/* The payload says who made the object. */
static void crew_ended(void *context, const void *payload)
{
    struct crew *crew = context;
    unsigned maker;

    memcpy(&maker, payload, sizeof(maker));
    if (maker < CREW)
        crew->ended[maker]++;
    else
        crew->failed++;
}

static bool crew_open(struct crew *crew)
{
    struct assay_collector_config config = { &check_backend.backend };
    struct assay_kind kind = { .name = "shared",
                               .context = crew,
                               .ended = CAN(ENDED) ? crew_ended : NULL };

    stress_apply();
    crew->heap = subject->create(&config);
    crew->type = crew->heap ? subject->type_add(crew->heap, &kind) : NULL;
    return crew->type != NULL;
}

static struct assay_object *crew_new(struct crew *crew, unsigned maker)
{
    struct assay_object *object =
        subject->new_object(crew->heap, crew->type, 1, sizeof(maker));

    if (object != NULL)
        memcpy(subject->payload(crew->heap, object), &maker, sizeof(maker));
    return object;
}

static bool crew_run(struct crew *crew, void *(*work)(void *crew))
{
    pthread_t thread[CREW];
    unsigned started = 0;

    crew->expected = CREW;
    while (started < CREW &&
           pthread_create(&thread[started], NULL, work, crew) == 0)
        started++;
    crew->expected = started;
    for (unsigned i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    return started == CREW;
}

/* ---- counts ---- */

static void *count_up_and_down(void *given)
{
    struct crew *crew = given;

    if (!subject->attach(crew->heap)) {
        crew->failed++;
        return NULL;
    }
    for (unsigned i = 0; i < crew->rounds; i++) {
        subject->incref(crew->heap, crew->shared);
        subject->incref(crew->heap, crew->shared);
        subject->decref(crew->heap, crew->shared);
        subject->decref(crew->heap, crew->shared);
    }
    subject->detach(crew->heap);
    return NULL;
}

CHECK(GC_36, MUST,
      "counts that four threads change at once are right in the end, and the "
      "object ends once",
      "assay/collector.h: THREADS; automem issue 63, cpython issue 135909",
      .wants = ASSAY_COLLECTOR_THREADS | ASSAY_COLLECTOR_COUNTS,
      .flags = CHECK_THREADS, .timeout_s = 30)
{
    static struct crew crew;
    size_t count;

    crew.rounds = 1250000; /* 10^7 each way, by all */
    if (!crew_open(&crew))
        return fail(run, "no memory for a heap");
    crew.shared = crew_new(&crew, 0);
    if (crew.shared == NULL)
        return fail(run, "no memory for an object");
    count = subject->count(crew.heap, crew.shared);
    if (!crew_run(&crew, count_up_and_down))
        return error(run, "no threads");
    if (crew.failed > 0)
        return fail(run, "attach() gives false");
    if (subject->count(crew.heap, crew.shared) != count)
        return fail(run,
                    "the count was %zu, and is %zu after as many "
                    "incref() as decref() by %d threads",
                    count, subject->count(crew.heap, crew.shared), CREW);
    subject->decref(crew.heap, crew.shared);
    if (CAN(ENDED) && crew.ended[0] != 1)
        return fail(run, "the object ended %u times", crew.ended[0]);
    subject->destroy(crew.heap);
    return pass(run);
}

/* ---- roots ---- */

/* However few processors there are, each has roots when the others go on. */
static void crew_meet(struct crew *crew)
{
    crew->arrived++;
    while (crew->arrived < crew->expected)
        sched_yield();
}

static void push_loops(struct crew *crew, unsigned self)
{
    for (unsigned i = 0; i < crew->rounds; i++) {
        struct assay_object *object = crew_new(crew, self);

        if (object == NULL || !subject->push(crew->heap, object)) {
            crew->failed++;
            break;
        }
        subject->store(crew->heap, object, 0, object);
        if (CAN(COUNTS))
            subject->decref(crew->heap, object);
        if (i % 100 == 99)
            subject->collect(crew->heap, i / 100 % subject->generations);
    }
}

/* Leaves its roots behind, as a thread does that just ends. */
static void *leave_roots(void *given)
{
    struct crew *crew = given;
    unsigned self = crew->workers++;
    bool attached = subject->attach(crew->heap);

    if (attached)
        push_loops(crew, self);
    else
        crew->failed++;
    crew_meet(crew);
    if (!attached)
        return NULL;
    push_loops(crew, self);
    crew->failed += crew->ended[self];
    if (crew->ended[self] == 0) /* else the stack leads to nobody knows what */
        subject->detach(crew->heap);
    return NULL;
}

CHECK(GC_37, MUST,
      "threads have roots of their own; with detach() they are gone, and "
      "collections wait for nobody who is not there",
      "assay/collector.h: detach(); bdwgc's threadleak test, issue 333",
      .wants = ASSAY_COLLECTOR_THREADS, .flags = CHECK_THREADS, .timeout_s = 30)
{
    for (int round = 0; round < 5; round++) {
        static struct crew crew;
        struct assay_collector_stats stats;

        crew = (struct crew){ .rounds = 500 };
        if (!crew_open(&crew))
            return fail(run, "no memory for a heap");
        /* One after the other, so that what ended early shows. */
        for (int i = 0; i < CREW && round == 0; i++) {
            pthread_t thread;

            if (pthread_create(&thread, NULL, leave_roots, &crew) != 0)
                return error(run, "no thread");
            pthread_join(thread, NULL);
            subject->collect(crew.heap, subject->generations - 1);
        }
        if (round > 0 && !crew_run(&crew, leave_roots))
            return error(run, "no threads");
        if (crew.failed > 0)
            return fail(run,
                        "attach(), new_object() or push() failed, or objects "
                        "that a thread had as roots ended: %u times",
                        crew.failed);
        for (int i = 0; i < 3; i++)
            subject->collect(crew.heap, subject->generations - 1);
        if (CAN(STATS)) {
            subject->stats(crew.heap, &stats);
            if (stats.live_objects > 0 && !CAN(CONSERVATIVE))
                return fail(run,
                            "%zu objects of threads that have ended are "
                            "left",
                            stats.live_objects);
        }
        subject->destroy(crew.heap);
    }
    return pass(run);
}

/* ---- fork ---- */

static int forked(void *given)
{
    struct world *world = given;

    for (int i = 0; i < 8; i++)
        world_empty(world, i);
    world_collect_all(world);
    for (int i = 0; i < 20; i++) {
        world_new(world, 0, WORLD_PLAIN, 1, 8);
        world_store(world, 0, 0, 0);
    }
    world_empty(world, 0);
    world_collect_all(world);
    world_close(world);
    return world_is_wrong(world) ? 1 : 0;
}

CHECK(GC_38, SHOULD,
      "the child of a fork() goes on with the heap, and the parent does not "
      "notice",
      "assay/collector.h: Fork; bdwgc's gctest", .wants = ASSAY_COLLECTOR_FORK,
      .flags = CHECK_RANDOM)
{
    struct random random = random_stream(run->seed, 38);
    static struct world world;
    struct child_end end;

    if (!world_open(&world, 64, 2000))
        return world_verdict(run, &world);
    for (unsigned shape = 0; shape < 4; shape++)
        shape_build(&world, SHAPE_RING + shape, (int)shape * 12, 12,
                    shape % 2 ? WORLD_LOOKS : WORLD_PLAIN, &random);
    if (check_child(forked, &world, 8000, &end) != 0)
        return error(run, "no process");
    if (check_end_word(&end) != NULL)
        return fail(run, "the child ended with %s", check_end_word(&end));
    if (end.status != 0)
        return fail(run, "the child found something wrong");
    world_look(&world, true);
    world_close(&world);
    return world_verdict(run, &world);
}
