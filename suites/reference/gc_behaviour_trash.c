/* gc_behaviour_trash.c - what CPython's own tests assert of weak references
 * and callbacks when a collection finds trash, said of the reference.
 * (test_gc.py on bug 1055820 and issue 38006; test_weakref.py) */
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

TestSuite(gc_behaviour_trash, .init = begin, .fini = end, BOUND);

/* A node that refers to itself in slot 2. */
static struct object *looped(const struct object_type *type, int id)
{
    struct object *node = node_new(type, id);
    gc_link(node, 2, node);
    return node;
}

static void link_and_drop(struct object *from, unsigned slot, struct object *to)
{
    gc_link(from, slot, to);
    object_decref(to);
}

/* What a callback sees through other references. */
static struct object *watched[4];
static size_t watched_count;
static unsigned looks;

static void see_all_dead(struct gc_fixture *g, struct object *object,
                         struct object *weak)
{
    (void)g, (void)object, (void)weak;
    looks++;
    for (size_t i = 0; i < watched_count; i++)
        cr_expect(weak_target(watched[i]) == NULL, "reference %zu", i);
}

/* --- callbacks see nothing of what is trash --- */

/* test_bug1055820b */
Test(gc_behaviour_trash, callbacks_of_two_cycles_see_neither_of_them)
{
    struct object *callback = node_new(f.callback, 9);
    for (int i = 0; i < 2; i++) {
        struct object *node = looped(f.node, i);
        watched[watched_count++] = weak_ref(node, NULL);
        watched[watched_count++] = weak_ref(node, callback);
        object_decref(node);
    }
    f.on_call = see_all_dead;
    cr_expect(gc_collect(f.gc, 2) == 2);
    cr_expect(looks == 2);
    for (size_t i = 0; i < watched_count; i++)
        object_decref(watched[i]);
    object_decref(callback);
}

/* 0 is in the oldest generation, held by 1 alone; 1 and 2 are young trash;
 * there is a weak reference without a callback to 2. */
static struct object *old_held_by_young_trash(const struct object_type *type)
{
    struct object *old = node_new(type, 0);
    gc_collect(f.gc, 2);
    struct object *holder = looped(f.node, 1), *other = looped(f.node, 2);
    watched[watched_count++] = weak_ref(other, NULL);
    link_and_drop(holder, 0, old);
    object_decref(holder);
    object_decref(other);
    return old;
}

/* test_bug1055820c */
Test(gc_behaviour_trash, the_callback_of_an_old_one_does_not_see_young_trash)
{
    struct object *callback = node_new(f.callback, 9);
    struct object *old = old_held_by_young_trash(f.node);
    struct object *weak = weak_ref(old, callback);
    f.on_call = see_all_dead;
    gc_collect(f.gc, 0);
    cr_expect(looks == 1);
    gc_expect_events(&f, "C9 D0 D1 D2 ");
    object_decref(weak);
    object_decref(callback);
    object_decref(watched[0]);
}

/* test_bug1055820d */
Test(gc_behaviour_trash, the_finalizer_of_an_old_one_does_not_see_young_trash)
{
    old_held_by_young_trash(f.finalized);
    f.on_finalize = see_all_dead;
    gc_collect(f.gc, 0);
    cr_expect(looks == 1);
    gc_expect_events(&f, "F0 D0 D1 D2 ");
    object_decref(watched[0]);
}

/* --- behind a kind that does not say what it holds --- */

/* ContainerNoGC: holds one object, and has no traverse slot. */
struct opaque {
    struct object head;
    struct object *held;
};

static void opaque_dealloc(struct object *object)
{
    object_decref(((struct opaque *)object)->held);
    gc_delete(object);
}

static struct object *opaque_around(struct object *held)
{
    static const struct object_type model = {
        .name = "opaque",
        .bytes = sizeof(struct opaque),
        .dealloc = opaque_dealloc,
    };
    struct opaque *opaque =
        (struct opaque *)gc_new(gc_type_add(f.gc, &model, sizeof model), 0);
    opaque->held = held;
    return &opaque->head;
}

/* test_trash_weakref_clear: the reference to 1 is trash, and a ring of its
 * own keeps it for longer than 1, of which the collector knows nothing. */
Test(gc_behaviour_trash, a_trash_reference_to_what_is_hidden_calls_nothing)
{
    struct object *hidden = node_new(f.node, 1), *a = looped(f.node, 2);
    struct object *callback = node_new(f.callback, 9);
    struct object *weak = weak_ref(hidden, callback);
    link_and_drop(a, 0, opaque_around(hidden));
    gc_link(a, 1, weak);
    struct object *ring = list_new(f.gc, 0);
    list_append(ring, weak);
    list_append(ring, ring);
    object_decref(weak);
    object_decref(a);
    object_decref(ring);
    gc_collect(f.gc, 2);
    gc_expect_events(&f, "D1 D2 ");
    cr_expect(callback->references == 1);
    object_decref(callback);
}

/* --- callbacks that are themselves in cycles --- */

/* test_callback_in_cycle: 1 is watched by a reference that 2 holds, and its
 * callback is 1 itself. */
Test(gc_behaviour_trash, a_callback_that_is_what_it_watches_is_not_called)
{
    struct object *a = node_new(f.callback, 1), *b = node_new(f.node, 2);
    gc_link(a, 0, b);
    gc_link(b, 0, a);
    link_and_drop(b, 1, weak_ref(a, a));
    object_decref(a);
    object_decref(b);
    cr_expect(gc_collect(f.gc, 2) == 3);
    gc_expect_events(&f, "D2 D1 ");
}

/* test_callback_reachable_one_way: 1 -> 2, and 1 holds the reference to 2,
 * whose callback is 1. Nothing leads back from 2. */
Test(gc_behaviour_trash, a_callback_that_holds_what_it_watches_is_not_called)
{
    struct object *a = node_new(f.callback, 1), *b = looped(f.node, 2);
    gc_link(a, 0, b);
    link_and_drop(a, 1, weak_ref(b, a));
    object_decref(a);
    object_decref(b);
    cr_expect(gc_collect(f.gc, 2) == 3);
    gc_expect_events(&f, "D1 D2 ");
}

/* test_callback_in_cycle_resurrection: the callback in the trash would bring
 * 1 back; the one outside learns of its death once. */
static void would_resurrect(struct gc_fixture *g, struct object *object,
                            struct object *weak)
{
    (void)weak;
    if (node_id(object) == 1)
        gc_save(g, object);
}

Test(gc_behaviour_trash, a_trash_callback_cannot_resurrect_and_others_hear_once)
{
    struct object *a = node_new(f.callback, 1), *b = node_new(f.node, 2);
    struct object *outside = node_new(f.callback, 9);
    gc_link(a, 0, b);
    gc_link(b, 0, a);
    link_and_drop(a, 1, weak_ref(b, a));
    struct object *weak = weak_ref(a, outside);
    object_decref(a);
    object_decref(b);
    f.on_call = would_resurrect;
    gc_collect(f.gc, 2);
    cr_expect(f.saved_count == 0 && weak_target(weak) == NULL);
    gc_expect_events(&f, "C9 D2 D1 ");
    gc_collect(f.gc, 2);
    gc_expect_events(&f, "");
    object_decref(weak);
    object_decref(outside);
}

/* test_callbacks_on_callback: 1 and 2 in a ring; 3 is the callback of a
 * reference to 2 that 1 holds; a safe one outside watches 3. */
Test(gc_behaviour_trash, the_end_of_a_callback_is_told_to_one_outside)
{
    struct object *c = node_new(f.node, 1), *d = node_new(f.node, 2);
    struct object *callback = node_new(f.callback, 3);
    struct object *safe = node_new(f.callback, 9);
    struct object *external = weak_ref(callback, safe);
    gc_link(c, 0, d);
    gc_link(d, 0, c);
    gc_link(callback, 0, d);
    link_and_drop(c, 1, weak_ref(d, callback));
    gc_link(d, 1, callback);
    object_decref(callback);
    object_decref(c);
    cr_expect(gc_collect(f.gc, 2) == 0);
    object_decref(d);
    gc_collect(f.gc, 2);
    cr_expect(strncmp(f.events, "C9 ", 3) == 0);
    cr_expect(strstr(f.events + 3, "C") == NULL, "%s", f.events);
    cr_expect(gc_objects(f.gc, GC_ALL_GENERATIONS, NULL, 0) == 2);
    object_decref(external);
    object_decref(safe);
}

/* test_subclass_refs_with_cycle */
Test(gc_behaviour_trash, one_of_a_subtype_in_the_cycle_calls_nothing)
{
    struct object *node = looped(f.node, 1);
    struct object *callback = node_new(f.callback, 9);
    struct object_type *type = weak_type_new(f.gc, "sub");
    link_and_drop(node, 0, weak_ref_of(type, node, callback));
    object_decref(node);
    cr_expect(gc_collect(f.gc, 2) == 2);
    gc_expect_events(&f, "D1 ");
    cr_expect(callback->references == 1);
    object_decref(callback);
}
