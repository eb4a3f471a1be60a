/* tracer.c - a tracer is started, asked, and stopped. */
#include "tracer.h"

#include <errno.h>

struct tracer *tracer_create(void)
{
    struct tracer *tracer = memory_system.calloc(NULL, 1, sizeof *tracer);
    if (tracer)
        tracer->config.frame_limit = 1;
    return tracer;
}

void tracer_destroy(struct tracer *tracer)
{
    if (!tracer)
        return;
    tracer_stop(tracer);
    memory_system.free(NULL, tracer);
}

/* ---- start and stop ---- */

static int tracer_refuse(const struct tracer *tracer,
                         const struct memory_domains *domains,
                         const struct tracer_config *config)
{
    if (config->frame_limit < 1 || config->frame_limit > TRACE_FRAMES_MAX)
        return -EINVAL;
    if (config->source == TRACE_FROM_C_STACK && !trace_can_unwind())
        return -ENOTSUP;
    if (tracer->domains && tracer->domains != domains)
        return -EBUSY;
    return 0;
}

/* Number 0 is there from the start, so that there is one to fall back on. */
static bool tracer_intern_unknown(struct tracebacks *tracebacks)
{
    const struct traceback_frame unknown = { &trace_unknown_code, 0 };
    return tracebacks_intern(tracebacks, &unknown, 1, 1) == TRACEBACK_UNKNOWN;
}

static void tracer_hook_domains(struct tracer *tracer)
{
    for (unsigned i = 0; i < MEMORY_DOMAINS; i++) {
        struct tracer_hook *hook = &tracer->hook[i];
        hook->tracer = tracer;
        hook->below = memory_domains_get_allocator(tracer->domains, i);
        struct memory_allocator layer = tracer_hook_allocator(hook);
        memory_domains_set_allocator(tracer->domains, i, &layer);
    }
}

int tracer_start(struct tracer *tracer, struct memory_domains *domains,
                 const struct tracer_config *config)
{
    int refused = tracer_refuse(tracer, domains, config);
    if (refused || tracer->domains)
        return refused;
    struct traceback_frame *frames =
        memory_system.calloc(NULL, config->frame_limit, sizeof *frames);
    if (!frames || !tracer_intern_unknown(&tracer->tracebacks)) {
        memory_system.free(NULL, frames);
        tracebacks_end(&tracer->tracebacks);
        return -ENOMEM;
    }
    tracer->frames = frames;
    tracer->config = *config;
    tracer->domains = domains;
    tracer_hook_domains(tracer);
    return 0;
}

/* With the lock held. */
static void tracer_forget(struct tracer *tracer)
{
    trace_table_end(&tracer->table);
    tracer->bytes_now = 0;
    tracer->bytes_peak = 0;
    tracer->clears++;
}

void tracer_stop(struct tracer *tracer)
{
    if (!tracer->domains)
        return;
    for (unsigned i = 0; i < MEMORY_DOMAINS; i++)
        memory_domains_set_allocator(tracer->domains, i,
                                     &tracer->hook[i].below);
    tracer->domains = NULL;
    tracer_forget(tracer);
    tracebacks_end(&tracer->tracebacks);
    memory_system.free(NULL, tracer->frames);
    tracer->frames = NULL;
}

void tracer_before_fork(struct tracer *tracer)
{
    lock_take(&tracer->lock);
}

/* In the child nobody waits for it. */
void tracer_after_fork(struct tracer *tracer)
{
    lock_give(&tracer->lock);
}

bool tracer_is_tracing(const struct tracer *tracer)
{
    return tracer->domains != NULL;
}

unsigned tracer_frame_limit(const struct tracer *tracer)
{
    return tracer->config.frame_limit;
}

/* ---- asking ---- */

void tracer_traced_bytes(struct tracer *tracer, size_t *ret_now,
                         size_t *ret_peak)
{
    lock_take(&tracer->lock);
    *ret_now = tracer->bytes_now;
    *ret_peak = tracer->bytes_peak;
    lock_give(&tracer->lock);
}

void tracer_reset_peak(struct tracer *tracer)
{
    lock_take(&tracer->lock);
    tracer->bytes_peak = tracer->bytes_now;
    lock_give(&tracer->lock);
}

/* Tracebacks of blocks that are gone are not kept either, if there is memory
 * for the one that all need. */
void tracer_clear(struct tracer *tracer)
{
    struct tracebacks fresh = { 0 };
    lock_take(&tracer->lock);
    tracer_forget(tracer);
    if (tracer->domains && tracer_intern_unknown(&fresh)) {
        tracebacks_end(&tracer->tracebacks);
        tracer->tracebacks = fresh;
    } else {
        tracebacks_end(&fresh);
    }
    lock_give(&tracer->lock);
}

size_t tracer_own_bytes(struct tracer *tracer)
{
    size_t frames = tracer->frames ? tracer->config.frame_limit : 0;
    lock_take(&tracer->lock);
    size_t tables =
        trace_table_room(&tracer->table) * sizeof tracer->table.entry[0] +
        tracebacks_bytes(&tracer->tracebacks);
    lock_give(&tracer->lock);
    return sizeof *tracer + frames * sizeof tracer->frames[0] + tables;
}

int tracer_track(struct tracer *tracer, unsigned domain, uintptr_t block,
                 size_t bytes)
{
    struct tracer_request request;
    if (!tracer->domains)
        return -ENOENT;
    tracer_enter(&request, tracer);
    lock_take(&tracer->lock);
    bool overflows = bytes > (size_t)INT64_MAX / 2 - tracer->bytes_now;
    bool added = !overflows && tracer_add(tracer, domain, block, bytes);
    lock_give(&tracer->lock);
    tracer_leave(&request);
    if (overflows)
        return -EOVERFLOW;
    return added ? 0 : -ENOMEM;
}

int tracer_untrack(struct tracer *tracer, unsigned domain, uintptr_t block)
{
    struct tracer_removed old;
    if (!tracer->domains)
        return -ENOENT;
    lock_take(&tracer->lock);
    if (tracer_remove(tracer, domain, block, &old))
        trace_table_relax(&tracer->table);
    lock_give(&tracer->lock);
    return 0;
}

void tracer_new_reference(struct tracer *tracer, uintptr_t block)
{
    struct tracer_request request;
    tracer_enter(&request, tracer);
    lock_take(&tracer->lock);
    struct trace_entry *entry = trace_table_find(&tracer->table, 0, block);
    uint32_t traceback = entry ? tracer_traceback(tracer) : TRACE_NONE;
    if (traceback != TRACE_NONE)
        entry->traceback = traceback + 1;
    lock_give(&tracer->lock);
    tracer_leave(&request);
}

static size_t tracer_copy_frames(const struct traceback *traceback,
                                 struct trace_frame *ret_frames, size_t room)
{
    for (size_t i = 0; i < traceback->frame_count && i < room; i++)
        ret_frames[i] = trace_frame_read(traceback->frame[i]);
    return traceback->frame_count;
}

size_t tracer_find(struct tracer *tracer, unsigned domain, uintptr_t block,
                   struct trace_frame *ret_frames, size_t room,
                   size_t *ret_bytes)
{
    size_t count = 0;
    lock_take(&tracer->lock);
    const struct trace_entry *entry =
        trace_table_find(&tracer->table, domain, block);
    if (entry) {
        count =
            tracer_copy_frames(tracer->tracebacks.item[entry->traceback - 1],
                               ret_frames, room);
        if (ret_bytes)
            *ret_bytes = entry->bytes;
    }
    lock_give(&tracer->lock);
    return count;
}
