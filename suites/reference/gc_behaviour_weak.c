/* gc_behaviour_weak.c - what CPython's own tests assert of weak references
 * whose referents die by count, said of the reference. (test_weakref.py) */
#include "gc_fixture.h"

#define CHAIN 100

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

TestSuite(gc_behaviour_weak, .init = begin, .fini = end, BOUND);

/* --- references --- */

Test(gc_behaviour_weak, one_gives_its_referent_until_that_is_dead)
{
    struct object *node = node_new(f.node, 1), *weak = weak_ref(node, NULL);
    cr_expect(weak_target(weak) == node && node->references == 1);
    object_decref(node);
    cr_expect(weak_target(weak) == NULL);
    object_decref(weak);
}

Test(gc_behaviour_weak, plain_data_can_be_referred_to_weakly)
{
    struct object *plain = plain_new(f.plain, 1);
    struct object *callback = node_new(f.callback, 2);
    struct object *weak = weak_ref(plain, callback);
    cr_expect(weak_target(weak) == plain);
    object_decref(plain);
    gc_expect_events(&f, "F1 C2 D1 ");
    object_decref(weak);
    object_decref(callback);
}

static void expect_dead_argument(struct gc_fixture *g, struct object *object,
                                 struct object *weak)
{
    (void)object;
    cr_expect(weak == g->saved[0] && weak_target(weak) == NULL);
}

Test(gc_behaviour_weak, a_callback_is_called_once_with_the_dead_reference)
{
    struct object *node = node_new(f.node, 1);
    struct object *callback = node_new(f.callback, 2);
    struct object *weak = weak_ref(node, callback);
    gc_save(&f, weak);
    f.on_call = expect_dead_argument;
    object_decref(node);
    gc_expect_events(&f, "C2 D1 ");
    gc_collect(f.gc, 2);
    gc_expect_events(&f, "");
    object_decref(weak);
    object_decref(callback);
}

Test(gc_behaviour_weak, two_callbacks_of_one_object_are_both_called)
{
    struct object *node = node_new(f.node, 1), *callback[2], *weak[2];
    for (int i = 0; i < 2; i++) {
        callback[i] = node_new(f.callback, 2 + i);
        weak[i] = weak_ref(node, callback[i]);
    }
    object_decref(node);
    gc_expect_events(&f, "C3 C2 D1 ");
    for (int i = 0; i < 2; i++) {
        object_decref(weak[i]);
        object_decref(callback[i]);
    }
}

Test(gc_behaviour_weak, one_tells_its_callback_until_its_referent_is_dead)
{
    struct object *node = node_new(f.node, 1);
    struct object *callback = node_new(f.callback, 2);
    struct object *with = weak_ref(node, callback);
    struct object *without = weak_ref(node, NULL);
    cr_expect(weak_callback(with) == callback);
    cr_expect(weak_callback(without) == NULL);
    object_decref(node);
    cr_expect(weak_callback(with) == NULL && callback->references == 1);
    object_decref(with);
    object_decref(without);
    object_decref(callback);
}

Test(gc_behaviour_weak, two_of_each_kind_are_four_and_plain_data_may_have_none)
{
    struct object *node = node_new(f.node, 1), *list = list_new(f.gc, 0);
    struct object *callback = node_new(f.callback, 2), *found[4];
    struct object *made[] = {
        weak_ref(node, NULL),
        weak_ref(node, callback),
        weak_proxy(node, NULL),
        weak_proxy(node, callback),
    };
    cr_expect(weak_count(node) == 4 && weak_list(node, found, 4) == 4);
    cr_expect(weak_count(list) == 0 && weak_list(list, found, 4) == 0);
    for (int i = 0; i < 4; i++) {
        cr_expect(weak_count(node) == 4 - (size_t)i);
        object_decref(made[i]);
    }
    cr_expect(weak_count(node) == 0);
    object_decref(node);
    object_decref(list);
    object_decref(callback);
    gc_expect_events(&f, "D1 D2 ");
}

Test(gc_behaviour_weak, who_drops_the_shared_one_leaves_it_to_the_others)
{
    struct object *node = node_new(f.node, 1), *callback;
    struct object *first = weak_ref(node, NULL), *second = weak_ref(node, NULL);
    cr_assert(first == second && first->references == 2);
    object_decref(second);
    cr_expect(weak_count(node) == 1 && first->references == 1);
    first = weak_proxy(node, NULL), second = weak_proxy(node, NULL);
    cr_assert(first == second && first->references == 2);
    callback = node_new(f.callback, 2);
    struct object *other = weak_proxy(node, callback);
    cr_expect(other != first && weak_count(node) == 3);
    object_decref(other);
    object_decref(first);
    object_decref(second);
    object_decref(callback);
    cr_expect(weak_count(node) == 1);
    struct object *found;
    weak_list(node, &found, 1);
    object_decref(found);
    object_decref(node);
}

/* --- references of a type of their own --- */

Test(gc_behaviour_weak, one_of_a_subtype_stands_behind_the_shared_one)
{
    struct object *node = node_new(f.node, 1), *found[2];
    struct object *sub = weak_ref_of(weak_type_new(f.gc, "sub"), node, NULL);
    struct object *shared = weak_ref(node, NULL);
    cr_expect(sub != shared && weak_count(node) == 2);
    weak_list(node, found, 2);
    cr_expect(found[0] == shared && found[1] == sub);
    cr_expect(weak_target(sub) == node && weak_is_ref(sub));
    object_decref(sub);
    object_decref(shared);
    object_decref(node);
}

Test(gc_behaviour_weak, those_of_a_subtype_keep_a_callback_each)
{
    struct object_type *type = weak_type_new(f.gc, "sub");
    struct object *node = node_new(f.node, 1), *callback[2], *weak[2];
    for (int i = 0; i < 2; i++) {
        callback[i] = node_new(f.callback, 2 + i);
        weak[i] = weak_ref_of(type, node, callback[i]);
    }
    cr_expect(weak[0] != weak[1] && weak_count(node) == 2);
    for (int i = 0; i < 2; i++)
        cr_expect(weak_callback(weak[i]) == callback[i]);
    object_decref(node);
    gc_expect_events(&f, "C3 C2 D1 ");
    for (int i = 0; i < 2; i++) {
        object_decref(weak[i]);
        object_decref(callback[i]);
    }
}

/* --- what happens while a referent dies --- */

static void collect(struct gc_fixture *g, struct object *object,
                    struct object *o)
{
    (void)object, (void)o;
    gc_collect(g->gc, 2);
}

/* test_sf_bug_840829, test_callback_gcs: the dying one is in no list. */
Test(gc_behaviour_weak, a_callback_may_collect_while_its_referent_dies)
{
    for (int finalized = 0; finalized < 2; finalized++) {
        struct object *node = node_new(finalized ? f.finalized : f.node, 1);
        struct object *callback = node_new(f.callback, 2);
        struct object *weak = weak_ref(node, callback);
        gc_make_ring(&f, f.node, 3, 1);
        f.on_call = collect;
        object_decref(node);
        gc_expect_events(&f, finalized ? "F1 C2 D3 D1 " : "C2 D3 D1 ");
        gc_fixture_verify(&f);
        object_decref(weak);
        object_decref(callback);
        gc_expect_events(&f, "D2 ");
    }
}

static struct object *made_late;

static void refer_weakly(struct gc_fixture *g, struct object *object,
                         struct object *o)
{
    (void)g, (void)o;
    made_late = weak_ref(object, NULL);
}

Test(gc_behaviour_weak, one_made_in_a_finalizer_dies_with_its_referent)
{
    f.on_finalize = refer_weakly;
    object_decref(node_new(f.finalized, 1));
    cr_assert(made_late && weak_target(made_late) == NULL);
    gc_fixture_verify(&f);
    object_decref(made_late);
}

static size_t collections(void)
{
    struct gc_stats stats[GC_GENERATIONS];
    gc_stats(f.gc, stats);
    return stats[0].collections + stats[1].collections + stats[2].collections;
}

/* test_callbacks_protected: the error is still there afterwards, so that no
 * collection starts by itself. */
Test(gc_behaviour_weak, callbacks_leave_a_pending_error_pending)
{
    struct object *node = node_new(f.node, 1);
    struct object *callback = node_new(f.callback, 2);
    struct object *weak = weak_ref(node, callback);
    gc_set_thresholds(f.gc, (const int[]){ 1, 10, 10 });
    gc_enable(f.gc);
    gc_set_error_pending(f.gc, true);
    object_decref(node);
    gc_expect_events(&f, "C2 D1 ");
    for (int i = 0; i < 4; i++)
        gc_make_ring(&f, f.node, 3, 1);
    cr_expect(collections() == 0);
    gc_disable(f.gc);
    object_decref(weak);
    object_decref(callback);
}

/* At a threshold of 1 what makes a reference collects first, and the callback
 * of a ring's reference drops or makes others of the same referent. */
static void make_another(struct gc_fixture *g, struct object *object,
                         struct object *weak)
{
    (void)object, (void)weak;
    struct object *referent = g->saved[0];
    made_late = node_id(referent) == 1 ? weak_ref(referent, NULL)
                                       : weak_proxy(referent, NULL);
}

/* test_gc_during_ref_creation, test_gc_during_proxy_creation */
Test(gc_behaviour_weak, a_collection_while_one_is_made_leaves_one_shared)
{
    for (int id = 1; id <= 2; id++) {
        struct object *node = node_new(f.node, id), *found;
        struct object *ring = node_new(f.node, 9);
        struct object *callback = node_new(f.callback, 8);
        struct object *watch = weak_ref(ring, callback);
        gc_link(ring, 0, ring);
        object_decref(ring);
        gc_save(&f, node);
        f.on_call = make_another;
        gc_set_thresholds(f.gc, (const int[]){ 1, 10, 10 });
        gc_enable(f.gc);
        struct object *weak =
            id == 1 ? weak_ref(node, NULL) : weak_proxy(node, NULL);
        gc_disable(f.gc);
        gc_expect_events(&f, "C8 D9 ");
        cr_expect(weak == made_late && weak->references == 2);
        cr_expect(weak_list(node, &found, 1) == 1 && found == weak);
        gc_fixture_verify(&f);
        object_decref(weak);
        object_decref(made_late);
        object_decref(watch);
        object_decref(callback);
        gc_unsave(&f);
        object_decref(node);
        gc_expect_events(&f, id == 1 ? "D8 D1 " : "D8 D2 ");
    }
}

/* --- chains deeper than the trashcan --- */

static struct object *watching[2 * CHAIN];
static unsigned looks;

static void see_none_without_references(struct gc_fixture *g,
                                        struct object *object,
                                        struct object *weak)
{
    (void)g, (void)object, (void)weak;
    for (int i = 0; i < 2 * CHAIN; i++) {
        struct object *target = weak_target(watching[i]);
        cr_assert(!target || target->references > 0);
    }
    looks++;
}

/* test_trashcan_16602: one put aside has no references, and is not shown. A
 * leaf at each link dies after all below the link has died or been put aside,
 * so that its callback could see those. */
Test(gc_behaviour_weak, in_a_chain_callbacks_never_see_one_put_aside)
{
    struct object *callback = node_new(f.callback, 1), *chain = NULL;
    for (int i = 0; i < CHAIN; i++) {
        struct object *link = node_new(f.node, i), *leaf = node_new(f.node, i);
        node_set_slot(link, 0, chain);
        node_set_slot(link, 1, leaf);
        object_decref_any(chain);
        object_decref(leaf);
        chain = link;
        watching[2 * i] = weak_ref(link, callback);
        watching[2 * i + 1] = weak_ref(leaf, callback);
    }
    f.on_call = see_none_without_references;
    object_decref(chain);
    cr_expect(looks == 2 * CHAIN);
    for (int i = 0; i < 2 * CHAIN; i++)
        object_decref(watching[i]);
    object_decref(callback);
}
