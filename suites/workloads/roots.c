/* roots.c - the root stack: what every other row of a collector pays for being
 * asked through the contract.
 *
 * One operation pushes a live object and pops it again, on a stack that stands
 * `depth` deep; nothing is made and nothing ends. */
#include "graph.h"

enum { DEPTH }; /* row.parameter */

#define MILLION 1000000u

static const struct row roots_rows[] = {
    { "roots", true, 40 * MILLION, 4, { 16 } },
    { "roots-deep", false, 40 * MILLION, 4, { 100000 } },
    { 0 },
};

static uint64_t roots_memory_bytes(const struct row *row, double scale,
                                   unsigned threads)
{
    (void)scale, (void)threads;
    return row->parameter[DEPTH] * 32;
}

static int roots_prepare(struct run *run)
{
    struct graph *graph = run_map(run, sizeof(*graph));
    uint64_t depth = run_live_count(run, run->row->parameter[DEPTH]);
    int error;

    if (graph == NULL)
        return -ENOMEM;
    run->state = graph;
    run->repetitions = run_limit(run, run->repetitions, 1);
    run->operations_planned = run->repetitions;
    run->digest = digest_add(run->repetitions, depth);
    error = graph_open(run, 0, graph);
    if (error != 0)
        return error;
    struct assay_object *node = graph_node(graph, 2, depth);
    if (node == NULL || !graph_push(graph, node))
        return -ENOMEM;
    for (uint64_t i = 0; i < depth; i++)
        if (!graph->collector->push(graph->heap, graph_top(graph, 1)))
            return -ENOMEM;
        else
            graph->roots++;
    return 0;
}

static void roots_work(struct run *run, unsigned thread)
{
    const struct graph *graph = run->state;
    const struct assay_collector *collector = graph->collector;
    struct assay_object *node = graph_top(graph, 1);
    struct tally tally = { run->repetitions, 0 };

    (void)thread;
    for (uint64_t i = tally.done; i > 0; i--) {
        if (unlikely(!collector->push(graph->heap, node)))
            tally.refused++;
        else
            collector->pop(graph->heap, 1);
    }
    body_report(run, tally);
}

static void roots_finish(struct run *run)
{
    struct graph *graph = run->state;
    uint64_t depth = graph->roots - 1;

    for (uint64_t i = 1; i <= depth + 1; i++)
        if (*graph_number(graph, graph_top(graph, i)) != depth)
            run_wrong(run, "a root is not the object that was pushed there");
    graph_close(graph);
}

const struct workload workload_roots = {
    .name = "roots",
    .question = "What do the contract's root pushes and pops cost?",
    .contract = "one thread",
    .operation = "push and pop",
    .needs = "GC-1",
    .oracle = "every root is the object that was pushed there",
    .version = 1,
    .flags = WORKLOAD_COLLECTOR,
    .touch = TOUCH_FIRST,
    .parameters = { "depth" },
    .rows = roots_rows,
    .memory_bytes = roots_memory_bytes,
    .prepare = roots_prepare,
    .work = roots_work,
    .finish = roots_finish,
};
