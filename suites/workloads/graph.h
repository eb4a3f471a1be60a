/* graph.h - what the rows of collectors are made of: a heap of nodes, each of
 * which has slots and a number, and the shapes that several rows build.
 *
 * Nodes are made and kept as assay/collector.h has it for any collector, so
 * every subject does the same: a node that a function "leaves on the stack" is
 * the topmost root.
 *
 * Errors: false when the subject has no memory; it is counted as refused, and
 *         the row is over.
 * Owner:  graph_close() ends the heap. */
#ifndef ASSAY_WORKLOADS_GRAPH_H
#define ASSAY_WORKLOADS_GRAPH_H

#include <errno.h>

#include "assay/collector.h"
#include "body.h"

struct graph {
    struct run *run;
    const struct assay_collector *collector;
    struct assay_heap *heap;
    const struct assay_type *type;
    size_t roots;
    bool counts;
};

/* -ENOTSUP, and a text in run->unsupported, when the collector does not claim
 * all of `wants` (a set of enum assay_collector_can). */
int graph_open(struct run *run, uint32_t wants, struct graph *ret_graph);

/* With no clock running: notes figures, empties the root stack, collects until
 * nothing is left, and says if something was. */
void graph_close(struct graph *graph);

/* A list of `count` nodes, the first one on the stack: each refers to the one
 * made before it. Numbers count down to 0. */
bool graph_list(struct graph *graph, uint64_t count);

/* A complete tree of 2^(depth+1) - 1 nodes, its root on the stack. Numbers
 * are depths. */
bool graph_tree(struct graph *graph, unsigned depth);

/* `count` nodes of three slots into node[], each kept by the one after it
 * through the third slot, the last one on the stack. While that stands the
 * handles are good, whatever the other slots hold. */
enum { GRAPH_CHAIN_SLOT = 2 };
bool graph_chain(struct graph *graph, struct assay_object **node,
                 uint64_t count);

/* Empties the third slots and pops the root. What nothing else holds has then
 * ended where references are counted, and is garbage elsewhere. */
void graph_unchain(struct graph *graph, struct assay_object *const *node,
                   uint64_t count);

/* How many of `count` objects that nothing refers to may be there after a
 * collection of all: a tenth, where the collector guesses at references. */
uint64_t graph_residue(const struct graph *graph, uint64_t count);

/* The depth of a tree in this run: `depth`, or less where it is scaled down or
 * checked; at least `least`. No scale makes trees deeper. */
unsigned graph_depth(const struct run *run, unsigned depth, unsigned least);

/* Sum of the numbers of a list from a node; UINT64_MAX if it is broken: more
 * than `count` nodes. Of a tree: how many nodes it has. */
uint64_t graph_list_sum(const struct graph *graph, struct assay_object *first,
                        uint64_t count);
uint64_t graph_tree_count(const struct graph *graph, struct assay_object *node,
                          unsigned depth);

/* ---- what loops are made of ---- */

static inline uint64_t *graph_number(const struct graph *graph,
                                     struct assay_object *node)
{
    return graph->collector->payload(graph->heap, node);
}

/* NULL, and counted, when there is no memory. With counts the caller has a
 * reference, which graph_own() or graph_push() take over. */
static inline struct assay_object *graph_node(struct graph *graph, size_t slots,
                                              uint64_t number)
{
    struct assay_object *node =
        graph->collector->new_object(graph->heap, graph->type, slots,
                                     sizeof(uint64_t));

    if (unlikely(node == NULL)) {
        atomic_fetch_add(&graph->run->refused, 1);
        return NULL;
    }
    *graph_number(graph, node) = number;
    return node;
}

/* The node is now in a slot or a root: the caller's reference ends. */
static inline void graph_own(const struct graph *graph,
                             struct assay_object *node)
{
    if (graph->counts)
        graph->collector->decref(graph->heap, node);
}

static inline bool graph_push(struct graph *graph, struct assay_object *node)
{
    if (unlikely(!graph->collector->push(graph->heap, node))) {
        atomic_fetch_add(&graph->run->refused, 1);
        return false;
    }
    graph->roots++;
    if (node != NULL)
        graph_own(graph, node);
    return true;
}

static inline void graph_pop(struct graph *graph, size_t count)
{
    graph->collector->pop(graph->heap, count);
    graph->roots -= count;
}

/* The place `below` the topmost root, which is 1. */
static inline struct assay_object *graph_top(const struct graph *graph,
                                             size_t below)
{
    return graph->collector->root(graph->heap, graph->roots - below);
}

static inline void graph_set_top(const struct graph *graph, size_t below,
                                 struct assay_object *node)
{
    graph->collector->set_root(graph->heap, graph->roots - below, node);
}

static inline struct assay_object *graph_load(const struct graph *graph,
                                              struct assay_object *node,
                                              size_t slot)
{
    return graph->collector->load(graph->heap, node, slot);
}

static inline void graph_store(const struct graph *graph,
                               struct assay_object *node, size_t slot,
                               struct assay_object *value)
{
    graph->collector->store(graph->heap, node, slot, value);
}

/* All generations. */
static inline void graph_collect(const struct graph *graph)
{
    graph->collector->collect(graph->heap, graph->collector->generations - 1);
}

#endif
