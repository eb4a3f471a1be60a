/* world_weak.c - weak references and ephemerons, and what they call. */
#include "world.h"

struct world_call {
    struct world *world;
    int number; /* of the weak reference */
};

static void weak_called(void *context, struct assay_heap *heap,
                        struct assay_object *weak)
{
    struct world_call *call = context;
    struct world *world = call->world;
    struct node *node = &world->node[call->number];

    if (world_is_wrong(world))
        return;
    world->callbacks++;
    if (world->destroying)
        world_complain(world, "destroy() called back weak reference %d",
                       call->number);
    if (heap != world->heap)
        world_complain(world, "weak reference %d called with another heap",
                       call->number);
    if (node->called)
        world_complain(world, "weak reference %d called back twice",
                       call->number);
    if (!world->node[node->referent].doomed)
        world_complain(world,
                       "weak reference %d called back, and its referent %d is "
                       "reachable",
                       call->number, node->referent);
    node->called = true;
    world->depth++;
    if (!world_is_wrong(world) && subject->weak_get(heap, weak) != NULL)
        world_complain(world,
                       "weak reference %d called back and still gives its "
                       "referent",
                       call->number);
    world_look(world, false);
    world->depth--;
}

/* The number that node_add() will give. */
static struct world_call *weak_context(struct world *world)
{
    struct world_call *call = check_map(sizeof(*call));

    if (call == NULL)
        world_trouble(world, "the check has no memory for a callback");
    else
        *call = (struct world_call){ world, world->count };
    return call;
}

static int weak_adopt(struct world *world, int to, struct assay_object *made,
                      struct node shadow)
{
    int number = world->count;

    /* Finalizers on the way may have taken the room. */
    if (!world_has_room(world, 0)) {
        if (CAN(COUNTS))
            subject->decref(world->heap, made);
        return WORLD_NONE;
    }
    world->count++;
    shadow.handle = made;
    world->node[number] = shadow;
    world_set_root(world, to, made, number);
    if (CAN(COUNTS))
        subject->decref(world->heap, made);
    return number;
}

/* `from` is a place of the subject's root stack: of the world's, or of what it
 * protects. */
static int weak_make(struct world *world, int to, size_t from, int referent,
                     bool calls)
{
    struct world_call *call = NULL;
    struct assay_object *weak;

    calls = calls && CAN(WEAK_CALLBACK);
    if (!CAN(WEAK) || to < 0 || to >= world->places ||
        world->node[referent].shape != WORLD_OBJECT ||
        !world_has_room(world, 0))
        return WORLD_NONE;
    if (calls && (call = weak_context(world)) == NULL)
        return WORLD_NONE;
    world_changed(world);
    weak = subject->weak_new(world->heap, subject->root(world->heap, from),
                             calls ? weak_called : NULL, call);
    if (weak == NULL) {
        world->refusals++;
        return WORLD_NONE;
    }
    if (call != NULL)
        call->number = world->count;
    return weak_adopt(world, to, weak,
                      (struct node){ .shape = WORLD_WEAK,
                                     .calls = calls,
                                     .referent = referent,
                                     .value = WORLD_NONE });
}

int world_weak(struct world *world, int to, int from, bool calls)
{
    world_stress(world);
    if (!world_has(world, from))
        return WORLD_NONE;
    return weak_make(world, to, (size_t)from, world->root[from], calls);
}

void world_watch(struct world *world, int to, int number, bool calls)
{
    weak_make(world, to, (size_t)(world->places + world->temporaries - 1),
              number, calls);
}

int world_ephemeron(struct world *world, int to, int key, int value)
{
    struct assay_object *made;

    world_stress(world);
    if (!world_has(world, key) || !CAN(EPHEMERON) || to < 0 ||
        to >= world->places || !world_has(world, value) ||
        world->node[world->root[key]].shape != WORLD_OBJECT ||
        !world_has_room(world, 0))
        return WORLD_NONE;
    world->uncounted++; /* whether it counts them is its own affair */
    world_changed(world);
    made = subject->ephemeron_new(world->heap, subject->root(world->heap, key),
                                  subject->root(world->heap, value));
    if (made == NULL) {
        world->refusals++;
        return WORLD_NONE;
    }
    return weak_adopt(world, to, made,
                      (struct node){ .shape = WORLD_EPHEMERON,
                                     .referent = world->root[key],
                                     .value = world->root[value] });
}

static bool weak_is_forgotten(const struct world *world,
                              const struct node *node)
{
    const struct node *referent = &world->node[node->referent];

    return referent->ended || referent->risen || referent->doomed;
}

static void look_target(struct world *world, struct assay_object *target,
                        int number)
{
    const struct node *node = &world->node[number];

    if (target == NULL) {
        /* One that is unreachable itself may have forgotten already. */
        if (!node->risen && !node->doomed && !weak_is_forgotten(world, node))
            world_complain(world,
                           "weak reference %d gives NULL, and its referent %d "
                           "is reachable",
                           number, node->referent);
        return;
    }
    if (world->node[node->referent].ended || node->called)
        world_complain(world,
                       "weak reference %d gives an object, and its referent "
                       "%d has %s",
                       number, node->referent,
                       node->called ? "died: it called back" : "ended");
    else if (world_number(world, target) != node->referent)
        world_complain(world, "weak reference %d gives object %d, not %d",
                       number, world_number(world, target), node->referent);
}

static void look_ephemeron(struct world *world, struct assay_object *object,
                           int number)
{
    const struct node *node = &world->node[number];
    struct assay_object *key = subject->ephemeron_key(world->heap, object);
    struct assay_object *value = subject->ephemeron_value(world->heap, object);

    look_target(world, key, number);
    if (world_is_wrong(world))
        return;
    if (key == NULL && value != NULL)
        world_complain(world, "ephemeron %d has a value and no key", number);
    if (key == NULL || node->value == WORLD_NONE)
        return;
    if (value == NULL)
        world_complain(world, "ephemeron %d has key %d and lost its value %d",
                       number, node->referent, node->value);
    else if (world->node[node->value].shape == WORLD_OBJECT &&
             world_number(world, value) != node->value)
        world_complain(world, "ephemeron %d has value %d, not %d", number,
                       world_number(world, value), node->value);
}

void world_look_weak(struct world *world, struct assay_object *weak, int number)
{
    if (world->node[number].shape == WORLD_WEAK)
        look_target(world, subject->weak_get(world->heap, weak), number);
    else
        look_ephemeron(world, weak, number);
}

void world_get(struct world *world, int to, int from)
{
    struct assay_object *target;
    const struct node *node;

    if (!world_has(world, from) || to < 0 || to >= world->places)
        return;
    node = &world->node[world->root[from]];
    if (node->shape == WORLD_OBJECT)
        return;
    world_look_weak(world, subject->root(world->heap, from), world->root[from]);
    if (world_is_wrong(world))
        return;
    target =
        node->shape == WORLD_WEAK
            ? subject->weak_get(world->heap, subject->root(world->heap, from))
            : subject->ephemeron_value(world->heap,
                                       subject->root(world->heap, from));
    if (target != NULL)
        world_set_root(world, to, target,
                       node->shape == WORLD_WEAK ? node->referent
                                                 : node->value);
}
