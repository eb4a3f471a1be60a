/* guide_references.c - one object or two, weak references, a cycle. (11) */
#include "guide_ask.h"

#include <stdlib.h>
#include <string.h>

/* ---- 11.3: one object of a value ---- */

/* The sum of two when the program runs. */
static struct object *sum(struct guide *g, int a, int b)
{
    struct object *x = int_new(g->gc, a), *y = int_new(g->gc, b);
    struct object *both = int_add(x, y);
    object_decref(x);
    object_decref(y);
    return both;
}

static struct object *sum_with_double(struct guide *g, int a, double b)
{
    struct object *whole = int_of_double(g->gc, b);
    int64_t value = 0;
    int_value(whole, &value);
    object_decref(whole);
    return sum(g, a, (int)value);
}

static void small_ints(struct guide *g)
{
    struct object *a = int_new(g->gc, 10);
    struct object *b = sum_with_double(g, 5, 2.5 * 2);
    say_truth(g, a == b);
    object_decref(b);
    object_decref(a);
}

static void larger_ints(struct guide *g)
{
    struct object *x = int_new(g->gc, 1000);
    struct object *y = sum_with_double(g, 500, 2.5 * 200);
    say_truth(g, x == y);
    object_decref(y);
    object_decref(x);
}

static void constant_ints(struct guide *g)
{
    say_truth(g,
              constants_are_one(g, int_new(g->gc, 100001), sum(g, 100000, 1)));
}

static void constant_texts(struct guide *g)
{
    say_truth(g, constants_are_one(g, text_of(g->gc, "hello_world!!!"),
                                   joined(g, "hello_world", "!", 3)));
}

static void constant_names(struct guide *g)
{
    say_truth(g, constants_are_one(g, joined(g, "hello_", "world", 1),
                                   text_of(g->gc, "hello_world")));
}

/* ---- 11.4, 11.5: weak references, a cycle ---- */

static void say_deleted(void *context, struct object *object)
{
    struct guide *g = context;
    fprintf(g->answer, "deleted %d; ", node_id(object));
}

static struct object *my_object(struct guide *g, int id)
{
    struct node_kind kind = {
        .name = "MyObject", .hooks = { .context = g, .finalize = say_deleted }
    };
    return node_new(node_type_new(g->gc, &kind), id);
}

static void weak_reference(struct guide *g)
{
    struct object *object = my_object(g, 1), *weak = weak_ref(object, NULL);
    fprintf(g->answer, "%s; ", weak->type->name);
    fputs(weak_target(weak) == object ? "MyObject; " : "another; ", g->answer);
    object_decref(object);
    fputs(weak_target(weak) ? "MyObject" : "None", g->answer);
    object_decref(weak);
}

/* Of the line that tells what was found, all but the time. */
static void say_found(struct guide *g, const char *log)
{
    static const char last[] = " uncollectable";
    const char *line = strstr(log, "gc: done, ");
    const char *end = line ? strstr(line, last) : NULL;
    if (end)
        fprintf(g->answer, "%.*s", (int)(end + strlen(last) - line), line);
}

static void debugged_cycle(struct guide *g)
{
    char *log = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&log, &bytes);
    struct gc_config config = { .edition = "py313", .log = file };
    struct guide own = { .gc = gc_create(&config), .answer = g->answer };
    struct object *a = my_object(&own, 1), *b = my_object(&own, 2);
    gc_set_debug(own.gc, GC_DEBUG_STATS | GC_DEBUG_UNCOLLECTABLE);
    node_set_slot(a, 0, b);
    node_set_slot(b, 0, a);
    object_decref(a);
    object_decref(b);
    gc_collect(own.gc, GC_OLDEST);
    fflush(file);
    say_found(g, log);
    gc_destroy(own.gc);
    fclose(file);
    free(log);
}

/* ---- the rows ---- */

#define DONE "gc: done, 2 unreachable, 0 uncollectable"

static const struct guide_row rows[] = {
    ROW("11.3 identity", "10 is 5 + int(2.5 * 2)", "True", small_ints),
    ROW("11.3 identity", "1000 is 500 + int(2.5 * 200)", "False", larger_ints),
    ROW("11.3 identity", "100_001 is 100_000 + 1", "True", constant_ints),
    ROW("11.3 identity", "'hello_world!!!' is 'hello_world' + 3 * '!'", "True",
        constant_texts),
    ROW("11.3 identity", "'hello' + '_' + 'world' is 'hello_world'", "True",
        constant_names),
    ROW("11.4 weak references", "weak_reference()",
        "weakref.ReferenceType; MyObject; deleted 1; None", weak_reference),
    ROW("11.5 debug flags", "debugged_cycle()", "deleted 1; deleted 2; " DONE,
        debugged_cycle),
};
const struct guide_part guide_references = GUIDE_PART(rows);
