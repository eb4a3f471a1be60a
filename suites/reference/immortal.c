/* immortal.c - what py313 has otherwise: immortal objects, and collections
 * that wait for a safe point. (1.6, 1.8; PEP 683) */
#include "gc_fixture.h"

static struct gc_fixture f;

static void begin(void)
{
    gc_fixture_begin_edition(&f, "py313");
}

static void end(void)
{
    gc_unsave(&f);
    gc_fixture_end(&f);
}

TestSuite(immortal, .init = begin, .fini = end, BOUND);

/* ---- counts ---- */

Test(immortal, the_count_of_an_immortal_object_stays_as_it_is)
{
    struct object *plain = plain_new(f.plain, 1);
    cr_assert(!object_is_immortal(plain) && gc_make_immortal(plain));
    for (int i = 0; i < 1000; i++)
        object_decref(plain);
    cr_expect(object_references(plain) == UINT32_MAX);
    for (int i = 0; i < 3000; i++)
        object_incref(plain);
    cr_expect(object_is_immortal(plain));
    cr_expect(plain->references == OBJECT_IMMORTAL);
    gc_expect_events(&f, "");
}

Test(immortal, others_die_at_zero_as_ever)
{
    struct object *plain = plain_new(f.plain, 1);
    object_incref(plain);
    cr_expect(object_references(plain) == 2);
    object_decref(plain);
    gc_expect_events(&f, "");
    object_decref(plain);
    gc_expect_events(&f, "F1 D1 ");
}

Test(immortal, no_object_is_immortal_before_312)
{
    gc_fixture_again_in(&f, "py311");
    struct object *plain = plain_new(f.plain, 1);
    cr_expect(!gc_make_immortal(plain) && plain->references == 1);
    object_decref(plain);
    gc_expect_events(&f, "F1 D1 ");
}

/* ---- the collector ---- */

Test(immortal, an_immortal_object_is_moved_to_the_permanent_list)
{
    struct object *node = node_new(f.node, 1), *other = node_new(f.node, 2);
    cr_assert(gc_make_immortal(node));
    gc_fixture_verify(&f);
    gc_expect_order(&f, 0, "1 2 ");
    gc_collect(f.gc, 0);
    gc_expect_order(&f, 1, "2 ");
    cr_expect(gc_freeze_count(f.gc) == 1);
    object_decref(other);
}

Test(immortal, one_that_has_grown_old_is_moved_by_a_collection_of_its_age)
{
    struct object *node = node_new(f.node, 1);
    gc_collect(f.gc, 1);
    cr_assert(gc_make_immortal(node));
    gc_collect(f.gc, 1);
    cr_expect(gc_freeze_count(f.gc) == 0);
    gc_collect(f.gc, 2);
    cr_expect(gc_freeze_count(f.gc) == 1);
    gc_unfreeze(f.gc);
    gc_expect_order(&f, 2, "1 ");
    gc_collect(f.gc, 2);
    cr_expect(gc_freeze_count(f.gc) == 1);
}

Test(immortal, a_cycle_with_an_immortal_object_lives_and_what_it_refers_to)
{
    struct object *node = node_new(f.node, 1), *ref = weak_ref(node, NULL);
    struct object *kept = node_new(f.node, 2);
    node_set_slot(node, 0, kept);
    node_set_slot(kept, 0, node);
    object_decref(kept);
    cr_assert(gc_make_immortal(node));
    object_decref(node);
    gc_make_ring(&f, f.node, 5, 2);
    cr_expect(gc_collect(f.gc, 2) == 2);
    cr_expect(gc_collect(f.gc, 2) == 0);
    gc_expect_events(&f, "D6 D5 ");
    cr_expect(weak_target(ref) == node);
    gc_expect_order(&f, 2, "w 2 ");
    object_decref(ref);
}

/* ---- safe points ---- */

static void make_rings(int count)
{
    for (int i = 0; i < count; i++)
        gc_make_ring(&f, f.node, 2 * i, 2);
}

static size_t collections_of(int generation)
{
    struct gc_stats stats[GC_GENERATIONS];
    gc_stats(f.gc, stats);
    return stats[generation].collections;
}

Test(immortal, an_allocation_only_schedules_a_collection)
{
    gc_enable(f.gc);
    make_rings(1000);
    cr_expect(!gc_safe_point(f.gc), "2000 are not above the threshold");
    make_rings(500);
    gc_expect_counts(&f, 3000, 0, 0);
    cr_expect(collections_of(0) == 0);
    cr_expect(gc_safe_point(f.gc) && collections_of(0) == 1);
    gc_expect_counts(&f, 0, 1, 0);
    cr_expect(!gc_safe_point(f.gc));
}

Test(immortal, what_is_no_longer_due_at_the_safe_point_is_not_collected)
{
    gc_enable(f.gc);
    make_rings(1500);
    cr_expect(gc_collect(f.gc, 0) == 3000);
    cr_expect(!gc_safe_point(f.gc) && collections_of(0) == 1);
}

Test(immortal, what_is_disabled_at_the_safe_point_is_not_collected)
{
    gc_enable(f.gc);
    make_rings(1500);
    gc_disable(f.gc);
    cr_expect(!gc_safe_point(f.gc));
    gc_enable(f.gc);
    cr_expect(!gc_safe_point(f.gc) && collections_of(0) == 0);
    make_rings(1);
    cr_expect(gc_safe_point(f.gc) && collections_of(0) == 1);
}

Test(immortal, before_312_an_allocation_collects_and_nothing_waits)
{
    gc_fixture_again_in(&f, "py311");
    gc_enable(f.gc);
    make_rings(400);
    cr_expect(collections_of(0) == 1 && !gc_safe_point(f.gc));
}
