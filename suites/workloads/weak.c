/* weak.c - weak references: made, asked for what they refer to, and cleared by
 * a collection, without a callback and with one.
 *
 * A table of live holders has one weak reference each. What they refer to are
 * pairs of nodes that refer to each other, which a count cannot end: `clear`
 * and `callback` time the collection that finds them dead, made anew each
 * round with the clock stopped. `make` and `get` are about live ones. */
#include "graph.h"

enum { ACTION, REFERENCES, TAPE }; /* row.parameter */
enum { MAKE, GET, CLEAR, CALLBACK };

/* Of a holder, which is a node of a chain. */
enum { WEAK_SLOT = 0 };

static const struct row weak_rows[] = {
    { "weak-make", false, 16, 4, { MAKE, 200000, 1 } },
    { "weak-get", false, 40000000, 4, { GET, 200000, 1 << 20 } },
    { "weak-clear", true, 24, 4, { CLEAR, 200000, 1 } },
    { "weak-callback", false, 24, 4, { CALLBACK, 200000, 1 } },
    { 0 },
};

struct weak {
    struct graph graph;
    uint64_t count;
    struct assay_object **holder, **node;
    uint32_t *tape;
    uint64_t tape_length;
    unsigned char *called; /* back, of each reference of each round */
    uint64_t round;
};

static uint64_t weak_memory_bytes(const struct row *row, double scale,
                                  unsigned threads)
{
    uint64_t rounds = row->parameter[ACTION] == CALLBACK ? row->repetitions : 0;

    (void)threads;
    return run_scale(row->parameter[REFERENCES], scale) *
               (3 * (128 + 16) + rounds) +
           row->parameter[TAPE] * sizeof(uint32_t);
}

/* The context is the reference's own, and no other round's: a conservative
 * collector may find its referent dead rounds later. */
static void weak_call(void *context, struct assay_heap *heap,
                      struct assay_object *weak)
{
    unsigned char *called = context;

    (void)heap, (void)weak;
    ++*called;
}

/* Of this round's references; NULL where none calls back. */
static unsigned char *weak_called(const struct weak *state, uint64_t i)
{
    return state->called == NULL
               ? NULL
               : &state->called[state->round * state->count + i];
}

/* ---- rounds ---- */

/* Pairs, kept by a chain of their own. */
static bool weak_targets(struct weak *state)
{
    struct graph *graph = &state->graph;

    if (!graph_chain(graph, state->node, state->count))
        return false;
    for (uint64_t i = 0; i < state->count; i++)
        graph_store(graph, state->node[i], 0, state->node[i ^ 1]);
    return true;
}

/* One for each node, in the holders. */
static bool weak_references(struct run *run, struct weak *state)
{
    assay_weak_callback *callback = state->called != NULL ? weak_call : NULL;
    const struct graph *graph = &state->graph;

    for (uint64_t i = 0; i < state->count; i++) {
        struct assay_object *weak =
            graph->collector->weak_new(graph->heap, state->node[i], callback,
                                       weak_called(state, i));

        if (weak == NULL) {
            atomic_fetch_add(&run->refused, 1);
            return false;
        }
        graph_store(graph, state->holder[i], WEAK_SLOT, weak);
        graph_own(graph, weak);
    }
    return true;
}

static struct assay_object *weak_referent(const struct weak *state, uint64_t i)
{
    const struct graph *graph = &state->graph;

    return graph->collector->weak_get(graph->heap,
                                      graph_load(graph, state->holder[i],
                                                 WEAK_SLOT));
}

/* The references to what they were made of, or all of them empty. */
static void weak_look(struct run *run, const struct weak *state, bool alive)
{
    uint64_t left = 0;

    for (uint64_t i = 0; i < state->count; i++) {
        struct assay_object *referent = weak_referent(state, i);

        left += referent != NULL;
        if (alive && referent != state->node[i])
            run_wrong(run, "a weak reference lost an object that lives");
    }
    if (!alive && left > graph_residue(&state->graph, state->count))
        run_wrong(run, "a weak reference gave an object that is dead");
}

/* Each of the dead once, whichever it was. */
static void weak_look_calls(struct run *run, const struct weak *state)
{
    uint64_t silent = 0, again = 0;

    for (uint64_t i = 0; i < state->count; i++) {
        silent += *weak_called(state, i) == 0;
        again += *weak_called(state, i) > 1;
    }
    if (again != 0)
        run_wrong(run, "a weak reference called back twice");
    if (silent > graph_residue(&state->graph, state->count))
        run_wrong(run, "a weak reference to a dead object did not call back");
}

static void weak_forget(struct weak *state)
{
    for (uint64_t i = 0; i < state->count; i++)
        graph_store(&state->graph, state->holder[i], WEAK_SLOT, NULL);
}

/* With the clock stopped, but for what the row is about. */
static bool weak_make_round(struct run *run, struct weak *state)
{
    bool made = weak_references(run, state);

    run_untimed_begin(run);
    if (made)
        weak_look(run, state, true);
    weak_forget(state);
    graph_collect(&state->graph);
    run_untimed_end(run);
    return made;
}

static bool weak_clear_round(struct run *run, struct weak *state)
{
    bool built;

    run_untimed_begin(run);
    built = weak_targets(state) && weak_references(run, state);
    if (built) {
        weak_look(run, state, true);
        graph_unchain(&state->graph, state->node, state->count);
    }
    run_untimed_end(run);
    if (!built)
        return false;
    graph_collect(&state->graph);
    run_untimed_begin(run);
    weak_look(run, state, false);
    if (state->called != NULL)
        weak_look_calls(run, state);
    weak_forget(state);
    graph_collect(&state->graph);
    state->round++;
    run_untimed_end(run);
    return true;
}

/* ---- the workload ---- */

static int weak_map(struct run *run, struct weak *state)
{
    struct random random = random_stream(run->seed, 0);

    state->tape_length = run->row->parameter[TAPE];
    state->tape = run_map(run, state->tape_length * sizeof(*state->tape));
    state->holder = run_map(run, state->count * sizeof(*state->holder));
    state->node = run_map(run, state->count * sizeof(*state->node));
    if (!state->tape || !state->holder || !state->node)
        return -ENOMEM;
    if (run->row->parameter[ACTION] == CALLBACK) {
        state->called = run_map(run, state->count * run->repetitions);
        if (state->called == NULL)
            return -ENOMEM;
    }
    for (uint64_t i = 0; i < state->tape_length; i++) {
        state->tape[i] = random_below(&random, (uint32_t)state->count);
        run->digest = digest_add(run->digest, state->tape[i]);
    }
    return 0;
}

static uint32_t weak_wants(uint64_t action)
{
    return ASSAY_COLLECTOR_WEAK |
           (action == CALLBACK ? ASSAY_COLLECTOR_WEAK_CALLBACK : 0);
}

static int weak_prepare(struct run *run)
{
    struct weak *state = run_map(run, sizeof(*state));
    uint64_t action = run->row->parameter[ACTION], each;
    int error;

    if (state == NULL)
        return -ENOMEM;
    run->state = state;
    state->count = run_live_count(run, run->row->parameter[REFERENCES]) & ~1ull;
    each = action == GET ? 1 : state->count;
    run->repetitions = run_limit(run, run->repetitions, each);
    run->operations_planned = run->repetitions * each;
    run->digest = digest_add(run->operations_planned, action);
    error = weak_map(run, state);
    if (error == 0)
        error = graph_open(run, weak_wants(action), &state->graph);
    if (error != 0)
        return error;
    if (!graph_chain(&state->graph, state->holder, state->count))
        return -ENOMEM;
    if (action == MAKE || action == GET)
        error = weak_targets(state) ? 0 : -ENOMEM;
    if (action == GET && error == 0)
        error = weak_references(run, state) ? 0 : -ENOMEM;
    return error;
}

static uint64_t weak_gets(struct run *run, const struct weak *state)
{
    uint64_t at = 0, done = 0, wrong = 0;

    for (; done < run->repetitions; done++) {
        uint32_t i = state->tape[at];

        at = at + 1 == state->tape_length ? 0 : at + 1;
        wrong += weak_referent(state, i) != state->node[i];
    }
    if (wrong != 0)
        run_wrong(run, "a weak reference lost an object that lives");
    return done;
}

static void weak_work(struct run *run, unsigned thread)
{
    struct weak *state = run->state;
    uint64_t action = run->row->parameter[ACTION];
    struct tally tally = { 0, 0 };

    (void)thread;
    if (action == GET)
        tally.done = weak_gets(run, state);
    for (uint64_t i = 0; action != GET && i < run->repetitions; i++) {
        if (!(action == MAKE ? weak_make_round : weak_clear_round)(run, state))
            break;
        tally.done += state->count;
    }
    body_report(run, tally);
}

static void weak_finish(struct run *run)
{
    struct weak *state = run->state;

    graph_close(&state->graph);
}

const struct workload workload_weak = {
    .name = "weak",
    .question = "What do weak references cost, to use and to clear?",
    .contract = "one thread",
    .operation = "weak reference made, asked or cleared",
    .needs = "GC-1 GC-2 GC-15 GC-16",
    .oracle = "references to what lives give it, those to the dead nothing, "
              "and each calls back once",
    .version = 1,
    .flags = WORKLOAD_COLLECTOR,
    .touch = TOUCH_FIRST,
    .parameters = { "action", "references", "tape_entries" },
    .rows = weak_rows,
    .memory_bytes = weak_memory_bytes,
    .prepare = weak_prepare,
    .work = weak_work,
    .finish = weak_finish,
};
