/* cascade.c - the last reference to the root of a large structure goes away.
 *
 * Where references are counted, all of it ends at once, one object after the
 * other; elsewhere the collection that follows ends it, and is part of the
 * operation. Built anew each round with the clock stopped. */
#include "graph.h"

enum { SHAPE, SIZE }; /* row.parameter; the tree's size is its depth */
enum { LIST, TREE };

static const struct row cascade_rows[] = {
    { "cascade-list", true, 24, 6, { LIST, 1000000 } },
    { "cascade-tree", false, 24, 6, { TREE, 19 } },
    { 0 },
};

enum { DEPTH_LEAST = 4 };

struct cascade {
    struct graph graph;
    uint64_t size, nodes;
    bool is_tree;
};

static uint64_t cascade_memory_bytes(const struct row *row, double scale,
                                     unsigned threads)
{
    (void)threads;
    if (row->parameter[SHAPE] == TREE)
        return ((uint64_t)2 << row->parameter[SIZE]) * 128;
    return run_scale(row->parameter[SIZE], scale) * 128;
}

static int cascade_prepare(struct run *run)
{
    struct cascade *state = run_map(run, sizeof(*state));

    if (state == NULL)
        return -ENOMEM;
    run->state = state;
    state->is_tree = run->row->parameter[SHAPE] == TREE;
    state->size = run->row->parameter[SIZE];
    state->size = state->is_tree
                      ? graph_depth(run, (unsigned)state->size, DEPTH_LEAST)
                      : run_live_count(run, state->size);
    state->nodes =
        state->is_tree ? ((uint64_t)2 << state->size) - 1 : state->size;
    run->repetitions = run_limit(run, run->repetitions, state->nodes);
    run->operations_planned = run->repetitions * state->nodes;
    run->digest = digest_add(run->operations_planned, state->is_tree);
    return graph_open(run, 0, &state->graph);
}

/* Rounds are few: each of them is looked through before it falls. */
static bool cascade_build(struct run *run, struct cascade *state)
{
    struct graph *graph = &state->graph;
    uint64_t size = state->size, found, expected;

    if (state->is_tree) {
        if (!graph_tree(graph, (unsigned)size))
            return false;
        expected = state->nodes;
        found = graph_tree_count(graph, graph_top(graph, 1), (unsigned)size);
    } else {
        if (!graph_list(graph, size))
            return false;
        expected = size * (size - 1) / 2;
        found = graph_list_sum(graph, graph_top(graph, 1), size);
    }
    if (found != expected)
        run_wrong(run, "the structure is not what was built");
    return true;
}

static void cascade_work(struct run *run, unsigned thread)
{
    struct cascade *state = run->state;
    struct graph *graph = &state->graph;
    struct tally tally = { 0, 0 };

    (void)thread;
    for (uint64_t i = 0; i < run->repetitions; i++) {
        bool built;

        run_untimed_begin(run);
        built = cascade_build(run, state);
        run_untimed_end(run);
        if (!built)
            break;
        graph_pop(graph, 1);
        if (!graph->counts)
            graph_collect(graph);
        tally.done += state->nodes;
    }
    body_report(run, tally);
}

static void cascade_finish(struct run *run)
{
    struct cascade *state = run->state;

    graph_close(&state->graph);
}

const struct workload workload_cascade = {
    .name = "cascade",
    .question = "What does dropping a large structure cost?",
    .contract = "one thread",
    .operation = "object dropped",
    .needs = "GC-1 GC-2 GC-29",
    .oracle = "each structure is whole before it falls, and nothing is left",
    .version = 1,
    .flags = WORKLOAD_COLLECTOR,
    .touch = TOUCH_FIRST,
    .parameters = { "shape", "nodes_or_depth" },
    .rows = cascade_rows,
    .memory_bytes = cascade_memory_bytes,
    .prepare = cascade_prepare,
    .work = cascade_work,
    .finish = cascade_finish,
};
