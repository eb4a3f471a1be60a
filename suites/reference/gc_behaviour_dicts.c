/* gc_behaviour_dicts.c - what CPython's own tests assert of dicts, sets and
 * instances in collections, said of the reference. (test_gc.py)
 *
 * An instance is a node whose slot 0 is its dict. */
#include "gc_fixture.h"

#define DEEP 150

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

TestSuite(gc_behaviour_dicts, .init = begin, .fini = end, BOUND);

/* Under a new key, which is plain data of this number. */
static void put(struct object *dict, int number, struct object *value)
{
    struct object *key = plain_new(f.plain, number);

    cr_assert(dict_set(dict, key, value));
    object_decref(key);
}

static struct object *node_with_dict_new(const struct object_type *type, int id)
{
    struct object *instance = node_new(type, id), *dict = dict_new(f.gc);

    gc_link(instance, 0, dict);
    object_decref(dict);
    return instance;
}

static void set_attribute(struct object *instance, struct object *value)
{
    put(node_slot(instance, 0), 1, value);
}

/* --- what is found --- */

Test(gc_behaviour_dicts, a_dict_that_contains_itself_is_one)
{
    struct object *dict = dict_new(f.gc);

    put(dict, 1, dict);
    object_decref(dict);
    cr_expect(gc_collect(f.gc, 2) == 1);
    gc_expect_events(&f, "F1 D1 ");
}

/* test_instance */
Test(gc_behaviour_dicts, an_instance_in_its_own_dict_is_two)
{
    struct object *instance = node_with_dict_new(f.node, 1);

    set_attribute(instance, instance);
    object_decref(instance);
    cr_expect(gc_collect(f.gc, 2) == 2);
    cr_expect(gc_collect(f.gc, 2) == 0);
}

/* test_function: a module's dict holds the function, and it the dict. */
Test(gc_behaviour_dicts, a_function_and_the_dict_it_lives_in_are_two)
{
    struct object *globals = dict_new(f.gc);
    struct object *function = node_new(f.node, 1);

    put(globals, 2, function);
    gc_link(function, 0, globals);
    object_decref(function);
    object_decref(globals);
    cr_expect(gc_collect(f.gc, 2) == 2);
}

/* test_legacy_finalizer: 1 and its dict are kept, 2 and its dict are not. */
Test(gc_behaviour_dicts, of_two_instances_the_legacy_one_is_garbage)
{
    struct object *legacy = node_with_dict_new(f.legacy, 1);
    struct object *other = node_with_dict_new(f.node, 2);

    set_attribute(legacy, legacy);
    set_attribute(other, other);
    object_decref(legacy);
    object_decref(other);
    cr_expect(gc_collect(f.gc, 2) == 4);
    cr_assert(gc_garbage_count(f.gc) == 1);
    cr_expect(gc_garbage_item(f.gc, 0) == legacy);
    dict_clear(node_slot(legacy, 0));
    gc_garbage_clear(f.gc);
    cr_expect(gc_objects(f.gc, GC_ALL_GENERATIONS, NULL, 0) == 0);
}

/* --- asking --- */

Test(gc_behaviour_dicts, referents_of_a_dict_are_its_keys_and_values)
{
    struct object *dict = dict_new(f.gc), *list = list_new(f.gc, 0), *found[4];

    put(dict, 1, list);
    put(dict, 2, list);
    cr_assert(gc_referents(dict, found, 4) == 4);
    size_t lists = 0, plains = 0;
    for (int i = 0; i < 4; i++) {
        lists += found[i] == list;
        plains += plain_is(found[i]);
    }
    cr_expect(lists == 2 && plains == 2);
    object_decref(dict);
    object_decref(list);
}

/* test_is_tracked, as far as dicts and sets go */
Test(gc_behaviour_dicts, a_set_is_tracked_and_a_dict_of_plain_data_is_not)
{
    struct object *set = set_new(f.gc), *dict = dict_new(f.gc);
    struct object *plain = plain_new(f.plain, 1);

    cr_assert(set_add(set, plain));
    put(dict, 1, plain);
    gc_collect(f.gc, 2);
    cr_expect(gc_is_tracked(set) && !gc_is_tracked(dict));
    put(dict, 1, set);
    cr_expect(gc_is_tracked(dict));
    object_decref(set);
    object_decref(dict);
    object_decref(plain);
}

/* --- deep nests --- */

static unsigned ends;

static void collect_at_17th(void *context, struct object *object)
{
    (void)context, (void)object;
    if (++ends % 17 == 0)
        gc_collect(f.gc, 2);
}

/* test_trashcan with dicts */
Test(gc_behaviour_dicts, finalizers_in_a_deep_nest_of_dicts_may_collect)
{
    struct node_kind kind = { .name = "ender",
                              .hooks = { .finalize = collect_at_17th } };
    struct object_type *ender = node_type_new(f.gc, &kind);
    struct object *nest = dict_new(f.gc);

    for (int i = 0; i < DEEP; i++) {
        struct object *outer = dict_new(f.gc), *node = node_new(ender, i);
        put(outer, 1, nest);
        put(outer, 2, node);
        object_decref(nest);
        object_decref(node);
        nest = outer;
    }
    object_decref(nest);
    cr_expect(ends == DEEP);
    cr_expect(gc_objects(f.gc, GC_ALL_GENERATIONS, NULL, 0) == 0);
}
