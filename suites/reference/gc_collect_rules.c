/* gc_collect_rules.c - collections: what is found, in what order survivors
 * and counts are left, and when one starts by itself. (1.6.1 to 1.6.19) */
#include "gc_fixture.h"

static struct gc_fixture f;

static void begin(void)
{
    gc_fixture_begin(&f, NULL);
}

static void end(void)
{
    gc_unsave(&f);
    gc_fixture_end(&f);
}

TestSuite(gc_collect, .init = begin, .fini = end, BOUND);

/* --- what is found --- */

Test(gc_collect, a_list_that_contains_itself_is_one)
{
    struct object *list = list_new(f.gc, 0);
    list_append(list, list);
    object_decref(list);
    cr_expect(gc_collect(f.gc, 2) == 1);
}

Test(gc_collect, a_tuple_in_a_list_in_the_tuple_is_two)
{
    struct object *list = list_new(f.gc, 0);
    struct object *tuple = tuple_pack(f.gc, &list, 1);
    list_append(list, tuple);
    object_decref(list);
    object_decref(tuple);
    cr_expect(gc_collect(f.gc, 2) == 2);
}

/* 9 holds 1, so survivors stand as 9 1 2 0; clearing 1 ends 2, whose end ends
 * 0, and only then is 1 let go. */
Test(gc_collect, a_ring_with_a_reference_from_outside_stays)
{
    struct object *held = node_new(f.node, 9);
    gc_make_ring(&f, f.node, 0, 3);
    struct object *found[4];
    gc_objects(f.gc, 0, found, 4);
    node_set_slot(held, 0, found[2]);
    cr_expect(gc_collect(f.gc, 2) == 0);
    node_set_slot(held, 0, NULL);
    cr_expect(gc_collect(f.gc, 2) == 3);
    gc_expect_events(&f, "D2 D0 D1 ");
    object_decref(held);
}

Test(gc_collect, there_are_three_generations_only)
{
    cr_expect(gc_collect(f.gc, 3) == -1 && gc_collect(f.gc, -1) == -1);
}

/* --- order --- */

/* The walk meets A and B before it knows; C refers to B, B to A. */
Test(gc_collect, survivors_stand_in_the_order_in_which_they_were_reached)
{
    struct object *a = node_new(f.node, 1), *b = node_new(f.node, 2),
                  *c = node_new(f.node, 3);
    gc_link(c, 0, b);
    gc_link(b, 0, a);
    object_decref(a);
    object_decref(b);
    gc_collect(f.gc, 0);
    gc_expect_order(&f, 1, "3 2 1 ");
    object_decref(c);
}

Test(gc_collect, younger_generations_follow_the_collected_one_youngest_first)
{
    struct object *a = node_new(f.node, 1);
    gc_collect(f.gc, 1);
    struct object *b = node_new(f.node, 2);
    gc_collect(f.gc, 0);
    struct object *c = node_new(f.node, 3);
    gc_expect_order(&f, GC_ALL_GENERATIONS, "3 2 1 ");
    gc_collect(f.gc, 2);
    gc_expect_order(&f, 2, "1 3 2 ");
    object_decref(a);
    object_decref(b);
    object_decref(c);
}

/* --- counts, and when --- */

Test(gc_collect, counts_are_those_of_test_collect_generations)
{
    struct object *x = node_new(f.node, 1);
    gc_collect(f.gc, 0);
    gc_expect_counts(&f, 0, 1, 0);
    gc_collect(f.gc, 1);
    gc_expect_counts(&f, 0, 0, 1);
    gc_collect(f.gc, 2);
    gc_expect_counts(&f, 0, 0, 0);
    object_decref(x);
}

Test(gc_collect, one_starts_when_the_count_is_above_the_threshold)
{
    struct object *node[6];
    struct gc_stats stats[GC_GENERATIONS];
    gc_set_thresholds(f.gc, (const int[]){ 4, 10, 10 });
    gc_enable(f.gc);
    for (int i = 0; i < 4; i++)
        node[i] = node_new(f.node, i);
    gc_stats(f.gc, stats);
    cr_expect(stats[0].collections == 0);
    node[4] = node_new(f.node, 4);
    gc_stats(f.gc, stats);
    cr_expect(stats[0].collections == 1);
    gc_expect_order(&f, 0, "4 ");
    gc_expect_order(&f, 1, "0 1 2 3 ");
    gc_expect_counts(&f, 0, 1, 0);
    for (int i = 0; i < 5; i++)
        object_decref(node[i]);
}

static size_t collections(int generation)
{
    struct gc_stats stats[GC_GENERATIONS];
    gc_stats(f.gc, stats);
    return stats[generation].collections;
}

Test(gc_collect, none_starts_when_off_or_at_threshold_0_or_with_an_error)
{
    gc_set_thresholds(f.gc, (const int[]){ 1, 10, 10 });
    gc_enable(f.gc);
    gc_set_error_pending(f.gc, true);
    for (int i = 0; i < 3; i++)
        gc_save(&f, list_new(f.gc, 0));
    gc_set_error_pending(f.gc, false);
    gc_set_thresholds(f.gc, (const int[]){ 0, 10, 10 });
    for (int i = 0; i < 3; i++)
        gc_save(&f, list_new(f.gc, 0));
    gc_disable(f.gc);
    cr_expect(collections(0) == 0);
    for (size_t i = 0; i < f.saved_count; i++)
        object_decref(f.saved[i]);
}

/* The oldest is passed over while what is new in it is less than a quarter,
 * and the next younger one is collected though its count is 0. */
Test(gc_collect, the_oldest_waits_for_a_quarter)
{
    struct object *node[400];
    size_t pending, total;
    for (int i = 0; i < 40; i++)
        node[i] = node_new(f.node, i);
    gc_collect(f.gc, 2);
    gc_set_thresholds(f.gc, (const int[]){ 1, 0, 0 });
    gc_enable(f.gc);
    int made = 40;
    while (collections(2) < 2 && made < 400) {
        gc_long_lived(f.gc, &pending, &total);
        node[made] = node_new(f.node, made);
        made++;
    }
    gc_disable(f.gc);
    cr_expect(total == 40 && pending >= 10 && pending < 13, "%zu of %zu",
              pending, total);
    for (int i = 0; i < made; i++)
        object_decref(node[i]);
}

/* 10 of 40 is a quarter; 9 is not. */
Test(gc_collect, a_quarter_is_enough_and_less_is_not)
{
    for (int entered = 9; entered <= 10; entered++) {
        for (int i = 0; i < 40; i++)
            cr_assert(node_new(f.node, i));
        gc_collect(f.gc, 2);
        for (int i = 0; i < entered; i++)
            cr_assert(node_new(f.node, i));
        gc_collect(f.gc, 1);
        size_t before = collections(2);
        gc_set_thresholds(f.gc, (const int[]){ 1, 10, 0 });
        gc_enable(f.gc);
        cr_assert(node_new(f.node, 0) && node_new(f.node, 1));
        gc_disable(f.gc);
        cr_expect(collections(2) - before == (entered == 10), "%d", entered);
        gc_freeze(f.gc);
    }
}

/* What CPython's counters would be, by arithmetic alone: all objects live. */
struct predicted {
    long count[3];
    long collections[3];
    long size[3];
    long pending;
    long total;
};

static void predict_collection(struct predicted *p, int g)
{
    if (g < 2)
        p->count[g + 1]++;
    for (int i = 0; i <= g; i++)
        p->count[i] = 0;
    for (int i = 0; i < g; i++) {
        p->size[g] += p->size[i];
        p->size[i] = 0;
    }
    p->collections[g]++;
    if (g == 2) {
        p->pending = 0;
        p->total = p->size[2];
        return;
    }
    if (g == 1)
        p->pending += p->size[1];
    p->size[g + 1] += p->size[g];
    p->size[g] = 0;
}

static void predict_new(struct predicted *p)
{
    static const long threshold[] = { 700, 10, 10 };
    p->count[0]++;
    for (int g = 2; g >= 0 && p->count[0] > threshold[0]; g--) {
        bool waits = g == 2 && p->pending < p->total / 4;
        if (p->count[g] <= threshold[g] || waits)
            continue;
        predict_collection(p, g);
        break;
    }
    p->size[0]++;
}

static void expect_predicted(const struct predicted *p, int step)
{
    struct gc_stats stats[GC_GENERATIONS];
    int count[GC_GENERATIONS];
    size_t pending, total;
    gc_counts(f.gc, count);
    gc_stats(f.gc, stats);
    gc_long_lived(f.gc, &pending, &total);
    for (int g = 0; g < 3; g++)
        cr_assert(count[g] == p->count[g] &&
                      (long)stats[g].collections == p->collections[g],
                  "object %d, generation %d", step, g);
    cr_assert((long)pending == p->pending && (long)total == p->total,
              "object %d", step);
}

Test(gc_collect, counters_are_as_predicted_over_two_million_objects)
{
    struct predicted p = { 0 };
    gc_enable(f.gc);
    for (int i = 0; i < 2000000; i++) {
        cr_assert(node_new(f.node, i));
        predict_new(&p);
        expect_predicted(&p, i);
    }
    gc_disable(f.gc);
    cr_expect(p.collections[2] > 5);
}

/* --- freezing --- */

Test(gc_collect, the_frozen_are_roots_and_come_back_to_the_end_of_the_oldest)
{
    struct object *a = node_new(f.node, 1);
    gc_make_ring(&f, f.node, 2, 2);
    gc_freeze(f.gc);
    cr_expect(gc_freeze_count(f.gc) == 3);
    gc_expect_counts(&f, 0, 0, 0);
    struct object *b = node_new(f.node, 5);
    cr_expect(gc_collect(f.gc, 2) == 0);
    gc_unfreeze(f.gc);
    cr_expect(gc_freeze_count(f.gc) == 0);
    gc_expect_order(&f, 2, "5 1 2 3 ");
    cr_expect(gc_collect(f.gc, 2) == 2);
    object_decref(a);
    object_decref(b);
}

/* The frozen one holds 4 from outside of the list that is collected. */
Test(gc_collect, with_frozen_ones_a_full_collection_finds_the_same)
{
    struct object *kept = node_new(f.node, 3);
    gc_freeze(f.gc);
    struct object *c = node_new(f.node, 4);
    gc_link(kept, 0, c);
    object_decref(c);
    gc_make_ring(&f, f.node, 5, 2);
    gc_make_ring(&f, f.node, 7, 1);
    cr_expect(gc_collect(f.gc, 2) == 3);
    gc_expect_order(&f, 2, "4 ");
    cr_expect(gc_freeze_count(f.gc) == 1);
    gc_fixture_verify(&f);
    gc_unfreeze(f.gc);
    object_decref(kept);
}

/* --- long lists, which are walked with a window --- */

#define LONG 40000

/* The last holds all others, each the one before, so that each is put aside
 * and comes back; every tenth is followed by a ring of 2 that does not. */
Test(gc_collect, a_long_list_is_told_apart_as_a_short_one)
{
    static struct object *left[LONG];
    const struct node_kind kind = { .name = "silent" };
    const struct object_type *silent = node_type_new(f.gc, &kind);
    struct object *last = NULL;
    for (int i = 0; i < LONG; i++) {
        struct object *node = node_new(silent, i);
        node_set_slot(node, 0, last);
        object_decref_any(last);
        last = node;
        if (i % 10 == 0)
            gc_make_ring(&f, silent, LONG, 2);
    }
    cr_expect(gc_collect(f.gc, 2) == 2 * (LONG / 10));
    cr_assert(gc_objects(f.gc, 2, left, LONG) == LONG);
    for (int i = 0; i < LONG; i++)
        cr_assert(node_id(left[i]) == LONG - 1 - i);
    gc_fixture_verify(&f);
    object_decref(last);
    cr_expect(gc_objects(f.gc, 2, NULL, 0) == 0);
}

/* --- debug flags --- */

Test(gc_collect, saveall_keeps_the_unreachable_as_garbage_uncleared)
{
    cr_expect(gc_debug(f.gc) == 0);
    gc_set_debug(f.gc, GC_DEBUG_SAVEALL);
    cr_expect(gc_debug(f.gc) == GC_DEBUG_SAVEALL);
    gc_make_ring(&f, f.node, 1, 2);
    cr_expect(gc_collect(f.gc, 2) == 2);
    cr_assert(gc_garbage_count(f.gc) == 2);
    cr_expect(node_slot(gc_garbage_item(f.gc, 0), 0) ==
              gc_garbage_item(f.gc, 1));
    gc_expect_order(&f, 2, "1 2 ");
    gc_fixture_verify(&f);
    gc_set_debug(f.gc, 0);
    gc_garbage_clear(f.gc);
    gc_expect_events(&f, "");
    cr_expect(gc_collect(f.gc, 2) == 2);
    gc_expect_events(&f, "D2 D1 ");
}

Test(gc_collect, the_debug_flags_say_what_cpython_says)
{
    char *text = NULL, expected[256], elapsed[32];
    size_t bytes = 0;
    struct gc_fixture g;
    FILE *log = open_memstream(&text, &bytes);
    gc_fixture_begin(&g, &(struct gc_config){ .log = log });
    gc_make_ring(&g, g.node, 1, 1);
    struct object *found[1];
    gc_objects(g.gc, 0, found, 1);
    gc_set_debug(g.gc, GC_DEBUG_STATS | GC_DEBUG_COLLECTABLE);
    gc_collect(g.gc, 2);
    fflush(log);
    snprintf(expected, sizeof expected,
             "gc: collecting generation 2...\n"
             "gc: objects in each generation: 1 0 0\n"
             "gc: objects in permanent generation: 0\n"
             "gc: collectable <node %p>\n"
             "gc: done, 1 unreachable, 0 uncollectable, ",
             (void *)found[0]);
    cr_assert(strncmp(text, expected, strlen(expected)) == 0, "%s", text);
    cr_assert(sscanf(text + strlen(expected), "0.%4[0-9]s elapsed", elapsed));
    gc_fixture_end(&g);
    fclose(log);
    free(text);
}

/* --- looking in --- */

Test(gc_collect, only_the_generation_asked_for_gets_the_statistics)
{
    struct gc_stats stats[GC_GENERATIONS];
    gc_make_ring(&f, f.node, 1, 3);
    gc_collect(f.gc, 1);
    gc_stats(f.gc, stats);
    cr_expect(stats[0].collections == 0 && stats[2].collections == 0);
    cr_expect(stats[1].collections == 1 && stats[1].collected == 3);
}

Test(gc_collect, referrers_are_found_in_list_order_unless_frozen)
{
    struct object *a = node_new(f.node, 1), *b = node_new(f.node, 2),
                  *c = node_new(f.node, 3), *found[4];
    gc_link(b, 0, a);
    gc_freeze(f.gc);
    struct object *d = node_new(f.node, 4);
    gc_link(d, 0, a);
    gc_link(d, 1, a);
    cr_expect(gc_referrers(f.gc, &a, 1, found, 4) == 1 && found[0] == d);
    gc_unfreeze(f.gc);
    cr_expect(gc_referrers(f.gc, &a, 1, found, 4) == 2 && found[1] == b);
    object_decref(a);
    object_decref(b);
    object_decref(c);
    object_decref(d);
}
