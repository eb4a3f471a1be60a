/* oracle_collector_shrink.c - drops operations while a difference stays.
 *
 * Delta debugging (Zeller and Hildebrandt, 2002), complements only: pieces of
 * half the trace are left out, then smaller ones, down to one operation. Any
 * difference will do, so the one that is found may be another one. */
#include "oracle_collector.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS_MAX = 3000, SHRINK_S = 30, RUN_S = 5 };

struct shrink {
    struct plan plan; /* its trace is a candidate */
    struct trace *best;
    struct outcome *outcome;
    uint32_t runs;
    time_t until;
};

static bool shrink_spent(const struct shrink *shrink)
{
    return shrink->runs >= RUNS_MAX || time(NULL) >= shrink->until;
}

/* What follows the operation that differed is of no use. */
static void shrink_keep(struct shrink *shrink)
{
    struct trace *best = shrink->best;
    uint32_t count = (uint32_t)shrink->outcome->operations;

    memcpy(best->operation, shrink->plan.trace.operation,
           shrink->plan.trace.count * sizeof *best->operation);
    best->count = count > 0 ? count : shrink->plan.trace.count;
}

/* True if it still differs without `length` operations from `start`. */
static bool shrink_without(struct shrink *shrink, uint32_t start,
                           uint32_t length)
{
    struct operation *candidate = shrink->plan.trace.operation;
    const struct trace *best = shrink->best;
    uint32_t after = best->count - start - length;

    memcpy(candidate, best->operation, start * sizeof *candidate);
    memcpy(candidate + start, best->operation + start + length,
           after * sizeof *candidate);
    shrink->plan.trace.count = start + after;
    shrink->runs++;
    run_wait(&shrink->plan, shrink->outcome);
    if (shrink->outcome->difference[0] == '\0')
        return false;
    shrink_keep(shrink);
    return true;
}

/* From the end, where operations depend on fewer others. True if any went. */
static bool shrink_by(struct shrink *shrink, uint32_t length)
{
    bool any = false;

    for (uint32_t end = shrink->best->count;
         end > 0 && !shrink_spent(shrink);) {
        uint32_t start = end > length ? end - length : 0;

        if (end <= shrink->best->count &&
            shrink_without(shrink, start, end - start))
            any = true;
        end = start;
    }
    return any;
}

uint32_t trace_shrink(struct plan *plan, struct outcome *outcome)
{
    struct shrink shrink = { .plan = *plan,
                             .best = &plan->trace,
                             .outcome = outcome,
                             .until = time(NULL) + SHRINK_S };
    uint32_t length = plan->trace.count / 2;

    shrink.plan.limit_s = RUN_S;
    shrink.plan.trace.operation =
        calloc(plan->trace.count + 1, sizeof *plan->trace.operation);
    if (shrink.plan.trace.operation == NULL)
        oracle_give_up("no memory for shrinking");
    if (outcome->operations > 0 && outcome->operations < plan->trace.count)
        plan->trace.count = (uint32_t)outcome->operations;
    while (length > 0 && !shrink_spent(&shrink))
        if (!shrink_by(&shrink, length) || length > 1)
            length /= 2;
    free(shrink.plan.trace.operation);
    run_wait(plan, outcome);
    return shrink.runs;
}
