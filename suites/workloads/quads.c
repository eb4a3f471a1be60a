/* quads.c - a quadtree of points, whose quarters are thrown away and filled
 * again.
 *
 * A cell of the plane has four slots; a point goes down to a leaf, and a leaf
 * that has one is split until the two lie apart. Every round each quarter of
 * the plane in its turn is cut off and built anew, so old cells come to refer
 * to young ones, and garbage has many shapes and one root. One operation is
 * one point put in. */
#include "graph.h"

enum { POINTS }; /* row.parameter, of a quarter */
enum { QUARTERS = 4, BITS = 16, DEPTH_MAX = 16 };

static const struct row quads_rows[] = {
    { "quads", true, 20, 4, { 10000 } },
    { 0 },
};

/* A cell without children is a leaf; its number is its point. */
#define NO_POINT UINT64_MAX

struct quads {
    struct graph graph;
    uint64_t points;
    uint32_t *point; /* x and y of BITS each, QUARTERS times `points` */
    struct tally tally;
};

/* Points fall evenly, so there is about a cell and a third to each. */
static uint64_t quads_memory_bytes(const struct row *row, double scale,
                                   unsigned threads)
{
    uint64_t points = run_scale(row->parameter[POINTS], scale) * QUARTERS;

    (void)threads;
    return row->repetitions * points * 3 * 88 + points * sizeof(uint32_t);
}

static int quads_prepare(struct run *run)
{
    struct quads *state = run_map(run, sizeof(*state));
    struct random random = random_stream(run->seed, 0);
    int error;

    if (state == NULL)
        return -ENOMEM;
    run->state = state;
    state->points =
        run_live_count(run, run->row->parameter[POINTS] * QUARTERS) / QUARTERS;
    if (state->points == 0)
        state->points = 1;
    run->repetitions =
        run_limit(run, run->repetitions, state->points * QUARTERS);
    run->operations_planned = run->repetitions * state->points * QUARTERS;
    state->point =
        run_map(run, state->points * QUARTERS * sizeof(*state->point));
    if (state->point == NULL)
        return -ENOMEM;
    for (uint64_t i = 0; i < state->points * QUARTERS; i++) {
        state->point[i] = (uint32_t)random_next(&random);
        run->digest = digest_add(run->digest, state->point[i]);
    }
    error = graph_open(run, ASSAY_COLLECTOR_AUTOMATIC, &state->graph);
    if (error != 0)
        return error;
    state->graph.collector->automatic(state->graph.heap, true);
    struct assay_object *plane = graph_node(&state->graph, QUARTERS, NO_POINT);
    return plane != NULL && graph_push(&state->graph, plane) ? 0 : -ENOMEM;
}

/* Which quarter of the cell at that depth the point lies in. */
static size_t quarter_of(uint64_t point, unsigned depth)
{
    unsigned shift = BITS - 1 - depth;

    return (point >> shift & 1) | (point >> (BITS + shift) & 1) << 1;
}

/* A new leaf in the slot of the topmost root. */
static bool add_leaf(struct graph *graph, size_t slot, uint64_t point)
{
    struct assay_object *leaf = graph_node(graph, QUARTERS, point);

    if (leaf == NULL)
        return false;
    graph_store(graph, graph_top(graph, 1), slot, leaf);
    graph_own(graph, leaf);
    return true;
}

/* The topmost root goes one cell down. */
static void descend(struct graph *graph, size_t slot)
{
    graph_set_top(graph, 1, graph_load(graph, graph_top(graph, 1), slot));
}

/* From a quarter of the plane, which is the topmost root. Two points that are
 * the same cell at the greatest depth are one. */
static bool put_in(struct graph *graph, uint64_t point)
{
    for (unsigned depth = 1; depth < DEPTH_MAX; depth++) {
        struct assay_object *cell = graph_top(graph, 1);
        uint64_t here = *graph_number(graph, cell);
        size_t slot = quarter_of(point, depth);

        if (here == point)
            return true;
        if (here != NO_POINT) {
            *graph_number(graph, cell) = NO_POINT;
            if (!add_leaf(graph, quarter_of(here, depth), here))
                return false;
        }
        cell = graph_top(graph, 1);
        if (graph_load(graph, cell, slot) == NULL)
            return add_leaf(graph, slot, point);
        descend(graph, slot);
    }
    return true;
}

/* The plane is the root below; points are moved into the quarter. */
static bool build_quarter(struct quads *state, size_t quarter)
{
    struct graph *graph = &state->graph;
    const uint32_t *point = &state->point[quarter * state->points];
    uint64_t corner = (uint64_t)(quarter & 1) << (BITS - 1) |
                      (uint64_t)(quarter >> 1) << (2 * BITS - 1);
    uint64_t inside =
        ~((uint64_t)1 << (BITS - 1) | (uint64_t)1 << (2 * BITS - 1));

    graph_store(graph, graph_top(graph, 1), quarter, NULL);
    if (!add_leaf(graph, quarter, NO_POINT) || !graph_push(graph, NULL))
        return false;
    for (uint64_t i = 0; i < state->points; i++) {
        graph_set_top(graph, 1,
                      graph_load(graph, graph_top(graph, 2), quarter));
        if (!put_in(graph, (point[i] & inside) | corner))
            return false;
        state->tally.done++;
    }
    graph_pop(graph, 1);
    return true;
}

static void quads_work(struct run *run, unsigned thread)
{
    struct quads *state = run->state;

    (void)thread;
    for (uint64_t i = 0; i < run->repetitions; i++)
        for (size_t quarter = 0; quarter < QUARTERS; quarter++)
            if (!build_quarter(state, quarter)) {
                body_report(run, state->tally);
                return;
            }
    body_report(run, state->tally);
}

/* Every leaf lies where its point belongs; sums their points. */
static uint64_t sum_leaves(struct run *run, const struct graph *graph,
                           struct assay_object *cell, unsigned depth,
                           uint64_t *ret_leaves)
{
    uint64_t sum = 0, number = *graph_number(graph, cell);

    if (number != NO_POINT) {
        ++*ret_leaves;
        return number;
    }
    for (size_t slot = 0; slot < QUARTERS; slot++) {
        struct assay_object *child = graph_load(graph, cell, slot);

        if (child == NULL)
            continue;
        number = *graph_number(graph, child);
        if (number != NO_POINT && quarter_of(number, depth) != slot)
            run_wrong(run, "a point lies in a cell that is not its own");
        sum += sum_leaves(run, graph, child, depth + 1, ret_leaves);
    }
    return sum;
}

static void quads_finish(struct run *run)
{
    struct quads *state = run->state;
    struct graph *graph = &state->graph;
    uint64_t leaves = 0;

    run->digest =
        digest_add(run->digest,
                   sum_leaves(run, graph, graph_top(graph, 1), 0, &leaves));
    /* Of points drawn from 2^30 cells next to none coincide. */
    if (leaves == 0 || leaves > state->points * QUARTERS ||
        leaves < state->points * QUARTERS * 9 / 10)
        run_wrong(run, "the tree does not hold as many points as were put in");
    graph_close(graph);
}

const struct workload workload_quads = {
    .name = "quads",
    .question = "What does a tree cost whose parts are replaced?",
    .contract = "one thread",
    .operation = "point put in",
    .needs = "GC-1 GC-2 GC-19",
    .oracle = "every point lies in its cell, and all subjects hold the same",
    .version = 1,
    .flags = WORKLOAD_COLLECTOR,
    .touch = TOUCH_FIRST,
    .parameters = { "points" },
    .rows = quads_rows,
    .memory_bytes = quads_memory_bytes,
    .prepare = quads_prepare,
    .work = quads_work,
    .finish = quads_finish,
};
