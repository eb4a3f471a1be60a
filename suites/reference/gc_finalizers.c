/* gc_finalizers.c - finalizers of both kinds, and resurrection.
 * (test_finalization.py, test_gc.py) */
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

TestSuite(gc_finalizers, .init = begin, .fini = end, BOUND);

static void collect(struct gc_fixture *g, struct object *object,
                    struct object *o)
{
    (void)object, (void)o;
    cr_expect(gc_collect(g->gc, 2) == 0);
}

/* --- by count --- */

Test(gc_finalizers, one_is_called_once_when_the_count_comes_to_0)
{
    object_decref(node_new(f.finalized, 1));
    gc_expect_events(&f, "F1 D1 ");
}

Test(gc_finalizers, the_resurrected_stand_at_the_end_of_generation_0)
{
    struct object *a = node_new(f.finalized, 1), *b = node_new(f.node, 2);
    struct object *weak = weak_ref(a, NULL);
    gc_collect(f.gc, 2);
    f.on_finalize = gc_do_save;
    object_decref(a);
    gc_expect_events(&f, "F1 ");
    gc_expect_order(&f, 0, "1 ");
    cr_expect(weak_target(weak) == a && gc_is_finalized(a));
    gc_unsave(&f);
    gc_expect_events(&f, "D1 ");
    cr_expect(weak_target(weak) == NULL);
    object_decref(b);
    object_decref(weak);
}

Test(gc_finalizers, of_plain_data_one_is_called_at_every_death)
{
    struct object *plain = plain_new(f.plain, 1);
    f.on_finalize = gc_do_save;
    object_decref(plain);
    f.on_finalize = NULL;
    gc_unsave(&f);
    gc_expect_events(&f, "F1 F1 D1 ");
}

Test(gc_finalizers, a_legacy_one_is_called_at_every_death)
{
    struct object *node = node_new(f.legacy, 1);
    struct object *weak = weak_ref(node, NULL);
    f.on_legacy = gc_do_save;
    object_decref(node);
    cr_expect(weak_target(weak) == NULL);
    f.on_legacy = NULL;
    gc_unsave(&f);
    gc_expect_events(&f, "L1 L1 D1 ");
    object_decref(weak);
}

/* --- in a collection --- */

Test(gc_finalizers, all_are_called_before_anything_is_cleared)
{
    gc_make_ring(&f, f.finalized, 1, 3);
    cr_expect(gc_collect(f.gc, 2) == 3);
    gc_expect_events(&f, "F1 F2 F3 D2 D3 D1 ");
}

Test(gc_finalizers, one_that_breaks_its_cycle_lets_it_fall)
{
    f.on_finalize = gc_do_cut;
    gc_make_ring(&f, f.finalized, 1, 2);
    cr_expect(gc_collect(f.gc, 2) == 0);
    gc_expect_events(&f, "F1 F2 D2 D1 ");
    cr_expect(gc_objects(f.gc, GC_ALL_GENERATIONS, NULL, 0) == 0);
}

Test(gc_finalizers, a_collection_within_a_collection_does_nothing)
{
    struct gc_stats stats[GC_GENERATIONS];
    f.on_finalize = collect;
    gc_make_ring(&f, f.finalized, 1, 2);
    cr_expect(gc_collect(f.gc, 2) == 2);
    gc_stats(f.gc, stats);
    cr_expect(stats[2].collections == 1);
}

Test(gc_finalizers, resurrection_happens_once_to_an_object)
{
    f.on_finalize = gc_do_save;
    gc_make_ring(&f, f.finalized, 1, 1);
    cr_expect(gc_collect(f.gc, 2) == 0);
    gc_unsave(&f);
    cr_expect(gc_collect(f.gc, 2) == 1);
    gc_expect_events(&f, "F1 D1 ");
}

/* 1 -> cargo 2, and a ring of 5 and 6 that nobody saves. */
Test(gc_finalizers, resurrection_saves_what_it_reaches_and_nothing_else)
{
    struct object *a = node_new(f.finalized, 1), *cargo = node_new(f.node, 2);
    struct object *weak = weak_ref(cargo, NULL);
    gc_link(a, 0, a);
    gc_link(a, 1, cargo);
    object_decref(cargo);
    object_decref(a);
    gc_make_ring(&f, f.node, 5, 2);
    f.on_finalize = gc_do_save;
    cr_expect(gc_collect(f.gc, 2) == 2);
    gc_expect_events(&f, "F1 D6 D5 ");
    gc_expect_order(&f, 2, "w 1 2 ");
    cr_expect(node_slot(a, 1) == cargo && weak_target(weak) == NULL);
    object_decref(weak);
}

Test(gc_finalizers, up_to_3_8_one_resurrection_saves_all)
{
    struct gc_fixture g;
    gc_fixture_begin_edition(&g, "py38");
    g.on_finalize = gc_do_save;
    gc_make_ring(&g, g.node, 5, 2);
    gc_make_ring(&g, g.finalized, 1, 1);
    cr_expect(gc_collect(g.gc, 2) == 0);
    gc_expect_order(&g, 2, "5 6 1 ");
    gc_unsave(&g);
    cr_expect(gc_collect(g.gc, 2) == 3);
    gc_fixture_end(&g);
}

Test(gc_finalizers, resurrection_does_not_block_the_cleanup_of_others)
{
    struct gc_stats stats[GC_GENERATIONS];
    f.on_finalize = gc_do_save;
    gc_make_ring(&f, f.finalized, 1, 1);
    gc_make_ring(&f, f.finalized, 2, 1);
    for (int i = 0; i < 100; i++)
        gc_make_ring(&f, f.node, 10 + i, 1);
    cr_expect(gc_collect(f.gc, 2) == 100);
    gc_stats(f.gc, stats);
    cr_expect(stats[2].collected == 100);
    gc_unsave(&f);
    cr_expect(gc_collect(f.gc, 2) == 2);
}

/* --- legacy finalizers --- */

/* 1 has one, and holds itself and 2. */
Test(gc_finalizers, a_cycle_with_a_legacy_one_is_kept_as_garbage)
{
    struct object *a = node_new(f.legacy, 1), *b = node_new(f.finalized, 2);
    struct object *weak = weak_ref(a, NULL);
    gc_link(a, 0, a);
    gc_link(a, 1, b);
    object_decref(a);
    object_decref(b);
    gc_make_ring(&f, f.node, 7, 1);
    cr_expect(gc_collect(f.gc, 2) == 3);
    gc_expect_events(&f, "D7 ");
    cr_assert(gc_garbage_count(f.gc) == 1 && gc_garbage_item(f.gc, 0) == a);
    cr_expect(weak_target(weak) == a);
    gc_link(a, 0, NULL);
    gc_garbage_clear(f.gc);
    gc_expect_events(&f, "L1 D1 F2 D2 ");
    object_decref(weak);
}

Test(gc_finalizers, garbage_is_cleared_from_the_last)
{
    for (int i = 1; i <= 3; i++)
        gc_make_ring(&f, f.legacy, i, 1);
    cr_expect(gc_collect(f.gc, 2) == 3 && gc_garbage_count(f.gc) == 3);
    for (size_t i = 0; i < 3; i++)
        gc_link(gc_garbage_item(f.gc, i), 0, NULL);
    gc_garbage_clear(f.gc);
    gc_expect_events(&f, "L3 D3 L2 D2 L1 D1 ");
}

Test(gc_finalizers, with_saveall_all_that_it_reaches_is_garbage_too)
{
    struct object *a = node_new(f.legacy, 1), *b = node_new(f.node, 2);
    gc_set_debug(f.gc, GC_DEBUG_SAVEALL);
    gc_link(a, 0, a);
    gc_link(a, 1, b);
    object_decref(a);
    object_decref(b);
    cr_expect(gc_collect(f.gc, 2) == 2);
    cr_expect(gc_garbage_count(f.gc) == 2);
    gc_link(a, 0, NULL);
    gc_garbage_clear(f.gc);
}

/* --- one among plain trash --- */

Test(gc_finalizers, one_finalizer_among_plain_trash_is_called)
{
    gc_make_ring(&f, f.node, 1, 2);
    gc_make_ring(&f, f.finalized, 3, 1);
    gc_make_ring(&f, f.node, 4, 2);
    cr_expect(gc_collect(f.gc, 2) == 5);
    gc_expect_events(&f, "F3 D2 D1 D3 D5 D4 ");
}

Test(gc_finalizers, one_legacy_one_among_plain_trash_is_kept)
{
    gc_make_ring(&f, f.node, 1, 1);
    gc_make_ring(&f, f.legacy, 3, 1);
    gc_make_ring(&f, f.node, 4, 1);
    cr_expect(gc_collect(f.gc, 2) == 3);
    gc_expect_events(&f, "D1 D4 ");
    cr_assert(gc_garbage_count(f.gc) == 1);
    gc_link(gc_garbage_item(f.gc, 0), 0, NULL);
    gc_garbage_clear(f.gc);
    gc_expect_events(&f, "L3 D3 ");
}

Test(gc_finalizers, one_weak_reference_to_plain_trash_dies_before_it)
{
    struct object *a = node_new(f.node, 2);
    struct object *weak = weak_ref(a, NULL);
    gc_make_ring(&f, f.node, 1, 1);
    gc_link(a, 0, a);
    object_decref(a);
    gc_make_ring(&f, f.node, 3, 1);
    cr_expect(gc_collect(f.gc, 2) == 3);
    cr_expect(weak_target(weak) == NULL);
    object_decref(weak);
}
