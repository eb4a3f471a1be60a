/* guide_values.c - numbers and strings. (10.4) */
#include "guide_ask.h"

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

/* ---- the rows ---- */

static const struct guide_row rows[] = {
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
};
const struct guide_part guide_values = GUIDE_PART(rows);
