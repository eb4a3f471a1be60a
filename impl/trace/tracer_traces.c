/* tracer_traces.c - traces that come and go, and the bytes in them. */
#include "tracer.h"

static void tracer_count(struct tracer *tracer, size_t more, size_t less)
{
    tracer->bytes_now += more - less;
    if (tracer->bytes_peak < tracer->bytes_now)
        tracer->bytes_peak = tracer->bytes_now;
}

bool tracer_add(struct tracer *tracer, unsigned domain, uintptr_t block,
                size_t bytes)
{
    uint32_t traceback = tracer_traceback(tracer);
    if (traceback == TRACE_NONE)
        return false;
    struct trace_entry entry = { block, bytes, traceback + 1, domain };
    struct trace_entry *old = trace_table_find(&tracer->table, domain, block);
    if (old) {
        tracer_count(tracer, bytes, old->bytes);
        *old = entry;
        return true;
    }
    if (!trace_table_reserve(&tracer->table))
        return false;
    trace_table_put(&tracer->table, entry);
    tracer_count(tracer, bytes, 0);
    return true;
}

bool tracer_remove(struct tracer *tracer, unsigned domain, uintptr_t block,
                   struct tracer_removed *ret_removed)
{
    struct trace_entry *entry = trace_table_find(&tracer->table, domain, block);
    if (!entry)
        return false;
    *ret_removed = (struct tracer_removed){ *entry, tracer->clears };
    tracer_count(tracer, 0, entry->bytes);
    trace_table_remove(&tracer->table, entry);
    return true;
}

void tracer_put_back(struct tracer *tracer,
                     const struct tracer_removed *removed)
{
    if (removed->clears != tracer->clears)
        return;
    trace_table_put(&tracer->table, removed->entry);
    tracer_count(tracer, removed->entry.bytes, 0);
}
