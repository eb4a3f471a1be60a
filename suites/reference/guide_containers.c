/* guide_containers.c - lists, tuples, sets and dicts, and their growth. (10.4)
 */
#include "guide_ask.h"

#define TABLES_TO 6000 /* keys put into a table that grows */

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

/* ---- the rows ---- */

#define LIST_GROWTH                                                          \
    "1:4 5:8 9:16 17:24 25:32 33:40 41:52 53:64 65:76 77:92 93:108 109:128 " \
    "129:148 149:172 173:200 201:232 233:268 269:308"
#define SET_GROWTH "5:32 19:128 77:512 307:2048 1229:8192 4915:32768"
#define DICT_GROWTH                                                  \
    "1:160 6:288 11:568 22:1104 43:2200 86:4624 171:9240 342:18448 " \
    "683:36888 1366:73744 2731:147480 5462:294928"

static const struct guide_row rows[] = {
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
};
const struct guide_part guide_containers = GUIDE_PART(rows);
