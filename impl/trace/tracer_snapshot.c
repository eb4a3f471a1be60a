/* tracer_snapshot.c - all traces of a moment, copied. */
#include "snapshot.h"
#include "tracer.h"

#include <errno.h>
#include <string.h>

/* The kept frames become texts, and the texts numbers. */
static int copy_traceback(struct trace_snapshot *snapshot,
                          const struct traceback *traceback,
                          struct snapshot_frame *room, uint32_t *ret_number)
{
    for (unsigned i = 0; i < traceback->frame_count; i++) {
        struct trace_frame frame = trace_frame_read(traceback->frame[i]);
        int error = snapshot_frame(snapshot, &frame, &room[i]);
        if (error)
            return error;
    }
    return snapshot_traceback(snapshot, room, traceback->frame_count,
                              traceback->frames_in_all, ret_number);
}

/* By the tracer's numbers, which need not be the snapshot's: two frames may
 * have the same texts. */
static int copy_tracebacks(struct trace_snapshot *snapshot,
                           const struct tracer *tracer, uint32_t *number,
                           struct snapshot_frame *room)
{
    int error = 0;
    for (size_t i = 0; i < tracer->tracebacks.count && !error; i++)
        error = copy_traceback(snapshot, tracer->tracebacks.item[i], room,
                               &number[i]);
    return error;
}

static int copy_traces(struct trace_snapshot *snapshot,
                       const struct tracer *tracer, const uint32_t *number)
{
    int error = 0;
    size_t room = trace_table_room(&tracer->table);
    for (size_t i = 0; i < room && !error; i++) {
        const struct trace_entry *entry = &tracer->table.entry[i];
        if (entry->traceback)
            error =
                snapshot_trace(snapshot, (struct snapshot_trace){
                                             entry->bytes, entry->domain,
                                             number[entry->traceback - 1] });
    }
    return error;
}

static int copy_all(struct trace_snapshot *snapshot,
                    const struct tracer *tracer)
{
    uint32_t *number =
        memory_system.calloc(NULL, tracer->tracebacks.count, sizeof number[0]);
    struct snapshot_frame *room =
        memory_system.calloc(NULL, tracer->config.frame_limit, sizeof room[0]);
    int error = number && room ? 0 : -ENOMEM;
    if (!error)
        error = copy_tracebacks(snapshot, tracer, number, room);
    if (!error)
        error = copy_traces(snapshot, tracer, number);
    memory_system.free(NULL, number);
    memory_system.free(NULL, room);
    return error;
}

struct trace_snapshot *tracer_snapshot(struct tracer *tracer)
{
    int error = tracer->domains ? 0 : -ENOENT;
    struct trace_snapshot *snapshot =
        error ? NULL : trace_snapshot_create(tracer->config.frame_limit);
    if (!error && !snapshot)
        error = -ENOMEM;
    if (!error) {
        lock_take(&tracer->lock);
        error = copy_all(snapshot, tracer);
        lock_give(&tracer->lock);
    }
    if (!error)
        return snapshot;
    trace_snapshot_destroy(snapshot);
    errno = -error;
    return NULL;
}
