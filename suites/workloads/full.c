/* full.c - collections of all there is, of graphs that live and of dead ones.
 *
 * `live` collects again and again what roots keep: what a collection costs an
 * object that it finds alive. `dead` builds the graph anew each round with the
 * clock stopped, cuts it off from its root, and collects. A random graph is a
 * cycle through all nodes in random order and another random permutation, as
 * in collector-speed; a tree is a binary one whose leaves refer to its root;
 * pairs refer to each other. Each of the dead is in a cycle: of a list that
 * nothing refers to a count would leave nothing to collect, which is cascade's
 * question. */
#include "graph.h"

enum { SHAPE, NODES, DEAD }; /* row.parameter */
enum { LIST, RANDOM, PAIRS, RING, TREE };

static const struct row full_rows[] = {
    { "full-live-list", false, 64, 8, { LIST, 1000000, 0 } },
    { "full-live-random", true, 64, 8, { RANDOM, 1000000, 0 } },
    { "full-live-pairs", false, 64, 8, { PAIRS, 1000000, 0 } },
    { "full-live-ring", false, 64, 8, { RING, 1000000, 0 } },
    { "full-live-tree", false, 64, 8, { TREE, 1000000, 0 } },
    { "full-dead-random", true, 8, 2, { RANDOM, 1000000, 1 } },
    { "full-dead-pairs", false, 8, 2, { PAIRS, 1000000, 1 } },
    { "full-dead-ring", false, 8, 2, { RING, 1000000, 1 } },
    { "full-dead-tree", false, 8, 2, { TREE, 1000000, 1 } },
    { 0 },
};

struct full {
    struct graph graph;
    uint64_t count;
    struct assay_object **node; /* handles, while the graph is built */
    uint32_t *cycle, *other;    /* permutations */
};

static uint64_t full_memory_bytes(const struct row *row, double scale,
                                  unsigned threads)
{
    (void)threads;
    return run_scale(row->parameter[NODES], scale) * (128 + 16);
}

/* Fisher and Yates; with `least` 1 it is Sattolo's, which leaves one cycle. */
static void full_permute(struct random *random, uint32_t *order, uint64_t count,
                         uint32_t least)
{
    for (uint64_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (uint64_t i = count; i > 1; i--) {
        uint32_t other = random_below(random, (uint32_t)i - least);
        uint32_t kept = order[i - 1];

        order[i - 1] = order[other];
        order[other] = kept;
    }
}

/* Which node the slot of node `i` refers to, or `count`: none. */
static uint64_t full_target(const struct full *state, uint64_t shape,
                            unsigned slot, uint64_t i)
{
    uint64_t child = 2 * i + 1 + slot;

    switch (shape) {
    case RANDOM:
        return slot == 0 ? state->cycle[i] : state->other[i];
    case PAIRS:
        return slot == 0 ? i ^ 1 : state->count;
    case RING:
        return slot == 0 ? (i + 1) % state->count : state->count;
    case TREE:
        return child < state->count ? child : slot == 0 ? 0 : state->count;
    default:
        return state->count;
    }
}

static bool full_build(struct run *run, struct full *state)
{
    const struct graph *graph = &state->graph;
    uint64_t shape = run->row->parameter[SHAPE];

    if (!graph_chain(&state->graph, state->node, state->count))
        return false;
    for (uint64_t i = 0; i < state->count; i++)
        for (unsigned slot = 0; slot < 2; slot++) {
            uint64_t target = full_target(state, shape, slot, i);

            if (target < state->count)
                graph_store(graph, state->node[i], slot, state->node[target]);
        }
    return true;
}

static int full_prepare(struct run *run)
{
    struct full *state = run_map(run, sizeof(*state));
    struct random random = random_stream(run->seed, 0);
    int error;

    if (state == NULL)
        return -ENOMEM;
    run->state = state;
    state->count = run_live_count(run, run->row->parameter[NODES]) & ~1ull;
    run->repetitions = run_limit(run, run->repetitions, state->count);
    run->operations_planned = run->repetitions * state->count;
    state->node = run_map(run, state->count * sizeof(*state->node));
    state->cycle = run_map(run, state->count * sizeof(*state->cycle));
    state->other = run_map(run, state->count * sizeof(*state->other));
    if (!state->node || !state->cycle || !state->other)
        return -ENOMEM;
    full_permute(&random, state->cycle, state->count, 1);
    full_permute(&random, state->other, state->count, 0);
    for (uint64_t i = 0; i < state->count; i++)
        run->digest = digest_add(run->digest, state->cycle[i]);
    error = graph_open(run, 0, &state->graph);
    if (error == 0 && !run->row->parameter[DEAD] && !full_build(run, state))
        error = -ENOMEM;
    return error;
}

/* Whether the slot holds what it should of a node with that number. */
static bool full_slot_holds(const struct run *run, const struct full *state,
                            struct assay_object *node, unsigned slot,
                            uint64_t number)
{
    const struct graph *graph = &state->graph;
    struct assay_object *found = graph_load(graph, node, slot);
    uint64_t target =
        full_target(state, run->row->parameter[SHAPE], slot, number);

    if (target == state->count)
        return found == NULL;
    return found != NULL && *graph_number(graph, found) == target;
}

/* What was built is still there: all of it by the chain, and each link. */
static bool full_is_whole(const struct run *run, const struct full *state)
{
    const struct graph *graph = &state->graph;
    struct assay_object *at = graph_top(graph, 1);

    for (uint64_t i = state->count; i-- > 0;) {
        if (at == NULL || *graph_number(graph, at) != i)
            return false;
        for (unsigned slot = 0; slot < 2; slot++)
            if (!full_slot_holds(run, state, at, slot, i))
                return false;
        at = graph_load(graph, at, GRAPH_CHAIN_SLOT);
    }
    return at == NULL;
}

static bool full_round(struct run *run, struct full *state)
{
    bool built = true;

    if (run->row->parameter[DEAD]) {
        run_untimed_begin(run);
        built = full_build(run, state);
        if (built && !full_is_whole(run, state))
            run_wrong(run, "the graph is not what was built");
        if (built)
            graph_unchain(&state->graph, state->node, state->count);
        run_untimed_end(run);
    }
    if (built)
        graph_collect(&state->graph);
    return built;
}

static void full_work(struct run *run, unsigned thread)
{
    struct full *state = run->state;
    struct tally tally = { 0, 0 };

    (void)thread;
    for (uint64_t i = 0; i < run->repetitions; i++) {
        if (!full_round(run, state))
            break;
        tally.done += state->count;
    }
    body_report(run, tally);
}

static void full_finish(struct run *run)
{
    struct full *state = run->state;

    if (!run->row->parameter[DEAD] && !full_is_whole(run, state))
        run_wrong(run, "a live graph is not what it was");
    graph_close(&state->graph);
}

const struct workload workload_full = {
    .name = "full",
    .question = "What does a collection of all cost an object?",
    .contract = "one thread",
    .operation = "object looked at",
    .needs = "GC-1 GC-2 GC-4",
    .oracle = "live graphs are what was built, and nothing of dead ones stays",
    .version = 1,
    .flags = WORKLOAD_COLLECTOR,
    .touch = TOUCH_FIRST,
    .parameters = { "shape", "nodes", "dead" },
    .rows = full_rows,
    .memory_bytes = full_memory_bytes,
    .prepare = full_prepare,
    .work = full_work,
    .finish = full_finish,
};
