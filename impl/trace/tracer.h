/* tracer.h - the inside of a tracer.
 *
 * Invariants, while it traces and the lock is free:
 *   bytes_now is the sum of the bytes of all entries, and at most bytes_peak;
 *   an entry's traceback is a number of the set, and number 0 is the one that
 *   nothing is known of;
 *   no block is in the table that is free below.
 *
 * Threads, Errors, Owner: as trace.h. */
#ifndef ASSAY_TRACE_TRACER_H
#define ASSAY_TRACE_TRACER_H

#include "lock.h"
#include "trace_table.h"
#include "tracebacks.h"

#define TRACEBACK_UNKNOWN 0

/* The context of a hook. */
struct tracer_hook {
    struct tracer *tracer;
    struct memory_allocator below;
};

struct tracer {
    struct lock lock;
    struct memory_domains *domains; /* NULL: not tracing */
    struct tracer_hook hook[MEMORY_DOMAINS];
    struct tracer_config config;
    struct traceback_frame *frames; /* frame_limit of them, to gather in */
    struct tracebacks tracebacks;
    struct trace_table table;
    size_t bytes_now;
    size_t bytes_peak;
    unsigned clears; /* how often all traces were forgotten */
};

/* A trace that was taken out, and may be put back: unless all traces were
 * forgotten meanwhile, and the numbers of tracebacks with them. */
struct tracer_removed {
    struct trace_entry entry;
    unsigned clears;
};

extern const struct trace_code trace_unknown_code;

/* A request that this thread is in, in the stack frame of the function that
 * it came in by: what lies deeper in the stack is the tracer's own. */
struct tracer_request {
    const struct tracer *tracer;
    const struct tracer_request *outer;
};

extern _Thread_local const struct tracer_request *tracer_requests;

static inline void tracer_enter(struct tracer_request *request,
                                const struct tracer *tracer)
{
    *request = (struct tracer_request){ tracer, tracer_requests };
    tracer_requests = request;
}

static inline void tracer_leave(const struct tracer_request *request)
{
    tracer_requests = request->outer;
}

/* tracer_frames.c: gathers the frames of the caller and interns them.
 * TRACE_NONE for want of memory. */
uint32_t tracer_traceback(struct tracer *tracer);

/* trace_unwind.c: at most `limit` frames of the C stack, from whoever made
 * the request that this thread is in; how many in all. */
bool trace_can_unwind(void);
size_t trace_unwind(struct traceback_frame *frames, size_t limit,
                    size_t *ret_in_all);

/* What a kept frame stands for; texts as long as the program.
 */
struct trace_frame trace_frame_read(struct traceback_frame frame);

/* tracer_hooks.c: a hook for a domain. */
struct memory_allocator tracer_hook_allocator(struct tracer_hook *hook);

/* tracer_traces.c. With the lock held. */
bool tracer_add(struct tracer *tracer, unsigned domain, uintptr_t block,
                size_t bytes);
bool tracer_remove(struct tracer *tracer, unsigned domain, uintptr_t block,
                   struct tracer_removed *ret_removed);
void tracer_put_back(struct tracer *tracer,
                     const struct tracer_removed *removed);

#endif
