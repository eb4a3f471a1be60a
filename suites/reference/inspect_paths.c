/* inspect_paths.c - the finder of leaks on random graphs, beside a plain model
 * of what is nearest: distances that are lowered until none can be. */
#include "gc_fixture.h"

#include <limits.h>

#include "assay/inspect.h"
#include "random.h"
#include "seed.h"

SEED_OF_RUN("20261121")

enum { NODES = 24, SLOTS = 3, GRAPHS = 400, FAR = INT_MAX - 1 };

static struct gc_fixture f;
static struct random drawn;

static void begin(void)
{
    gc_fixture_begin(&f, NULL);
}

static void end(void)
{
    gc_fixture_end(&f);
}

TestSuite(inspect_paths, .init = begin, .fini = end, .timeout = 60);

/* ---- the model: who is alive, and how far from who is held ---- */

struct graph {
    struct object *held[NODES]; /* or NULL */
    struct object *alive[NODES];
    int distance[NODES];
    size_t count;
};

/* Of two kinds; a third has an owner, others live by references alone, or not
 * at all. */
static void graph_make(struct graph *g)
{
    struct object *node[NODES];
    *g = (struct graph){ 0 };
    for (int i = 0; i < NODES; i++)
        node[i] =
            node_new(random_chance(&drawn, 300) ? f.finalized : f.node, i);
    for (unsigned i = 0; i < NODES * SLOTS; i++)
        if (random_chance(&drawn, 400))
            gc_link(node[i / SLOTS], i % SLOTS,
                    node[random_below(&drawn, NODES)]);
    for (int i = 0; i < NODES; i++) {
        g->held[i] = random_chance(&drawn, 150) ? node[i] : NULL;
        if (!g->held[i])
            object_decref(node[i]);
    }
    g->count = gc_objects(f.gc, GC_ALL_GENERATIONS, g->alive, NODES);
    cr_assert(g->count <= NODES);
}

static void graph_end(struct graph *g)
{
    for (int i = 0; i < NODES; i++)
        object_decref_any(g->held[i]);
    gc_collect(f.gc, GC_OLDEST);
    f.events[0] = '\0';
}

static bool is_held(const struct graph *g, const struct object *object)
{
    for (int i = 0; i < NODES; i++)
        if (g->held[i] == object)
            return true;
    return false;
}

static bool refers_to(struct object *from, const struct object *to)
{
    struct object *referent[SLOTS];
    size_t count = gc_referents(from, referent, SLOTS);
    for (size_t i = 0; i < count; i++)
        if (referent[i] == to)
            return true;
    return false;
}

static bool lower_once(struct graph *g)
{
    bool lowered = false;
    for (size_t i = 0; i < g->count; i++)
        for (size_t j = 0; j < g->count; j++)
            if (g->distance[i] + 1 < g->distance[j] &&
                refers_to(g->alive[i], g->alive[j])) {
                g->distance[j] = g->distance[i] + 1;
                lowered = true;
            }
    return lowered;
}

static void graph_measure(struct graph *g)
{
    for (size_t i = 0; i < g->count; i++)
        g->distance[i] = is_held(g, g->alive[i]) ? 0 : FAR;
    while (lower_once(g)) {
    }
}

/* ---- what the finder says ---- */

static void expect_chain(const struct graph *g, const struct inspect_leak *leak)
{
    const struct inspect_step *path = leak->path;
    for (size_t i = 0; i + 1 < leak->path_count; i++)
        cr_assert(refers_to((struct object *)(uintptr_t)path[i + 1].object,
                            path[i].object));
    if (leak->path_count > 0)
        cr_assert(is_held(g, path[leak->path_count - 1].object));
}

static void expect_leak(const struct graph *g,
                        const struct inspect_leaks *leaks,
                        const struct object_type *type)
{
    const struct inspect_leak *leak = NULL;
    size_t count = 0;
    int nearest = FAR;
    for (size_t i = 0; i < g->count; i++) {
        if (g->alive[i]->type != type)
            continue;
        count++;
        nearest = g->distance[i] < nearest ? g->distance[i] : nearest;
    }
    for (size_t i = 0; i < leaks->count; i++)
        if (strcmp(leaks->item[i].type, type->name) == 0)
            leak = &leaks->item[i];
    cr_assert(!leak == !count);
    if (!leak)
        return;
    size_t steps = nearest == FAR ? 0 : (size_t)nearest + 1;
    cr_assert(leak->count == count);
    cr_assert(leak->path_count == steps, "%zu steps, expected %zu",
              leak->path_count, steps);
    expect_chain(g, leak);
}

Test(inspect_paths, every_path_is_a_shortest_one_in_random_graphs)
{
    struct inspect_heap *before = inspect_heap_create(f.gc);
    struct inspect_leaks leaks;
    struct graph g;
    for (unsigned i = 0; i < GRAPHS; i++) {
        drawn = random_stream(seed_of_run(), i);
        graph_make(&g);
        graph_measure(&g);
        struct inspect_heap *after = inspect_heap_create(f.gc);
        cr_assert(inspect_heap_count(after) == g.count);
        cr_assert(inspect_leaks(before, after, &leaks) == 0);
        expect_leak(&g, &leaks, f.node);
        expect_leak(&g, &leaks, f.finalized);
        inspect_leaks_end(&leaks);
        inspect_heap_destroy(after);
        graph_end(&g);
    }
    inspect_heap_destroy(before);
}
