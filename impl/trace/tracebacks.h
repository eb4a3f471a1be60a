/* tracebacks.h - each traceback once, however many blocks have it.
 *
 * A frame is kept as two words: the address of what describes it, and the
 * line. Texts are read only when somebody asks.
 *
 * Threads: one at a time.
 * Errors:  TRACE_NONE for want of memory.
 * Owner:   tracebacks_end(). All zero is an empty set. */
#ifndef ASSAY_TRACE_TRACEBACKS_H
#define ASSAY_TRACE_TRACEBACKS_H

#include "assay/trace.h"
#include "trace_index.h"

/* `code` is a struct trace_code; with line TRACE_ADDRESS an address of code in
 * the C stack. */
struct traceback_frame {
    const void *code;
    uint32_t line;
};

#define TRACE_ADDRESS UINT32_MAX

struct traceback {
    uint32_t hash;
    uint16_t frame_count;   /* 1 or more */
    uint16_t frames_in_all; /* no higher is counted */
    struct traceback_frame frame[];
};

struct tracebacks {
    struct traceback **item;
    size_t count;
    size_t room;
    size_t bytes; /* of the tracebacks themselves */
    struct trace_index index;
    uint32_t last; /* the one asked for last; of no meaning while count is 0 */
};

/* The number of this traceback, which is copied if it is new. */
uint32_t tracebacks_intern(struct tracebacks *tracebacks,
                           const struct traceback_frame *frames,
                           uint16_t frame_count, uint16_t frames_in_all);
void tracebacks_end(struct tracebacks *tracebacks);
size_t tracebacks_bytes(const struct tracebacks *tracebacks);

#endif
