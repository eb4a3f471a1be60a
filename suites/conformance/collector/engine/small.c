/* small.c - every small graph there is, each with every set of roots. */
#include "engine/small.h"

#include <stdio.h>
#include <string.h>

#include "engine/stress.h"

enum {
    SMALL_BATCH_MAX = 512,
    SMALL_OBJECTS = SMALL_BATCH_MAX * SMALL_NODES_MAX,
};

/* Where the numbers begin: no word of that size is one by chance. */
static const uint32_t small_first = 0x51a11000;

struct small_graph {
    unsigned char edge[SMALL_NODES_MAX][SMALL_NODES_MAX];
    unsigned roots, old; /* sets of nodes */
    unsigned reached;
};

struct small_payload {
    uint32_t number; /* of no other object of the heap's life */
    uint32_t places;
    struct assay_object *place[];
};

struct small {
    const struct small_plan *plan;
    struct small_result *result;
    struct assay_heap *heap;
    const struct assay_type *type;
    struct small_graph graph[SMALL_BATCH_MAX];
    unsigned graphs;
    uint32_t batch; /* the number of the first place of this batch */
    size_t left;    /* objects of earlier batches that have not ended */
    bool ended[SMALL_OBJECTS];
    size_t extra[SMALL_OBJECTS]; /* counted by the heap when it was made */
    bool collected_all;
};

static bool small_is_wrong(const struct small *small)
{
    return small->result->complaint[0] != '\0';
}

/* ---- the kind ---- */

/* Of an earlier batch: only a collector that may leave a residue still has
 * any. Which of them it is, is not kept. */
static bool small_late(struct small *small, uint32_t number)
{
    if (number < small_first || number >= small->batch || small->left == 0)
        return false;
    small->left--;
    return true;
}

static void small_ended(void *context, const void *payload)
{
    const struct small_payload *head = payload;
    struct small *small = context;
    uint32_t place = head->number - small->batch;

    if (small_late(small, head->number))
        return;
    if (place >= SMALL_OBJECTS || small->ended[place])
        snprintf(small->result->complaint, sizeof(small->result->complaint),
                 "an object ended %s",
                 place >= SMALL_OBJECTS ? "with a payload of nobody" : "twice");
    else
        small->ended[place] = true;
}

static int small_traverse(void *payload, assay_visit *visit, void *context)
{
    struct small_payload *head = payload;
    int end = 0;

    for (uint32_t i = 0; i < head->places && end == 0; i++)
        if (head->place[i] != NULL)
            end = visit(&head->place[i], context);
    return end;
}

static void small_clear(void *context, struct assay_heap *heap,
                        struct assay_object *object)
{
    struct small_payload *head = subject->payload(heap, object);

    (void)context;
    for (uint32_t i = 0; i < head->places; i++)
        subject->store_at(heap, object, &head->place[i], NULL);
}

/* ---- what a message says of a graph ---- */

static void small_complain(struct small *small, unsigned graph, unsigned node,
                           const char *what)
{
    const struct small_graph *of = &small->graph[graph];
    char *text = small->result->complaint;
    size_t room = sizeof(small->result->complaint), length;

    if (small_is_wrong(small))
        return;
    length = (size_t)snprintf(text, room, "object %u of %u %s; references",
                              node, small->plan->nodes, what);
    for (unsigned i = 0; i < small->plan->nodes; i++)
        for (unsigned j = 0; j < small->plan->nodes; j++)
            for (unsigned k = 0; k < of->edge[i][j] && length < room; k++)
                length += (size_t)snprintf(text + length, room - length,
                                           " %u-%u", i, j);
    if (length < room)
        snprintf(text + length, room - length,
                 "; roots: the set 0x%x; old: 0x%x%s", of->roots, of->old,
                 small->plan->payload ? "; in payloads" : "");
}

/* ---- building ---- */

static size_t small_place(unsigned graph, unsigned node)
{
    return (size_t)graph * SMALL_NODES_MAX + node;
}

static unsigned small_degree(const struct small_graph *graph, unsigned node,
                             unsigned nodes)
{
    unsigned degree = 0;

    for (unsigned to = 0; to < nodes; to++)
        degree += graph->edge[node][to];
    return degree;
}

static bool small_make(struct small *small, unsigned graph, unsigned node)
{
    unsigned degree =
        small_degree(&small->graph[graph], node, small->plan->nodes);
    bool payload = small->plan->payload;
    size_t place = small_place(graph, node);
    struct assay_object *object =
        subject->new_object(small->heap, small->type, payload ? 0 : degree,
                            sizeof(struct small_payload) +
                                (payload ? degree * sizeof(void *) : 0));
    struct small_payload *head;

    if (object == NULL) {
        small_complain(small, graph, node, "could not be made");
        return false;
    }
    head = subject->payload(small->heap, object);
    head->number = small->batch + (uint32_t)place;
    head->places = payload ? degree : 0;
    small->ended[place] = false;
    small->extra[place] =
        CAN(COUNTS) ? subject->count(small->heap, object) - 1 : 0;
    subject->set_root(small->heap, place, object);
    if (CAN(COUNTS))
        subject->decref(small->heap, object);
    return true;
}

static void small_link(struct small *small, unsigned graph, unsigned from)
{
    unsigned slot = 0;
    struct assay_object *object;

    stress_point(small->heap);
    object = subject->root(small->heap, small_place(graph, from));
    for (unsigned to = 0; to < small->plan->nodes; to++)
        for (unsigned k = small->graph[graph].edge[from][to]; k > 0; k--) {
            struct assay_object *value =
                subject->root(small->heap, small_place(graph, to));

            if (small->plan->payload) {
                struct small_payload *head =
                    subject->payload(small->heap, object);
                subject->store_at(small->heap, object, &head->place[slot++],
                                  value);
            } else {
                subject->store(small->heap, object, slot++, value);
            }
        }
}

static bool small_make_all(struct small *small, bool old)
{
    for (unsigned g = 0; g < small->graphs; g++)
        for (unsigned i = 0; i < small->plan->nodes; i++)
            if (old == ((small->graph[g].old >> i & 1) != 0) &&
                !small_make(small, g, i))
                return false;
    return true;
}

static void small_reach(struct small_graph *graph, unsigned nodes)
{
    unsigned before;

    graph->reached = graph->roots;
    do {
        before = graph->reached;
        for (unsigned i = 0; i < nodes; i++)
            for (unsigned j = 0; j < nodes && (graph->reached >> i & 1); j++)
                if (graph->edge[i][j] > 0)
                    graph->reached |= 1u << j;
    } while (graph->reached != before);
}

static bool small_build(struct small *small)
{
    if (small->plan->ages) {
        if (!small_make_all(small, true))
            return false;
        subject->collect(small->heap, subject->generations - 1);
    }
    if (!small_make_all(small, false))
        return false;
    for (unsigned g = 0; g < small->graphs; g++)
        for (unsigned i = 0; i < small->plan->nodes; i++)
            small_link(small, g, i);
    for (unsigned g = 0; g < small->graphs; g++) {
        small_reach(&small->graph[g], small->plan->nodes);
        for (unsigned i = 0; i < small->plan->nodes; i++)
            if ((small->graph[g].roots >> i & 1) == 0)
                subject->set_root(small->heap, small_place(g, i), NULL);
    }
    return true;
}

/* ---- looking ---- */

static struct assay_object *small_slot(struct small *small,
                                       struct assay_object *object,
                                       unsigned slot)
{
    struct small_payload *head = subject->payload(small->heap, object);

    return small->plan->payload ? head->place[slot]
                                : subject->load(small->heap, object, slot);
}

static unsigned small_references(const struct small_graph *graph, unsigned node,
                                 unsigned nodes)
{
    unsigned references = graph->roots >> node & 1;

    for (unsigned from = 0; from < nodes; from++)
        if ((graph->reached >> from & 1) != 0)
            references += graph->edge[from][node];
    return references;
}

static void small_look_object(struct small *small, unsigned graph,
                              unsigned node, struct assay_object *object)
{
    const struct small_payload *head =
        object != NULL ? subject->payload(small->heap, object) : NULL;
    unsigned references;

    if (head == NULL ||
        head->number != small->batch + (uint32_t)small_place(graph, node)) {
        small_complain(small, graph, node,
                       "is reachable, and something else is there");
        return;
    }
    references =
        small_references(&small->graph[graph], node, small->plan->nodes);
    if (CAN(COUNTS) && small->collected_all && CAN(ENDED) &&
        !CAN(CONSERVATIVE) &&
        subject->count(small->heap, object) !=
            references + small->extra[small_place(graph, node)])
        small_complain(small, graph, node,
                       "has another count than it has references");
}

/* From the roots, each slot leads to what the graph says. */
static void small_walk(struct small *small, unsigned graph)
{
    const struct small_graph *of = &small->graph[graph];
    struct assay_object *object[SMALL_NODES_MAX] = { NULL };
    unsigned todo[SMALL_NODES_MAX], count = 0, met = of->roots;

    for (unsigned i = 0; i < small->plan->nodes; i++)
        if ((of->roots >> i & 1) != 0) {
            object[i] = subject->root(small->heap, small_place(graph, i));
            todo[count++] = i;
        }
    for (unsigned at = 0; at < count && !small_is_wrong(small); at++) {
        unsigned from = todo[at], slot = 0;

        small_look_object(small, graph, from, object[from]);
        for (unsigned to = 0; to < small->plan->nodes; to++)
            for (unsigned k = of->edge[from][to]; k > 0; k--) {
                if (small_is_wrong(small))
                    return;
                object[to] = small_slot(small, object[from], slot++);
                if ((met >> to & 1) == 0)
                    todo[count++] = to;
                met |= 1u << to;
            }
    }
}

/* How many of the batch are unreachable and there, or should not be. */
static void small_look_ends(struct small *small, bool judge)
{
    for (unsigned g = 0; g < small->graphs && CAN(ENDED); g++)
        for (unsigned i = 0; i < small->plan->nodes; i++) {
            bool ended = small->ended[small_place(g, i)];
            bool reached = (small->graph[g].reached >> i & 1) != 0;

            if (ended && reached)
                small_complain(small, g, i, "ended, and it is reachable");
            if (reached || !judge)
                continue;
            small->result->garbage++;
            small->result->residue += !ended;
            if (!ended && !CAN(CONSERVATIVE))
                small_complain(small, g, i,
                               "is unreachable, and a collection of all left "
                               "it");
        }
}

/* The same by number, where no end is told. */
static void small_look_numbers(struct small *small, bool judge)
{
    struct assay_collector_stats stats;
    size_t reached = 0, all = (size_t)small->graphs * small->plan->nodes;

    if (CAN(ENDED) || !CAN(STATS) || !judge)
        return;
    for (unsigned g = 0; g < small->graphs; g++)
        reached += (size_t)__builtin_popcount(small->graph[g].reached);
    subject->stats(small->heap, &stats);
    small->result->garbage += all - reached;
    if (stats.live_objects < reached)
        small_complain(small, 0, 0, "or another ended, says stats()");
    else
        small->result->residue += stats.live_objects - reached;
    if (stats.live_objects > reached && !CAN(CONSERVATIVE))
        small_complain(small, 0, 0,
                       "or another of the batch is unreachable and was left, "
                       "says stats()");
}

static void small_look(struct small *small, bool judge)
{
    small->collected_all = judge;
    small_look_ends(small, judge);
    small_look_numbers(small, judge);
    for (unsigned g = 0; g < small->graphs && !small_is_wrong(small); g++)
        small_walk(small, g);
}

/* ---- a batch ---- */

static void small_empty(struct small *small)
{
    for (unsigned g = 0; g < small->graphs; g++) {
        small->graph[g].roots = small->graph[g].reached = 0;
        for (unsigned i = 0; i < small->plan->nodes; i++)
            subject->set_root(small->heap, small_place(g, i), NULL);
    }
}

/* Numbers are not used again: what of this batch ends later is known. */
static void small_renumber(struct small *small)
{
    for (unsigned g = 0; g < small->graphs && CAN(ENDED); g++)
        for (unsigned i = 0; i < small->plan->nodes; i++)
            small->left += !small->ended[small_place(g, i)];
    small->batch += SMALL_OBJECTS;
    small->graphs = 0;
}

static void small_play(struct small *small)
{
    unsigned all = subject->generations - 1;

    if (!small_build(small))
        return;
    if (small->plan->ages) {
        subject->collect(small->heap, 0);
        small_look(small, false);
    }
    subject->collect(small->heap, all);
    small_look(small, true);
    small_empty(small);
    subject->collect(small->heap, all);
    small->result->graphs += small->graphs;
    if (!small_is_wrong(small))
        small_look(small, true);
    small_renumber(small);
}

static void small_add(struct small *small, uint64_t code, unsigned roots,
                      unsigned old)
{
    struct small_graph *graph = &small->graph[small->graphs++];
    unsigned nodes = small->plan->nodes;

    graph->roots = roots;
    graph->old = old;
    for (unsigned i = 0; i < nodes * nodes; i++) {
        graph->edge[i / nodes][i % nodes] =
            (unsigned char)(code % (small->plan->most + 1));
        code /= small->plan->most + 1;
    }
    if (small->graphs == small->plan->batch)
        small_play(small);
}

static uint64_t small_codes(const struct small_plan *plan)
{
    uint64_t codes = 1;

    for (unsigned i = 0; i < plan->nodes * plan->nodes; i++)
        codes *= plan->most + 1;
    return codes;
}

static void small_play_all(struct small *small)
{
    const struct small_plan *plan = small->plan;
    unsigned sets = 1u << plan->nodes, ages = plan->ages ? sets : 1;

    for (uint64_t code = 0; code < small_codes(plan); code += plan->step)
        for (unsigned roots = 0; roots < sets; roots++)
            for (unsigned old = 0; old < ages; old++)
                if (!small_is_wrong(small))
                    small_add(small, code, roots, old);
    if (small->graphs > 0 && !small_is_wrong(small))
        small_play(small);
}

/* ---- beginning and end ---- */

static bool small_open(struct small *small)
{
    struct assay_collector_config config = { &check_backend.backend };
    bool payload = small->plan->payload;
    struct assay_kind kind = { .name = "small",
                               .context = small,
                               .ended = CAN(ENDED) ? small_ended : NULL,
                               .traverse = payload ? small_traverse : NULL,
                               .clear = payload ? small_clear : NULL };

    small->heap = subject->create(&config);
    small->type =
        small->heap != NULL ? subject->type_add(small->heap, &kind) : NULL;
    for (int i = 0; i < SMALL_OBJECTS && small->type != NULL; i++)
        if (!subject->push(small->heap, NULL))
            return false;
    return small->type != NULL;
}

void small_run(const struct small_plan *plan, struct small_result *result)
{
    static struct small small;

    stress_apply();
    memset(&small, 0, sizeof(small));
    small.plan = plan;
    small.result = result;
    small.batch = small_first;
    if (!small_open(&small)) {
        snprintf(result->complaint, sizeof(result->complaint),
                 "create(), type_add() or push() found no memory");
        return;
    }
    small_play_all(&small);
    if (!small_is_wrong(&small))
        subject->destroy(small.heap);
}
