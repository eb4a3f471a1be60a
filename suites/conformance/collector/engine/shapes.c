/* shapes.c - graphs with a name, built in a world. */
#include "engine/shapes.h"

const char *const shape_words[SHAPES] = {
    [SHAPE_LOOP] = "a loop",
    [SHAPE_PAIR] = "a pair",
    [SHAPE_RING] = "a ring",
    [SHAPE_CHAIN] = "a chain",
    [SHAPE_CLIQUE] = "a clique",
    [SHAPE_RING_OF_RINGS] = "a ring of rings",
    [SHAPE_EIGHT] = "a figure of eight",
    [SHAPE_INTO_CYCLE] = "a chain into a ring",
    [SHAPE_OUT_OF_CYCLE] = "a ring with a tail",
    [SHAPE_TREE] = "a tree whose leaves refer to its root",
    [SHAPE_STAR] = "a star",
    [SHAPE_LADDER] = "a ladder",
    [SHAPE_RANDOM] = "a random graph",
};

struct building {
    struct world *world;
    int first, size;
    struct random *random;
};

static void link_to(const struct building *b, int from, unsigned slot, int to)
{
    world_store(b->world, b->first + from, slot, b->first + to);
}

static void build_ring(const struct building *b, int from, int count)
{
    for (int i = 0; i < count; i++)
        link_to(b, from + i, 0, from + (i + 1) % count);
}

static void build_chain(const struct building *b, int from, int count)
{
    for (int i = 0; i + 1 < count; i++)
        link_to(b, from + i, 0, from + i + 1);
}

static void build_clique(const struct building *b)
{
    for (int i = 0; i < b->size; i++)
        for (int j = 0; j < b->size; j++)
            link_to(b, i, (unsigned)j, j);
}

static void build_ring_of_rings(const struct building *b)
{
    int each = b->size / 4 > 0 ? b->size / 4 : 1;
    int rings = b->size / each;

    for (int i = 0; i < rings; i++) {
        build_ring(b, i * each, each);
        link_to(b, i * each, 1, (i + 1) % rings * each);
    }
}

static void build_eight(const struct building *b)
{
    int half = b->size / 2;

    build_ring(b, 0, half);
    build_chain(b, half, b->size - half);
    link_to(b, b->size - 1, 1, 0);
    link_to(b, 0, 1, half);
}

static void build_lollipop(const struct building *b, bool into)
{
    int half = b->size / 2;

    build_ring(b, 0, half);
    build_chain(b, half, b->size - half);
    if (into)
        link_to(b, b->size - 1, 1, 0);
    else
        link_to(b, 0, 1, half);
}

static void build_tree(const struct building *b)
{
    for (int i = 0; i < b->size; i++)
        for (int side = 1; side <= 2; side++)
            link_to(b, i, (unsigned)side,
                    2 * i + side < b->size ? 2 * i + side : 0);
}

static void build_star(const struct building *b)
{
    for (int i = 1; i < b->size; i++) {
        link_to(b, i, 0, 0);
        link_to(b, 0, (unsigned)i, i);
    }
}

static void build_ladder(const struct building *b)
{
    int half = b->size / 2;

    for (int i = 0; i < half; i++) {
        link_to(b, i, 0, half + i);
        link_to(b, half + i, 0, i);
        if (i + 1 < half) {
            link_to(b, i, 1, i + 1);
            link_to(b, half + i + 1, 1, half + i);
        }
    }
}

static void build_random(const struct building *b)
{
    for (int i = 0; i < b->size; i++)
        for (unsigned slot = 0; slot < 3; slot++)
            link_to(b, i, slot,
                    (int)random_below(b->random, (uint32_t)b->size));
}

static void build_links(const struct building *b, enum shape shape)
{
    switch (shape) {
    case SHAPE_LOOP:
    case SHAPE_PAIR:
    case SHAPE_RING:
        build_ring(b, 0, b->size);
        break;
    case SHAPE_CHAIN:
        build_chain(b, 0, b->size);
        break;
    case SHAPE_CLIQUE:
        build_clique(b);
        break;
    case SHAPE_RING_OF_RINGS:
        build_ring_of_rings(b);
        break;
    case SHAPE_EIGHT:
        build_eight(b);
        break;
    case SHAPE_INTO_CYCLE:
    case SHAPE_OUT_OF_CYCLE:
        build_lollipop(b, shape == SHAPE_INTO_CYCLE);
        break;
    case SHAPE_TREE:
        build_tree(b);
        break;
    case SHAPE_STAR:
        build_star(b);
        break;
    case SHAPE_LADDER:
        build_ladder(b);
        break;
    case SHAPE_RANDOM:
    case SHAPES:
        build_random(b);
        break;
    }
}

static unsigned shape_slots(enum shape shape, int size, int node)
{
    if (shape == SHAPE_CLIQUE)
        return (unsigned)size;
    if (shape == SHAPE_STAR)
        return node == 0 ? (unsigned)size : 1;
    return 3;
}

static int shape_size(enum shape shape, int size)
{
    if (shape == SHAPE_LOOP)
        return 1;
    if (shape == SHAPE_PAIR)
        return 2;
    return shape == SHAPE_CLIQUE && size > 8 ? 8 : size;
}

int shape_build(struct world *world, enum shape shape, int first, int size,
                enum world_kind kind, struct random *random)
{
    struct building b = { world, first, shape_size(shape, size), random };

    for (int i = 0; i < b.size; i++)
        if (world_new(world, first + i, kind, shape_slots(shape, b.size, i),
                      (unsigned)(i % 40)) == WORLD_NONE) {
            shape_drop(world, first, i);
            return 0;
        }
    build_links(&b, shape);
    return b.size;
}

void shape_drop(struct world *world, int first, int count)
{
    for (int i = 0; i < count; i++)
        world_empty(world, first + i);
}
