/* build.c - a structure grows, all of it stays, and collections begin by
 * themselves.
 *
 * What they find is alive: the work of a collector that looks at everything
 * again grows with the square of the number, and 25 % rules, generations and
 * pacing are there to keep it linear. Rows with a number in their name set the
 * youngest generation's threshold. */
#include "graph.h"

enum { NODES, THRESHOLD }; /* row.parameter */

static const struct row build_rows[] = {
    { "build", true, 6, 3, { 500000, 0 } },
    { "build-700", false, 6, 3, { 500000, 700 } },
    { "build-2000", false, 6, 3, { 500000, 2000 } },
    { "build-10000", false, 6, 3, { 500000, 10000 } },
    { 0 },
};

struct build {
    struct graph graph;
    uint64_t nodes;
};

static uint64_t build_memory_bytes(const struct row *row, double scale,
                                   unsigned threads)
{
    (void)threads;
    return row->repetitions * run_scale(row->parameter[NODES], scale) * 128;
}

static int build_prepare(struct run *run)
{
    struct build *state = run_map(run, sizeof(*state));
    size_t threshold = run->row->parameter[THRESHOLD];
    uint32_t wants = ASSAY_COLLECTOR_AUTOMATIC;
    int error;

    if (state == NULL)
        return -ENOMEM;
    run->state = state;
    state->nodes = run_live_count(run, run->row->parameter[NODES]);
    run->repetitions = run_limit(run, run->repetitions, state->nodes);
    run->operations_planned = run->repetitions * state->nodes;
    run->digest = digest_add(run->operations_planned, threshold);
    if (threshold != 0)
        wants |= ASSAY_COLLECTOR_THRESHOLDS;
    error = graph_open(run, wants, &state->graph);
    if (error != 0)
        return error;
    if (threshold != 0)
        run->collector->set_threshold(state->graph.heap, 0, threshold);
    run->collector->automatic(state->graph.heap, true);
    return 0;
}

/* The list falls with the clock stopped: that is cascade's question. */
static void build_drop(struct run *run, struct build *state)
{
    struct graph *graph = &state->graph;
    uint64_t expected = state->nodes * (state->nodes - 1) / 2;

    run_untimed_begin(run);
    if (graph_list_sum(graph, graph_top(graph, 1), state->nodes) != expected)
        run_wrong(run, "the list is not what was built");
    graph_pop(graph, 1);
    graph_collect(graph);
    run_untimed_end(run);
}

static void build_work(struct run *run, unsigned thread)
{
    struct build *state = run->state;
    struct tally tally = { 0, 0 };

    (void)thread;
    for (uint64_t i = 0; i < run->repetitions; i++) {
        if (!graph_list(&state->graph, state->nodes))
            break;
        build_drop(run, state);
        tally.done += state->nodes;
    }
    body_report(run, tally);
}

static void build_finish(struct run *run)
{
    struct build *state = run->state;

    graph_close(&state->graph);
}

const struct workload workload_build = {
    .name = "build",
    .question = "What does growing cost with automatic collection?",
    .contract = "one thread",
    .operation = "node made and kept",
    .needs = "GC-1 GC-2 GC-26",
    .oracle = "each list has all its nodes in their order",
    .version = 1,
    .flags = WORKLOAD_COLLECTOR,
    .touch = TOUCH_FIRST,
    .parameters = { "nodes", "threshold" },
    .rows = build_rows,
    .memory_bytes = build_memory_bytes,
    .prepare = build_prepare,
    .work = build_work,
    .finish = build_finish,
};
