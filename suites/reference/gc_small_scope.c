/* gc_small_scope.c - every small graph: exactly what cannot be reached is
 * collected, and the counts of the rest are right.
 *
 * All directed graphs of up to 4 objects, self loops included, with every set
 * of roots; and of up to 3 objects with up to two edges from one to another.
 * Beyond these some, by chance. */
#include "gc_fixture.h"

#include "random.h"
#include "seed.h"

SEED_OF_RUN(NULL)

#define OBJECTS_MAX   16
#define EDGES_MAX     2
#define GRAPHS_RANDOM 200000

/* edge[i][j]: how often i refers to j. */
struct graph {
    int objects;
    int edge[OBJECTS_MAX][OBJECTS_MAX];
    unsigned roots;
};

static struct gc *gc;
static struct object_type *type;
static unsigned dead; /* set of ids */
static size_t graphs;

static void note_death(void *context, struct object *object)
{
    (void)context;
    dead |= 1u << node_id(object);
}

static void begin(void)
{
    gc = gc_create(NULL);
    gc_disable(gc);
}

static void end(void)
{
    cr_log_info("%zu graphs", graphs);
    gc_destroy(gc);
}

TestSuite(gc_small_scope, .init = begin, .fini = end, BOUND);

/* Nodes with a slot for every edge of a graph of so many. */
static void set_objects_max(unsigned objects)
{
    static char names[OBJECTS_MAX * EDGES_MAX][4];
    static const char *slots[OBJECTS_MAX * EDGES_MAX];
    struct node_kind kind = { .name = "node",
                              .slots = slots,
                              .slot_count = objects * EDGES_MAX,
                              .hooks.dealloc = note_death };
    for (unsigned i = 0; i < kind.slot_count; i++) {
        snprintf(names[i], sizeof names[i], "f%02u", i % 100);
        slots[i] = names[i];
    }
    type = node_type_new(gc, &kind);
    cr_assert(type);
}

static unsigned reachable(const struct graph *g)
{
    unsigned reached = g->roots, before = ~0u;
    while (reached != before) {
        before = reached;
        for (int i = 0; i < g->objects; i++)
            for (int j = 0; j < g->objects; j++)
                if (reached & 1u << i && g->edge[i][j] > 0)
                    reached |= 1u << j;
    }
    return reached;
}

static void build(const struct graph *g, struct object **ret_node)
{
    for (int i = 0; i < g->objects; i++)
        ret_node[i] = node_new(type, i);
    for (int i = 0; i < g->objects; i++)
        for (int j = 0; j < g->objects; j++)
            for (int k = 0; k < g->edge[i][j]; k++)
                node_set_slot(ret_node[i], (unsigned)(j * EDGES_MAX + k),
                              ret_node[j]);
    for (int i = 0; i < g->objects; i++)
        if (!(g->roots & 1u << i))
            object_decref(ret_node[i]);
}

static void expect_references(const struct graph *g, unsigned alive,
                              struct object *const *node)
{
    for (int j = 0; j < g->objects; j++) {
        intptr_t expected = g->roots >> j & 1;
        for (int i = 0; i < g->objects; i++)
            expected += alive >> i & 1 ? g->edge[i][j] : 0;
        if (alive >> j & 1)
            cr_assert(node[j]->references == expected);
    }
}

static void try_graph(const struct graph *g)
{
    struct object *node[OBJECTS_MAX];
    unsigned all = (1u << g->objects) - 1, alive = reachable(g);
    dead = 0;
    graphs++;
    build(g, node);
    int by_count = __builtin_popcount(dead);
    intptr_t found = gc_collect(gc, 0);
    cr_assert(dead == (all & ~alive), "dead %x, reachable %x", dead, alive);
    cr_assert(found == __builtin_popcount(dead) - by_count);
    expect_references(g, alive, node);
    for (int i = 0; i < g->objects; i++)
        if (g->roots & 1u << i)
            object_decref(node[i]);
    gc_collect(gc, 1);
    cr_assert(dead == all && gc_objects(gc, GC_ALL_GENERATIONS, NULL, 0) == 0);
}

/* Every graph whose edges are counted from 0 to `edges`, every set of roots. */
static void try_all(int objects, int edges)
{
    struct graph g = { .objects = objects };
    int places = objects * objects, place;
    do {
        for (g.roots = 0; g.roots < 1u << objects; g.roots++)
            try_graph(&g);
        for (place = 0; place < places; place++) {
            int *edge = &g.edge[place / objects][place % objects];
            if (++*edge <= edges)
                break;
            *edge = 0;
        }
    } while (place < places);
}

Test(gc_small_scope, every_graph_of_up_to_4_objects_loses_what_is_unreachable)
{
    set_objects_max(4);
    for (int objects = 1; objects <= 4; objects++)
        try_all(objects, 1);
    cr_expect(graphs == 2 * 2 + 16 * 4 + 512 * 8 + 65536 * 16);
}

Test(gc_small_scope, so_does_every_one_of_3_with_up_to_2_edges_between_any_two)
{
    set_objects_max(3);
    for (int objects = 1; objects <= 3; objects++)
        try_all(objects, 2);
    cr_expect(graphs == 3 * 2 + 81 * 4 + 19683 * 8);
}

/* More edges than objects leave one large cycle, fewer many small ones. */
static void draw_graph(struct random *random, struct graph *ret_graph)
{
    struct graph g = { .objects = 4 + (int)random_below(random, 13) };
    uint32_t objects = (uint32_t)g.objects;
    uint32_t edges = random_below(random, 2 * objects + 1);
    for (uint32_t i = 0; i < edges; i++) {
        int *edge = &g.edge[random_below(random, objects)]
                           [random_below(random, objects)];
        *edge += *edge < EDGES_MAX;
    }
    g.roots = random_below(random, 1u << objects) &
              random_below(random, 1u << objects);
    *ret_graph = g;
}

Test(gc_small_scope, so_do_larger_ones_with_edges_and_roots_by_chance)
{
    struct random random = random_stream(seed_of_run(), 0);
    struct graph g;
    set_objects_max(OBJECTS_MAX);
    for (int i = 0; i < GRAPHS_RANDOM; i++) {
        draw_graph(&random, &g);
        try_graph(&g);
    }
}
