/* shapes.c - lists, rings, random graphs, trees and pairs of nodes. */
#include "shapes.h"

#include <sys/mman.h>

#include "random.h"

static void *pages(size_t bytes)
{
    void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (start == MAP_FAILED)
        side_give_up("there is no memory for the shape");
    return start;
}

/* Exchanges with an earlier place only, never its own when `one_cycle`: then
 * following the draw meets everybody (Sattolo 1986), and otherwise every
 * permutation is as likely. */
static void draw_permutation(uint32_t *draw, size_t count, bool one_cycle,
                             struct random *random)
{
    for (size_t i = 0; i < count; i++)
        draw[i] = (uint32_t)i;
    for (size_t i = count - 1; i > 0; i--) {
        size_t j = random_below(random, (uint32_t)(one_cycle ? i : i + 1));
        uint32_t held = draw[i];
        draw[i] = draw[j];
        draw[j] = held;
    }
}

void shape_open(struct shape *shape, size_t objects, uint64_t seed)
{
    struct random random = random_stream(seed, 0);
    shape->objects = objects;
    shape->node = pages(objects * sizeof *shape->node);
    for (unsigned i = 0; i < SIDE_SLOTS; i++) {
        shape->draw[i] = pages(objects * sizeof *shape->draw[i]);
        draw_permutation(shape->draw[i], objects, i == 0, &random);
    }
}

void shape_make_nodes(struct shape *shape)
{
    for (size_t i = 0; i < shape->objects; i++)
        shape->node[i] = side_node((intptr_t)i);
}

static void link_next(const struct shape *shape, bool around)
{
    void **node = shape->node;
    for (size_t i = 0; i + 1 < shape->objects; i++)
        side_set(node[i], 0, node[i + 1]);
    if (around)
        side_set(node[shape->objects - 1], 0, node[0]);
}

static void link_random(const struct shape *shape)
{
    for (size_t i = 0; i < shape->objects; i++)
        for (unsigned s = 0; s < SIDE_SLOTS; s++)
            side_set(shape->node[i], s, shape->node[shape->draw[s][i]]);
}

static void link_tree(const struct shape *shape)
{
    for (size_t i = 1; i < shape->objects; i++)
        side_set(shape->node[(i - 1) / 2], (i - 1) % 2, shape->node[i]);
}

static void link_pairs(const struct shape *shape)
{
    for (size_t i = 0; i < shape->objects; i++)
        side_set(shape->node[i], 0, shape->node[i ^ 1]);
}

void shape_link(const struct shape *shape, enum shape_kind kind)
{
    switch (kind) {
    case SHAPE_RANDOM:
        link_random(shape);
        return;
    case SHAPE_TREE:
        link_tree(shape);
        return;
    case SHAPE_PAIRS:
        link_pairs(shape);
        return;
    default:
        link_next(shape, kind == SHAPE_RING);
    }
}

static size_t held_step(const struct shape *shape, enum shape_kind kind)
{
    return kind == SHAPE_PAIRS ? 2 : shape->objects;
}

void shape_hold_first(const struct shape *shape, enum shape_kind kind)
{
    size_t step = held_step(shape, kind);
    for (size_t i = 0; i < shape->objects; i++)
        if (i % step != 0)
            side_drop(shape->node[i]);
}

void shape_let_go(const struct shape *shape, enum shape_kind kind)
{
    size_t step = held_step(shape, kind);
    for (size_t i = 0; i < shape->objects; i += step)
        side_drop(shape->node[i]);
}

void shape_anchor(const struct shape *shape, enum shape_kind kind)
{
    if (kind != SHAPE_LIST && kind != SHAPE_TREE)
        return;
    void *anchor = side_node((intptr_t)shape->objects);
    side_set(anchor, 0, anchor);
    side_set(anchor, 1, shape->node[0]);
    side_drop(anchor);
}
