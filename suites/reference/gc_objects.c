/* gc_objects.c - objects, counts, the trashcan, lists and tuples. */
#include "gc_fixture.h"

#include "obheap.h"
#include "os.h"

#define LIST_KEPT  80
#define TUPLE_KEPT 2000

static struct gc_fixture f;

static void begin(void)
{
    gc_fixture_begin(&f, NULL);
}

static void end(void)
{
    gc_fixture_end(&f);
}

TestSuite(gc_objects, .init = begin, .fini = end, BOUND);

static int young_count(void)
{
    int count[GC_GENERATIONS];
    gc_counts(f.gc, count);
    return count[0];
}

/* --- counts, tracking --- */

Test(gc_objects, the_last_reference_ends_an_object_and_what_only_it_held)
{
    struct object *a = node_new(f.node, 1), *b = node_new(f.node, 2);
    node_set_slot(a, 0, b);
    object_decref(b);
    gc_expect_events(&f, "");
    object_decref(a);
    gc_expect_events(&f, "D1 D2 ");
    gc_expect_counts(&f, 0, 0, 0);
}

Test(gc_objects, new_ones_are_counted_and_stand_at_the_end_of_generation_0)
{
    struct object *a = node_new(f.node, 1), *b = node_new(f.node, 2);
    gc_expect_order(&f, 0, "1 2 ");
    gc_expect_counts(&f, 2, 0, 0);
    object_decref(a);
    object_decref(b);
}

Test(gc_objects, the_count_never_falls_below_0)
{
    struct object *a = node_new(f.node, 1);
    gc_collect(f.gc, 0);
    gc_expect_counts(&f, 0, 1, 0);
    object_decref(a);
    gc_expect_counts(&f, 0, 1, 0);
}

Test(gc_objects, slots_are_traversed_and_cleared_in_the_order_of_names)
{
    static const char *const names[] = { "c", "a", "b" };
    struct node_kind kind = { "named", names, 3, false, { 0 } };
    struct object_type *type = node_type_new(f.gc, &kind);
    struct object *node = node_new(type, 0), *found[3];
    for (int i = 0; i < 3; i++) {
        struct object *value = node_new(f.node, i);
        node_set_slot(node, (unsigned)node_slot_find(type, names[i]), value);
        object_decref(value);
    }
    cr_assert(gc_referents(node, found, 3) == 3);
    cr_expect(node_id(found[0]) == 1);
    cr_expect(node_id(found[1]) == 2);
    cr_expect(node_id(found[2]) == 0);
    object_decref(node);
    gc_expect_events(&f, "D1 D2 D0 ");
}

Test(gc_objects, a_kind_with_two_slots_of_one_name_is_refused)
{
    static const char *const names[] = { "a", "b", "a" };
    struct node_kind kind = { "twice", names, 3, false, { 0 } };
    cr_expect(node_type_new(f.gc, &kind) == NULL);
}

Test(gc_objects, plain_data_is_neither_tracked_nor_counted)
{
    struct object *plain = plain_new(f.plain, 7);
    cr_expect(!gc_is_tracked(plain) && young_count() == 0);
    object_decref(plain);
    gc_expect_events(&f, "F7 D7 ");
}

/* --- chains --- */

/* A fan of 60: each of the outermost 50 goes at once; what lies deeper is put
 * aside and ended when the outermost is done, the last put aside first. */
Test(gc_objects, what_lies_deeper_than_50_dies_last_put_aside_first)
{
    struct object *chain = NULL;
    for (int i = 59; i >= 0; i--) {
        struct object *node = node_new(f.node, i);
        node_set_slot(node, 0, chain);
        object_decref_any(chain);
        chain = node;
        if (i == 49) {
            struct object *second = node_new(f.node, 100);
            node_set_slot(node, 1, second);
            object_decref(second);
        }
    }
    object_decref(chain);
    const char *deep = strstr(f.events, "D49 ");
    cr_assert(deep);
    cr_expect(strcmp(deep, "D49 D100 D50 D51 D52 D53 D54 D55 D56 D57 D58 "
                           "D59 ") == 0,
              "%s", deep);
}

/* --- lists --- */

Test(gc_objects, a_list_grows_by_the_law)
{
    static const size_t rooms[] = { 4, 8, 16, 24, 32, 40, 52, 64, 76, 92 };
    struct object *list = list_new(f.gc, 0);
    size_t step = 0;
    cr_assert(list_room(list) == 0);
    for (size_t i = 0; i < 92; i++) {
        cr_assert(list_append(list, NULL));
        if (list_room(list) != rooms[step])
            step++;
        cr_assert(list_room(list) == rooms[step], "%zu: %zu", i,
                  list_room(list));
    }
    object_decref(list);
}

Test(gc_objects, a_list_shrinks_when_half_is_empty)
{
    static const size_t sizes[] = { 49, 29, 17, 11, 7, 5, 1, 0 };
    static const size_t rooms[] = { 60, 36, 24, 16, 12, 8, 4, 0 };
    struct object *list = list_new(f.gc, 100);
    size_t step = 0, before = 100;
    while (list_size(list) > 0) {
        cr_assert(list_pop(list) == NULL);
        if (list_room(list) == before)
            continue;
        cr_assert(list_size(list) == sizes[step], "%zu", list_size(list));
        cr_assert(list_room(list) == rooms[step]);
        before = rooms[step++];
    }
    cr_assert(step == 8);
    object_decref(list);
}

Test(gc_objects, lists_are_traversed_and_cleared_from_the_last)
{
    struct object *list = list_new(f.gc, 0), *found[3];
    for (int i = 0; i < 3; i++) {
        struct object *node = node_new(f.node, i);
        list_append(list, node);
        object_decref(node);
    }
    cr_assert(gc_referents(list, found, 3) == 3);
    cr_expect(node_id(found[0]) == 2 && node_id(found[2]) == 0);
    list_clear(list);
    gc_expect_events(&f, "D2 D1 D0 ");
    object_decref(list);
}

Test(gc_objects, eighty_dead_lists_are_kept_and_only_the_rest_is_uncounted)
{
    struct object *list[LIST_KEPT + 1];
    for (int i = 0; i <= LIST_KEPT; i++)
        list[i] = list_new(f.gc, 0);
    int before = young_count();
    for (int i = 0; i <= LIST_KEPT; i++)
        object_decref(list[i]);
    cr_expect(young_count() == before - 1);
    struct object *again = list_new(f.gc, 0);
    cr_expect(again == list[LIST_KEPT - 1] && young_count() == before - 1);
    object_decref(again);
    cr_expect(gc_types_clear_free(f.gc) == LIST_KEPT);
}

Test(gc_objects, the_oldest_generations_collection_empties_the_free_lists)
{
    object_decref(list_new(f.gc, 0));
    object_decref(tuple_new(f.gc, 3));
    gc_collect(f.gc, 1);
    cr_expect(gc_types_clear_free(f.gc) == 2);
    object_decref(list_new(f.gc, 0));
    object_decref(tuple_new(f.gc, 3));
    gc_collect(f.gc, 2);
    cr_expect(gc_types_clear_free(f.gc) == 0);
}

/* --- tuples --- */

Test(gc_objects, dead_tuples_are_kept_by_length_and_those_of_20_for_nothing)
{
    for (size_t items = 1; items <= 21; items++) {
        struct object *dead = tuple_new(f.gc, items);
        object_decref(dead);
        int before = young_count();
        struct object *again = tuple_new(f.gc, items);
        bool reused = young_count() == before;
        cr_expect(reused == (items < 20), "%zu items", items);
        cr_expect(!reused || again == dead);
        object_decref(again);
    }
    cr_expect(gc_types_clear_free(f.gc) == 21);
}

Test(gc_objects, the_empty_tuple_is_one_and_untracked)
{
    struct object *a = tuple_new(f.gc, 0), *b = tuple_pack(f.gc, NULL, 0);
    cr_expect(a == b && !gc_is_tracked(a) && young_count() == 0);
    object_decref(a);
    object_decref(b);
}

Test(gc_objects, a_tuple_of_plain_data_is_untracked_by_what_it_survives)
{
    struct object *plain = plain_new(f.plain, 1);
    struct object *inner = tuple_pack(f.gc, &plain, 1);
    struct object *both[] = { inner, plain };
    struct object *outer = tuple_pack(f.gc, both, 2);
    cr_expect(gc_is_tracked(inner) && gc_is_tracked(outer));
    gc_collect(f.gc, 0);
    cr_expect(!gc_is_tracked(inner) && !gc_is_tracked(outer));
    object_decref(outer);
    object_decref(inner);
    object_decref(plain);
}

/* The outer one is looked at first, and its inner one is tracked then. */
Test(gc_objects, nested_tuples_are_untracked_from_within)
{
    struct object *outer = tuple_new(f.gc, 1);
    struct object *inner = tuple_new(f.gc, 1);
    struct object *plain = plain_new(f.plain, 1);
    tuple_set_item(inner, 0, plain);
    tuple_set_item(outer, 0, inner);
    gc_collect(f.gc, 0);
    bool outer_first = gc_is_tracked(outer) && !gc_is_tracked(inner);
    cr_expect(outer_first);
    gc_collect(f.gc, 1);
    cr_expect(!gc_is_tracked(outer));
    object_decref(outer);
    object_decref(inner);
    object_decref(plain);
}

Test(gc_objects, a_tuple_with_a_list_or_an_empty_place_stays_tracked)
{
    struct object *list = list_new(f.gc, 0);
    struct object *full = tuple_pack(f.gc, &list, 1);
    struct object *gap = tuple_new(f.gc, 1);
    gc_collect(f.gc, 2);
    cr_expect(gc_is_tracked(full) && gc_is_tracked(gap));
    object_decref(full);
    object_decref(gap);
    object_decref(list);
}

/* --- types --- */

static int visit_none(struct object *object, object_visit *visit, void *context)
{
    (void)object, (void)visit, (void)context;
    return 0;
}

static struct object_type slotted(uint32_t slots_at, uint32_t slot_count)
{
    return (struct object_type){
        .name = "slotted",
        .flags = OBJECT_COLLECTED,
        .bytes = sizeof(struct object) + 2 * sizeof(struct object *),
        .slots_at = slots_at,
        .slot_count = slot_count,
        .dealloc = gc_delete,
        .traverse = visit_none,
    };
}

Test(gc_objects, slots_that_fill_an_object_are_good)
{
    struct object_type type = slotted(sizeof(struct object), 2);
    cr_expect(object_type_fault(&type) == NULL);
}

Test(gc_objects, slots_outside_of_the_object_are_a_fault)
{
    struct object_type type = slotted(sizeof(struct object), 3);
    const char *fault = object_type_fault(&type);
    cr_assert(fault);
    cr_expect_str_eq(fault, "slots lie outside the object");
}

Test(gc_objects, slots_that_are_not_aligned_are_a_fault)
{
    struct object_type type = slotted(sizeof(struct object) + 4, 1);
    const char *fault = object_type_fault(&type);
    cr_assert(fault);
    cr_expect_str_eq(fault, "slots are not aligned");
}

/* A list, a tuple of two, a dict and a node of two slots have 64 bytes each: a
 * block that is freed last is used first. */
Test(gc_objects, kept_tuples_are_freed_before_lists_and_these_before_dicts)
{
    static const char *const slots[] = { "a", "b" };
    struct node_kind kind = { .name = "node", slots, 2 };
    const struct object_type *type = node_type_new(f.gc, &kind);
    struct object *kept[] = { dict_new(f.gc), list_new(f.gc, 0),
                              tuple_new(f.gc, 2) };
    struct object *node[3];
    for (int i = 0; i < 3; i++)
        object_decref(kept[i]);
    gc_collect(f.gc, GC_OLDEST);
    for (int i = 0; i < 3; i++) {
        node[i] = node_new(type, i);
        cr_assert_eq(node[i], kept[i]);
    }
    for (int i = 0; i < 3; i++)
        object_decref(node[i]);
}

/* ---- where a collector's own heap lies ---- */

Test(gc_arenas, beyond_8_mib_two_arenas_share_a_large_page)
{
    struct gc_arenas arenas = { 0 };
    struct memory_arenas hook = gc_arenas_hook(&arenas);
    const size_t mib = (size_t)1 << 20;
    char *arena[11];
    for (int i = 0; i < 11; i++) {
        arena[i] = hook.alloc(hook.context, mib);
        cr_assert_not_null(arena[i]);
        cr_assert_eq((uintptr_t)arena[i] % mib, 0);
        memset(arena[i], 0x5a, mib);
    }
    cr_assert_eq((uintptr_t)arena[8] % OS_LARGE_PAGE_BYTES, 0);
    cr_assert_eq(arena[9], arena[8] + mib);
    cr_assert_eq((uintptr_t)arena[10] % OS_LARGE_PAGE_BYTES, 0);
    cr_assert_eq(os_mapped_from(arena[10], 2 * mib), 2 * mib);
    for (int i = 10; i >= 0; i--)
        hook.free(hook.context, arena[i], mib);
    cr_assert_eq(arenas.bytes, 0);
    cr_assert_eq(os_mapped_from(arena[8], mib), 0);
    gc_arenas_end(&arenas);
    cr_assert_eq(os_mapped_from(arena[10] + mib, mib), 0);
}

Test(gc_arenas, a_heap_of_large_pages_is_sound_and_ends, BOUND)
{
    struct node_kind kind = { .name = "node" };
    begin();
    const struct object_type *type = node_type_new(f.gc, &kind);
    struct object *chain = node_new(type, 0);
    for (int i = 1; i < 200000; i++) {
        struct object *node = node_new(type, i);
        node_set_slot(node, 0, chain);
        object_decref(chain);
        chain = node;
    }
    cr_assert_gt(f.gc->arenas.bytes, GC_ARENAS_SMALL);
    struct fault fault = obheap_verify(f.gc->heap);
    cr_assert_null(fault.what, "%s", fault.what);
    object_decref(chain);
    gc_collect(f.gc, GC_OLDEST);
    cr_assert_lt(f.gc->arenas.bytes, GC_ARENAS_SMALL);
    end();
}
