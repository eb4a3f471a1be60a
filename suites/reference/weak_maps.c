/* weak_maps.c - maps to weak values, maps from weak keys, finalizers. (W9;
 * test_weakref.py: MappingTestCase, FinalizeTestCase) */
#include "assay/weak_maps.h"
#include "gc_fixture.h"
#include "random.h"

#define NODES 16

static struct gc_fixture f;
static struct object *map, *key[NODES], *node[NODES];
static struct finalizers *all;

static void begin(void)
{
    gc_fixture_begin(&f, NULL);
    for (int i = 0; i < NODES; i++) {
        key[i] = plain_new(f.plain, 100 + i);
        node[i] = node_new(f.node, i);
    }
    all = finalizers_new(f.gc);
    f.events[0] = '\0';
}

static void drop(int i)
{
    object_replace(&node[i], NULL);
}

static void end(void)
{
    gc_unsave(&f);
    object_replace(&map, NULL);
    finalizers_delete(all);
    for (int i = 0; i < NODES; i++) {
        drop(i);
        cr_expect(key[i]->references == 1, "key %d: %ld", i,
                  (long)key[i]->references);
        object_decref(key[i]);
    }
    gc_fixture_end(&f);
}

TestSuite(weak_maps, .init = begin, .fini = end, BOUND);

/* Of the first `count` keys and nodes. */
static void fill_values(int count)
{
    map = weak_values_new(f.gc);
    for (int i = 0; i < count; i++)
        cr_assert(weak_values_set(map, key[i], node[i]));
}

static void fill_keys(int count)
{
    map = weak_keys_new(f.gc);
    for (int i = 0; i < count; i++)
        cr_assert(weak_keys_set(map, node[i], key[i]));
}

/* ---- maps to weak values ---- */

Test(weak_maps, a_pair_goes_when_its_value_dies)
{
    fill_values(3);
    cr_expect(weak_values_size(map) == 3 && node[1]->references == 1);
    cr_expect(weak_values_get(map, key[1]) == node[1]);
    drop(1);
    gc_expect_events(&f, "D1 ");
    cr_expect(weak_values_size(map) == 2 && !weak_values_get(map, key[1]));
    cr_expect(dict_size(weak_map_data(map)) == 2 && key[1]->references == 1);
}

Test(weak_maps, a_pair_goes_when_its_value_is_collected)
{
    fill_values(3);
    node_set_slot(node[0], 0, node[1]);
    node_set_slot(node[1], 0, node[0]);
    drop(0);
    drop(1);
    cr_expect(weak_values_size(map) == 3);
    gc_collect(f.gc, 2);
    cr_expect(weak_values_size(map) == 1);
}

Test(weak_maps, while_someone_iterates_what_dies_is_only_noted)
{
    struct object *k, *v;
    size_t place = 0;
    fill_values(4);
    weak_map_iterate(map);
    weak_map_iterate(map);
    cr_assert(weak_map_next(map, &place, &k, &v) && v == node[0]);
    drop(1);
    drop(2);
    cr_expect(weak_map_pending(map) == 2);
    cr_expect(dict_size(weak_map_data(map)) == 4);
    cr_assert(weak_map_next(map, &place, &k, &v) && v == node[3]);
    cr_expect(!weak_map_next(map, &place, &k, &v));
    weak_map_iterate_end(map);
    cr_expect(weak_map_pending(map) == 2, "someone still iterates");
    weak_map_iterate_end(map);
    cr_expect(weak_map_pending(map) == 0);
    cr_expect(dict_size(weak_map_data(map)) == 2);
}

Test(weak_maps, the_size_takes_out_what_is_pending_first)
{
    fill_values(4);
    weak_map_iterate(map);
    drop(1);
    cr_expect(weak_values_size(map) == 3 && weak_map_pending(map) == 0);
    weak_map_iterate_end(map);
}

Test(weak_maps, a_value_put_in_again_while_pending_stays)
{
    fill_values(2);
    weak_map_iterate(map);
    drop(1);
    cr_expect(weak_map_pending(map) == 1);
    cr_assert(weak_values_set_default(map, key[1], node[5]) == node[5]);
    weak_map_iterate_end(map);
    cr_expect(weak_values_get(map, key[1]) == node[5]);
    cr_expect(weak_values_size(map) == 2);
}

Test(weak_maps, a_replaced_value_takes_nothing_out_when_it_dies)
{
    fill_values(2);
    cr_assert(weak_values_set(map, key[0], node[7]));
    drop(0);
    cr_expect(weak_values_get(map, key[0]) == node[7]);
}

Test(weak_maps, what_is_there_and_lives_is_the_default)
{
    fill_values(1);
    cr_expect(weak_values_set_default(map, key[0], node[5]) == node[0]);
    cr_expect(weak_values_set_default(map, key[1], node[5]) == node[5]);
    cr_expect(weak_values_size(map) == 2);
}

Test(weak_maps, taking_out_gives_a_reference_to_what_lives)
{
    struct object *k, *v;
    fill_values(3);
    v = weak_values_pop(map, key[0]);
    cr_expect(v == node[0] && v->references == 2);
    object_decref(v);
    cr_expect(!weak_values_pop(map, key[0]));
    cr_assert(weak_values_pop_item(map, &k, &v) && v == node[2]);
    cr_expect(k == key[2]);
    object_decref(k);
    object_decref(v);
    cr_expect(weak_values_delete(map, key[1]));
    cr_expect(!weak_values_delete(map, key[1]));
    cr_expect(!weak_values_pop_item(map, &k, &v));
}

Test(weak_maps, a_copy_and_an_update_have_what_lives)
{
    struct object *dict = dict_new(f.gc);
    fill_values(3);
    cr_assert(dict_set(dict, key[4], node[4]));
    cr_assert(weak_values_update(map, dict));
    object_decref(dict);
    struct object *copy = weak_values_copy(map);
    drop(1);
    cr_expect(weak_values_size(copy) == 3 && weak_values_size(map) == 3);
    cr_expect(weak_values_get(copy, key[4]) == node[4]);
    cr_assert(weak_values_set(copy, key[6], node[6]));
    cr_assert(weak_values_update(map, copy));
    cr_expect(weak_values_size(map) == 4);
    object_decref(copy);
}

Test(weak_maps, what_cannot_be_referred_to_weakly_is_no_value)
{
    struct object *list = list_new(f.gc, 0);
    fill_values(1);
    cr_expect(!weak_values_set(map, key[1], list));
    cr_expect(weak_values_size(map) == 1);
    object_decref(list);
}

Test(weak_maps, a_map_that_died_first_is_not_called)
{
    fill_values(3);
    object_replace(&map, NULL);
    drop(1);
    gc_expect_events(&f, "D1 ");
    fill_values(1);
}

Test(weak_maps, a_map_in_a_cycle_with_its_key_is_collected)
{
    struct object *held = node_new(f.node, 50);
    fill_values(1);
    cr_assert(weak_values_set(map, held, node[0]));
    node_set_slot(held, 0, map);
    object_decref(held);
    object_replace(&map, NULL);
    gc_collect(f.gc, 2);
    gc_expect_events(&f, "D50 ");
}

/* ---- maps from weak keys ---- */

Test(weak_maps, a_pair_goes_when_its_key_dies)
{
    fill_keys(3);
    cr_expect(weak_keys_size(map) == 3 && node[1]->references == 1);
    cr_expect(weak_keys_get(map, node[1]) == key[1]);
    drop(1);
    gc_expect_events(&f, "D1 ");
    cr_expect(weak_keys_size(map) == 2 && key[1]->references == 1);
    cr_expect(!weak_keys_get(map, node[4]));
}

Test(weak_maps, pending_keys_are_not_counted)
{
    fill_keys(4);
    weak_map_iterate(map);
    drop(0);
    drop(1);
    cr_expect(weak_map_pending(map) == 2 && weak_keys_size(map) == 2);
    cr_expect(dict_size(weak_map_data(map)) == 4);
    weak_map_iterate_end(map);
    cr_expect(weak_map_pending(map) == 0 && weak_keys_size(map) == 2);
    cr_expect(dict_size(weak_map_data(map)) == 2);
}

Test(weak_maps, a_pending_key_that_was_popped_is_not_counted_twice)
{
    struct object *k, *v;
    fill_keys(3);
    weak_map_iterate(map);
    drop(2);
    cr_assert(weak_keys_pop_item(map, &k, &v) && k == node[1]);
    object_decref(k);
    object_decref(v);
    cr_expect(weak_keys_size(map) == 1 && weak_map_pending(map) == 0);
    weak_map_iterate_end(map);
    cr_expect(weak_keys_size(map) == 1);
}

Test(weak_maps, keys_are_equal_when_what_they_refer_to_is)
{
    struct object *v;
    fill_keys(2);
    cr_assert(weak_keys_set(map, node[0], key[5]));
    cr_expect(weak_keys_size(map) == 2);
    cr_expect(weak_keys_get(map, node[0]) == key[5]);
    cr_expect(weak_keys_set_default(map, node[0], key[6]) == key[5]);
    cr_expect(weak_keys_set_default(map, node[6], key[6]) == key[6]);
    v = weak_keys_pop(map, node[0]);
    cr_expect(v == key[5]);
    object_decref(v);
    cr_expect(weak_keys_delete(map, node[1]) && weak_keys_size(map) == 1);
    cr_expect(!weak_keys_delete(map, node[1]));
}

Test(weak_maps, a_copy_of_weak_keys_has_what_lives)
{
    struct object *dict = dict_new(f.gc);
    fill_keys(2);
    cr_assert(dict_set(dict, node[4], key[4]));
    cr_assert(weak_keys_update(map, dict));
    object_decref(dict);
    struct object *copy = weak_keys_copy(map);
    drop(0);
    cr_expect(weak_keys_size(copy) == 2 && weak_keys_size(map) == 2);
    cr_expect(weak_keys_get(copy, node[4]) == key[4]);
    object_decref(copy);
}

/* ---- against a plain model ---- */

static void random_step(struct random *random, bool from_keys, bool *in)
{
    int i = (int)(random_next(random) % NODES);
    switch (random_next(random) % 4) {
    case 0:
        cr_assert(from_keys ? weak_keys_set(map, node[i], key[i])
                            : weak_values_set(map, key[i], node[i]));
        in[i] = true;
        break;
    case 1:
        cr_assert((from_keys ? weak_keys_delete(map, node[i])
                             : weak_values_delete(map, key[i])) == in[i]);
        in[i] = false;
        break;
    case 2:
        drop(i);
        node[i] = node_new(f.node, i);
        in[i] = false;
        break;
    default:
        cr_assert((from_keys ? (void *)weak_keys_get(map, node[i])
                             : (void *)weak_values_get(map, key[i])) ==
                  (!in[i]      ? NULL
                   : from_keys ? (void *)key[i]
                               : (void *)node[i]));
    }
}

static void fuzz(uint64_t seed, bool from_keys)
{
    struct random random = random_stream(seed, 0);
    bool in[NODES] = { false }, iterating = false;
    map = from_keys ? weak_keys_new(f.gc) : weak_values_new(f.gc);
    for (int i = 0; i < 20000; i++) {
        size_t count = 0;
        if (random_next(&random) % 8 == 0) {
            iterating ? weak_map_iterate_end(map) : weak_map_iterate(map);
            iterating = !iterating;
        }
        random_step(&random, from_keys, in);
        for (int j = 0; j < NODES; j++)
            count += in[j];
        size_t size = from_keys ? weak_keys_size(map) : weak_values_size(map);
        cr_assert(size == count, "seed %lu, step %d: %zu, expected %zu",
                  (unsigned long)seed, i, size, count);
    }
    object_replace(&map, NULL);
}

Test(weak_maps, random_operations_leave_what_a_plain_model_has)
{
    for (uint64_t seed = 1; seed <= 4; seed++)
        fuzz(seed, seed % 2);
}

/* ---- finalizers ---- */

static struct object *callback(int id)
{
    return node_new(f.callback, id);
}

/* The register alone keeps what it calls. */
static struct object *finalizer_about(int i, int id)
{
    struct object *c = callback(id);
    struct object *finalizer = finalizer_new(all, node[i], c, key[i]);
    cr_assert(finalizer);
    object_decref(c);
    return finalizer;
}

Test(weak_maps, a_finalizer_calls_when_its_object_has_died)
{
    object_decref(finalizer_about(0, 30));
    cr_expect(node[0]->references == 1 && finalizers_count(all) == 1);
    drop(0);
    gc_expect_events(&f, "C30 D30 D0 ");
    cr_expect(finalizers_count(all) == 0);
}

Test(weak_maps, a_finalizer_calls_once)
{
    struct object *finalizer = finalizer_about(0, 30);
    cr_expect(finalizer_is_alive(finalizer) && finalizer_call(finalizer));
    gc_expect_events(&f, "C30 D30 ");
    cr_expect(!finalizer_is_alive(finalizer) && !finalizer_call(finalizer));
    drop(0);
    gc_expect_events(&f, "D0 ");
    object_decref(finalizer);
}

Test(weak_maps, peeking_changes_nothing_and_detaching_ends_it)
{
    struct object *finalizer = finalizer_about(0, 30), *object;
    cr_expect(finalizer_peek(finalizer) == node[0]);
    cr_expect(finalizer_is_alive(finalizer));
    object = finalizer_detach(finalizer);
    cr_expect(object == node[0] && object->references == 2);
    object_decref(object);
    gc_expect_events(&f, "D30 ");
    cr_expect(!finalizer_is_alive(finalizer) && !finalizer_peek(finalizer));
    cr_expect(!finalizer_detach(finalizer));
    drop(0);
    gc_expect_events(&f, "D0 ");
    object_decref(finalizer);
}

Test(weak_maps, at_the_exit_the_newest_is_called_first)
{
    struct object *finalizer[3];
    for (int i = 0; i < 3; i++)
        finalizer[i] = finalizer_about(i, 30 + i);
    finalizer_set_for_exit(finalizer[1], false);
    cr_expect(!finalizer_is_for_exit(finalizer[1]));
    cr_expect(finalizer_is_for_exit(finalizer[2]));
    finalizers_exit(all);
    gc_expect_events(&f, "C32 D32 C30 D30 ");
    cr_expect(finalizers_count(all) == 1 && finalizer_is_alive(finalizer[1]));
    drop(1);
    gc_expect_events(&f, "D31 D1 ");
    for (int i = 0; i < 3; i++)
        object_decref(finalizer[i]);
}

static void make_another(struct gc_fixture *fixture, struct object *object,
                         struct object *argument)
{
    (void)argument;
    cr_expect(!gc_is_enabled(fixture->gc));
    if (node_id(object) == 31)
        object_decref(finalizer_about(5, 35));
    fixture->errors += node_id(object) == 35;
}

static void count_error(void *context, struct object *where)
{
    (void)where;
    ++*(int *)context;
}

Test(weak_maps, one_made_at_the_exit_is_called_and_errors_stop_nothing)
{
    int errors = 0;
    object_decref(finalizer_about(0, 30));
    object_decref(finalizer_about(1, 31));
    f.on_call = make_another;
    gc_set_unraisable(f.gc, count_error, &errors);
    gc_enable(f.gc);
    finalizers_exit(all);
    gc_expect_events(&f, "C31 D31 C35 D35 C30 D30 ");
    cr_expect(errors == 1 && gc_is_enabled(f.gc));
}

Test(weak_maps, a_finalizer_calls_when_its_object_is_collected)
{
    object_decref(finalizer_about(0, 30));
    node_set_slot(node[0], 0, node[0]);
    drop(0);
    gc_expect_events(&f, "");
    gc_collect(f.gc, 2);
    gc_expect_events(&f, "C30 D30 D0 ");
}
