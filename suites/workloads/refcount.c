/* refcount.c - references to live objects are counted up and down again.
 *
 * One operation is an increment and a decrement of the same object: `hot` of
 * one object, whose count stays in the first level; `cold` of random ones,
 * where the count is a miss. What borrowing saves is the whole of it. No
 * object ends. */
#include "graph.h"

enum { OBJECTS, TAPE }; /* row.parameter */

#define MILLION 1000000u

static const struct row refcount_rows[] = {
    { "refcount-hot", true, 100 * MILLION, 4, { 1, 1 } },
    { "refcount-cold", false, 40 * MILLION, 4, { 1 << 20, 1 << 22 } },
    { 0 },
};

struct refcount {
    struct graph graph;
    struct assay_object **object;
    uint64_t count;
    uint32_t *tape;
    uint64_t tape_length;
};

static uint64_t refcount_memory_bytes(const struct row *row, double scale,
                                      unsigned threads)
{
    (void)threads;
    return run_scale(row->parameter[OBJECTS], scale) * 128 +
           row->parameter[TAPE] * sizeof(uint32_t);
}

static int refcount_tape(struct run *run, struct refcount *state)
{
    struct random random = random_stream(run->seed, 0);

    state->tape_length = run->row->parameter[TAPE];
    state->tape = run_map(run, state->tape_length * sizeof(*state->tape));
    state->object = run_map(run, state->count * sizeof(*state->object));
    if (state->tape == NULL || state->object == NULL)
        return -ENOMEM;
    for (uint64_t i = 0; i < state->tape_length; i++) {
        state->tape[i] = random_below(&random, (uint32_t)state->count);
        run->digest = digest_add(run->digest, state->tape[i]);
    }
    return 0;
}

/* Handles are kept: an object that the caller has a reference to stays. */
static int refcount_prepare(struct run *run)
{
    struct refcount *state = run_map(run, sizeof(*state));
    int error;

    if (state == NULL)
        return -ENOMEM;
    run->state = state;
    state->count = run_live_count(run, run->row->parameter[OBJECTS]);
    run->repetitions = run_limit(run, run->repetitions, 1);
    run->operations_planned = run->repetitions;
    run->digest = digest_add(run->repetitions, state->count);
    error = graph_open(run, ASSAY_COLLECTOR_COUNTS, &state->graph);
    if (error == 0)
        error = refcount_tape(run, state);
    for (uint64_t i = 0; error == 0 && i < state->count; i++) {
        state->object[i] = graph_node(&state->graph, 0, i);
        if (state->object[i] == NULL)
            error = -ENOMEM;
    }
    return error;
}

static void refcount_work(struct run *run, unsigned thread)
{
    const struct refcount *state = run->state;
    const struct assay_collector *collector = state->graph.collector;
    struct assay_heap *heap = state->graph.heap;
    struct tally tally = { 0, 0 };

    (void)thread;
    for (uint64_t at = 0; tally.done < run->repetitions; tally.done++) {
        struct assay_object *object = state->object[state->tape[at]];

        at = at + 1 == state->tape_length ? 0 : at + 1;
        collector->incref(heap, object);
        collector->decref(heap, object);
    }
    body_report(run, tally);
}

static void refcount_finish(struct run *run)
{
    struct refcount *state = run->state;
    const struct graph *graph = &state->graph;

    for (uint64_t i = 0; i < state->count; i++) {
        if (graph->collector->count(graph->heap, state->object[i]) != 1 ||
            *graph_number(graph, state->object[i]) != i)
            run_wrong(run, "a count is not what it was before the row");
        graph_own(graph, state->object[i]);
    }
    graph_close(&state->graph);
}

const struct workload workload_refcount = {
    .name = "refcount",
    .question = "What does a counted reference cost?",
    .contract = "one thread",
    .operation = "incref and decref",
    .needs = "GC-1 GC-3",
    .oracle = "every count is 1 at the end, and all objects end with it",
    .version = 1,
    .flags = WORKLOAD_COLLECTOR,
    .touch = TOUCH_FIRST,
    .parameters = { "objects", "tape_entries" },
    .rows = refcount_rows,
    .memory_bytes = refcount_memory_bytes,
    .prepare = refcount_prepare,
    .work = refcount_work,
    .finish = refcount_finish,
};
