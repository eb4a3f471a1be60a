/* stack.c - deep structures on a small stack. (GC-29) */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "engine/stress.h"

enum { STACK_BYTES = 256 * 1024, DEEP = 1000000 };

/* A structure without a shadow: objects are counted, and the last one says
 * that it can be reached. */
struct deep {
    struct assay_heap *heap;
    const struct assay_type *type;
    size_t made, ended;
    bool payload;
    bool failed;
};

static void deep_ended(void *context, const void *payload)
{
    struct deep *deep = context;

    (void)payload;
    deep->ended++;
}

static void deep_finalize(void *context, struct assay_heap *heap,
                          struct assay_object *object)
{
    (void)context, (void)heap, (void)object;
}

static int deep_traverse(void *payload, assay_visit *visit, void *context)
{
    struct assay_object **place = payload;

    return *place != NULL ? visit(place, context) : 0;
}

static void deep_clear(void *context, struct assay_heap *heap,
                       struct assay_object *object)
{
    (void)context;
    subject->store_at(heap, object, subject->payload(heap, object), NULL);
}

/* The kernel grows the main thread's stack up to the limit of the moment. */
static bool deep_stack(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_STACK, &limit) != 0)
        return false;
    limit.rlim_cur = STACK_BYTES;
    return setrlimit(RLIMIT_STACK, &limit) == 0;
}

static bool deep_open(struct deep *deep, bool finalized, bool payload)
{
    struct assay_collector_config config = { &check_backend.backend };
    struct assay_kind kind = {
        .name = "deep",
        .context = deep,
        .ended = CAN(ENDED) ? deep_ended : NULL,
        .finalize = finalized ? deep_finalize : NULL,
        .traverse = payload ? deep_traverse : NULL,
        .clear = payload ? deep_clear : NULL,
    };

    stress_apply();
    memset(deep, 0, sizeof(*deep));
    deep->payload = payload;
    deep->heap = subject->create(&config);
    deep->type = deep->heap ? subject->type_add(deep->heap, &kind) : NULL;
    for (int i = 0; i < 4 && deep->type != NULL; i++)
        if (!subject->push(deep->heap, NULL))
            return false;
    return deep->type != NULL;
}

/* A payload has one place: `slot` is 0 there. */
static void deep_link(const struct deep *deep, struct assay_object *from,
                      size_t slot, struct assay_object *to)
{
    if (deep->payload)
        subject->store_at(deep->heap, from, subject->payload(deep->heap, from),
                          to);
    else
        subject->store(deep->heap, from, slot, to);
}

/* A new object in root 0; what was there is in root 1. */
static struct assay_object *deep_new(struct deep *deep)
{
    struct assay_object *object =
        subject->new_object(deep->heap, deep->type, deep->payload ? 0 : 2,
                            sizeof(void *));

    if (object == NULL) {
        deep->failed = true;
        return NULL;
    }
    deep->made++;
    subject->set_root(deep->heap, 1, subject->root(deep->heap, 0));
    subject->set_root(deep->heap, 0, object);
    if (CAN(COUNTS))
        subject->decref(deep->heap, object);
    return subject->root(deep->heap, 0);
}

/* ---- structures: the head is root 0, the rest hangs on it ---- */

enum deep_shape {
    DEEP_LIST,     /* the newest is the head */
    DEEP_FORWARDS, /* the oldest is: traversed in the order of their making */
    DEEP_RING,
    DEEP_ONE_PLACE, /* so many can do with one place, as payloads here have */
    DEEP_HANGING = DEEP_ONE_PLACE, /* a list on one that refers to itself */
    DEEP_BOTH,                     /* a list linked both ways */
    DEEP_TREE, /* a list whose objects have a leaf each, after their link */
    DEEP_SHAPES,
};

static const char *const deep_words[DEEP_SHAPES] = {
    "a list",           "a list, oldest first",    "a ring",
    "a list on a loop", "a list linked both ways", "a tree",
};

static void deep_backwards(struct deep *deep, size_t count, bool both)
{
    for (size_t i = 0; i < count && !deep->failed; i++) {
        struct assay_object *object = deep_new(deep);
        struct assay_object *older = subject->root(deep->heap, 1);

        if (object == NULL || older == NULL)
            continue;
        deep_link(deep, object, 0, older);
        if (both)
            deep_link(deep, older, 1, object);
    }
}

/* Root 2 keeps the head. */
static void deep_forwards(struct deep *deep, size_t count)
{
    for (size_t i = 0; i < count && !deep->failed; i++) {
        struct assay_object *object = deep_new(deep);
        struct assay_object *older = subject->root(deep->heap, 1);

        if (object == NULL)
            return;
        if (older == NULL)
            subject->set_root(deep->heap, 2, object);
        else
            deep_link(deep, older, 0, object);
    }
    subject->set_root(deep->heap, 0, subject->root(deep->heap, 2));
    subject->set_root(deep->heap, 2, NULL);
}

static void deep_ring(struct deep *deep, size_t count)
{
    struct assay_object *last;

    if (deep_new(deep) == NULL)
        return;
    subject->set_root(deep->heap, 2, subject->root(deep->heap, 0));
    deep_backwards(deep, count - 1, false);
    last = subject->root(deep->heap, 2);
    deep_link(deep, last, 0, subject->root(deep->heap, 0));
    subject->set_root(deep->heap, 2, NULL);
}

/* Root 2 keeps the branch. */
static void deep_tree(struct deep *deep, size_t count)
{
    for (size_t i = 0; i < count / 2 && !deep->failed; i++) {
        struct assay_object *leaf = deep_new(deep);
        struct assay_object *object = leaf != NULL ? deep_new(deep) : NULL;

        if (object == NULL)
            return;
        deep_link(deep, object, 0, subject->root(deep->heap, 2));
        deep_link(deep, object, 1, subject->root(deep->heap, 1));
        subject->set_root(deep->heap, 2, object);
    }
    subject->set_root(deep->heap, 2, NULL);
}

static void deep_build(struct deep *deep, enum deep_shape shape, size_t count)
{
    struct assay_object *head;

    switch (shape) {
    case DEEP_FORWARDS:
        deep_forwards(deep, count);
        break;
    case DEEP_RING:
        deep_ring(deep, count);
        break;
    case DEEP_HANGING:
        deep_backwards(deep, count, false);
        head = deep_new(deep);
        if (head == NULL)
            break;
        deep_link(deep, head, 0, subject->root(deep->heap, 1));
        deep_link(deep, head, 1, head);
        break;
    case DEEP_TREE:
        deep_tree(deep, count);
        break;
    default:
        deep_backwards(deep, count, shape == DEEP_BOTH);
    }
    subject->set_root(deep->heap, 1, NULL);
}

/* ---- its life and its death ---- */

static size_t deep_live(const struct deep *deep)
{
    struct assay_collector_stats stats;

    if (CAN(ENDED))
        return deep->made - deep->ended;
    if (!CAN(STATS))
        return 0;
    subject->stats(deep->heap, &stats);
    return stats.live_objects;
}

static enum verdict deep_run(struct check_run *run, enum deep_shape shape,
                             size_t count, bool finalized, bool payload)
{
    static struct deep deep;

    if (!deep_open(&deep, finalized, payload))
        return fail(run, "no memory for a heap");
    deep_build(&deep, shape, count);
    if (deep.failed)
        return skip(run, "no memory for %zu objects", count);
    for (unsigned i = 0; i < subject->generations; i++)
        subject->collect(deep.heap, i);
    if (CAN(ENDED) && deep.ended != 0)
        return fail(run,
                    "%zu of %zu objects of %s ended, and its head is a "
                    "root",
                    deep.ended, deep.made, deep_words[shape]);
    subject->set_root(deep.heap, 0, NULL);
    for (int i = 0; i < 3 && deep_live(&deep) > 0; i++)
        subject->collect(deep.heap, subject->generations - 1);
    if (deep_live(&deep) > 0 && !CAN(CONSERVATIVE))
        return fail(run, "%zu of %zu objects of %s are left", deep_live(&deep),
                    deep.made, deep_words[shape]);
    subject->destroy(deep.heap);
    return pass(run);
}

CHECK(GC_29, MUST,
      "structures a million objects deep live, are looked at, are cleared and "
      "end on a stack of 256 KiB",
      "cpython issue 149146, umka-lang issue 45, godot issue 8396",
      .why = "recursion in the release of the last reference, in the search "
             "for what is reachable, or in clear",
      .timeout_s = 60, .flags = CHECK_ALONE | COLLECTOR_EXACT)
{
    enum verdict verdict = VERDICT_PASS;

    if (!deep_stack())
        return error(run, "setrlimit: %s", strerror(errno));
    for (unsigned i = 0; i < DEEP_SHAPES && verdict == VERDICT_PASS; i++)
        verdict = deep_run(run, i, DEEP / (i == 0 ? 1 : 4), false, false);
    return verdict;
}

/* The rest of what the requirement asks for, where there is memory. */
CHECK(GC_29d, QUALITY,
      "a list of ten million objects lives and ends on a stack of 256 KiB",
      "cpython issue 149146, umka-lang issue 45, godot issue 8396",
      .timeout_s = 180, .flags = CHECK_ALONE | COLLECTOR_EXACT)
{
    if (!deep_stack())
        return error(run, "setrlimit: %s", strerror(errno));
    return deep_run(run, DEEP_LIST, (size_t)10 * DEEP, false, false);
}

CHECK(GC_29b, MUST,
      "so do deep structures of objects with finalizers, or with references "
      "in payloads",
      "cpython issue 149146; bpo-33930", .timeout_s = 60,
      .flags = CHECK_ALONE | COLLECTOR_EXACT)
{
    enum verdict verdict = VERDICT_PASS;

    if (!CAN(FINALIZE) && !CAN(TRAVERSE)) {
        outcome(run, "unclaimed",
                "the plug-in claims neither FINALIZE nor TRAVERSE");
        return VERDICT_SKIP;
    }
    if (!deep_stack())
        return error(run, "setrlimit: %s", strerror(errno));
    for (unsigned i = 0; i < DEEP_SHAPES && verdict == VERDICT_PASS; i++) {
        if (CAN(FINALIZE))
            verdict = deep_run(run, i, DEEP / 4, true, false);
        if (CAN(TRAVERSE) && i < DEEP_ONE_PLACE && verdict == VERDICT_PASS)
            verdict = deep_run(run, i, DEEP / 4, false, true);
    }
    return verdict;
}

/* It is destroyed while it lives. */
CHECK(GC_29c, MUST, "a heap with a deep structure can be destroyed",
      "assay/collector.h: destroy()", .timeout_s = 60,
      .flags = CHECK_ALONE | COLLECTOR_EXACT)
{
    static struct deep deep;

    if (!deep_stack())
        return error(run, "setrlimit: %s", strerror(errno));
    for (unsigned i = 0; i < DEEP_SHAPES; i++) {
        if (!deep_open(&deep, CAN(FINALIZE), false))
            return fail(run, "no memory for a heap");
        deep_build(&deep, i, DEEP / 4);
        subject->destroy(deep.heap);
        if (deep.ended != 0)
            return fail(run, "destroy() called `ended` for %zu objects",
                        deep.ended);
    }
    return pass(run);
}
