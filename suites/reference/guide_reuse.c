/* guide_reuse.c - free lists, interning, thresholds and callbacks. (12) */
#include "guide_ask.h"

/* ---- 12.2: free lists ---- */

static struct object *list_of_two(struct guide *g)
{
    struct object *list = list_new(g->gc, 0);
    for (int i = 1; i <= 2; i++) {
        struct object *number = int_new(g->gc, i);
        list_append(list, number);
        object_decref(number);
    }
    return list;
}

static void reused_list(struct guide *g)
{
    struct object *a = list_of_two(g);
    uintptr_t id = (uintptr_t)a;
    object_decref(a);
    struct object *c = list_of_two(g);
    say_truth(g, id == (uintptr_t)c);
    object_decref(c);
}

/* ---- 12.3: interned strings ---- */

static void same_literals(struct guide *g)
{
    say_truth(g, constants_are_one(g, text_of(g->gc, "my_string"),
                                   text_of(g->gc, "my_string")));
}

/* "my" + "_" + "string", which is joined when the program is read. */
static void joined_literal(struct guide *g)
{
    say_truth(g, constants_are_one(g, joined(g, "my_", "string", 1),
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

/* ---- 12.4, 12.6: thresholds, callbacks ---- */

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

#define JOINED "what is joined of constants is joined when the program is read"

static const struct guide_row rows[] = {
    ROW("12.2 free lists", "reused_list()", "True", reused_list),
    ROW("12.3 interning", "'my_string' is 'my_string'", "True", same_literals),
    BUT("12.3 interning", "'my' + '_' + 'string' is 'my_string'",
        "False or True", "True", JOINED, joined_literal),
    ROW("12.3 interning", "interned_and_literal()", "True", interned),
    ROW("12.4 thresholds", "gc.get_threshold()", "(2000, 10, 10)",
        say_thresholds),
    ROW("12.4 thresholds", "new_thresholds()", "(1000, 5, 5)", new_thresholds),
    ROW("12.6 callbacks", "callbacks()",
        "started for generation 2; ended, uncollectable 0", callbacks),
};
const struct guide_part guide_reuse = GUIDE_PART(rows);
