/* gc_behaviour_collect.c - what CPython's own tests assert of collections,
 * said of the reference. (test_gc.py) */
#include "gc_fixture.h"

#include <pthread.h>

#define DEEP   150
#define NESTED 60

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

TestSuite(gc_behaviour_collect, .init = begin, .fini = end, BOUND);

static size_t collections(void)
{
    struct gc_stats stats[GC_GENERATIONS];
    gc_stats(f.gc, stats);
    return stats[0].collections + stats[1].collections + stats[2].collections;
}

/* --- what is found --- */

Test(gc_behaviour_collect, a_node_that_refers_to_itself_is_one_and_then_none)
{
    gc_make_ring(&f, f.node, 1, 1);
    cr_expect(gc_collect(f.gc, 2) == 1);
    cr_expect(gc_collect(f.gc, 2) == 0);
}

Test(gc_behaviour_collect, a_cycle_through_two_kinds_is_found_with_its_tail)
{
    struct object *node = node_new(f.node, 1), *tail = node_new(f.node, 2);
    struct object *list = list_new(f.gc, 0);
    list_append(list, node);
    gc_link(node, 0, list);
    gc_link(node, 1, tail);
    object_decref(tail);
    object_decref(list);
    object_decref(node);
    cr_expect(gc_collect(f.gc, 2) == 3);
    gc_expect_events(&f, "D2 D1 ");
}

/* --- it does nothing to an object but what it must --- */

static unsigned asked;

static bool ask_hash(void *context, struct object *object, intptr_t *ret_hash)
{
    (void)context, (void)object;
    asked++;
    *ret_hash = 0;
    return true;
}

static bool ask_equal(void *context, struct object *a, struct object *b)
{
    (void)context;
    asked++;
    return a == b;
}

static bool ask_call(void *context, struct object *object, struct object *o)
{
    (void)context, (void)object, (void)o;
    asked++;
    return true;
}

/* test_boom and its kin: attributes with side effects are not looked up. */
Test(gc_behaviour_collect, a_collection_never_hashes_compares_or_calls)
{
    struct node_kind kind = {
        .name = "asked",
        .hooks = { .hash = ask_hash, .equal = ask_equal, .call = ask_call },
    };
    gc_make_ring(&f, node_type_new(f.gc, &kind), 1, 2);
    cr_expect(gc_collect(f.gc, 2) == 2);
    cr_expect(gc_garbage_count(f.gc) == 0 && asked == 0);
}

/* --- counts and generations --- */

Test(gc_behaviour_collect, a_new_list_raises_the_first_count_alone)
{
    gc_collect(f.gc, 2);
    gc_expect_counts(&f, 0, 0, 0);
    struct object *list = list_new(f.gc, 0);
    gc_expect_counts(&f, 1, 0, 0);
    object_decref(list);
}

static bool is_in(int generation, const struct object *object)
{
    struct object *found[8];
    size_t count = gc_objects(f.gc, generation, found, 8);
    for (size_t i = 0; i < count; i++)
        if (found[i] == object)
            return true;
    return false;
}

static void expect_only_in(int generation, const struct object *object)
{
    for (int i = 0; i < GC_GENERATIONS; i++)
        cr_expect(is_in(i, object) == (i == generation), "generation %d", i);
}

Test(gc_behaviour_collect, an_object_is_in_one_generation_and_ages_by_one)
{
    struct object *list = list_new(f.gc, 0);
    expect_only_in(0, list);
    gc_collect(f.gc, 0);
    expect_only_in(1, list);
    gc_collect(f.gc, 1);
    expect_only_in(2, list);
    gc_collect(f.gc, 2);
    expect_only_in(2, list);
    object_decref(list);
    expect_only_in(-1, list);
}

Test(gc_behaviour_collect, all_generations_are_each_one_and_others_are_empty)
{
    struct object *made[3];
    for (int i = 0; i < 3; i++) {
        made[i] = node_new(f.node, i);
        gc_collect(f.gc, 1 - i);
    }
    gc_expect_order(&f, GC_ALL_GENERATIONS, "2 1 0 ");
    cr_expect(gc_objects(f.gc, 1000, NULL, 0) == 0);
    cr_expect(gc_objects(f.gc, -1000, NULL, 0) == 0);
    for (int i = 0; i < 3; i++)
        object_decref(made[i]);
}

/* --- asking --- */

Test(gc_behaviour_collect, referents_are_the_contents_and_plain_data_has_none)
{
    struct object *plain = plain_new(f.plain, 1), *found[4];
    struct object *list = list_new(f.gc, 0);
    list_append(list, plain);
    list_append(list, list);
    struct object *tuple = tuple_pack(f.gc, &list, 1);
    cr_expect(gc_referents(list, found, 4) == 2);
    cr_expect(found[0] == list && found[1] == plain);
    cr_expect(gc_referents(tuple, found, 4) == 1 && found[0] == list);
    cr_expect(gc_referents(plain, found, 4) == 0);
    list_clear(list);
    cr_expect(gc_referents(list, found, 4) == 0);
    object_decref(tuple);
    object_decref(list);
    object_decref(plain);
}

Test(gc_behaviour_collect, plain_data_is_untracked_and_a_slotless_node_tracked)
{
    static const char *const none[] = { "" };
    struct node_kind kind = { .name = "slotless", .slots = none };
    struct object *slotless = node_new(node_type_new(f.gc, &kind), 1);
    struct object *plain = plain_new(f.plain, 2);
    struct object *list = list_new(f.gc, 0);
    cr_expect(gc_is_tracked(slotless) && gc_is_tracked(list));
    gc_collect(f.gc, 2);
    cr_expect(gc_is_tracked(slotless) && gc_is_tracked(list));
    cr_expect(!gc_is_tracked(plain));
    object_decref(slotless);
    object_decref(plain);
    object_decref(list);
}

Test(gc_behaviour_collect, asking_sets_off_no_collection)
{
    struct object *node = node_new(f.node, 1), *found[4];
    gc_set_thresholds(f.gc, (const int[]){ 1, 0, 0 });
    struct object *other = node_new(f.node, 2);
    gc_link(other, 0, node);
    gc_enable(f.gc);
    cr_expect(gc_objects(f.gc, GC_ALL_GENERATIONS, found, 4) == 2);
    cr_expect(gc_referrers(f.gc, &node, 1, found, 4) == 1);
    cr_expect(gc_referents(other, found, 4) == 1);
    gc_disable(f.gc);
    cr_expect(collections() == 0);
    object_decref(node);
    object_decref(other);
}

/* --- collections from within an end --- */

static void make_lists(struct gc_fixture *g, struct object *object,
                       struct object *o)
{
    (void)object, (void)o;
    struct object *first = list_new(g->gc, 0), *second = list_new(g->gc, 0);
    object_decref(node_new(g->node, 7));
    object_decref(first);
    object_decref(second);
}

/* test_del: at a threshold of 1. */
Test(gc_behaviour_collect, a_finalizer_may_set_off_a_collection)
{
    struct object *node = node_new(f.finalized, 1);
    f.on_finalize = make_lists;
    gc_set_thresholds(f.gc, (const int[]){ 1, 10, 10 });
    gc_enable(f.gc);
    object_decref(node);
    gc_disable(f.gc);
    cr_expect(collections() > 0);
    cr_expect(gc_objects(f.gc, GC_ALL_GENERATIONS, NULL, 0) == 0);
}

static unsigned ends;

static void collect_at_17th(void *context, struct object *object)
{
    (void)object;
    if (++ends % 17 == 0)
        gc_collect(((struct gc_fixture *)context)->gc, 2);
}

static struct object *list_of(struct gc *gc, struct object *first,
                              struct object *second)
{
    struct object *list = list_new(gc, 0);
    list_append(list, first);
    list_append(list, second);
    object_decref(first);
    object_decref(second);
    return list;
}

/* test_trashcan: what is put aside is in no list that a collection sees. */
Test(gc_behaviour_collect, finalizers_in_a_deep_nest_may_collect)
{
    struct node_kind kind = {
        .name = "ender",
        .hooks = { .context = &f, .finalize = collect_at_17th },
    };
    struct object_type *ender = node_type_new(f.gc, &kind);
    for (int round = 0; round < 2; round++) {
        struct object *nest = list_new(f.gc, 0);
        for (int i = 0; i < DEEP; i++)
            nest = list_of(f.gc, nest, node_new(ender, i));
        object_decref(nest);
        gc_fixture_verify(&f);
    }
    cr_expect(ends == 2 * DEEP && collections() == 2 * DEEP / 17);
    cr_expect(gc_objects(f.gc, GC_ALL_GENERATIONS, NULL, 0) == 0);
}

struct nester {
    struct gc *gc;
    unsigned made;
    unsigned ended;
};

static void note_end(void *context, struct object *object)
{
    (void)object;
    ((struct nester *)context)->ended++;
}

static void *nest_and_drop(void *given)
{
    struct nester *nester = given;
    struct node_kind kind = {
        .name = "nested",
        .hooks = { .context = nester, .dealloc = note_end },
    };
    struct object_type *type = node_type_new(nester->gc, &kind);
    for (int round = 0; round < 1000; round++) {
        struct object *outer = NULL;
        for (int i = 0; i < NESTED; i++, nester->made++) {
            struct object *node = node_new(type, i);
            node_set_slot(node, 0, outer);
            object_decref_any(outer);
            outer = node;
        }
        object_decref(outer);
    }
    return NULL;
}

/* test_trashcan_threads; CPython has one collector for both. */
Test(gc_behaviour_collect, two_threads_each_end_all_that_they_nested)
{
    struct nester nester[2] = { 0 };
    pthread_t thread[2];
    for (int i = 0; i < 2; i++) {
        nester[i].gc = gc_create(NULL);
        pthread_create(&thread[i], NULL, nest_and_drop, &nester[i]);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(thread[i], NULL);
        cr_expect(nester[i].made == 1000 * NESTED);
        cr_expect(nester[i].ended == nester[i].made);
        gc_destroy(nester[i].gc);
    }
}

/* --- callbacks of collections --- */

static struct gc_info stopped;

/* test_collect_garbage: breaks what was found to be uncollectable. */
static bool break_garbage(void *context, const struct gc_info *info)
{
    const bool *breaks = context;
    if (!info->stop)
        return true;
    stopped = *info;
    for (size_t i = 0; *breaks && i < gc_garbage_count(f.gc); i++)
        node_set_slot(gc_garbage_item(f.gc, i), 0, NULL);
    if (*breaks)
        gc_garbage_clear(f.gc);
    return true;
}

Test(gc_behaviour_collect, a_callback_is_told_of_both_kinds_and_may_clean_up)
{
    bool breaks = false;
    gc_callback_add(f.gc, break_garbage, &breaks);
    gc_make_ring(&f, f.legacy, 1, 2);
    gc_make_ring(&f, f.legacy, 3, 2);
    gc_make_ring(&f, f.node, 5, 1);
    gc_collect(f.gc, 2);
    cr_expect(stopped.generation == 2 && stopped.collected == 1);
    cr_expect(stopped.uncollectable == 4 && gc_garbage_count(f.gc) == 4);
    gc_garbage_clear(f.gc);
    breaks = true;
    gc_collect(f.gc, 2);
    cr_expect(stopped.collected == 0 && stopped.uncollectable == 4);
    cr_expect(gc_garbage_count(f.gc) == 0);
    cr_expect(gc_objects(f.gc, GC_ALL_GENERATIONS, NULL, 0) == 0);
}
