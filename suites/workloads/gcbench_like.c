/* gcbench_like.c - trees built from the top and from the bottom, beside
 * long-lived data.
 *
 * After the description of GCBench (J. Ellis, P. Kovac, H. Boehm): a tree that
 * stretches the heap, a tree and an array of numbers that live on, then trees
 * of growing depth, half of them filled from the root downwards, where old
 * objects come to refer to young ones. `holes` makes an object that dies at
 * once behind every one that stays, so that what lives is scattered. Depths
 * are two less than there: what never collects has to fit as well. */
#include "graph.h"

enum { STRETCH, LONG_LIVED, DEEPEST, HOLES }; /* row.parameter */
enum { DEPTH_LEAST = 4, STRETCH_LEAST = 8, ARRAY_NUMBERS = 500000 };

static const struct row gcbench_rows[] = {
    { "gcbench-like", true, 2, 2, { 16, 14, 14, 0 } },
    { "gcbench-like-holes", false, 2, 2, { 16, 14, 14, 1 } },
    { 0 },
};

struct gcbench {
    struct graph graph;
    unsigned stretch, long_lived, deepest;
    bool holes;
    struct tally tally;
};

static uint64_t nodes_of(unsigned depth)
{
    return ((uint64_t)2 << depth) - 1;
}

static uint64_t trees_of(const struct gcbench *state, unsigned depth)
{
    return 2 * nodes_of(state->stretch) / nodes_of(depth) / 2;
}

static uint64_t round_nodes(const struct gcbench *state)
{
    uint64_t nodes = nodes_of(state->stretch);

    for (unsigned depth = DEPTH_LEAST; depth <= state->deepest; depth += 2)
        nodes += 2 * trees_of(state, depth) * nodes_of(depth);
    return state->holes ? 2 * nodes : nodes;
}

static void take_row(struct gcbench *state, const struct row *row)
{
    state->stretch = (unsigned)row->parameter[STRETCH];
    state->long_lived = (unsigned)row->parameter[LONG_LIVED];
    state->deepest = (unsigned)row->parameter[DEEPEST];
    state->holes = row->parameter[HOLES] != 0;
}

static uint64_t gcbench_memory_bytes(const struct row *row, double scale,
                                     unsigned threads)
{
    struct gcbench state = { 0 };

    (void)threads;
    take_row(&state, row);
    return run_scale(row->repetitions, scale) * round_nodes(&state) * 72 +
           ARRAY_NUMBERS * sizeof(double);
}

/* ---- trees ---- */

static struct assay_object *make(struct gcbench *state, uint64_t depth)
{
    struct graph *graph = &state->graph;
    struct assay_object *hole, *node;

    if (state->holes) {
        hole = graph_node(graph, 2, depth);
        if (hole == NULL)
            return NULL;
        graph_own(graph, hole);
        state->tally.done++;
    }
    node = graph_node(graph, 2, depth);
    state->tally.done += node != NULL;
    return node;
}

/* Leaves the tree on the stack. */
static bool from_bottom(struct gcbench *state, unsigned depth)
{
    struct graph *graph = &state->graph;
    struct assay_object *node;

    for (unsigned child = 0; child < 2 && depth > 0; child++)
        if (!from_bottom(state, depth - 1))
            return false;
    node = make(state, depth);
    if (node == NULL)
        return false;
    if (depth == 0)
        return graph_push(graph, node);
    graph_store(graph, node, 0, graph_top(graph, 2));
    graph_store(graph, node, 1, graph_top(graph, 1));
    graph_set_top(graph, 2, node);
    graph_own(graph, node);
    graph_pop(graph, 1);
    return true;
}

/* The topmost root gets its two children, they theirs, and it is popped. */
static bool fill_down(struct gcbench *state, unsigned depth)
{
    struct graph *graph = &state->graph;

    for (size_t slot = 0; depth > 0 && slot < 2; slot++) {
        struct assay_object *node = make(state, depth - 1);

        if (node == NULL)
            return false;
        graph_store(graph, graph_top(graph, 1), slot, node);
        if (!graph_push(graph, node) || !fill_down(state, depth - 1))
            return false;
    }
    graph_pop(graph, 1);
    return true;
}

static bool from_top(struct gcbench *state, unsigned depth)
{
    struct graph *graph = &state->graph;
    struct assay_object *node = make(state, depth);

    return node != NULL && graph_push(graph, node) &&
           graph->collector->push(graph->heap, graph_top(graph, 1)) &&
           (graph->roots++, fill_down(state, depth));
}

static bool drop(struct run *run, struct gcbench *state, unsigned depth)
{
    struct graph *graph = &state->graph;
    struct assay_object *top = graph_top(graph, 1);

    /* One path of the tree: all of it would be another workload. */
    for (unsigned at = depth; at > 0; at--) {
        if (top == NULL || *graph_number(graph, top) != at)
            run_wrong(run, "a tree lost nodes while it was live");
        top = top == NULL ? NULL : graph_load(graph, top, at % 2);
    }
    graph_pop(graph, 1);
    return true;
}

static bool gcbench_round(struct run *run, struct gcbench *state)
{
    if (!from_bottom(state, state->stretch) ||
        !drop(run, state, state->stretch))
        return false;
    for (unsigned depth = DEPTH_LEAST; depth <= state->deepest; depth += 2)
        for (uint64_t i = 0; i < trees_of(state, depth); i++)
            if (!from_top(state, depth) || !drop(run, state, depth) ||
                !from_bottom(state, depth) || !drop(run, state, depth))
                return false;
    return true;
}

/* ---- the workload ---- */

static bool make_array(struct gcbench *state)
{
    struct graph *graph = &state->graph;
    struct assay_object *array =
        graph->collector->new_object(graph->heap, graph->type, 0,
                                     ARRAY_NUMBERS * sizeof(double));
    double *number;

    if (array == NULL || !graph_push(graph, array))
        return false;
    number = graph->collector->payload(graph->heap, graph_top(graph, 1));
    for (size_t i = 0; i < ARRAY_NUMBERS; i++)
        number[i] = (double)i;
    return true;
}

static int gcbench_prepare(struct run *run)
{
    struct gcbench *state = run_map(run, sizeof(*state));
    unsigned less;
    int error;

    if (state == NULL)
        return -ENOMEM;
    run->state = state;
    take_row(state, run->row);
    less = state->stretch - graph_depth(run, state->stretch, STRETCH_LEAST);
    state->stretch -= less;
    state->long_lived -= less;
    state->deepest -= less;
    run->repetitions = run_limit(run, run->repetitions, round_nodes(state));
    run->operations_planned = run->repetitions * round_nodes(state);
    run->digest = digest_add(run->operations_planned, state->holes);
    error = graph_open(run, ASSAY_COLLECTOR_AUTOMATIC, &state->graph);
    if (error != 0)
        return error;
    state->graph.collector->automatic(state->graph.heap, true);
    if (!make_array(state) || !from_bottom(state, state->long_lived))
        return -ENOMEM;
    state->tally = (struct tally){ 0, 0 };
    return 0;
}

static void gcbench_work(struct run *run, unsigned thread)
{
    struct gcbench *state = run->state;

    (void)thread;
    for (uint64_t i = 0; i < run->repetitions; i++)
        if (!gcbench_round(run, state))
            break;
    body_report(run, state->tally);
}

static void gcbench_finish(struct run *run)
{
    struct gcbench *state = run->state;
    const struct graph *graph = &state->graph;
    const double *number;

    if (graph_tree_count(graph, graph_top(graph, 1), state->long_lived) !=
        nodes_of(state->long_lived))
        run_wrong(run, "the tree that lives on lost nodes");
    number = graph->collector->payload(graph->heap, graph_top(graph, 2));
    for (size_t i = 0; i < ARRAY_NUMBERS; i++)
        if (number[i] != (double)i)
            run_wrong(run, "the array that lives on lost numbers");
    graph_close(&state->graph);
}

const struct workload workload_gcbench_like = {
    .name = "gcbench-like",
    .question = "What do trees from top and bottom cost beside long-lived "
                "data?",
    .contract = "one thread",
    .operation = "node made",
    .needs = "GC-1 GC-2 GC-19 GC-43",
    .oracle = "a path of every tree and all that lives on is what was built",
    .version = 1,
    .flags = WORKLOAD_COLLECTOR,
    .touch = TOUCH_FIRST,
    .parameters = { "stretch_depth", "long_lived_depth", "deepest", "holes" },
    .rows = gcbench_rows,
    .memory_bytes = gcbench_memory_bytes,
    .prepare = gcbench_prepare,
    .work = gcbench_work,
    .finish = gcbench_finish,
};
