/* pauses.c - how long the mutator stands still, seen from both sides.
 *
 * A table of live objects; one operation makes a node that refers to itself,
 * puts it into a random place of the table, and reads the clock. What comes
 * between two readings and lasts longer than GAP_NS is a gap: whatever the
 * collector says of itself, the program stood still. A listener hears
 * collections begin and end; each that lasts long enough has to lie within a
 * gap. Gaps that no collection explains are the rest: lazy sweeping, memory
 * asked of the system, and other programs. */
#include "graph.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "record.h"

enum { LIVE }; /* row.parameter */
enum { SHELF = 256, TAPE = 1 << 20 };

/* A collection of twice this length cannot hide between two gaps. */
enum { GAP_NS = 20000, SPANS_MAX = 1 << 18 };

static const struct row pauses_rows[] = {
    { "pauses-10k", false, 4000000, 4, { 10000 } },
    { "pauses-200k", true, 4000000, 4, { 200000 } },
    { 0 },
};

struct span {
    uint64_t begin_ns, end_ns;
};

struct spans {
    struct span *span;
    size_t count;
};

struct pauses {
    struct graph graph;
    struct assay_object **shelf;
    uint64_t live;
    uint32_t *tape;
    struct spans gaps, heard;
    uint64_t begun_ns; /* of the collection that runs; 0: none does */
};

static uint64_t pauses_memory_bytes(const struct row *row, double scale,
                                    unsigned threads)
{
    (void)threads;
    return row->repetitions * 64 +
           run_scale(row->parameter[LIVE], scale) * 128 +
           2 * SPANS_MAX * sizeof(struct span) + TAPE * sizeof(uint32_t);
}

static void spans_add(struct spans *spans, uint64_t begin_ns, uint64_t end_ns)
{
    if (spans->count < SPANS_MAX)
        spans->span[spans->count++] = (struct span){ begin_ns, end_ns };
}

static void pauses_hear(void *context,
                        const struct assay_collection_event *event)
{
    struct pauses *state = context;

    if (event->step == ASSAY_COLLECTION_BEGUN)
        state->begun_ns = clock_wall_ns();
    if (event->step == ASSAY_COLLECTION_ENDED && state->begun_ns != 0) {
        spans_add(&state->heard, state->begun_ns, clock_wall_ns());
        state->begun_ns = 0;
    }
}

/* ---- the table: shelves that roots keep ---- */

static bool put(struct pauses *state, uint64_t place)
{
    struct graph *graph = &state->graph;
    struct assay_object *node = graph_node(graph, 2, place);

    if (unlikely(node == NULL))
        return false;
    graph_store(graph, node, 0, node);
    graph_store(graph, state->shelf[place / SHELF], place % SHELF, node);
    graph_own(graph, node);
    return true;
}

static int pauses_fill(struct run *run, struct pauses *state)
{
    struct graph *graph = &state->graph;
    uint64_t shelves = (state->live + SHELF - 1) / SHELF;

    state->shelf = run_map(run, shelves * sizeof(*state->shelf));
    if (state->shelf == NULL)
        return -ENOMEM;
    for (uint64_t i = 0; i < shelves; i++) {
        struct assay_object *shelf = graph_node(graph, SHELF, i);

        if (shelf == NULL || !graph_push(graph, shelf))
            return -ENOMEM;
        state->shelf[i] = graph_top(graph, 1);
    }
    for (uint64_t i = 0; i < state->live; i++)
        if (!put(state, i))
            return -ENOMEM;
    return 0;
}

static int pauses_map(struct run *run, struct pauses *state)
{
    struct random random = random_stream(run->seed, 0);

    state->tape = run_map(run, TAPE * sizeof(*state->tape));
    state->gaps.span = run_map(run, SPANS_MAX * sizeof(struct span));
    state->heard.span = run_map(run, SPANS_MAX * sizeof(struct span));
    if (!state->tape || !state->gaps.span || !state->heard.span)
        return -ENOMEM;
    for (uint64_t i = 0; i < TAPE; i++) {
        state->tape[i] = random_below(&random, (uint32_t)state->live);
        run->digest = digest_add(run->digest, state->tape[i]);
    }
    return 0;
}

static int pauses_prepare(struct run *run)
{
    struct pauses *state = run_map(run, sizeof(*state));
    int error;

    if (state == NULL)
        return -ENOMEM;
    run->state = state;
    state->live = run_live_count(run, run->row->parameter[LIVE]);
    run->repetitions = run_limit(run, run->repetitions, 1);
    run->operations_planned = run->repetitions;
    error = pauses_map(run, state);
    if (error == 0)
        error = graph_open(run, ASSAY_COLLECTOR_AUTOMATIC, &state->graph);
    if (error == 0)
        error = pauses_fill(run, state);
    if (error != 0)
        return error;
    graph_collect(&state->graph); /* the table is old before the clock runs */
    if (run->collector->can & ASSAY_COLLECTOR_LISTEN &&
        !run->collector->listen(state->graph.heap, pauses_hear, state))
        return -ENOMEM;
    run->collector->automatic(state->graph.heap, true);
    return 0;
}

static void pauses_work(struct run *run, unsigned thread)
{
    struct pauses *state = run->state;
    struct tally tally = { 0, 0 };
    uint64_t before_ns = clock_wall_ns();

    (void)thread;
    for (; tally.done < run->repetitions; tally.done++) {
        uint64_t now_ns;

        if (!put(state, state->tape[tally.done % TAPE]))
            break;
        now_ns = clock_wall_ns();
        if (unlikely(now_ns - before_ns > GAP_NS))
            spans_add(&state->gaps, before_ns, now_ns);
        before_ns = now_ns;
    }
    body_report(run, tally);
}

/* ---- figures ---- */

static uint64_t length(const struct span *span)
{
    return span->end_ns - span->begin_ns;
}

static int compare_lengths(const void *a, const void *b)
{
    uint64_t first = length(a), second = length(b);

    return (first > second) - (first < second);
}

static double length_at(const struct spans *sorted, double share)
{
    size_t at = (size_t)((double)(sorted->count - 1) * share);

    return (double)length(&sorted->span[at]);
}

/* Sorts them; order in time is lost. */
static void note_lengths(struct record *record, const char *who,
                         struct spans *spans)
{
    static const struct {
        const char *name;
        double share;
    } shares[] = { { "p50", 0.5 }, { "p99", 0.99 }, { "max", 1 } };
    char name[40];
    double total_ns = 0;

    qsort(spans->span, spans->count, sizeof(*spans->span), compare_lengths);
    for (size_t i = 0; i < spans->count; i++)
        total_ns += (double)length(&spans->span[i]);
    snprintf(name, sizeof(name), "%s_count", who);
    record_set(record, name, (double)spans->count);
    snprintf(name, sizeof(name), "%s_total_ns", who);
    record_set(record, name, total_ns);
    for (size_t i = 0; i < 3 && spans->count > 0; i++) {
        snprintf(name, sizeof(name), "%s_%s_ns", who, shares[i].name);
        record_set(record, name, length_at(spans, shares[i].share));
    }
}

/* The part of a window that the program ran, at worst: windows that begin
 * with a gap, or end with one, are the worst there are. */
static double least_share(const struct spans *gaps, uint64_t window_ns)
{
    uint64_t worst_ns = 0;

    for (size_t i = 0; i < gaps->count; i++) {
        uint64_t from_ns = gaps->span[i].begin_ns, still_ns = 0;

        for (size_t j = i; j < gaps->count; j++) {
            const struct span *gap = &gaps->span[j];
            uint64_t end_ns = gap->end_ns < from_ns + window_ns
                                  ? gap->end_ns
                                  : from_ns + window_ns;

            if (gap->begin_ns >= from_ns + window_ns)
                break;
            still_ns += end_ns - gap->begin_ns;
        }
        if (still_ns > worst_ns)
            worst_ns = still_ns;
    }
    return 1 - (double)worst_ns / (double)window_ns;
}

static void note_shares(struct record *record, const struct spans *gaps)
{
    record_set(record, "utilisation_1ms_share", least_share(gaps, NS_PER_MS));
    record_set(record, "utilisation_10ms_share",
               least_share(gaps, 10 * (uint64_t)NS_PER_MS));
    record_set(record, "utilisation_100ms_share",
               least_share(gaps, 100 * (uint64_t)NS_PER_MS));
}

/* Both are in the order of time. Collections that lie within a gap, and how
 * much of gaps no collection explains. */
static void compare_sides(struct run *run, const struct pauses *state)
{
    const struct spans *gaps = &state->gaps, *heard = &state->heard;
    uint64_t within = 0, long_ones = 0, explained_ns = 0, gaps_ns = 0;
    uint64_t excess_ns = 0;
    size_t at = 0;

    for (size_t i = 0; i < heard->count; i++) {
        const struct span *one = &heard->span[i];

        while (at < gaps->count && gaps->span[at].end_ns < one->end_ns)
            at++;
        bool lies =
            at < gaps->count && gaps->span[at].begin_ns <= one->begin_ns;
        if (lies)
            explained_ns += length(one);
        if (length(one) < 2 * GAP_NS)
            continue;
        long_ones++;
        within += lies;
        if (lies)
            excess_ns += length(&gaps->span[at]) - length(one);
    }
    for (size_t i = 0; i < gaps->count; i++)
        gaps_ns += length(&gaps->span[i]);
    if (within != long_ones && gaps->count < SPANS_MAX)
        run_wrong(run, "a collection that the listener heard was no gap in "
                       "the program");
    record_set(run->record, "heard_within_gap_count", (double)within);
    if (within > 0)
        record_set(run->record, "gap_excess_mean_ns",
                   (double)excess_ns / (double)within);
    record_set(run->record, "gap_unexplained_ns",
               (double)(gaps_ns - explained_ns));
}

static bool table_is_whole(const struct pauses *state)
{
    const struct graph *graph = &state->graph;

    for (uint64_t i = 0; i < state->live; i++) {
        struct assay_object *node =
            graph_load(graph, state->shelf[i / SHELF], i % SHELF);

        if (node == NULL || *graph_number(graph, node) != i ||
            graph_load(graph, node, 0) != node)
            return false;
    }
    return true;
}

static void pauses_finish(struct run *run)
{
    struct pauses *state = run->state;

    run->collector->automatic(state->graph.heap, false);
    if (!table_is_whole(state))
        run_wrong(run, "the table does not hold what was put into it");
    if (run->collector->can & ASSAY_COLLECTOR_LISTEN) {
        run->collector->listen(state->graph.heap, NULL, NULL);
        compare_sides(run, state);
        note_lengths(run->record, "heard", &state->heard);
    }
    note_shares(run->record, &state->gaps);
    note_lengths(run->record, "gap", &state->gaps);
    graph_close(&state->graph);
}

const struct workload workload_pauses = {
    .name = "pauses",
    .question = "How long does a program stand still?",
    .contract = "one thread",
    .operation = "node made and put, clock read",
    .needs = "GC-1 GC-2 GC-26",
    .oracle = "the table holds what was put last, and collections that were "
              "heard are gaps that were seen",
    .version = 1,
    .flags = WORKLOAD_COLLECTOR,
    .touch = TOUCH_FIRST,
    .parameters = { "live" },
    .rows = pauses_rows,
    .memory_bytes = pauses_memory_bytes,
    .prepare = pauses_prepare,
    .work = pauses_work,
    .finish = pauses_finish,
};
