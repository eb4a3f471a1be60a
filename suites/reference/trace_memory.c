/* trace_memory.c - tracing where memory ends: each request of the tracer's own
 * is refused in turn. What cannot be traced is not given out, and what was is
 * as it was (T3).
 *
 * Linked with --wrap: malloc, calloc and realloc of the objects linked in are
 * those here. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "assay/frame.h"
#include "assay/inspect.h"
#include "assay/trace.h"
#include "assay/types.h"
#include "tracer.h"

TestSuite(trace_memory, .timeout = 60);

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void __real_free(void *block);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);
void __wrap_free(void *block);

/* Requests until one is refused, or -1: none is; and blocks that are out. */
static long left = -1;
static bool refused;
static long alive;

static bool refuse(void)
{
    bool now = left == 0;
    if (left >= 0)
        left--;
    refused = refused || now;
    return now;
}

void *__wrap_malloc(size_t bytes)
{
    void *block = refuse() ? NULL : __real_malloc(bytes);
    alive += block != NULL;
    return block;
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    void *block = refuse() ? NULL : __real_calloc(count, bytes);
    alive += block != NULL;
    return block;
}

void *__wrap_realloc(void *block, size_t bytes)
{
    void *moved = refuse() ? NULL : __real_realloc(block, bytes);
    alive += moved && !block;
    return moved;
}

void __wrap_free(void *block)
{
    alive -= block != NULL;
    __real_free(block);
}

/* Refuses the first request of `step`, then the second, and so on until none
 * was refused. Each time it must fail with ENOMEM, and leave as many blocks
 * as before. How many there were. */
static unsigned refuse_each(int (*step)(void))
{
    unsigned count = 0;
    for (;; count++) {
        long before = alive;
        refused = false;
        left = count;
        int error = step();
        left = -1;
        if (!refused) {
            cr_assert(error == 0, "%d", error);
            return count;
        }
        cr_assert(error == -ENOMEM, "request %u: %d", count, error);
        cr_assert(alive == before, "request %u: %ld more", count,
                  alive - before);
    }
}

/* ---- the tracer ---- */

static struct memory_domains *domains;
static struct tracer *tracer;
static void *block;

static void expect_bytes(size_t bytes)
{
    size_t now, peak;
    tracer_traced_bytes(tracer, &now, &peak);
    cr_assert(now == bytes, "%zu", now);
}

static int start(void)
{
    struct tracer_config config = { .frame_limit = 4 };
    return tracer_start(tracer, domains, &config);
}

static int serve(void)
{
    TRACE_FUNCTION();
    block = memory_malloc(domains, MEMORY_OBJ, 40);
    return block ? 0 : -ENOMEM;
}

/* The second block of a table that is full. */
Test(trace_memory, a_block_that_cannot_be_traced_is_not_given_out)
{
    enum { FULL = 192 };
    void *others[FULL];
    domains = memory_domains_create(NULL);
    tracer = tracer_create();
    cr_assert(refuse_each(start) >= 2);
    for (unsigned i = 0; i < FULL; i++)
        others[i] = memory_malloc(domains, MEMORY_OBJ, 40);
    size_t blocks = obheap_allocated_blocks(memory_domains_heap(domains));
    left = 0;
    cr_assert(serve() == -ENOMEM);
    left = -1;
    expect_bytes((size_t)FULL * 40);
    cr_assert(obheap_allocated_blocks(memory_domains_heap(domains)) == blocks);
    cr_assert(serve() == 0);
    expect_bytes((size_t)(FULL + 1) * 40);
    memory_free(domains, MEMORY_OBJ, block);
    for (unsigned i = 0; i < FULL; i++)
        memory_free(domains, MEMORY_OBJ, others[i]);
    tracer_destroy(tracer);
    memory_domains_destroy(domains);
    cr_assert(alive == 0, "%ld", alive);
}

static void *resize_elsewhere(size_t bytes)
{
    TRACE_FUNCTION();
    return memory_realloc(domains, MEMORY_OBJ, block, bytes);
}

/* The contents have moved when the trace is wanted. */
Test(trace_memory, a_resized_block_keeps_its_frames_for_want_of_memory)
{
    struct trace_frame frame[2];
    domains = memory_domains_create(NULL);
    tracer = tracer_create();
    cr_assert(start() == 0 && serve() == 0);
    left = 0;
    block = resize_elsewhere(300);
    left = -1;
    cr_assert(block && refused);
    expect_bytes(300);
    cr_assert(tracer_find(tracer, 0, (uintptr_t)block, frame, 2, NULL) == 1);
    cr_assert_str_eq(frame[0].function, "serve");
    memory_free(domains, MEMORY_OBJ, block);
    expect_bytes(0);
    tracer_destroy(tracer);
    memory_domains_destroy(domains);
    cr_assert(alive == 0);
}

/* ---- snapshots and what is made of them ---- */

static struct trace_snapshot *snapshot, *other;
static struct trace_statistics statistics;

static int add_some(struct trace_snapshot *to)
{
    static const struct trace_frame frames[] = { { "a.py", "f", 1 },
                                                 { "b.py", NULL, 2 } };
    int error = 0;
    for (unsigned i = 0; i < 40 && !error; i++) {
        struct trace_frame one[2] = { frames[i % 2], frames[0] };
        one[0].line = i;
        error = trace_snapshot_add(to, i % 3, i, one, 1 + i % 2, 2);
    }
    return error;
}

static int make_snapshot(void)
{
    snapshot = trace_snapshot_create(2);
    int error = snapshot ? add_some(snapshot) : -ENOMEM;
    if (error) {
        trace_snapshot_destroy(snapshot);
        snapshot = NULL;
    }
    return error;
}

static int take_snapshot(void)
{
    errno = 0;
    other = tracer_snapshot(tracer);
    return other ? 0 : -errno;
}

static int compare(void)
{
    return trace_compare(snapshot, other, TRACE_BY_TRACEBACK, false,
                         &statistics);
}

static int sum_up(void)
{
    return trace_statistics(snapshot, TRACE_BY_LINE, true, &statistics);
}

static int filter(void)
{
    const struct trace_filter some = { false, "b.*", TRACE_ANY, true,
                                       TRACE_ANY };
    return trace_snapshot_filter(snapshot, &some, 1, &other);
}

static char text[8192];

/* The C library makes the room for a line, unseen here; it is freed seen. */
static int load(void)
{
    long kept = left;
    left = -1;
    FILE *file = fmemopen(text, strlen(text), "r");
    left = kept;
    bool reads = left != 0; /* no line before the first request */
    int error = trace_snapshot_read(file, &other);
    kept = left;
    alive += reads;
    left = -1;
    fclose(file);
    left = kept;
    return error;
}

static void write_text(void)
{
    FILE *file = fmemopen(text, sizeof text, "w");
    cr_assert(trace_snapshot_write(snapshot, file) == 0);
    fclose(file);
}

Test(trace_memory, snapshots_and_statistics_fail_whole_for_want_of_memory)
{
    domains = memory_domains_create(NULL);
    tracer = tracer_create();
    cr_assert(start() == 0 && serve() == 0);
    cr_assert(refuse_each(make_snapshot) > 40);
    cr_assert(refuse_each(take_snapshot) > 4);
    cr_assert(refuse_each(compare) > 4);
    trace_statistics_end(&statistics);
    cr_assert(refuse_each(sum_up) > 3);
    trace_statistics_end(&statistics);
    trace_snapshot_destroy(other);
    cr_assert(refuse_each(filter) > 4);
    cr_assert(trace_snapshot_count(other) < 40);
    trace_snapshot_destroy(other);
    write_text();
    long before = alive;
    cr_assert(refuse_each(load) > 40);
    cr_assert(trace_snapshot_count(other) == 40);
    trace_snapshot_destroy(other);
    cr_assert(alive == before, "%ld", alive - before);
    trace_snapshot_destroy(snapshot);
    memory_free(domains, MEMORY_OBJ, block);
    tracer_destroy(tracer);
    memory_domains_destroy(domains);
}

/* ---- inspection ---- */

static struct gc *gc;
static struct inspect_heap *heap, *later;
static struct inspect_types types;
static struct inspect_leaks leaks;

static int look(void)
{
    later = inspect_heap_create(gc);
    return later ? 0 : -ENOMEM;
}

static int look_at_types(void)
{
    return inspect_types(gc, &types);
}

static int look_for_leaks(void)
{
    return inspect_leaks(heap, later, &leaks);
}

Test(trace_memory, inspection_fails_whole_for_want_of_memory)
{
    gc = gc_create(NULL);
    heap = inspect_heap_create(gc);
    struct object *list = list_new(gc, 0);
    for (unsigned i = 0; i < 20; i++) {
        struct object *tuple = tuple_new(gc, i);
        cr_assert(list_append(list, tuple));
        object_decref(tuple);
    }
    cr_assert(refuse_each(look) > 3);
    cr_assert(refuse_each(look_at_types) > 5);
    cr_assert(refuse_each(look_for_leaks) > 5);
    cr_assert(leaks.count == 2 && leaks.item[0].count == 20);
    inspect_leaks_end(&leaks);
    inspect_types_end(&types);
    inspect_heap_destroy(heap);
    inspect_heap_destroy(later);
    object_decref(list);
    gc_destroy(gc);
}
