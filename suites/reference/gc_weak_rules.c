/* gc_weak_rules.c - weak references and proxies. (1.7 W1 to W8;
 * test_weakref.py) */
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

TestSuite(gc_weak, .init = begin, .fini = end, BOUND);

/* --- sharing, order --- */

Test(gc_weak, the_plain_reference_and_the_plain_proxy_are_shared)
{
    struct object *a = node_new(f.node, 1);
    struct object *ref = weak_ref(a, NULL), *proxy = weak_proxy(a, NULL);
    cr_expect(weak_ref(a, NULL) == ref && weak_proxy(a, NULL) == proxy);
    cr_expect(ref->references == 2 && proxy->references == 2);
    cr_expect(weak_count(a) == 2 && weak_is_proxy(proxy) && weak_is_ref(ref));
    object_decref(ref);
    object_decref(ref);
    object_decref(proxy);
    object_decref(proxy);
    cr_expect(weak_count(a) == 0);
    object_decref(a);
}

/* As 3.11 prints weakref.ref, ProxyType and CallableProxyType, and the debug
 * flags their instances. */
Test(gc_weak, their_types_have_the_names_of_cpython)
{
    struct object *a = node_new(f.node, 1);
    struct object *called = node_new(f.callback, 2);
    struct object *ref = weak_ref(a, NULL), *proxy = weak_proxy(a, NULL);
    struct object *callable = weak_proxy(called, NULL);
    cr_expect_str_eq(ref->type->name, "weakref.ReferenceType");
    cr_expect_str_eq(proxy->type->name, "weakref.ProxyType");
    cr_expect_str_eq(callable->type->name, "weakref.CallableProxyType");
    object_decref(ref);
    object_decref(proxy);
    object_decref(callable);
    object_decref(called);
    object_decref(a);
}

Test(gc_weak, who_is_given_the_shared_one_sets_off_no_collection)
{
    struct gc_stats stats[GC_GENERATIONS];
    struct object *a = node_new(f.node, 1);
    struct object *ref = weak_ref(a, NULL), *proxy = weak_proxy(a, NULL);
    gc_set_thresholds(f.gc, (const int[]){ 1, 10, 10 });
    gc_enable(f.gc);
    object_decref(weak_ref(a, NULL));
    object_decref(weak_proxy(a, NULL));
    gc_disable(f.gc);
    gc_stats(f.gc, stats);
    cr_expect(stats[0].collections == 0);
    object_decref(ref);
    object_decref(proxy);
    object_decref(a);
}

Test(gc_weak, the_list_has_the_plain_ones_first_then_the_newest)
{
    struct object *a = node_new(f.node, 1), *c = node_new(f.callback, 2);
    struct object_type *sub = weak_type_new(f.gc, "sub");
    struct object *made[] = {
        weak_ref(a, c),    weak_proxy(a, NULL), weak_ref_of(sub, a, NULL),
        weak_ref(a, NULL), weak_proxy(a, c),    weak_ref_of(sub, a, NULL),
    };
    static const int order[] = { 3, 1, 5, 4, 2, 0 };
    struct object *found[6];
    cr_assert(weak_list(a, found, 6) == 6);
    for (int i = 0; i < 6; i++)
        cr_expect(found[i] == made[order[i]], "place %d", i);
    gc_fixture_verify(&f);
    for (int i = 0; i < 6; i++)
        object_decref(made[i]);
    object_decref(a);
    object_decref(c);
}

Test(gc_weak, kinds_without_a_list_are_refused)
{
    struct object *list = list_new(f.gc, 0);
    struct node_kind kind = { .name = "no weak", .no_weak = true };
    struct object *node = node_new(node_type_new(f.gc, &kind), 1);
    cr_expect(!weak_supports(list) && weak_ref(list, NULL) == NULL);
    cr_expect(!weak_supports(node) && weak_proxy(node, NULL) == NULL);
    object_decref(list);
    object_decref(node);
}

/* --- death by count --- */

static void see_all_dead(struct gc_fixture *g, struct object *object,
                         struct object *weak)
{
    (void)object;
    cr_expect(weak_target(weak) == NULL && weak_callback(weak) == NULL);
    for (size_t i = 0; i < g->saved_count; i++)
        cr_expect(weak_target(g->saved[i]) == NULL);
}

Test(gc_weak, all_are_dead_before_callbacks_run_newest_first)
{
    struct object *a = node_new(f.node, 9);
    f.on_call = see_all_dead;
    for (int i = 0; i < 4; i++) {
        struct object *callback = node_new(f.callback, i);
        struct object *weak = weak_ref(a, callback);
        gc_save(&f, weak);
        object_decref(weak);
        object_decref(callback);
    }
    object_decref(a);
    gc_expect_events(&f, "C3 C2 C1 C0 D0 D1 D2 D3 D9 ");
    gc_unsave(&f);
}

Test(gc_weak, a_reference_that_dies_first_calls_nothing)
{
    struct object *a = node_new(f.node, 1), *c = node_new(f.callback, 2);
    object_decref(weak_ref(a, c));
    object_decref(a);
    gc_expect_events(&f, "D1 ");
    object_decref(c);
}

/* Between the two a tuple of four is made, tracked, and kept when dead. */
static void see_tuple(struct gc_fixture *g, struct object *object,
                      struct object *weak)
{
    (void)object, (void)weak;
    gc_expect_order(g, 0, "t ");
}

Test(gc_weak, several_callbacks_wait_in_a_tuple_that_is_tracked)
{
    struct object *a = node_new(f.node, 1), *c = node_new(f.callback, 2);
    struct object *first = weak_ref(a, c), *second = weak_ref(a, c);
    gc_collect(f.gc, 2);
    f.on_call = see_tuple;
    object_decref(a);
    gc_expect_events(&f, "C2 C2 D1 ");
    gc_expect_counts(&f, 0, 0, 0);
    cr_expect(gc_types_clear_free(f.gc) == 1);
    object_decref(first);
    object_decref(second);
    object_decref(c);
}

/* The tuple sets off a collection, which ends one of the two references. */
Test(gc_weak, a_collection_meanwhile_may_end_some_of_them)
{
    struct object *a = node_new(f.node, 1), *c = node_new(f.callback, 2);
    struct object *held = weak_ref(a, c), *cyclic = weak_ref(a, c);
    struct object *ring = node_new(f.node, 3);
    gc_link(ring, 0, ring);
    gc_link(ring, 1, cyclic);
    object_decref(cyclic);
    object_decref(ring);
    gc_set_thresholds(f.gc, (const int[]){ 1, 10, 10 });
    gc_enable(f.gc);
    object_decref(a);
    gc_disable(f.gc);
    gc_expect_events(&f, "D3 C2 D1 ");
    cr_expect(weak_target(held) == NULL);
    object_decref(held);
    object_decref(c);
}

static struct object *made_late;

static void refer_weakly(struct gc_fixture *g, struct object *object,
                         struct object *o)
{
    (void)o;
    struct object *callback = node_new(g->callback, 8);
    made_late = weak_ref(object, callback);
    object_decref(callback);
}

/* By a legacy finalizer; one of PEP 442 runs before callbacks are called. */
Test(gc_weak, one_made_in_a_legacy_finalizer_is_dropped_without_a_callback)
{
    f.on_legacy = refer_weakly;
    object_decref(node_new(f.legacy, 1));
    gc_expect_events(&f, "L1 D1 ");
    cr_assert(made_late && ((struct weak *)made_late)->referent == NULL);
    object_decref(made_late);
    gc_expect_events(&f, "D8 ");
}

/* --- death in a collection --- */

Test(gc_weak, a_collection_calls_those_that_are_not_trash_themselves)
{
    struct object *a = node_new(f.node, 1), *c = node_new(f.callback, 2);
    struct object *outside = weak_ref(a, c), *inside = weak_ref(a, c);
    gc_link(a, 0, a);
    gc_link(a, 1, inside);
    object_decref(inside);
    object_decref(a);
    cr_expect(gc_collect(f.gc, 2) == 2);
    gc_expect_events(&f, "C2 D1 ");
    cr_expect(weak_target(outside) == NULL && weak_callback(outside) == c);
    object_decref(outside);
    object_decref(c);
}

static void drop_saved(struct gc_fixture *g, struct object *object,
                       struct object *o)
{
    (void)object, (void)o;
    gc_unsave(g);
}

Test(gc_weak, a_reference_that_its_callback_drops_is_counted_as_collected)
{
    struct object *a = node_new(f.node, 1), *c = node_new(f.callback, 2);
    struct object *weak = weak_ref(a, c);
    gc_save(&f, weak);
    object_decref(weak);
    gc_link(a, 0, a);
    object_decref(a);
    f.on_call = drop_saved;
    cr_expect(gc_collect(f.gc, 2) == 2);
    gc_expect_events(&f, "C2 D1 ");
    object_decref(c);
}

Test(gc_weak, callbacks_run_in_the_order_of_the_dying_newest_first_in_each)
{
    struct object *node[2], *weak[4];
    for (int i = 0; i < 2; i++) {
        node[i] = node_new(f.node, 90 + i);
        gc_link(node[i], 0, node[i]);
    }
    for (int i = 0; i < 4; i++) {
        struct object *callback = node_new(f.callback, i);
        weak[i] = weak_ref(node[i % 2], callback);
        object_decref(callback);
    }
    object_decref(node[0]);
    object_decref(node[1]);
    gc_collect(f.gc, 2);
    gc_expect_events(&f, "C2 C0 C3 C1 D90 D91 ");
    for (int i = 0; i < 4; i++)
        object_decref(weak[i]);
}

/* --- errors --- */

static void raise(struct gc_fixture *g, struct object *object, struct object *o)
{
    (void)object, (void)o;
    g->errors++;
}

static size_t unraisable;

static void hear(void *context, struct object *where)
{
    cr_expect(context == &f && node_id(where) == 2);
    unraisable++;
}

Test(gc_weak, errors_of_callbacks_are_told_to_a_hook_on_both_ways)
{
    struct object *a = node_new(f.node, 1), *c = node_new(f.callback, 2);
    gc_set_unraisable(f.gc, hear, &f);
    f.on_call = raise;
    struct object *weak = weak_ref(a, c);
    object_decref(a);
    object_decref(weak);
    a = node_new(f.node, 3);
    weak = weak_ref(a, c);
    gc_link(a, 0, a);
    object_decref(a);
    gc_collect(f.gc, 2);
    cr_expect(unraisable == 2);
    object_decref(weak);
    object_decref(c);
}

/* --- hash, equality, proxies --- */

Test(gc_weak, a_hash_outlives_the_referent_when_it_was_asked_before)
{
    struct object *a = node_new(f.node, 1), *b = node_new(f.node, 2);
    struct object *asked = weak_ref(a, NULL), *not_asked = weak_ref(b, NULL);
    intptr_t of_a, hash;
    cr_assert(object_hash(a, &of_a) && object_hash(asked, &hash));
    cr_expect(hash == of_a);
    object_decref(a);
    object_decref(b);
    cr_expect(object_hash(asked, &hash) && hash == of_a);
    cr_expect(!object_hash(not_asked, &hash));
    object_decref(asked);
    object_decref(not_asked);
}

static bool same_id(void *context, struct object *a, struct object *b)
{
    (void)context;
    return node_id(a) == node_id(b);
}

Test(gc_weak, they_are_equal_as_their_referents_are_and_dead_ones_are_not)
{
    struct node_kind kind = { .name = "same", .hooks.equal = same_id };
    struct object_type *type = node_type_new(f.gc, &kind);
    struct object *a = node_new(type, 1), *b = node_new(type, 1);
    struct object *to_a = weak_ref(a, NULL), *to_b = weak_ref(b, NULL);
    cr_expect(object_equal(to_a, to_b));
    object_decref(a);
    cr_expect(!object_equal(to_a, to_b) && object_equal(to_a, to_a));
    object_decref(b);
    object_decref(to_a);
    object_decref(to_b);
}

Test(gc_weak, a_proxy_calls_what_it_stands_for_until_it_is_dead)
{
    struct object *c = node_new(f.callback, 1), *a = node_new(f.node, 2);
    struct object *proxy = weak_proxy(c, NULL), *other = weak_proxy(a, NULL);
    intptr_t hash;
    cr_expect(weak_proxy_is_callable(proxy) && !weak_proxy_is_callable(other));
    cr_expect(!object_hash(proxy, &hash));
    cr_expect(weak_proxy_call(proxy, a) && !weak_proxy_call(other, a));
    gc_expect_events(&f, "C1 ");
    object_decref(c);
    cr_expect(!weak_proxy_call(proxy, a) && weak_target(proxy) == NULL);
    object_decref(a);
    object_decref(proxy);
    object_decref(other);
}
