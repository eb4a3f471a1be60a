/* world_kinds.c - the kinds of objects of a world: what their finalizers do,
 * and what is seen when they are called, cleared and ended. */
#include <string.h>

#include "world.h"

const char *const world_kind_words[WORLD_KINDS] = {
    [WORLD_PLAIN] = "plain",     [WORLD_PAYLOAD] = "payload",
    [WORLD_LOOKS] = "looks",     [WORLD_RESURRECTS] = "resurrects",
    [WORLD_SAVES] = "saves",     [WORLD_LINKS] = "links",
    [WORLD_UNLINKS] = "unlinks", [WORLD_MAKES] = "makes",
    [WORLD_DROPS] = "drops",     [WORLD_COLLECTS] = "collects",
    [WORLD_WATCHES] = "watches",
};

/* ---- references in payloads ---- */

static int kind_traverse(void *payload, assay_visit *visit, void *context)
{
    struct assay_object **places = payload;
    uint32_t count;
    int end = 0;

    memcpy(&count, (char *)payload + sizeof(int32_t), sizeof(count));
    for (uint32_t i = 0; i < count && end == 0; i++)
        if (places[1 + i] != NULL)
            end = visit(&places[1 + i], context);
    return end;
}

static void kind_clear(void *context, struct assay_heap *heap,
                       struct assay_object *object)
{
    struct world *world = context;
    int number;

    (void)heap;
    if (world_is_wrong(world))
        return;
    number = world_number(world, object);
    if (world_is_wrong(world))
        return;
    if (world->node[number].reached && !world->destroying)
        world_complain(world, "object %d is cleared, and reachable", number);
    /* What is called on the way is looked at as if from outside. */
    world->depth++;
    for (unsigned i = 0; i < world->node[number].slots; i++)
        if (!world_is_wrong(world))
            world_set_slot(world, object, number, i, NULL, WORLD_NONE);
    world->depth--;
}

/* ---- the end ---- */

static void kind_ended(void *context, const void *payload)
{
    struct world *world = context;
    int32_t number;
    struct node *node;

    if (world_is_wrong(world))
        return;
    memcpy(&number, payload, sizeof(number));
    if (number < 0 || number >= world->count) {
        world_complain(world, "`ended` is called with a payload of nobody");
        return;
    }
    node = &world->node[number];
    world->live--;
    if (node->ended)
        world_complain(world, "object %d ended twice", number);
    else if (!world_is_intact(payload, node->bytes))
        world_complain(world, "object %d ends with another payload", number);
    else if (node->reached && !world->destroying)
        world_complain(world, "object %d (%s) ended, and it is reachable",
                       number, world_kind_words[node->kind]);
    else if (node->kind >= WORLD_LOOKS && CAN(FINALIZE) && !node->finalized &&
             !world->destroying)
        world_complain(world, "object %d ended without its finalizer", number);
    node->ended = true;
}

/* ---- finalizers ---- */

/* A place of the upper half that nobody is writing to. */
static int kind_place(const struct world *world, int number)
{
    int half = world->places - world->places / 2;
    int place = world->places / 2 + (half > 0 ? number % half : 0);

    if (place == world->busy_place)
        place = place + 1 < world->places ? place + 1 : 0;
    return place < world->places && place != world->busy_place ? place
                                                               : WORLD_NONE;
}

/* It, and all it reaches, lives on: weak references may have forgotten it. */
static void kind_rises(struct world *world)
{
    for (int i = 0; i < world->count; i++)
        if (world->node[i].doomed && world->node[i].reached)
            world->node[i].risen = true;
}

static void kind_become_root(struct world *world, struct assay_object *object,
                             int number, int place)
{
    if (place == WORLD_NONE)
        return;
    world_set_root(world, place, object, number);
    kind_rises(world);
}

static void kind_save(struct world *world, struct assay_object *object,
                      int number, int place)
{
    const struct node *node = &world->node[number];

    for (unsigned i = 0; i < node->slots; i++)
        if (node->slot[i] != WORLD_NONE) {
            kind_become_root(world, world_slot(world, object, number, i),
                             node->slot[i], place);
            return;
        }
}

static void kind_link(struct world *world, struct assay_object *object,
                      int number)
{
    for (int i = 0; i < world->places; i++) {
        int root = world->root[i];

        if (root == WORLD_NONE || world->node[root].slots == 0)
            continue;
        world_set_slot(world, subject->root(world->heap, (size_t)i), root, 0,
                       object, number);
        kind_rises(world);
        return;
    }
}

static void kind_make(struct world *world, int place)
{
    if (place == WORLD_NONE)
        return;
    world_new(world, place, WORLD_PLAIN, 2, 0);
    world_store(world, place, 0, place);
    world_new(world, place, WORLD_PLAIN, 1, 0);
}

static void kind_act(struct world *world, struct assay_object *object,
                     int number)
{
    int place = kind_place(world, number);

    switch ((enum world_kind)world->node[number].kind) {
    case WORLD_RESURRECTS:
        kind_become_root(world, object, number, place);
        break;
    case WORLD_SAVES:
        kind_save(world, object, number, place);
        break;
    case WORLD_LINKS:
        kind_link(world, object, number);
        break;
    case WORLD_UNLINKS:
        for (unsigned i = 0; i < world->node[number].slots; i++)
            world_set_slot(world, object, number, i, NULL, WORLD_NONE);
        break;
    case WORLD_MAKES:
        kind_make(world, place);
        break;
    case WORLD_DROPS:
        world_empty(world, place);
        break;
    case WORLD_COLLECTS:
        for (unsigned i = 0; i < subject->generations; i++)
            world_collect(world, i);
        break;
    case WORLD_WATCHES:
        world_watch(world, place, number, number % 2 == 0);
        break;
    case WORLD_PLAIN:
    case WORLD_PAYLOAD:
    case WORLD_LOOKS:
    case WORLD_KINDS:
        break;
    }
}

static void finalize_judge(struct world *world, int number)
{
    struct node *node = &world->node[number];

    world->finalizers++;
    if (world->destroying && !CAN(FINALIZE_AT_END))
        world_complain(world, "destroy() finalizes object %d", number);
    else if (node->finalized)
        world_complain(world, "object %d (%s) is finalized twice", number,
                       world_kind_words[node->kind]);
    else if (node->ended)
        world_complain(world, "object %d is finalized after its end", number);
    else if (!node->doomed && !world->destroying)
        world_complain(world, "object %d is finalized, and it is reachable",
                       number);
    node->finalized = true;
}

static void kind_finalize(void *context, struct assay_heap *heap,
                          struct assay_object *object)
{
    struct world *world = context;
    int number;

    if (world_is_wrong(world))
        return;
    if (heap != world->heap)
        world_complain(world, "a finalizer is called with another heap");
    number = world_number(world, object);
    if (world_is_wrong(world))
        return;
    finalize_judge(world, number);
    world->depth++;
    world_look_from(world, object, number);
    if (!world_is_wrong(world) && !world->destroying && !world->deaf &&
        world_protect(world, object, number)) {
        if (CAN(MOVES)) /* nobody else pushes then */
            object = subject->root(heap, (size_t)(world->places +
                                                  world->temporaries - 1));
        kind_act(world, object, number);
        if (!world_is_wrong(world))
            world_unprotect(world);
    }
    world->depth--;
}

/* ---- the types ---- */

bool world_types(struct world *world)
{
    for (unsigned kind = 0; kind < WORLD_KINDS; kind++) {
        struct assay_kind wanted = { .name = world_kind_words[kind],
                                     .context = world };
        bool traverses = kind == WORLD_PAYLOAD;

        if ((traverses && !CAN(TRAVERSE)) ||
            (kind >= WORLD_LOOKS && !CAN(FINALIZE)))
            continue;
        wanted.ended = CAN(ENDED) ? kind_ended : NULL;
        wanted.finalize = kind >= WORLD_LOOKS ? kind_finalize : NULL;
        wanted.traverse = traverses ? kind_traverse : NULL;
        wanted.clear = traverses ? kind_clear : NULL;
        world->type[kind] = subject->type_add(world->heap, &wanted);
        if (world->type[kind] == NULL) {
            world_complain(world, "type_add() of kind %u gives NULL", kind);
            return false;
        }
    }
    return true;
}
