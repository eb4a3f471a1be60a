/* frame_fixture.c - what tests of frames start with. */
#include "frame_fixture.h"

#include "os.h"
#include "region.h"

struct gc_fixture f;
struct frame_stack *stack;
unsigned frame_fatal_count;
size_t frame_chunks_taken, frame_chunks_given;
bool frame_chunks_refused;

static void *take_counted(void *context, size_t bytes, size_t align)
{
    (void)context;
    (void)align;
    if (frame_chunks_refused)
        return NULL;
    frame_chunks_taken++;
    return os_map(os_round_up(bytes, OS_PAGE_BYTES));
}

static void give_counted(void *context, void *start, size_t bytes)
{
    (void)context;
    frame_chunks_given++;
    os_unmap(start, os_round_up(bytes, OS_PAGE_BYTES));
}

static void count_fatal(void *context, const char *what)
{
    (void)context;
    cr_assert_str_eq(what, "Cannot recover from stack overflow.");
    frame_fatal_count++;
}

void frame_begin(void)
{
    static const struct assay_backend counted = { NULL, take_counted,
                                                  give_counted };
    struct frame_config config = { .chunks = &counted, .fatal = count_fatal };
    gc_fixture_begin(&f, NULL);
    stack = frame_stack_create(f.gc, &config);
    cr_assert(stack);
}

void frame_end(void)
{
    struct fault fault = region_verify(&stack->region);
    cr_assert(!fault.what, "%s", fault.what);
    gc_fixture_verify(&f);
    frame_stack_destroy(stack);
    cr_assert(frame_chunks_taken == frame_chunks_given);
    gc_fixture_end(&f);
}

const struct frame_code frame_leaf = { { "f.py", "leaf" }, 1 };
const struct frame_code frame_outer = { { "f.py", "outer" }, 2 };

void frame_set_node(int id)
{
    struct object *node = node_new(f.node, id);
    frame_set_local(frame_top(stack), 0, node);
    object_decref(node);
}

void frame_run(frame_function *function)
{
    struct object *exception = NULL;
    bool returned = frame_call(stack, function, NULL, &exception);
    cr_assert(returned, "%s", exception_message(exception));
}

struct object *frame_run_raising(frame_function *function)
{
    struct object *exception = NULL;
    cr_assert_not(frame_call(stack, function, NULL, &exception));
    return exception;
}

size_t frame_entries(const struct object *exception)
{
    size_t count = 0;
    for (const struct object *t = exception_traceback(exception); t;
         t = traceback_next(t))
        count++;
    return count;
}
