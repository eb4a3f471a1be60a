/* filter.c - the traces of a snapshot that filters leave.
 *
 * Source: Filter, DomainFilter and Snapshot.filter_traces() of CPython's
 * Lib/tracemalloc.py. */
#include "pattern.h"
#include "snapshot.h"

#include <errno.h>

static int filter_check(const struct trace_filter *filter)
{
    if (!filter->pattern)
        return filter->domain == TRACE_ANY ? -EINVAL : 0;
    return pattern_check(filter->pattern, TRACE_PATTERN_MAX);
}

/* ---- one trace ---- */

static bool frame_matches(const struct trace_snapshot *snapshot,
                          const struct trace_filter *filter,
                          const struct snapshot_frame *frame)
{
    return (filter->line == TRACE_ANY || filter->line == (long)frame->line) &&
           pattern_matches_file(filter->pattern, snapshot->name[frame->file]);
}

static bool traceback_matches(const struct trace_snapshot *snapshot,
                              const struct trace_filter *filter,
                              const struct snapshot_traceback *traceback)
{
    size_t count = filter->all_frames ? traceback->frame_count : 1;
    for (size_t i = 0; i < count; i++)
        if (frame_matches(snapshot, filter, &traceback->frame[i]))
            return true;
    return false;
}

/* An inclusive filter with a domain wants both; an exclusive one refuses what
 * is both. */
static bool filter_takes(const struct trace_snapshot *snapshot,
                         const struct trace_filter *filter,
                         const struct snapshot_trace *trace)
{
    bool domain =
        filter->domain == TRACE_ANY || filter->domain == (long)trace->domain;
    bool both =
        domain && (!filter->pattern ||
                   traceback_matches(snapshot, filter,
                                     &snapshot->traceback[trace->traceback]));
    return both == filter->inclusive;
}

static bool filters_take(const struct trace_snapshot *snapshot,
                         const struct trace_filter *filters, size_t count,
                         const struct snapshot_trace *trace)
{
    bool any_inclusive = false, included = false;
    for (size_t i = 0; i < count; i++) {
        bool takes = filter_takes(snapshot, &filters[i], trace);
        if (!filters[i].inclusive && !takes)
            return false;
        any_inclusive = any_inclusive || filters[i].inclusive;
        included = included || (filters[i].inclusive && takes);
    }
    return included || !any_inclusive;
}

/* ---- a new snapshot ---- */

static int copy_trace(struct trace_snapshot *made,
                      const struct trace_snapshot *snapshot, size_t index)
{
    const struct snapshot_trace *trace = &snapshot->trace[index];
    const struct snapshot_traceback *traceback =
        &snapshot->traceback[trace->traceback];
    struct snapshot_trace copy = *trace;
    int error =
        snapshot_traceback(made, traceback->frame, traceback->frame_count,
                           traceback->frames_in_all, &copy.traceback);
    return error ? error : snapshot_trace(made, copy);
}

/* In their order, so that their numbers stay. */
static int copy_names(struct trace_snapshot *made,
                      const struct trace_snapshot *snapshot)
{
    uint32_t number = 0;
    int error = 0;
    for (size_t i = 0; i < snapshot->name_count && !error; i++)
        error = snapshot_name(made, snapshot->name[i], &number);
    return error;
}

static int copy_taken(struct trace_snapshot *made,
                      const struct trace_snapshot *snapshot,
                      const struct trace_filter *filters, size_t count)
{
    int error = copy_names(made, snapshot);
    for (size_t i = 0; i < snapshot->trace_count && !error; i++)
        if (filters_take(snapshot, filters, count, &snapshot->trace[i]))
            error = copy_trace(made, snapshot, i);
    return error;
}

int trace_snapshot_filter(const struct trace_snapshot *snapshot,
                          const struct trace_filter *filters, size_t count,
                          struct trace_snapshot **ret)
{
    int error = 0;
    for (size_t i = 0; i < count && !error; i++)
        error = filter_check(&filters[i]);
    if (error)
        return error;
    struct trace_snapshot *made = trace_snapshot_create(snapshot->frame_limit);
    error = made ? copy_taken(made, snapshot, filters, count) : -ENOMEM;
    if (error) {
        trace_snapshot_destroy(made);
        return error;
    }
    *ret = made;
    return 0;
}
