/* snapshot.h - the inside of a snapshot: names, tracebacks and traces by
 * number, each name and each traceback once.
 *
 * Threads, Errors, Owner: as trace.h. */
#ifndef ASSAY_TRACE_SNAPSHOT_H
#define ASSAY_TRACE_SNAPSHOT_H

#include "assay/trace.h"
#include "trace_index.h"

struct snapshot_frame {
    uint32_t file;     /* a number of a name */
    uint32_t function; /* likewise, or TRACE_NONE */
    uint32_t line;
};

struct snapshot_traceback {
    uint32_t frame_count;
    uint32_t frames_in_all;
    struct snapshot_frame *frame; /* the most recent first */
};

struct snapshot_trace {
    uint64_t bytes;
    uint32_t domain;
    uint32_t traceback;
};

struct trace_snapshot {
    unsigned frame_limit;
    char **name;
    size_t name_count;
    size_t name_room;
    struct trace_index names;
    struct snapshot_traceback *traceback;
    size_t traceback_count;
    size_t traceback_room;
    struct trace_index tracebacks;
    struct snapshot_trace *trace;
    size_t trace_count;
    size_t trace_room;
    uint64_t bytes; /* of all traces, at most INT64_MAX */
};

/* Numbers, of what is there already or is added. -ENOMEM. */
int snapshot_name(struct trace_snapshot *snapshot, const char *text,
                  uint32_t *ret_name);
int snapshot_traceback(struct trace_snapshot *snapshot,
                       const struct snapshot_frame *frames, uint32_t count,
                       uint32_t frames_in_all, uint32_t *ret_traceback);
int snapshot_trace(struct trace_snapshot *snapshot,
                   struct snapshot_trace trace);

/* Copies the texts' numbers of a frame. */
int snapshot_frame(struct trace_snapshot *snapshot,
                   const struct trace_frame *frame, struct snapshot_frame *ret);

static inline struct trace_frame snapshot_frame_read(
    const struct trace_snapshot *snapshot, struct snapshot_frame frame)
{
    return (struct trace_frame){
        snapshot->name[frame.file],
        frame.function == TRACE_NONE ? NULL : snapshot->name[frame.function],
        frame.line,
    };
}

#endif
