/* world_look.c - the heap as it is, held against its shadow. */
#include <string.h>

#include "pattern.h"
#include "world.h"

/* ---- the payload: a number and how many places, the places, a pattern ---- */

struct payload_head {
    int32_t number;
    uint32_t places;
};

static size_t pattern_from(const struct payload_head *head)
{
    return sizeof(void *) * (1 + (size_t)head->places);
}

void world_fill(void *payload, int number, uint32_t places, size_t bytes)
{
    struct payload_head *head = payload;

    /* The places are empty: such a payload is zeroed when it is made. */
    *head = (struct payload_head){ number, places };
    pattern_fill(payload, (uint64_t)number, pattern_from(head), bytes);
}

bool world_is_intact(const void *payload, size_t bytes)
{
    const struct payload_head *head = payload;

    if (pattern_from(head) > bytes)
        return false;
    return pattern_mismatch(payload, (uint64_t)head->number, pattern_from(head),
                            bytes) == bytes;
}

int world_number(struct world *world, struct assay_object *object)
{
    const struct payload_head *head = subject->payload(world->heap, object);
    int number;

    if (head == NULL) {
        world_complain(world, "an object has lost its payload");
        return WORLD_NONE;
    }
    number = head->number;
    if (number < 0 || number >= world->count ||
        world->node[number].shape != WORLD_OBJECT) {
        world_complain(world,
                       "a payload holds the number 0x%x, which no object has: "
                       "its memory was used for something else",
                       (unsigned)number);
        return WORLD_NONE;
    }
    if ((uintptr_t)head % subject->align != 0)
        world_complain(world, "the payload of object %d is not aligned to %zu",
                       number, subject->align);
    if (!world_is_intact(head, world->node[number].bytes))
        world_complain(world, "the payload of object %d was written to",
                       number);
    return number;
}

/* ---- one object after the other ---- */

static void look_count(struct world *world, struct assay_object *object,
                       int number, bool all_collected)
{
    const struct node *node = &world->node[number];
    size_t count = subject->count(world->heap, object);
    size_t expected = (size_t)node->references + node->extra;

    if (count < expected ||
        (all_collected && !world->frozen && count != expected))
        world_complain(world,
                       "object %d has the count %zu; %u slots, roots and the "
                       "caller refer to it%s",
                       number, count, node->references,
                       node->extra != 0 ? ", and the heap itself" : "");
}

/* Whether `object` is what the shadow has there. */
static bool look_is(struct world *world, struct assay_object *object,
                    int expected, const char *where, int of)
{
    int number;

    if ((object == NULL) != (expected == WORLD_NONE)) {
        world_complain(world, "%s %d %s", where, of,
                       object == NULL ? "is empty, and should not be"
                                      : "is not empty, and should be");
        return false;
    }
    if (object == NULL || world->node[expected].shape != WORLD_OBJECT)
        return !world_is_wrong(world);
    number = world_number(world, object);
    if (number != expected)
        world_complain(world, "%s %d refers to object %d, not to %d", where, of,
                       number, expected);
    else if (!CAN(MOVES) && object != world->node[number].handle)
        world_complain(world, "object %d has another handle than it had",
                       number);
    else if (world->node[number].ended)
        world_complain(world, "object %d has ended, and %s %d refers to it",
                       number, where, of);
    return !world_is_wrong(world);
}

/* What there is to be looked at, with its object: these are asked for anew,
 * from parent to child, by nothing that may collect. */
struct look {
    struct assay_object **object;
    int *number;
    int count;
    bool all_collected;
};

static void look_queue(struct world *world, struct look *look,
                       struct assay_object *object, int number)
{
    if (number == WORLD_NONE || world->node[number].mark == world->mark)
        return;
    world->node[number].mark = world->mark;
    look->object[look->count] = object;
    look->number[look->count++] = number;
}

static void look_slots(struct world *world, struct look *look,
                       struct assay_object *object, int number)
{
    const struct node *node = &world->node[number];

    for (unsigned slot = 0; slot < node->slots; slot++) {
        struct assay_object *value = world_slot(world, object, number, slot);

        if (!look_is(world, value, node->slot[slot], "a slot of object",
                     number))
            return;
        look_queue(world, look, value, node->slot[slot]);
    }
}

static void look_run(struct world *world, struct look *look)
{
    for (int i = 0; i < look->count && !world_is_wrong(world); i++) {
        struct assay_object *object = look->object[i];
        int number = look->number[i];

        if (world->node[number].shape != WORLD_OBJECT)
            world_look_weak(world, object, number);
        else
            look_slots(world, look, object, number);
        if (CAN(COUNTS) && world->node[number].shape == WORLD_OBJECT &&
            world->node[number].reached && !world->uncounted)
            look_count(world, object, number, look->all_collected);
    }
}

static bool look_begin(struct world *world, struct look *look)
{
    if (world->look_object == NULL) {
        size_t each = sizeof(*look->object) + sizeof(*look->number);

        world->look_object = check_map((size_t)world->capacity * each);
        if (world->look_object == NULL) {
            world_trouble(world, "the check has no memory to look around");
            return false;
        }
    }
    world->mark++;
    look->object = world->look_object;
    look->number = (int *)(look->object + world->capacity);
    return true;
}

void world_look_from(struct world *world, struct assay_object *object,
                     int number)
{
    struct look look = { 0 };

    if (world_is_wrong(world) || !look_begin(world, &look))
        return;
    look_queue(world, &look, object, number);
    look_run(world, &look);
}

/* ---- all there is ---- */

static void look_unreachable(struct world *world)
{
    size_t garbage = world_garbage(world);

    if (garbage == 0 || world->frozen || CAN(CONSERVATIVE))
        return;
    for (int i = 0; i < world->count && CAN(ENDED); i++)
        if (!world->node[i].reached && !world->node[i].ended &&
            world->node[i].shape == WORLD_OBJECT)
            world_complain(world,
                           "object %d (%s, %u slots) is unreachable and was "
                           "not ended by collections of all there is; %zu "
                           "objects are left like that",
                           i, world_kind_words[world->node[i].kind],
                           world->node[i].slots, garbage);
    world_complain(world,
                   "%zu unreachable objects were not ended by collections of "
                   "all there is",
                   garbage);
}

static void look_statistics(struct world *world)
{
    struct assay_collector_stats stats;

    if (!CAN(STATS))
        return;
    subject->stats(world->heap, &stats);
    if (CAN(ENDED) && stats.live_objects != world->live && world->depth == 0)
        world_complain(world,
                       "stats() has %zu live objects; %zu were made and have "
                       "not ended",
                       stats.live_objects, world->live);
}

static void look_missed(struct world *world)
{
    for (int i = 0; i < world->count; i++) {
        const struct node *node = &world->node[i];

        if (node->shape == WORLD_WEAK && node->calls && node->reached &&
            !node->lapsed && !node->called && world->node[node->referent].ended)
            world_complain(world,
                           "object %d has ended, and its weak reference %d "
                           "did not call back",
                           node->referent, i);
    }
}

void world_look(struct world *world, bool all_collected)
{
    struct look look = { .all_collected = all_collected };
    const char *fault = NULL;

    if (world_is_wrong(world) || !look_begin(world, &look))
        return;
    for (int i = 0; i < world->places && !world_is_wrong(world); i++) {
        struct assay_object *object = subject->root(world->heap, (size_t)i);

        if (look_is(world, object, world->root[i], "root", i))
            look_queue(world, &look, object, world->root[i]);
    }
    look_run(world, &look);
    if (world->depth == 0 && !world_is_wrong(world)) {
        fault = CAN(VERIFY) ? subject->verify(world->heap) : NULL;
        look_missed(world);
    }
    if (fault != NULL)
        world_complain(world, "verify(): %s", fault);
    look_statistics(world);
    if (all_collected && !world_is_wrong(world))
        look_unreachable(world);
}

/* ---- what has not ended ---- */

bool world_sees_ends(void)
{
    return CAN(ENDED) || CAN(STATS);
}

size_t world_garbage(struct world *world)
{
    struct assay_collector_stats stats = { 0 };
    size_t garbage = 0, reached = 0;

    for (int i = 0; i < world->count; i++) {
        const struct node *node = &world->node[i];

        garbage +=
            node->shape == WORLD_OBJECT && !node->ended && !node->reached;
        reached += node->shape == WORLD_OBJECT && node->reached;
    }
    if (CAN(ENDED) || !CAN(STATS))
        return CAN(ENDED) ? garbage : 0;
    subject->stats(world->heap, &stats);
    return stats.live_objects > reached ? stats.live_objects - reached : 0;
}
