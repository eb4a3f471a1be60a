/* graph.c - heaps of collector rows: their begin and end, and the shapes. */
#include "graph.h"

#include "record.h"

/* Those with finalizers need more than one; these rows have none, but an
 * incremental collector may be in the middle of one. */
enum { COLLECTIONS_AT_END = 3 };

/* One part of what is dead, as in suites/conformance/collector. */
enum { RESIDUE = 10 };

static const struct wanted {
    uint32_t bit;
    const char *text;
} wanted[] = {
    { ASSAY_COLLECTOR_COUNTS, "the row counts references, and the collector "
                              "does not" },
    { ASSAY_COLLECTOR_AUTOMATIC, "the row needs collections that begin by "
                                 "themselves, and the collector has none" },
    { ASSAY_COLLECTOR_THRESHOLDS, "the row sets a threshold, and the "
                                  "collector has none" },
    { ASSAY_COLLECTOR_FINALIZE, "the row needs finalizers, and the collector "
                                "has none" },
    { ASSAY_COLLECTOR_WEAK, "the row makes weak references, and the collector "
                            "has none" },
    { ASSAY_COLLECTOR_WEAK_CALLBACK, "the row makes weak references that call "
                                     "back, and the collector has none" },
};

int graph_open(struct run *run, uint32_t wants, struct graph *ret_graph)
{
    const struct assay_collector *collector = run->collector;
    struct assay_collector_config config = { run->backend };
    struct assay_kind kind = { .name = "node" };
    struct graph graph = { .run = run, .collector = collector };

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (wants & wanted[i].bit && !(collector->can & wanted[i].bit))
            run->unsupported = wanted[i].text;
    if (run->unsupported != NULL)
        return -ENOTSUP;
    graph.counts = collector->can & ASSAY_COLLECTOR_COUNTS;
    graph.heap = collector->create(&config);
    if (graph.heap == NULL)
        return -ENOMEM;
    graph.type = collector->type_add(graph.heap, &kind);
    if (graph.type == NULL)
        return -ENOMEM;
    *ret_graph = graph;
    return 0;
}

/* What was garbage when the clock stopped, as far as the collector counts. */
static void graph_note_garbage(const struct graph *graph, size_t live)
{
    struct assay_collector_stats stats;

    graph->collector->stats(graph->heap, &stats);
    record_set(graph->run->record, "live_end_objects",
               (double)stats.live_objects);
    for (int i = 0; i < COLLECTIONS_AT_END; i++)
        graph_collect(graph);
    graph->collector->stats(graph->heap, &stats);
    record_set(graph->run->record, "reachable_end_objects",
               (double)stats.live_objects);
    graph_pop((struct graph *)graph, live);
    for (int i = 0; i < COLLECTIONS_AT_END; i++)
        graph_collect(graph);
    graph->collector->stats(graph->heap, &stats);
    if (stats.live_objects != 0)
        run_wrong(graph->run, "objects that nothing refers to were left after "
                              "collections of all there is");
}

void graph_close(struct graph *graph)
{
    if (graph->collector->can & ASSAY_COLLECTOR_STATS)
        graph_note_garbage(graph, graph->roots);
    graph->collector->destroy(graph->heap);
}

/* ---- shapes ---- */

bool graph_list(struct graph *graph, uint64_t count)
{
    if (!graph_push(graph, NULL))
        return false;
    for (uint64_t number = 0; number < count; number++) {
        struct assay_object *node = graph_node(graph, 2, number);

        if (node == NULL)
            return false;
        graph_store(graph, node, 0, graph_top(graph, 1));
        graph_set_top(graph, 1, node);
        graph_own(graph, node);
    }
    return true;
}

bool graph_tree(struct graph *graph, unsigned depth)
{
    struct assay_object *node;

    for (unsigned child = 0; child < 2 && depth > 0; child++)
        if (!graph_tree(graph, depth - 1))
            return false;
    node = graph_node(graph, 2, depth);
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

bool graph_chain(struct graph *graph, struct assay_object **node,
                 uint64_t count)
{
    if (!graph_push(graph, NULL))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        node[i] = graph_node(graph, GRAPH_CHAIN_SLOT + 1, i);
        if (node[i] == NULL)
            return false;
        graph_store(graph, node[i], GRAPH_CHAIN_SLOT, graph_top(graph, 1));
        graph_set_top(graph, 1, node[i]);
        graph_own(graph, node[i]);
    }
    return true;
}

/* Each is held by the one after it until its turn is over. */
void graph_unchain(struct graph *graph, struct assay_object *const *node,
                   uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        graph_store(graph, node[i], GRAPH_CHAIN_SLOT, NULL);
    graph_pop(graph, 1);
}

uint64_t graph_residue(const struct graph *graph, uint64_t count)
{
    bool guesses = graph->collector->can & ASSAY_COLLECTOR_CONSERVATIVE;

    return guesses ? count / RESIDUE : 0;
}

unsigned graph_depth(const struct run *run, unsigned depth, unsigned least)
{
    uint64_t nodes = run_live_count(run, (uint64_t)2 << depth);

    while (depth > least && (uint64_t)2 << depth > nodes)
        depth--;
    return depth;
}

uint64_t graph_list_sum(const struct graph *graph, struct assay_object *first,
                        uint64_t count)
{
    uint64_t sum = 0;

    for (; first != NULL; first = graph_load(graph, first, 0)) {
        if (count-- == 0)
            return UINT64_MAX;
        sum += *graph_number(graph, first);
    }
    return count == 0 ? sum : UINT64_MAX;
}

/* A node whose number is not its depth is none. */
uint64_t graph_tree_count(const struct graph *graph, struct assay_object *node,
                          unsigned depth)
{
    if (node == NULL || *graph_number(graph, node) != depth)
        return 0;
    if (depth == 0)
        return 1;
    return 1 + graph_tree_count(graph, graph_load(graph, node, 0), depth - 1) +
           graph_tree_count(graph, graph_load(graph, node, 1), depth - 1);
}
