/* finalize.c - objects with finalizers: made, found dead and finalized, and
 * brought back by their finalizer.
 *
 * Each of the dead refers to itself, which a count cannot end, and to nothing
 * else: no order of finalizers is asked for. `make` keeps a list of objects
 * that have a finalizer, whose price beside `build` is that of having one;
 * `run` and `resurrect` time the collections that call them, of objects made
 * anew each round with the clock stopped. */
#include "graph.h"

enum { ACTION, OBJECTS }; /* row.parameter */
enum { MAKE, RUN, RESURRECT };

/* Slots of a shelf that objects come back to. */
enum { SHELF = 256 };

/* A finalizer may be called a collection after the object was found dead. */
enum { COLLECTIONS_MAX = 4 };

/* A number is of an object, and above that of the round it was made in: a
 * conservative collector may find one dead rounds later. */
enum { ROUND_SHIFT = 32 };

static const struct row finalize_rows[] = {
    { "finalize-make", false, 16, 4, { MAKE, 200000 } },
    { "finalize-run", true, 16, 4, { RUN, 200000 } },
    { "finalize-resurrect", false, 16, 4, { RESURRECT, 200000 } },
    { 0 },
};

struct finalize {
    struct graph graph;
    uint64_t count;
    struct assay_object **node, **shelf;
    uint64_t round;
    uint64_t called, twice; /* finalizers of this round's objects */
    unsigned char *is_called;
    bool resurrects;
};

static uint64_t finalize_memory_bytes(const struct row *row, double scale,
                                      unsigned threads)
{
    (void)threads;
    return run_scale(row->parameter[OBJECTS], scale) * (192 + 24);
}

static void finalize_call(void *context, struct assay_heap *heap,
                          struct assay_object *object)
{
    struct finalize *state = context;
    const struct graph *graph = &state->graph;
    uint64_t number = *graph_number(graph, object);

    (void)heap;
    if (number >> ROUND_SHIFT != state->round)
        return;
    number &= UINT32_MAX;
    state->called++;
    state->twice += state->is_called[number];
    state->is_called[number] = 1;
    if (state->resurrects)
        graph_store(graph, state->shelf[number / SHELF], number % SHELF,
                    object);
}

/* ---- rounds ---- */

static void finalize_begin(struct finalize *state)
{
    state->round++;
    state->called = 0;
    for (uint64_t i = 0; i < state->count; i++)
        state->is_called[i] = 0;
}

/* Each refers to itself, and when it is left alone to nothing else. */
static bool finalize_build(struct finalize *state)
{
    struct graph *graph = &state->graph;

    finalize_begin(state);
    if (!graph_chain(graph, state->node, state->count))
        return false;
    for (uint64_t i = 0; i < state->count; i++) {
        *graph_number(graph, state->node[i]) = state->round << ROUND_SHIFT | i;
        graph_store(graph, state->node[i], 0, state->node[i]);
    }
    graph_unchain(graph, state->node, state->count);
    return true;
}

/* How many objects were finalized; those that came back are on the shelves. */
static void finalize_look(struct run *run, const struct finalize *state)
{
    const struct graph *graph = &state->graph;
    uint64_t left = state->count - state->called, lost = 0;

    if (state->twice != 0)
        run_wrong(run, "a finalizer was called twice for one object");
    if (left > graph_residue(graph, state->count))
        run_wrong(run, "dead objects were not finalized");
    for (uint64_t i = 0; state->resurrects && i < state->count; i++) {
        struct assay_object *back =
            graph_load(graph, state->shelf[i / SHELF], i % SHELF);

        if (state->is_called[i])
            lost += back == NULL || graph_load(graph, back, 0) != back ||
                    (*graph_number(graph, back) & UINT32_MAX) != i;
    }
    if (lost != 0)
        run_wrong(run, "an object that a finalizer brought back is not whole");
}

static void finalize_clear_shelves(struct finalize *state)
{
    const struct graph *graph = &state->graph;

    for (uint64_t i = 0; i < state->count; i++)
        graph_store(graph, state->shelf[i / SHELF], i % SHELF, NULL);
    for (int i = 0; i < COLLECTIONS_MAX; i++)
        graph_collect(graph);
}

static bool finalize_dead_round(struct run *run, struct finalize *state)
{
    bool built;

    run_untimed_begin(run);
    built = finalize_build(state);
    run_untimed_end(run);
    if (!built)
        return false;
    for (int i = 0; i < COLLECTIONS_MAX && state->called < state->count; i++)
        graph_collect(&state->graph);
    run_untimed_begin(run);
    finalize_look(run, state);
    if (state->resurrects)
        finalize_clear_shelves(state);
    run_untimed_end(run);
    return true;
}

static bool finalize_make_round(struct run *run, struct finalize *state)
{
    struct graph *graph = &state->graph;
    uint64_t expected = state->count * (state->count - 1) / 2;
    bool built = graph_list(graph, state->count);

    run_untimed_begin(run);
    if (built &&
        graph_list_sum(graph, graph_top(graph, 1), state->count) != expected)
        run_wrong(run, "the list is not what was built");
    graph_pop(graph, 1);
    graph_collect(graph);
    run_untimed_end(run);
    return built;
}

/* ---- the workload ---- */

static int finalize_map(struct run *run, struct finalize *state)
{
    uint64_t shelves = (state->count + SHELF - 1) / SHELF;

    state->node = run_map(run, state->count * sizeof(*state->node));
    state->is_called = run_map(run, state->count);
    state->shelf = run_map(run, shelves * sizeof(*state->shelf));
    return state->node && state->is_called && state->shelf ? 0 : -ENOMEM;
}

/* Shelves are plain; what is made after them has the finalizer. */
static int finalize_open(struct run *run, struct finalize *state)
{
    struct assay_kind kind = { .name = "finalized",
                               .context = state,
                               .finalize = finalize_call };
    struct graph *graph = &state->graph;
    int error = graph_open(run, ASSAY_COLLECTOR_FINALIZE, graph);

    if (error != 0)
        return error;
    for (uint64_t i = 0; state->resurrects && i * SHELF < state->count; i++) {
        struct assay_object *shelf = graph_node(graph, SHELF, i);

        if (shelf == NULL || !graph_push(graph, shelf))
            return -ENOMEM;
        state->shelf[i] = graph_top(graph, 1);
    }
    graph->type = graph->collector->type_add(graph->heap, &kind);
    return graph->type != NULL ? 0 : -ENOMEM;
}

static int finalize_prepare(struct run *run)
{
    struct finalize *state = run_map(run, sizeof(*state));
    int error;

    if (state == NULL)
        return -ENOMEM;
    run->state = state;
    state->count = run_live_count(run, run->row->parameter[OBJECTS]);
    state->resurrects = run->row->parameter[ACTION] == RESURRECT;
    run->repetitions = run_limit(run, run->repetitions, state->count);
    run->operations_planned = run->repetitions * state->count;
    run->digest =
        digest_add(run->operations_planned, run->row->parameter[ACTION]);
    error = finalize_map(run, state);
    return error == 0 ? finalize_open(run, state) : error;
}

static void finalize_work(struct run *run, unsigned thread)
{
    struct finalize *state = run->state;
    bool makes = run->row->parameter[ACTION] == MAKE;
    struct tally tally = { 0, 0 };

    (void)thread;
    for (uint64_t i = 0; i < run->repetitions; i++) {
        if (!(makes ? finalize_make_round : finalize_dead_round)(run, state))
            break;
        tally.done += state->count;
    }
    body_report(run, tally);
}

static void finalize_finish(struct run *run)
{
    struct finalize *state = run->state;

    graph_close(&state->graph);
}

const struct workload workload_finalize = {
    .name = "finalize",
    .question = "What do finalizers cost, to have and to run?",
    .contract = "one thread",
    .operation = "object made, finalized or brought back",
    .needs = "GC-1 GC-2 GC-9 GC-11",
    .oracle = "each of the dead is finalized once, and what a finalizer "
              "brought back is whole",
    .version = 1,
    .flags = WORKLOAD_COLLECTOR,
    .touch = TOUCH_FIRST,
    .parameters = { "action", "objects" },
    .rows = finalize_rows,
    .memory_bytes = finalize_memory_bytes,
    .prepare = finalize_prepare,
    .work = finalize_work,
    .finish = finalize_finish,
};
