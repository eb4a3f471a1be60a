/* tracer_hooks.c - what happens at a request of a domain that is traced.
 *
 * What a request asks of another domain on its way is part of it and not
 * traced by itself: so a large object, which the heap asks of raw, counts
 * once.
 *
 * Source: tracemalloc_alloc(), _realloc() and _free() of CPython's
 * Modules/_tracemalloc.c. Unlike there, a trace goes before its block does,
 * so that another thread may get the address at once. */
#include "tracer.h"

_Thread_local const struct tracer_request *tracer_requests;

static bool tracer_is_inside(const struct tracer *tracer)
{
    const struct tracer_request *request = tracer_requests;
    while (request && request->tracer != tracer)
        request = request->outer;
    return request != NULL;
}

static bool hook_add(struct tracer_hook *hook, void *block, size_t bytes)
{
    struct tracer *tracer = hook->tracer;
    lock_take(&tracer->lock);
    bool added = tracer_add(tracer, 0, (uintptr_t)block, bytes);
    lock_give(&tracer->lock);
    return added;
}

/* A block that cannot be traced is not given out. */
static void *hook_trace_new(struct tracer_hook *hook, void *block, size_t bytes)
{
    if (!block || hook_add(hook, block, bytes))
        return block;
    hook->below.free(hook->below.context, block);
    return NULL;
}

static void *hook_malloc(void *context, size_t bytes)
{
    struct tracer_hook *hook = context;
    struct tracer_request request;
    if (tracer_is_inside(hook->tracer))
        return hook->below.malloc(hook->below.context, bytes);
    tracer_enter(&request, hook->tracer);
    void *block = hook->below.malloc(hook->below.context, bytes);
    block = hook_trace_new(hook, block, bytes);
    tracer_leave(&request);
    return block;
}

static void *hook_calloc(void *context, size_t count, size_t bytes)
{
    struct tracer_hook *hook = context;
    struct tracer_request request;
    if (tracer_is_inside(hook->tracer))
        return hook->below.calloc(hook->below.context, count, bytes);
    tracer_enter(&request, hook->tracer);
    void *block = hook->below.calloc(hook->below.context, count, bytes);
    block = hook_trace_new(hook, block, count * bytes);
    tracer_leave(&request);
    return block;
}

static bool hook_remove(struct tracer_hook *hook, const void *block,
                        struct tracer_removed *ret_removed)
{
    struct tracer *tracer = hook->tracer;
    lock_take(&tracer->lock);
    bool removed = tracer_remove(tracer, 0, (uintptr_t)block, ret_removed);
    lock_give(&tracer->lock);
    return removed;
}

static void hook_put_back(struct tracer_hook *hook,
                          const struct tracer_removed *removed)
{
    lock_take(&hook->tracer->lock);
    tracer_put_back(hook->tracer, removed);
    lock_give(&hook->tracer->lock);
}

/* The contents have moved already, so that this cannot fail: for want of
 * memory a block keeps the traceback that it had; or stays untraced, if it
 * was. */
static void hook_trace_resized(struct tracer_hook *hook, void *block,
                               size_t bytes, const struct tracer_removed *old)
{
    if (hook_add(hook, block, bytes) || !old)
        return;
    struct tracer_removed moved = *old;
    moved.entry.block = (uintptr_t)block;
    moved.entry.bytes = bytes;
    hook_put_back(hook, &moved);
}

/* Inside of another request the new block is part of that. The old one may
 * have a trace all the same: one that came before, by a request of its own. */
static void *hook_resize(struct tracer_hook *hook, void *block, size_t bytes,
                         bool inside)
{
    struct tracer_removed old;
    bool traced = block && hook_remove(hook, block, &old);
    void *resized = hook->below.realloc(hook->below.context, block, bytes);
    if (resized && !inside)
        hook_trace_resized(hook, resized, bytes, traced ? &old : NULL);
    else if (!resized && traced)
        hook_put_back(hook, &old);
    return resized;
}

static void *hook_realloc(void *context, void *block, size_t bytes)
{
    struct tracer_hook *hook = context;
    struct tracer_request request;
    if (tracer_is_inside(hook->tracer))
        return hook_resize(hook, block, bytes, true);
    if (!block)
        return hook_malloc(context, bytes);
    tracer_enter(&request, hook->tracer);
    block = hook_resize(hook, block, bytes, false);
    tracer_leave(&request);
    return block;
}

static void hook_free(void *context, void *block)
{
    struct tracer_hook *hook = context;
    struct tracer *tracer = hook->tracer;
    struct tracer_removed old;
    if (block) {
        lock_take(&tracer->lock);
        if (tracer_remove(tracer, 0, (uintptr_t)block, &old))
            trace_table_relax(&tracer->table);
        lock_give(&tracer->lock);
    }
    hook->below.free(hook->below.context, block);
}

struct memory_allocator tracer_hook_allocator(struct tracer_hook *hook)
{
    return (struct memory_allocator){ hook, hook_malloc, hook_calloc,
                                      hook_realloc, hook_free };
}
