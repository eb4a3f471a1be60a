/* frame.c - frames on their stack of chunks.
 *
 * CPython gives the last chunk back as soon as the first frame in it is left,
 * so that a loop of calls on its border maps and unmaps each time. The region
 * keeps one chunk to spare.
 *
 * Source: push_chunk() and _PyThreadState_PopFrame() of Python/pystate.c,
 * _PyFrame_Clear() of Python/frame.c, _Py_CheckRecursiveCall() of
 * Python/ceval.c. */
#include "frame_parts.h"

#include <errno.h>
#include <stdlib.h>

#include "os.h"

/* ---- stacks ---- */

static void *pages_take(void *context, size_t bytes, size_t align)
{
    (void)context;
    return os_map_aligned(os_round_up(bytes, OS_PAGE_BYTES),
                          align < OS_PAGE_BYTES ? OS_PAGE_BYTES : align, NULL);
}

static void pages_give(void *context, void *start, size_t bytes)
{
    (void)context;
    os_unmap(start, os_round_up(bytes, OS_PAGE_BYTES));
}

static void frame_fatal(void *context, const char *what)
{
    (void)context;
    fprintf(stderr, "Fatal error: %s\n", what);
    abort();
}

static bool frame_stack_types(struct frame_stack *stack)
{
    stack->frame_type = frame_object_type_new(stack->gc);
    stack->exception_type = exception_type_new(stack->gc);
    stack->traceback_type = traceback_type_new(stack->gc);
    if (!stack->frame_type || !stack->exception_type || !stack->traceback_type)
        return false;
    stack->memory_error = exception_new(stack, &exception_memory, "");
    if (stack->memory_error)
        gc_untrack(stack->memory_error); /* always held: in no garbage */
    return stack->memory_error != NULL;
}

struct frame_stack *frame_stack_create(struct gc *gc,
                                       const struct frame_config *config)
{
    static const struct assay_backend pages = { NULL, pages_take, pages_give };
    const struct region_config chunks = { FRAME_CHUNK_BYTES,
                                          FRAME_CHUNK_BYTES };
    struct frame_stack *stack = memory_system.calloc(NULL, 1, sizeof *stack);
    if (!stack)
        return NULL;
    stack->gc = gc;
    if (config)
        stack->config = *config;
    if (!stack->config.recursion_limit)
        stack->config.recursion_limit = FRAME_RECURSION_LIMIT;
    if (!stack->config.fatal)
        stack->config.fatal = frame_fatal;
    region_init(&stack->region,
                stack->config.chunks ? stack->config.chunks : &pages, &chunks);
    if (frame_stack_types(stack))
        return stack;
    memory_system.free(NULL, stack);
    return NULL;
}

void frame_stack_destroy(struct frame_stack *stack)
{
    if (!stack)
        return;
    assert(!stack->top && !stack->tries);
    exception_drop_traceback(stack->memory_error);
    object_decref(stack->memory_error);
    region_destroy(&stack->region);
    memory_system.free(NULL, stack);
}

const struct trace_link *const *frame_stack_links(
    const struct frame_stack *stack)
{
    return &stack->link;
}

size_t frame_stack_depth(const struct frame_stack *stack)
{
    return stack->depth;
}

size_t frame_stack_bytes(const struct frame_stack *stack)
{
    struct region_stats stats;
    region_stats(&stack->region, &stats);
    return stats.chunk_bytes;
}

int frame_set_recursion_limit(struct frame_stack *stack, unsigned limit)
{
    if (limit <= stack->depth)
        return -EINVAL;
    stack->config.recursion_limit = limit;
    return 0;
}

/* ---- frames ---- */

/* While an exception is made there is room for some more. */
static void frame_check_depth(struct frame_stack *stack)
{
    size_t limit = stack->config.recursion_limit;
    if (stack->depth < limit)
        return;
    if (stack->headroom == 0)
        frame_raise(stack, &exception_recursion,
                    "maximum recursion depth exceeded");
    if (stack->depth < limit + FRAME_HEADROOM)
        return;
    stack->config.fatal(stack->config.context,
                        "Cannot recover from stack overflow.");
    frame_throw(stack, object_incref(stack->memory_error), true);
}

struct frame *frame_enter(struct frame_stack *stack,
                          const struct frame_code *code)
{
    frame_check_depth(stack);
    struct region_mark mark = region_mark(&stack->region);
    struct frame *frame =
        region_alloc(&stack->region,
                     sizeof *frame +
                         (size_t)code->locals * sizeof frame->local[0],
                     _Alignof(struct frame));
    if (!frame)
        frame_throw_memory(stack);
    *frame = (struct frame){
        { stack->link, &code->where, 0 }, stack->top, NULL, code, mark
    };
    for (unsigned i = 0; i < code->locals; i++)
        frame->local[i] = NULL;
    stack->top = frame;
    stack->link = &frame->link;
    stack->depth++;
    return frame;
}

/* What ends with the locals may enter frames: behind this one, whose memory
 * goes last. */
void frame_pop(struct frame_stack *stack)
{
    struct frame *frame = stack->top;
    struct region_mark mark = frame->mark;
    stack->top = frame->back;
    stack->link = frame->link.back;
    if (!frame->object || !frame_object_settle(stack, frame))
        for (unsigned i = 0; i < frame->code->locals; i++)
            object_replace(&frame->local[i], NULL);
    stack->depth--;
    region_rewind(&stack->region, mark);
}

void frame_leave(struct frame_stack *stack)
{
    assert(stack->top);
    assert(!stack->tries || stack->tries->frame != stack->top);
    frame_pop(stack);
}

struct frame *frame_top(const struct frame_stack *stack)
{
    return stack->top;
}

void frame_set_line(struct frame *frame, unsigned line)
{
    frame->link.line = line;
}

struct object *frame_local(const struct frame *frame, unsigned index)
{
    assert(index < frame->code->locals);
    return frame->local[index];
}

void frame_set_local(struct frame *frame, unsigned index, struct object *value)
{
    assert(index < frame->code->locals);
    object_replace(&frame->local[index], object_incref_any(value));
}
