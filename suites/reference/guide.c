/* guide.c - the rows of the guide, block by block (guide.h). */
#include "guide.h"

#include <stdlib.h>
#include <string.h>

#define TABLES_TO 6000 /* keys put into a table that grows */

static void say(struct guide *g, size_t number)
{
    fprintf(g->answer, "%zu", number);
}

static void say_truth(struct guide *g, bool truth)
{
    fputs(truth ? "True" : "False", g->answer);
}

/* Bytes of an object that is not needed any more. */
static void say_bytes(struct guide *g, struct object *object)
{
    say(g, object_bytes(object));
    object_decref(object);
}

static void say_basic(struct guide *g, struct object *object)
{
    say(g, layout_basic_bytes(object->type));
    object_decref(object);
}

static void say_item(struct guide *g, struct object *object)
{
    say(g, layout_item_bytes(object->type));
    object_decref(object);
}

/* ---- 10.2, 10.3: classes ---- */

static void put_attribute(struct guide *g, struct object *object,
                          const char *name, int value)
{
    struct object *key = text_of(g->gc, name), *number = int_new(g->gc, value);
    instance_set(object, key, number);
    object_decref(number);
    object_decref(key);
}

static struct object *an_a(struct guide *g)
{
    struct object *a = instance_new(instance_type_new(g->gc, "A", NULL));
    put_attribute(g, a, "x", 0);
    put_attribute(g, a, "y", 1);
    put_attribute(g, a, "z", 2);
    return a;
}

static struct object *a_b(struct guide *g)
{
    static const char *const names[] = { "x", "y", "z" };
    struct object *b =
        slotted_new(slotted_type_new(g->gc, "B", names, 3, false, NULL));
    for (int i = 0; i < 3; i++) {
        struct object *number = int_new(g->gc, i);
        slotted_set(b, (unsigned)i, number);
        object_decref(number);
    }
    return b;
}

static size_t bytes_with_attributes(struct object *object)
{
    size_t bytes = object_bytes(object), place = 0;
    struct object *key, *value;
    if (slotted_is(object)) {
        for (unsigned i = 0; i < slotted_count(object->type); i++)
            bytes += object_bytes(slotted_get(object, i));
        return bytes;
    }
    const struct object *dict = instance_dict(object);
    bytes += object_bytes(dict);
    while (dict_next(dict, &place, &key, &value))
        bytes += object_bytes(value);
    return bytes;
}

static void a_basic(struct guide *g)
{
    say_basic(g, an_a(g));
}

static void a_bytes(struct guide *g)
{
    say_bytes(g, an_a(g));
}

static void a_dict(struct guide *g)
{
    struct object *a = an_a(g);
    say(g, object_bytes(instance_dict(a)));
    object_decref(a);
}

static void a_all(struct guide *g)
{
    struct object *a = an_a(g);
    say(g, bytes_with_attributes(a));
    object_decref(a);
}

static void b_basic(struct guide *g)
{
    say_basic(g, a_b(g));
}

static void b_bytes(struct guide *g)
{
    say_bytes(g, a_b(g));
}

static void b_all(struct guide *g)
{
    struct object *b = a_b(g);
    say(g, bytes_with_attributes(b));
    object_decref(b);
}

/* ---- 10.4: numbers ---- */

/* 2**power - less */
static struct object *power_of_two(struct guide *g, unsigned power, int less)
{
    struct object *two = int_new(g->gc, 2), *value = int_new(g->gc, 1);
    struct object *rest = int_new(g->gc, less), *next;
    for (unsigned i = 0; i < power; i++) {
        next = int_multiply(value, two);
        object_decref(value);
        value = next;
    }
    next = int_subtract(value, rest);
    object_decref(value);
    object_decref(rest);
    object_decref(two);
    return next;
}

static void int_basic(struct guide *g)
{
    say_basic(g, int_new(g->gc, 0));
}

static void int_item(struct guide *g)
{
    say_item(g, int_new(g->gc, 0));
}

static void int_zero(struct guide *g)
{
    say_bytes(g, int_new(g->gc, 0));
}

static void int_30_less(struct guide *g)
{
    say_bytes(g, power_of_two(g, 30, 1));
}

static void int_30(struct guide *g)
{
    say_bytes(g, power_of_two(g, 30, 0));
}

static void int_60_less(struct guide *g)
{
    say_bytes(g, power_of_two(g, 60, 1));
}

static void int_511_less(struct guide *g)
{
    say_bytes(g, power_of_two(g, 511, 1));
}

static void bool_basic(struct guide *g)
{
    say_basic(g, bool_new(g->gc, true));
}

static void bool_bytes(struct guide *g)
{
    say_bytes(g, bool_new(g->gc, true));
}

static void bool_one(struct guide *g)
{
    struct object *x = bool_new(g->gc, 1), *y = bool_new(g->gc, 10 != 0);
    say_truth(g, x == y);
    object_decref(x);
    object_decref(y);
}

/* ---- 10.4: strings ---- */

static void text_basic(struct guide *g)
{
    say_basic(g, text_of(g->gc, ""));
}

static void text_0(struct guide *g)
{
    say_bytes(g, text_of(g->gc, ""));
}

static void text_1(struct guide *g)
{
    say_bytes(g, text_of(g->gc, "a"));
}

static void text_4(struct guide *g)
{
    say_bytes(g, text_of(g->gc, "abcd"));
}

static void text_wide(struct guide *g)
{
    say_bytes(g, text_of(g->gc, "\xc5\x99"
                                "e\xc5\x99"
                                "icha"));
}

/* ---- 10.4: lists and tuples ---- */

static struct object *list_of(struct guide *g, int items)
{
    struct object *list = list_new(g->gc, (size_t)items);
    for (int i = 0; i < items; i++) {
        struct object *number = int_new(g->gc, i + 1);
        list_set_item(list, (size_t)i, number);
        object_decref(number);
    }
    return list;
}

static void list_basic(struct guide *g)
{
    say_basic(g, list_of(g, 0));
}

static void list_0(struct guide *g)
{
    say_bytes(g, list_of(g, 0));
}

static void list_1(struct guide *g)
{
    say_bytes(g, list_of(g, 1));
}

static void list_2(struct guide *g)
{
    say_bytes(g, list_of(g, 2));
}

/* After which append there is room for how many. */
static void list_growth(struct guide *g)
{
    struct object *list = list_of(g, 0);
    size_t room = 0;
    for (int i = 1; i <= 300; i++) {
        struct object *number = int_new(g->gc, i);
        list_append(list, number);
        object_decref(number);
        if (list_room(list) != room)
            fprintf(g->answer, "%s%d:%zu", room > 0 ? " " : "", i,
                    list_room(list));
        room = list_room(list);
    }
    object_decref(list);
}

static struct object *tuple_of(struct guide *g, int items)
{
    struct object *tuple = tuple_new(g->gc, (size_t)items);
    for (int i = 0; i < items; i++) {
        struct object *number = int_new(g->gc, i + 1);
        tuple_set_item(tuple, (size_t)i, number);
        object_decref(number);
    }
    return tuple;
}

static void tuple_basic(struct guide *g)
{
    say_basic(g, tuple_of(g, 0));
}

static void tuple_item_bytes(struct guide *g)
{
    say_item(g, tuple_of(g, 0));
}

static void tuple_0(struct guide *g)
{
    say_bytes(g, tuple_of(g, 0));
}

static void tuple_3(struct guide *g)
{
    say_bytes(g, tuple_of(g, 3));
}

/* ---- 10.4: sets and dicts ---- */

static void add_number(struct guide *g, struct object *set, int value)
{
    struct object *number = int_new(g->gc, value);
    set_add(set, number);
    object_decref(number);
}

/* As a program writes it: a constant set is made when the program is read,
 * and a new set is given all that it has. */
static struct object *set_literal(struct guide *g, int keys)
{
    struct object *constant = set_new(g->gc), *set = set_new(g->gc);
    for (int i = 1; i <= keys; i++)
        add_number(g, constant, i);
    set_update(set, constant);
    object_decref(constant);
    return set;
}

static void set_basic(struct guide *g)
{
    say_basic(g, set_new(g->gc));
}

static void set_0(struct guide *g)
{
    say_bytes(g, set_new(g->gc));
}

static void set_3(struct guide *g)
{
    say_bytes(g, set_literal(g, 3));
}

static void set_5(struct guide *g)
{
    say_bytes(g, set_literal(g, 5));
}

/* At which size the table has how many places. */
static void set_growth(struct guide *g)
{
    struct object *set = set_new(g->gc);
    size_t first = set_bytes(set), before = first;
    for (int i = 0; i < TABLES_TO; i++) {
        add_number(g, set, i);
        if (set_bytes(set) != before)
            fprintf(g->answer, "%s%zu:%zu", before != first ? " " : "",
                    set_size(set), (set_bytes(set) - first) / 16);
        before = set_bytes(set);
    }
    object_decref(set);
}

static void put_number(struct guide *g, struct object *dict, int key,
                       const char *value)
{
    struct object *number = int_new(g->gc, key), *text = text_of(g->gc, value);
    dict_set(dict, number, text);
    object_decref(text);
    object_decref(number);
}

static void dict_basic(struct guide *g)
{
    say_basic(g, dict_new(g->gc));
}

static void dict_0(struct guide *g)
{
    say_bytes(g, dict_new(g->gc));
}

static void dict_3(struct guide *g)
{
    struct object *dict = dict_new(g->gc);
    put_number(g, dict, 1, "a");
    put_number(g, dict, 2, "b");
    put_number(g, dict, 3, "c");
    say_bytes(g, dict);
}

static void dict_growth(struct guide *g)
{
    struct object *dict = dict_new(g->gc);
    size_t first = dict_bytes(dict), before = first;
    for (int i = 0; i < TABLES_TO; i++) {
        put_number(g, dict, i, "");
        if (dict_bytes(dict) != before)
            fprintf(g->answer, "%s%zu:%zu", before != first ? " " : "",
                    dict_size(dict), dict_bytes(dict) - first);
        before = dict_bytes(dict);
    }
    object_decref(dict);
}

/* ---- 11.3, 12.3: one object of a value ---- */

/* a op b is the constant c, in one piece of code that is read at once: what
 * can be computed then is, and equal constants are one. */
static bool constants_are_one(struct guide *g, struct object *a,
                              struct object *b)
{
    struct object *unit = dict_new(g->gc);
    struct object *first = constant_new(unit, a);
    struct object *second = constant_new(unit, b);
    bool same = first == second;
    object_decref(second);
    object_decref(first);
    object_decref(unit);
    object_decref(b);
    object_decref(a);
    return same;
}

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

static struct object *joined(struct guide *g, const char *a, const char *b,
                             size_t times)
{
    struct object *left = text_of(g->gc, a), *right = text_of(g->gc, b);
    struct object *more = text_repeat(right, times);
    struct object *both = text_join(left, more);
    object_decref(more);
    object_decref(right);
    object_decref(left);
    return both;
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

static void same_literals(struct guide *g)
{
    say_truth(g, constants_are_one(g, text_of(g->gc, "my_string"),
                                   text_of(g->gc, "my_string")));
}

/* sys.intern() of one that is made while the program runs, and a constant. */
static void interned(struct guide *g)
{
    struct object *unit = dict_new(g->gc);
    struct object *made = joined(g, "another_", "string", 1);
    struct object *s5 = text_intern(made);
    struct object *literal = text_of(g->gc, "another_string");
    struct object *s6 = constant_new(unit, literal);
    say_truth(g, s5 == s6);
    object_decref(s6);
    object_decref(literal);
    object_decref(s5);
    object_decref(made);
    object_decref(unit);
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

/* ---- 12.2, 12.4, 12.6 ---- */

static void reused_list(struct guide *g)
{
    struct object *a = list_of(g, 2);
    uintptr_t id = (uintptr_t)a;
    object_decref(a);
    struct object *c = list_of(g, 2);
    say_truth(g, id == (uintptr_t)c);
    object_decref(c);
}

static void say_thresholds(struct guide *g)
{
    int threshold[GC_GENERATIONS];
    gc_thresholds(g->gc, threshold);
    fprintf(g->answer, "(%d, %d, %d)", threshold[0], threshold[1],
            threshold[2]);
}

static void new_thresholds(struct guide *g)
{
    static const int threshold[GC_GENERATIONS] = { 1000, 5, 5 };
    gc_set_thresholds(g->gc, threshold);
    say_thresholds(g);
}

static bool say_phase(void *context, const struct gc_info *info)
{
    struct guide *g = context;
    if (!info->stop)
        fprintf(g->answer, "started for generation %d; ", info->generation);
    else
        fprintf(g->answer, "ended, uncollectable %zu", info->uncollectable);
    return true;
}

static void callbacks(struct guide *g)
{
    gc_callback_add(g->gc, say_phase, g);
    gc_collect(g->gc, GC_OLDEST);
    gc_callback_remove(g->gc, say_phase, g);
}

/* ---- the rows ---- */

#define ROW(block, expression, text, ask)        \
    {                                            \
        block, expression, text, NULL, NULL, ask \
    }
#define BUT(block, expression, text, instead, why, ask) \
    {                                                   \
        block, expression, text, instead, why, ask      \
    }
#define ONE_TABLE "a table of its own: 3.13 shares the keys (288)"
#define LIST_GROWTH                                                          \
    "1:4 5:8 9:16 17:24 25:32 33:40 41:52 53:64 65:76 77:92 93:108 109:128 " \
    "129:148 149:172 173:200 201:232 233:268 269:308"
#define SET_GROWTH "5:32 19:128 77:512 307:2048 1229:8192 4915:32768"
#define DICT_GROWTH                                                  \
    "1:160 6:288 11:568 22:1104 43:2200 86:4624 171:9240 342:18448 " \
    "683:36888 1366:73744 2731:147480 5462:294928"
#define DONE "gc: done, 2 unreachable, 0 uncollectable"

const struct guide_row guide_rows[] = {
    ROW("10.2 class", "A.__basicsize__", "16", a_basic),
    ROW("10.2 class", "sys.getsizeof(A())", "48", a_bytes),
    BUT("10.2 class", "sys.getsizeof(A().__dict__)", "296", "184", ONE_TABLE,
        a_dict),
    BUT("10.2 class", "recursive_size(A())", "428", "316", ONE_TABLE, a_all),
    ROW("10.3 slots", "B.__basicsize__", "40", b_basic),
    ROW("10.3 slots", "sys.getsizeof(B())", "56", b_bytes),
    ROW("10.3 slots", "recursive_size(B())", "140", b_all),
    ROW("10.4 int", "int.__basicsize__", "24", int_basic),
    ROW("10.4 int", "int.__itemsize__", "4", int_item),
    ROW("10.4 int", "sys.getsizeof(0)", "28", int_zero),
    ROW("10.4 int", "sys.getsizeof(2**30 - 1)", "28", int_30_less),
    ROW("10.4 int", "sys.getsizeof(2**30)", "32", int_30),
    ROW("10.4 int", "sys.getsizeof(2**60 - 1)", "32", int_60_less),
    ROW("10.4 int", "sys.getsizeof(2**511 - 1)", "96", int_511_less),
    ROW("10.4 bool", "bool.__basicsize__", "24", bool_basic),
    ROW("10.4 bool", "sys.getsizeof(True)", "28", bool_bytes),
    ROW("10.4 bool", "bool(1) is bool(10)", "True", bool_one),
    ROW("10.4 str", "str.__basicsize__", "64", text_basic),
    ROW("10.4 str", "sys.getsizeof('')", "41", text_0),
    ROW("10.4 str", "sys.getsizeof('a')", "42", text_1),
    ROW("10.4 str", "sys.getsizeof('abcd')", "45", text_4),
    ROW("10.4 str", "sys.getsizeof('\\u0159e\\u0159icha')", "72", text_wide),
    ROW("10.4 list", "list.__basicsize__", "40", list_basic),
    ROW("10.4 list", "sys.getsizeof([])", "56", list_0),
    ROW("10.4 list", "sys.getsizeof([1])", "64", list_1),
    ROW("10.4 list", "sys.getsizeof([1, 2])", "72", list_2),
    ROW("10.4 list growth", "growth_of_list()", LIST_GROWTH, list_growth),
    ROW("10.4 tuple", "tuple.__basicsize__", "24", tuple_basic),
    ROW("10.4 tuple", "tuple.__itemsize__", "8", tuple_item_bytes),
    ROW("10.4 tuple", "sys.getsizeof(())", "40", tuple_0),
    ROW("10.4 tuple", "sys.getsizeof((1, 2, 3))", "64", tuple_3),
    ROW("10.4 set", "set.__basicsize__", "200", set_basic),
    ROW("10.4 set", "sys.getsizeof(set())", "216", set_0),
    ROW("10.4 set", "sys.getsizeof({1, 2, 3})", "216", set_3),
    ROW("10.4 set", "sys.getsizeof({1, 2, 3, 4, 5})", "472", set_5),
    ROW("10.4 set growth", "growth_of_set()", SET_GROWTH, set_growth),
    ROW("10.4 dict", "dict.__basicsize__", "48", dict_basic),
    ROW("10.4 dict", "sys.getsizeof({})", "64", dict_0),
    ROW("10.4 dict", "sys.getsizeof({1: 'a', 2: 'b', 3: 'c'})", "224", dict_3),
    ROW("10.4 dict growth", "growth_of_dict()", DICT_GROWTH, dict_growth),
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
    ROW("12.2 free lists", "reused_list()", "True", reused_list),
    ROW("12.3 interning", "'my_string' is 'my_string'", "True", same_literals),
    ROW("12.3 interning", "interned_and_literal()", "True", interned),
    ROW("12.4 thresholds", "gc.get_threshold()", "(2000, 10, 10)",
        say_thresholds),
    ROW("12.4 thresholds", "new_thresholds()", "(1000, 5, 5)", new_thresholds),
    ROW("12.6 callbacks", "callbacks()",
        "started for generation 2; ended, uncollectable 0", callbacks),
};
const size_t guide_row_count = sizeof guide_rows / sizeof guide_rows[0];

char *guide_answer(const struct guide_row *row, const char *edition)
{
    char *text = NULL;
    size_t bytes = 0;
    struct gc_config config = { .edition = edition };
    struct guide g = { .gc = gc_create(&config),
                       .answer = open_memstream(&text, &bytes) };
    if (!g.gc || !g.answer)
        return strdup("no memory");
    row->ask(&g);
    fclose(g.answer);
    gc_destroy(g.gc);
    return text;
}
