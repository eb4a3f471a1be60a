/* trees.c - binary trees: short-lived ones beside one that lives on.
 *
 * The shape is that of the program of this name in the Computer Language
 * Benchmarks Game: a tree one deeper than all others is made and dropped, one
 * of the full depth is kept, and then trees of each second depth are made, all
 * about as many nodes together, counted through, and dropped. What collects
 * begins by itself. */
#include "graph.h"

enum { DEPTH }; /* row.parameter */
enum { DEPTH_LEAST = 4 };

static const struct row trees_rows[] = {
    { "binary-trees", true, 6, 3, { 14 } },
    { 0 },
};

struct trees {
    struct graph graph;
    unsigned depth;
};

static uint64_t nodes_of(unsigned depth)
{
    return ((uint64_t)2 << depth) - 1;
}

/* How many trees of a depth a round makes. */
static uint64_t trees_of(const struct trees *state, unsigned depth)
{
    return (uint64_t)1 << (state->depth - depth);
}

static uint64_t round_nodes(const struct trees *state)
{
    uint64_t nodes = nodes_of(state->depth + 1);

    for (unsigned depth = DEPTH_LEAST; depth <= state->depth; depth += 2)
        nodes += trees_of(state, depth) * nodes_of(depth);
    return nodes;
}

/* Of a collector that gives nothing back, too. */
static uint64_t trees_memory_bytes(const struct row *row, double scale,
                                   unsigned threads)
{
    struct trees state = { .depth = (unsigned)row->parameter[DEPTH] };

    (void)threads;
    return run_scale(row->repetitions, scale) * round_nodes(&state) * 72;
}

static int trees_prepare(struct run *run)
{
    struct trees *state = run_map(run, sizeof(*state));
    int error;

    if (state == NULL)
        return -ENOMEM;
    run->state = state;
    state->depth =
        graph_depth(run, (unsigned)run->row->parameter[DEPTH], DEPTH_LEAST);
    run->repetitions = run_limit(run, run->repetitions, round_nodes(state));
    run->operations_planned = run->repetitions * round_nodes(state);
    run->digest = digest_add(run->operations_planned, state->depth);
    error = graph_open(run, ASSAY_COLLECTOR_AUTOMATIC, &state->graph);
    if (error != 0)
        return error;
    state->graph.collector->automatic(state->graph.heap, true);
    return graph_tree(&state->graph, state->depth) ? 0 : -ENOMEM;
}

/* The nodes that were made, and counted through. */
static uint64_t trees_make(struct run *run, struct trees *state, unsigned depth,
                           uint64_t count)
{
    struct graph *graph = &state->graph;
    uint64_t made = 0;

    for (uint64_t i = 0; i < count; i++) {
        if (!graph_tree(graph, depth))
            return made;
        if (graph_tree_count(graph, graph_top(graph, 1), depth) !=
            nodes_of(depth))
            run_wrong(run, "a tree lost nodes while it was live");
        graph_pop(graph, 1);
        made += nodes_of(depth);
    }
    return made;
}

static void trees_work(struct run *run, unsigned thread)
{
    struct trees *state = run->state;
    struct tally tally = { 0, 0 };

    (void)thread;
    for (uint64_t i = 0; i < run->repetitions; i++) {
        tally.done += trees_make(run, state, state->depth + 1, 1);
        for (unsigned depth = DEPTH_LEAST; depth <= state->depth; depth += 2)
            tally.done += trees_make(run, state, depth, trees_of(state, depth));
        if (run->refused != 0)
            break;
    }
    body_report(run, tally);
}

static void trees_finish(struct run *run)
{
    struct trees *state = run->state;
    const struct graph *graph = &state->graph;

    if (graph_tree_count(graph, graph_top(graph, 1), state->depth) !=
        nodes_of(state->depth))
        run_wrong(run, "the tree that lives on lost nodes");
    graph_close(&state->graph);
}

const struct workload workload_trees = {
    .name = "trees",
    .question = "What do short-lived trees cost beside a live one?",
    .contract = "one thread",
    .operation = "node made, counted and dropped",
    .needs = "GC-1 GC-2 GC-19",
    .oracle = "every tree has all its nodes, and so has the one that lives on",
    .version = 1,
    .flags = WORKLOAD_COLLECTOR,
    .touch = TOUCH_FIRST,
    .parameters = { "depth" },
    .rows = trees_rows,
    .memory_bytes = trees_memory_bytes,
    .prepare = trees_prepare,
    .work = trees_work,
    .finish = trees_finish,
};
