/* gc_behaviour_maps.c - what CPython's own tests assert of weak dictionaries
 * and finalizers, and weak_maps.c does not yet say. (test_weakref.py) */
#include "assay/weak_maps.h"
#include "gc_fixture.h"

#define PAIRS 20

static struct gc_fixture f;

static void begin(void)
{
    gc_fixture_begin(&f, NULL);
}

static void end(void)
{
    gc_fixture_end(&f);
}

TestSuite(gc_behaviour_maps, .init = begin, .fini = end, BOUND);

/* A map from plain data to nodes that refer to themselves, or the other way
 * round; the test keeps the plain data alone. */
static struct object *plain[PAIRS];

static struct object *map_of_loops(bool keys)
{
    struct object *map = keys ? weak_keys_new(f.gc) : weak_values_new(f.gc);

    for (int i = 0; i < PAIRS; i++) {
        struct object *node = node_new(f.node, i);
        gc_link(node, 0, node);
        plain[i] = plain_new(f.plain, i);
        cr_assert(keys ? weak_keys_set(map, node, plain[i])
                       : weak_values_set(map, plain[i], node));
        object_decref(node);
    }
    return map;
}

static void drop_map(struct object *map)
{
    object_decref(map);
    for (int i = 0; i < PAIRS; i++) {
        cr_expect(plain[i]->references == 1);
        object_decref(plain[i]);
    }
}

static size_t size_of(struct object *map, bool keys)
{
    return keys ? weak_keys_size(map) : weak_values_size(map);
}

/* test_len_cycles: the one that is lent by the iteration is not held. */
Test(gc_behaviour_maps, cycles_collected_while_one_iterates_are_not_counted)
{
    for (int keys = 0; keys < 2; keys++) {
        struct object *map = map_of_loops(keys), *k, *v;
        size_t place = 0;
        weak_map_iterate(map);
        cr_assert(weak_map_next(map, &place, &k, &v));
        cr_expect(size_of(map, keys) == PAIRS);
        cr_expect(gc_collect(f.gc, 2) >= PAIRS);
        cr_expect(size_of(map, keys) == 0);
        cr_expect(!weak_map_next(map, &place, &k, &v));
        weak_map_iterate_end(map);
        cr_expect(size_of(map, keys) == 0 && weak_map_pending(map) == 0);
        drop_map(map);
    }
}

/* test_len_race: collections may come at any allocation. */
Test(gc_behaviour_maps, sizes_only_fall_whenever_collections_come)
{
    for (int threshold = 1; threshold < 100; threshold += 7) {
        for (int keys = 0; keys < 2; keys++) {
            gc_collect(f.gc, 2);
            gc_set_thresholds(f.gc, (const int[]){ threshold, 10, 10 });
            gc_enable(f.gc);
            struct object *map = map_of_loops(keys), *k, *v;
            size_t place = 0;
            weak_map_iterate(map);
            weak_map_next(map, &place, &k, &v);
            size_t before = size_of(map, keys);
            object_decref(list_new(f.gc, 0));
            size_t after = size_of(map, keys);
            weak_map_iterate_end(map);
            gc_disable(f.gc);
            cr_expect(after <= before && before <= PAIRS);
            drop_map(map);
        }
    }
}

Test(gc_behaviour_maps, what_is_not_there_cannot_be_deleted)
{
    struct object *node = node_new(f.node, 1), *list = list_new(f.gc, 0);
    struct object *keys = weak_keys_new(f.gc), *values = weak_values_new(f.gc);

    cr_expect(!weak_keys_delete(keys, node));
    cr_expect(!weak_values_delete(values, node));
    cr_expect(!weak_keys_delete(keys, list), "no weak reference to a list");
    cr_assert(weak_keys_set(keys, node, list));
    cr_expect(weak_keys_delete(keys, node));
    cr_expect(!weak_keys_delete(keys, node) && weak_keys_size(keys) == 0);
    object_decref(keys);
    object_decref(values);
    object_decref(node);
    object_decref(list);
}

/* --- keys whose comparison lets other keys die --- */

static struct object *held[4];

static bool one_hash(void *context, struct object *object, intptr_t *ret_hash)
{
    (void)context, (void)object;
    *ret_hash = 17;
    return true;
}

static bool drops_the_last(void *context, struct object *a, struct object *b)
{
    bool *drops = context;

    if (*drops) {
        *drops = false;
        object_replace(&held[0], NULL);
    }
    return node_id(a) == node_id(b);
}

/* test_weak_keys_cascading_deletes */
Test(gc_behaviour_maps, a_comparison_may_end_another_key_while_one_is_deleted)
{
    bool drops = false;
    struct node_kind kind = {
        .name = "mutator",
        .hooks = { .context = &drops,
                   .hash = one_hash,
                   .equal = drops_the_last },
    };
    struct object_type *type = node_type_new(f.gc, &kind);
    struct object *keys = weak_keys_new(f.gc);
    struct object *value = plain_new(f.plain, 1);

    for (int i = 0; i < 4; i++) {
        held[i] = node_new(type, i);
        cr_assert(weak_keys_set(keys, held[i], value));
    }
    drops = true;
    cr_expect(weak_keys_delete(keys, held[3]) && !drops);
    cr_expect(weak_keys_size(keys) == 2 && value->references == 3);
    for (int i = 1; i < 4; i++)
        object_decref(held[i]);
    cr_expect(weak_keys_size(keys) == 0 && value->references == 1);
    object_decref(keys);
    object_decref(value);
}

/* --- finalizers --- */

/* test_all_freed: the finalizer itself has a weak reference to it. */
Test(gc_behaviour_maps, a_finalizer_that_has_called_is_free_to_die)
{
    struct finalizers *all = finalizers_new(f.gc);
    struct object *node = node_new(f.node, 1);
    struct object *function = node_new(f.callback, 2);
    struct object *finalizer = finalizer_new(all, node, function, function);

    cr_assert(finalizer && finalizer_is_alive(finalizer));
    object_decref(node);
    gc_expect_events(&f, "C2 D1 ");
    cr_expect(!finalizer_is_alive(finalizer) && finalizers_count(all) == 0);
    cr_expect(finalizer->references == 1 && function->references == 1);
    object_decref(finalizer);
    object_decref(function);
    finalizers_delete(all);
    cr_expect(gc_objects(f.gc, GC_ALL_GENERATIONS, NULL, 0) == 0);
}
