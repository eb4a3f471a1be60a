/* tracer_frames.c - the frames of whoever is asking.
 *
 * Source: traceback_get_frames() of CPython's Modules/_tracemalloc.c: the
 * most recent frames up to the limit, and how many there are in all. */
#include "tracer.h"

const struct trace_code trace_unknown_code = { "<unknown>", NULL };

static size_t tracer_walk_links(const struct trace_link *link,
                                struct traceback_frame *frames, size_t limit,
                                size_t *ret_in_all)
{
    size_t count = 0, in_all = 0;
    for (; link && in_all < TRACE_FRAMES_MAX; link = link->back) {
        if (count < limit)
            frames[count++] =
                (struct traceback_frame){ link->code, link->line };
        in_all++;
    }
    *ret_in_all = in_all;
    return count;
}

static size_t tracer_walk(struct tracer *tracer, size_t *ret_in_all)
{
    const struct tracer_config *config = &tracer->config;
    if (config->source == TRACE_FROM_C_STACK)
        return trace_unwind(tracer->frames, config->frame_limit, ret_in_all);
    return tracer_walk_links(config->top ? *config->top : trace_top,
                             tracer->frames, config->frame_limit, ret_in_all);
}

uint32_t tracer_traceback(struct tracer *tracer)
{
    size_t in_all = 0, count = tracer_walk(tracer, &in_all);
    if (count == 0)
        return TRACEBACK_UNKNOWN;
    return tracebacks_intern(&tracer->tracebacks, tracer->frames,
                             (uint16_t)count, (uint16_t)in_all);
}
