/* snapshot.c - a snapshot is filled, and asked. */
#include "snapshot.h"

#include <errno.h>
#include <string.h>

struct trace_snapshot *trace_snapshot_create(unsigned frame_limit)
{
    struct trace_snapshot *snapshot =
        memory_system.calloc(NULL, 1, sizeof *snapshot);
    if (snapshot)
        snapshot->frame_limit = frame_limit;
    return snapshot;
}

void trace_snapshot_destroy(struct trace_snapshot *snapshot)
{
    if (!snapshot)
        return;
    for (size_t i = 0; i < snapshot->name_count; i++)
        memory_system.free(NULL, snapshot->name[i]);
    for (size_t i = 0; i < snapshot->traceback_count; i++)
        memory_system.free(NULL, snapshot->traceback[i].frame);
    memory_system.free(NULL, snapshot->name);
    memory_system.free(NULL, snapshot->traceback);
    memory_system.free(NULL, snapshot->trace);
    trace_index_end(&snapshot->names);
    trace_index_end(&snapshot->tracebacks);
    memory_system.free(NULL, snapshot);
}

/* ---- names ---- */

struct name_sought {
    const struct trace_snapshot *among;
    const char *text;
};

static bool name_is(const void *context, uint32_t item)
{
    const struct name_sought *sought = context;
    return strcmp(sought->among->name[item], sought->text) == 0;
}

static char *name_copy(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = memory_system.malloc(NULL, bytes);
    return copy ? memcpy(copy, text, bytes) : NULL;
}

static int name_add(struct trace_snapshot *snapshot, const char *text,
                    uint32_t hash)
{
    size_t number = snapshot->name_count;
    char **name = trace_array_grow(snapshot->name, number, &snapshot->name_room,
                                   sizeof name[0]);
    if (!name)
        return -ENOMEM;
    snapshot->name = name;
    name[number] = name_copy(text);
    if (!name[number])
        return -ENOMEM;
    if (!trace_index_add(&snapshot->names, hash, (uint32_t)number)) {
        memory_system.free(NULL, name[number]);
        return -ENOMEM;
    }
    snapshot->name_count++;
    return 0;
}

int snapshot_name(struct trace_snapshot *snapshot, const char *text,
                  uint32_t *ret_name)
{
    struct name_sought sought = { snapshot, text };
    uint32_t hash = trace_hash_text(2166136261u, text);
    uint32_t found = trace_index_find(&snapshot->names, hash, name_is, &sought);
    if (found == TRACE_NONE) {
        found = (uint32_t)snapshot->name_count;
        int error = name_add(snapshot, text, hash);
        if (error)
            return error;
    }
    *ret_name = found;
    return 0;
}

int snapshot_frame(struct trace_snapshot *snapshot,
                   const struct trace_frame *frame, struct snapshot_frame *ret)
{
    struct snapshot_frame made = { .function = TRACE_NONE,
                                   .line = frame->line };
    int error = snapshot_name(snapshot, frame->file, &made.file);
    if (!error && frame->function)
        error = snapshot_name(snapshot, frame->function, &made.function);
    if (!error)
        *ret = made;
    return error;
}

/* ---- tracebacks ---- */

struct frames_sought {
    const struct trace_snapshot *among;
    const struct snapshot_frame *frame;
    uint32_t count;
    uint32_t in_all;
};

static bool frames_are(const void *context, uint32_t item)
{
    const struct frames_sought *sought = context;
    const struct snapshot_traceback *one = &sought->among->traceback[item];
    return one->frame_count == sought->count &&
           one->frames_in_all == sought->in_all &&
           memcmp(one->frame, sought->frame,
                  sought->count * sizeof one->frame[0]) == 0;
}

static uint32_t frames_hash(const struct frames_sought *sought)
{
    uint32_t hash = trace_hash(sought->count, sought->in_all);
    for (uint32_t i = 0; i < sought->count; i++) {
        const struct snapshot_frame *frame = &sought->frame[i];
        hash = trace_hash(hash, frame->file | (uint64_t)frame->line << 32);
        hash = trace_hash(hash, frame->function);
    }
    return hash;
}

static int frames_add(struct trace_snapshot *snapshot,
                      const struct frames_sought *sought, uint32_t hash)
{
    size_t number = snapshot->traceback_count;
    struct snapshot_traceback *traceback =
        trace_array_grow(snapshot->traceback, number, &snapshot->traceback_room,
                         sizeof traceback[0]);
    if (!traceback)
        return -ENOMEM;
    snapshot->traceback = traceback;
    size_t bytes = sought->count * sizeof sought->frame[0];
    struct snapshot_frame *frame = memory_system.malloc(NULL, bytes);
    if (!frame)
        return -ENOMEM;
    if (!trace_index_add(&snapshot->tracebacks, hash, (uint32_t)number)) {
        memory_system.free(NULL, frame);
        return -ENOMEM;
    }
    memcpy(frame, sought->frame, bytes);
    traceback[number] =
        (struct snapshot_traceback){ sought->count, sought->in_all, frame };
    snapshot->traceback_count++;
    return 0;
}

int snapshot_traceback(struct trace_snapshot *snapshot,
                       const struct snapshot_frame *frames, uint32_t count,
                       uint32_t frames_in_all, uint32_t *ret_traceback)
{
    struct frames_sought sought = { snapshot, frames, count, frames_in_all };
    uint32_t hash = frames_hash(&sought);
    uint32_t found =
        trace_index_find(&snapshot->tracebacks, hash, frames_are, &sought);
    if (found == TRACE_NONE) {
        found = (uint32_t)snapshot->traceback_count;
        int error = frames_add(snapshot, &sought, hash);
        if (error)
            return error;
    }
    *ret_traceback = found;
    return 0;
}

/* ---- traces ---- */

int snapshot_trace(struct trace_snapshot *snapshot, struct snapshot_trace trace)
{
    if (trace.bytes > (uint64_t)INT64_MAX - snapshot->bytes)
        return -EOVERFLOW;
    struct snapshot_trace *traces =
        trace_array_grow(snapshot->trace, snapshot->trace_count,
                         &snapshot->trace_room, sizeof traces[0]);
    if (!traces)
        return -ENOMEM;
    snapshot->trace = traces;
    traces[snapshot->trace_count++] = trace;
    snapshot->bytes += trace.bytes;
    return 0;
}

static bool frames_have_files(const struct trace_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!frames[i].file)
            return false;
    return true;
}

static int add_frames(struct trace_snapshot *snapshot,
                      const struct trace_frame *frames, size_t count,
                      size_t frames_in_all, uint32_t *ret_traceback)
{
    struct snapshot_frame *numbered =
        memory_system.malloc(NULL, count * sizeof numbered[0]);
    int error = numbered ? 0 : -ENOMEM;
    for (size_t i = 0; i < count && !error; i++)
        error = snapshot_frame(snapshot, &frames[i], &numbered[i]);
    if (!error)
        error = snapshot_traceback(snapshot, numbered, (uint32_t)count,
                                   (uint32_t)frames_in_all, ret_traceback);
    memory_system.free(NULL, numbered);
    return error;
}

/* Names and tracebacks that no trace has come to need are no harm. */
int trace_snapshot_add(struct trace_snapshot *snapshot, unsigned domain,
                       size_t bytes, const struct trace_frame *frames,
                       size_t count, size_t frames_in_all)
{
    uint32_t traceback = 0;
    if (count < 1 || count > TRACE_FRAMES_MAX || frames_in_all < count ||
        frames_in_all > UINT32_MAX || !frames_have_files(frames, count))
        return -EINVAL;
    if (bytes > (uint64_t)INT64_MAX - snapshot->bytes)
        return -EOVERFLOW;
    int error = add_frames(snapshot, frames, count, frames_in_all, &traceback);
    if (error)
        return error;
    return snapshot_trace(snapshot,
                          (struct snapshot_trace){ bytes, domain, traceback });
}

unsigned trace_snapshot_frame_limit(const struct trace_snapshot *snapshot)
{
    return snapshot->frame_limit;
}

size_t trace_snapshot_count(const struct trace_snapshot *snapshot)
{
    return snapshot->trace_count;
}

bool trace_snapshot_trace(const struct trace_snapshot *snapshot, size_t index,
                          struct trace_seen *ret_trace)
{
    if (index >= snapshot->trace_count)
        return false;
    const struct snapshot_trace *trace = &snapshot->trace[index];
    const struct snapshot_traceback *traceback =
        &snapshot->traceback[trace->traceback];
    *ret_trace =
        (struct trace_seen){ trace->domain, trace->bytes,
                             traceback->frame_count, traceback->frames_in_all,
                             trace->traceback };
    return true;
}

bool trace_snapshot_frame(const struct trace_snapshot *snapshot, size_t index,
                          size_t frame, struct trace_frame *ret_frame)
{
    if (index >= snapshot->trace_count)
        return false;
    const struct snapshot_traceback *traceback =
        &snapshot->traceback[snapshot->trace[index].traceback];
    if (frame >= traceback->frame_count)
        return false;
    *ret_frame = snapshot_frame_read(snapshot, traceback->frame[frame]);
    return true;
}
