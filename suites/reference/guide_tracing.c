/* guide_tracing.c - the block of a guide to CPython that prints something about
 * tracing: what it says it prints, beside what the reference gives for the same
 * requests.
 *
 * Source: the guide's chapter 11.5; its figures are of 3.13. */
#include "gc_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "assay/inspect.h"
#include "assay/trace.h"

TestSuite(guide_tracing, .timeout = 60);

/* ---- 11.5: tracemalloc.compare_to() in a loop that keeps and drops ---- */

static void *obj_malloc(void *domains, size_t bytes)
{
    return memory_malloc(domains, MEMORY_OBJ, bytes);
}

static void *obj_calloc(void *domains, size_t count, size_t bytes)
{
    return memory_calloc(domains, MEMORY_OBJ, count, bytes);
}

static void *obj_realloc(void *domains, void *block, size_t bytes)
{
    return memory_realloc(domains, MEMORY_OBJ, block, bytes);
}

static void obj_free(void *domains, void *block)
{
    memory_free(domains, MEMORY_OBJ, block);
}

enum {
    TEXT_BYTES = 41,      /* of an ASCII string without characters */
    BYTEARRAY_BYTES = 56, /* without its buffer, which has a 0 at its end */
    STRINGS_MAX = 8000,
    BUFFERS_MAX = 2000,
};

/* The program: its heap, its tracer, and what its two names refer to. */
struct program {
    struct memory_domains *domains;
    struct gc *gc;
    struct tracer *tracer;
    struct object *item; /* stands for each bytearray in the list */
    struct trace_link place;
    const struct trace_link *top;

    void *strings[STRINGS_MAX]; /* data */
    size_t string_count;
    void *data_array;
    void *buffers[2 * BUFFERS_MAX]; /* more_data */
    size_t buffer_count;
    struct object *more_data;
};

static struct program program;

static const struct trace_code module = { "module.py", "<module>" };
static const struct trace_code snapshotting = { "tracemalloc.py",
                                                "take_snapshot" };

static void program_begin(struct program *p)
{
    struct memory_domains_config config = { .edition = edition_find("py313") };
    p->domains = memory_domains_create(&config);
    struct memory_allocator memory = { p->domains, obj_malloc, obj_calloc,
                                       obj_realloc, obj_free };
    struct gc_config collector = { .edition = "py313", .memory = &memory };
    p->gc = gc_create(&collector);
    struct object_type *plain = plain_type_new(p->gc, "bytearray", NULL);
    p->item = plain_new(plain, 0);
    p->place = (struct trace_link){ NULL, &module, 0 };
    p->top = &p->place;
    p->tracer = tracer_create();
    cr_assert(p->item && p->tracer);
    /* Start-up leaves headers of lists in the free list, which no trace is
     * of: a few lists at once. */
    struct object *list[4];
    for (unsigned i = 0; i < 4; i++)
        list[i] = list_new(p->gc, 0);
    for (unsigned i = 0; i < 4; i++)
        object_decref(list[i]);
    struct tracer_config tracing = { .frame_limit = 1, .top = &p->top };
    cr_assert(tracer_start(p->tracer, p->domains, &tracing) == 0);
}

static void program_end(struct program *p)
{
    tracer_destroy(p->tracer);
    object_decref(p->item);
    gc_destroy(p->gc);
    memory_domains_destroy(p->domains);
}

/* `data += [...]` of items that are all there: when that is a leap the array
 * has no room to spare (list_resize of Objects/listobject.c). */
static void extend_data(struct program *p, size_t more)
{
    size_t size = p->string_count + more;
    size_t room = (size + (size >> 3) + 6) & ~(size_t)3;
    if (more > room - size)
        room = (size + 3) & ~(size_t)3;
    p->data_array = memory_realloc(p->domains, MEMORY_MEM, p->data_array,
                                   room * sizeof(void *));
    cr_assert(p->data_array);
}

/* Its header may be one that is used again. */
static struct object *list_at(struct program *p, const struct trace_code *code,
                              unsigned line)
{
    p->place.code = code;
    p->place.line = line;
    struct object *list = list_new(p->gc, 0);
    tracer_new_reference(p->tracer, inspect_block(list));
    return list;
}

static void line_9(struct program *p, size_t i)
{
    char digits[32];
    size_t count = 1000 + i * 500;
    struct object *temporary = list_at(p, &module, 9);
    extend_data(p, count);
    for (size_t j = 0; j < count; j++) {
        int length = snprintf(digits, sizeof digits, "%zu", j);
        size_t bytes = TEXT_BYTES + (size_t)length * (100 + i * 50);
        p->strings[p->string_count++] =
            memory_malloc(p->domains, MEMORY_OBJ, bytes);
    }
    object_decref(temporary);
}

static void drop_buffers(struct program *p, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        memory_free(p->domains, MEMORY_OBJ, p->buffers[i]);
    memmove(p->buffers, p->buffers + end,
            (p->buffer_count - end) * sizeof p->buffers[0]);
    p->buffer_count -= end - first;
}

static void line_10(struct program *p, size_t i)
{
    size_t count = 500 + i * 200, old = p->buffer_count;
    struct object *list = list_at(p, &module, 10);
    for (size_t j = 0; j < count; j++) {
        p->buffers[p->buffer_count++] =
            memory_malloc(p->domains, MEMORY_OBJ, BYTEARRAY_BYTES);
        p->buffers[p->buffer_count++] =
            memory_malloc(p->domains, MEMORY_OBJ, 1024 + i * 512 + 1);
        cr_assert(list_append(list, p->item));
    }
    drop_buffers(p, 0, old);
    object_decref_any(p->more_data);
    p->more_data = list;
}

static void drop_all(struct program *p)
{
    while (p->string_count > 0)
        memory_free(p->domains, MEMORY_OBJ, p->strings[--p->string_count]);
    memory_free(p->domains, MEMORY_MEM, p->data_array);
    p->data_array = NULL;
    drop_buffers(p, 0, p->buffer_count);
    object_decref_any(p->more_data);
    p->more_data = NULL;
}

/* The two largest, in the guide's words but for its blanks, which align. */
static void expect_diff(const struct trace_snapshot *newer,
                        const struct trace_snapshot *older, const char *first,
                        const char *second)
{
    struct trace_statistics diff;
    const char *const expected[] = { first, second };
    char text[256];
    cr_assert(trace_compare(newer, older, TRACE_BY_LINE, false, &diff) == 0);
    for (size_t i = 0; i < 2; i++) {
        trace_statistic_text(&diff.item[i], true, text, sizeof text);
        cr_expect_str_eq(text, expected[i]);
    }
    trace_statistics_end(&diff);
}

/* From the third round on the guide has one block more at line 10: the header
 * of the list, which came from the free list before, where no trace is of it.
 * A collection of the oldest generation empties that list, so there is one
 * here. The list of a snapshot then takes the header of the round before. */
Test(guide_tracing, compare_to_prints_the_six_lines_of_the_guide)
{
    struct trace_snapshot *snapshots[4];
    struct object *lists[4];
    struct program *p = &program;
    program_begin(p);
    for (size_t i = 0; i < 4; i++) {
        line_9(p, i);
        line_10(p, i);
        lists[i] = list_at(p, &snapshotting, 560);
        snapshots[i] = tracer_snapshot(p->tracer);
        if (i % 2 == 1)
            drop_all(p);
        if (i == 1)
            gc_collect(p->gc, GC_OLDEST);
    }
    expect_diff(snapshots[1], snapshots[0],
                "module.py:9: size=1118 KiB (+788 KiB), count=2501 (+1500), "
                "average=458 B",
                "module.py:10: size=1095 KiB (+563 KiB), count=1401 (+400), "
                "average=800 B");
    expect_diff(snapshots[2], snapshots[1],
                "module.py:10: size=1858 KiB (+763 KiB), count=1802 (+401), "
                "average=1056 B",
                "module.py:9: size=1441 KiB (+323 KiB), count=2001 (-500), "
                "average=738 B");
    expect_diff(snapshots[3], snapshots[2],
                "module.py:9: size=3731 KiB (+2290 KiB), count=4501 (+2500), "
                "average=849 B",
                "module.py:10: size=2820 KiB (+962 KiB), count=2202 (+400), "
                "average=1311 B");
    for (size_t i = 0; i < 4; i++) {
        trace_snapshot_destroy(snapshots[i]);
        object_decref(lists[i]);
    }
    program_end(p);
}
