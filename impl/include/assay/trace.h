/* trace.h - who holds how much: allocations traced to the frames that made
 * them, as CPython's tracemalloc does it (Modules/_tracemalloc.c and
 * Lib/tracemalloc.py of 3.11).
 *
 * Words
 *   frame      a place in the traced program: file, function, line
 *   traceback  the frames of one moment, the most recent first
 *   trace      a block that is alive: domain, bytes, traceback
 *   snapshot   all traces of one moment; never changes
 *   statistic  traces with one key, summed up
 *
 * Threads: a tracer as the domains that it hooks; the raw domain may be used
 *          by all threads meanwhile. A snapshot is read by any thread.
 * Errors:  NULL or a negative errno; nothing has changed then, and what
 *          `ret_` arguments point to is as it was.
 * Owner:   snapshots and statistics belong to the caller. Statistics borrow
 *          the names in them from their snapshots. None of them is in memory
 *          that is traced. */
#ifndef ASSAY_TRACE_H
#define ASSAY_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <assay/domains.h>

/* ---- the frames of the traced program ---- */

/* Lives as long as the program: tracers keep its address. */
struct trace_code {
    const char *file;
    const char *function;
};

/* One function that runs, in the chain of those that called it. */
struct trace_link {
    const struct trace_link *back; /* NULL: the outermost */
    const struct trace_code *code;
    unsigned line;
};

/* The innermost of this thread. */
extern _Thread_local const struct trace_link *trace_top;

static inline void trace_link_leave(const struct trace_link *link)
{
    trace_top = link->back;
}

/* At the start of a function: it is in the chain until it returns. Not to be
 * left by longjmp(). */
#define TRACE_FUNCTION()                                                     \
    static const struct trace_code trace_code_here = { __FILE__, __func__ }; \
    __attribute__((                                                          \
        cleanup(trace_link_leave))) struct trace_link trace_link_here = {    \
        trace_top, &trace_code_here, __LINE__                                \
    };                                                                       \
    trace_top = &trace_link_here

/* Where it is now; and the same around a call. */
#define TRACE_LINE()     ((void)(trace_link_here.line = __LINE__))
#define TRACE_HERE(call) (trace_link_here.line = __LINE__, (call))

/* A frame by its texts. `function` may be NULL: not known. */
struct trace_frame {
    const char *file;
    const char *function;
    unsigned line;
};

/* ---- tracing ---- */

enum { TRACE_FRAMES_MAX = UINT16_MAX };

enum trace_source {
    TRACE_FROM_LINKS,

    /* The C stack, by libunwind. The file is then the program or library, the
     * line the offset in it of the return address, as addr2line takes it. */
    TRACE_FROM_C_STACK,
};

struct tracer_config {
    unsigned frame_limit; /* of a traceback: 1 to TRACE_FRAMES_MAX */
    enum trace_source source;

    /* Where the innermost link is found. NULL: trace_top, of each thread. */
    const struct trace_link *const *top;
};

struct tracer;

struct tracer *tracer_create(void);

/* Stops it first. NULL is nothing. */
void tracer_destroy(struct tracer *tracer);

/* Hooks all three domains. Blocks that are there already stay untraced, and
 * may be freed. -EINVAL: the limit; -ENOTSUP: no libunwind; -EBUSY: it traces
 * other domains; 0 and no change when it traces these already. */
int tracer_start(struct tracer *tracer, struct memory_domains *domains,
                 const struct tracer_config *config);

/* Puts back the allocators that were there at the start, and forgets all
 * traces. Hooks put in meanwhile go, too (as PyTraceMalloc_Stop). */
void tracer_stop(struct tracer *tracer);

/* Around a fork() while other threads may use the raw domain, so that no trace
 * is half made in the child: the first before it, the second after it, on both
 * sides. In between the tracer is not to be used. */
void tracer_before_fork(struct tracer *tracer);
void tracer_after_fork(struct tracer *tracer);
bool tracer_is_tracing(const struct tracer *tracer);

/* Of the last start; 1 before. */
unsigned tracer_frame_limit(const struct tracer *tracer);

/* Bytes in traced blocks now, and the most since start, clear or reset. */
void tracer_traced_bytes(struct tracer *tracer, size_t *ret_now,
                         size_t *ret_peak);
void tracer_reset_peak(struct tracer *tracer);

/* Forgets all traces; their blocks are as if from before the start. */
void tracer_clear(struct tracer *tracer);

/* Bytes the tracer itself takes for traces and tracebacks. */
size_t tracer_own_bytes(struct tracer *tracer);

/* Blocks of a caller's own (PyTraceMalloc_Track): `domain` is any number; 0
 * are the three that are hooked. A block that is tracked already gets a new
 * trace. -ENOENT: not tracing. Untracking what is not there is no error. */
int tracer_track(struct tracer *tracer, unsigned domain, uintptr_t block,
                 size_t bytes);
int tracer_untrack(struct tracer *tracer, unsigned domain, uintptr_t block);

/* A block is used again that was in a free list: it is traced to the frames
 * of now. Nothing when it is not traced (_PyTraceMalloc_NewReference; CPython
 * calls it for each new object, and kinds here leave it to the caller). */
void tracer_new_reference(struct tracer *tracer, uintptr_t block);

struct trace_snapshot;

/* NULL with errno ENOENT when it does not trace, or ENOMEM. */
struct trace_snapshot *tracer_snapshot(struct tracer *tracer);

/* Copies at most `room` frames, the most recent first. How many the trace
 * has; 0: the block is not traced. `ret_bytes` may be NULL. */
size_t tracer_find(struct tracer *tracer, unsigned domain, uintptr_t block,
                   struct trace_frame *ret_frames, size_t room,
                   size_t *ret_bytes);

/* ---- snapshots ---- */

/* An empty one, to be filled by hand. */
struct trace_snapshot *trace_snapshot_create(unsigned frame_limit);
void trace_snapshot_destroy(struct trace_snapshot *snapshot);

/* Frames the most recent first, copied; `frames_in_all` is how many there
 * were before the limit. -EINVAL: no frame, more than TRACE_FRAMES_MAX, a
 * frame without a file, or fewer in all. -EOVERFLOW: all bytes together would
 * pass INT64_MAX. */
int trace_snapshot_add(struct trace_snapshot *snapshot, unsigned domain,
                       size_t bytes, const struct trace_frame *frames,
                       size_t count, size_t frames_in_all);

struct trace_seen {
    unsigned domain;
    size_t bytes;
    size_t frame_count;
    size_t frames_in_all;
    uint32_t traceback; /* two traces of equal tracebacks have the same */
};

unsigned trace_snapshot_frame_limit(const struct trace_snapshot *snapshot);
size_t trace_snapshot_count(const struct trace_snapshot *snapshot);

/* False: no such trace. */
bool trace_snapshot_trace(const struct trace_snapshot *snapshot, size_t index,
                          struct trace_seen *ret_trace);

/* A frame of a trace, 0 the most recent; borrowed texts. */
bool trace_snapshot_frame(const struct trace_snapshot *snapshot, size_t index,
                          size_t frame, struct trace_frame *ret_frame);

/* ---- statistics ---- */

enum trace_key {
    TRACE_BY_LINE,
    TRACE_BY_FILE,
    TRACE_BY_TRACEBACK,
};

struct trace_statistic {
    const struct trace_frame *frame; /* the most recent first */
    size_t frame_count;
    int64_t bytes;
    int64_t count;
    int64_t bytes_diff; /* 0 when nothing was compared */
    int64_t count_diff;
};

struct trace_statistics {
    struct trace_statistic *item; /* the largest first */
    size_t count;
    bool compared;
    struct trace_frame *frames; /* all of them */
};

/* Sorted by bytes, count and traceback. `cumulative`: every frame of a
 * traceback counts, not only the most recent. -EINVAL: cumulative by
 * traceback; -EOVERFLOW: a sum would pass INT64_MAX. */
int trace_statistics(const struct trace_snapshot *snapshot, enum trace_key key,
                     bool cumulative, struct trace_statistics *ret);

/* `newer` against `older`, sorted by the difference of bytes (its size, not
 * its sign), bytes, the difference of counts, count and traceback. Groups that
 * are gone have 0 bytes. */
int trace_compare(const struct trace_snapshot *newer,
                  const struct trace_snapshot *older, enum trace_key key,
                  bool cumulative, struct trace_statistics *ret);
void trace_statistics_end(struct trace_statistics *statistics);

/* One line, without an end: "a.py:5: size=5002 B (+5000 B), count=2 (+1),
 * average=2501 B". Always ended by 0; returns as snprintf(). */
int trace_statistic_text(const struct trace_statistic *statistic, bool compared,
                         char *text, size_t text_bytes);

/* A traceback as of an error, the oldest first unless asked otherwise, with
 * lines of source where the file can be read. `limit`: at most so many of the
 * most recent; below 0 all but so many of them (as Traceback.format); 0: all
 * of them. */
void trace_frames_print(const struct trace_frame *frame, size_t count,
                        long limit, bool most_recent_first, FILE *file);

/* ---- filters ---- */

#define TRACE_ANY (-1L)

/* The patterns are of the shell: * ? [a-z] [!a-z], for the whole name. The
 * case matters, and a name in .pyc is one in .py. */
struct trace_filter {
    bool inclusive;
    const char *pattern; /* NULL: the domain alone decides */
    long line;           /* TRACE_ANY, or this one */
    bool all_frames;     /* or only the most recent */
    long domain;         /* TRACE_ANY, or this one */
};

enum { TRACE_PATTERN_MAX = 4096 };

/* A new snapshot of those that any inclusive filter takes (or there is none),
 * and no exclusive one refuses. -EINVAL: a filter of nothing, or a pattern
 * with a `[` that nothing ends (which CPython takes for itself);
 * -ENAMETOOLONG: a pattern of TRACE_PATTERN_MAX bytes or more. */
int trace_snapshot_filter(const struct trace_snapshot *snapshot,
                          const struct trace_filter *filters, size_t count,
                          struct trace_snapshot **ret);

/* ---- files ---- */

/* Text, described in impl/trace/README.md; the same on all machines. Saving
 * replaces a file at once or not at all. -EBADMSG: it is none, was cut short
 * or altered; -EOVERFLOW as trace_snapshot_add(); otherwise as the system
 * says. */
int trace_snapshot_save(const struct trace_snapshot *snapshot,
                        const char *path);
int trace_snapshot_load(const char *path, struct trace_snapshot **ret);
int trace_snapshot_write(const struct trace_snapshot *snapshot, FILE *file);
int trace_snapshot_read(FILE *file, struct trace_snapshot **ret);

#endif
