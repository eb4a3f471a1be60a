/* world_reach.c - what of a world's shadow can be reached, and what a
 * collection therefore has to end. */
#include "world.h"

/* ---- what is reachable ---- */

static void reach_node(struct world *world, int number, int *count)
{
    struct node *node;

    if (number == WORLD_NONE)
        return;
    node = &world->node[number];
    node->references++;
    if (node->reached)
        return;
    node->reached = true;
    world->todo[(*count)++] = number;
}

static void reach_roots(struct world *world, int *count)
{
    for (int i = 0; i < world->places; i++)
        reach_node(world, world->root[i], count);
    for (int i = 0; i < world->temporaries; i++)
        reach_node(world, world->temporary[i], count);
    for (int i = 0; i < world->held_count; i++)
        reach_node(world, world->held[i], count);
}

/* Values of ephemerons whose key is reached by now. True: there was one more
 * to be looked at. */
static bool reach_values(struct world *world, int *count)
{
    int before = *count;

    for (int i = 0; i < before; i++) {
        const struct node *node = &world->node[world->todo[i]];

        if (node->shape == WORLD_EPHEMERON && node->referent != WORLD_NONE &&
            node->value != WORLD_NONE && world->node[node->referent].reached &&
            !world->node[node->value].reached)
            reach_node(world, node->value, count);
    }
    return *count > before;
}

static void reach_all(struct world *world)
{
    int count = 0, at = 0;

    for (int i = 0; i < world->count; i++) {
        world->node[i].reached = false;
        world->node[i].references = 0;
    }
    reach_roots(world, &count);
    do {
        for (; at < count; at++) {
            const struct node *node = &world->node[world->todo[at]];

            for (unsigned slot = 0; slot < node->slots; slot++)
                reach_node(world, node->slot[slot], &count);
        }
    } while (reach_values(world, &count));
}

/* After each change of the shadow. What was unreachable at any moment of an
 * operation may be finalized in it, even if it is reachable by then. */
void world_changed(struct world *world)
{
    reach_all(world);
    for (int i = 0; i < world->count; i++) {
        struct node *node = &world->node[i];

        node->lapsed = node->lapsed || !node->reached;
        node->doomed = !node->reached || (world->depth > 0 && node->doomed);
    }
}

/* ---- what is due to end ----
 *
 * A collection of all there is ends what was unreachable when it began, but
 * for what a finalizer still to be called can reach: some keep all of that
 * until the next one. */

static bool due_is_finalizable(const struct node *node)
{
    return node->shape == WORLD_OBJECT && node->kind >= WORLD_LOOKS &&
           !node->finalized && !node->ended && !node->reached;
}

static void due_spare(struct world *world, int number, int *count)
{
    if (number == WORLD_NONE || !world->node[number].due)
        return;
    world->node[number].due = false;
    world->todo[(*count)++] = number;
}

/* What those on the list `todo` refer to. */
static void due_spare_reach(struct world *world, int *at, int *count)
{
    for (; *at < *count; (*at)++) {
        const struct node *node = &world->node[world->todo[*at]];

        for (unsigned slot = 0; slot < node->slots; slot++)
            due_spare(world, node->slot[slot], count);
    }
}

/* Of ephemerons that are kept, and whose key is. */
static void due_spare_values(struct world *world, int *count)
{
    for (int i = 0; i < world->count; i++) {
        const struct node *node = &world->node[i];

        if (node->shape == WORLD_EPHEMERON && !node->due &&
            node->value != WORLD_NONE && node->referent != WORLD_NONE &&
            !world->node[node->referent].due)
            due_spare(world, node->value, count);
    }
}

static bool due_can_be_known(const struct world *world, unsigned generation)
{
    return CAN(ENDED) && !CAN(CONSERVATIVE) && !world->frozen &&
           !world_is_wrong(world) && generation + 1 == subject->generations;
}

/* A collection within another leaves the other's demand as it is. */
void world_due_before(struct world *world, unsigned generation)
{
    bool known = due_can_be_known(world, generation);
    int count = 0, at = 0, before;

    if (world->depth > 0)
        return;
    world->due_refusals = check_backend.refusals;
    for (int i = 0; i < world->count; i++) {
        struct node *node = &world->node[i];

        node->due = known && !node->reached && !node->ended;
    }
    for (int i = 0; i < world->count && known; i++)
        if (due_is_finalizable(&world->node[i]))
            due_spare(world, i, &count);
    do {
        before = count;
        due_spare_reach(world, &at, &count);
        if (count > 0)
            due_spare_values(world, &count);
    } while (count > before);
}

/* One whose backend refused something may leave the rest to the next. */
void world_due_after(struct world *world)
{
    if (world->depth > 0 || world->due_refusals != check_backend.refusals)
        return;
    for (int i = 0; i < world->count; i++) {
        const struct node *node = &world->node[i];

        if (node->due && node->shape == WORLD_OBJECT && !node->ended &&
            !node->reached)
            world_complain(world,
                           "object %d (%s) was unreachable when a collection "
                           "of all there is began, no finalizer could reach "
                           "it, and it has not ended",
                           i, world_kind_words[node->kind]);
    }
}
