/* typed_lists.c - the bounded free lists: what each holds, in what order it
 * gives back, what empties it, and what it costs the young count. (F1-F3) */
#include "typed_fixture.h"

#define BOUND     .timeout = 60
#define DROPPED   2200
#define ITEMS     5u
#define MANY_MORE 5

/* Whether the kind has a bounded list. */
static bool is_listed(unsigned edition, enum typed_kind kind)
{
    return expected_limit(edition, kind) > 0;
}

static void make(struct fixture *f, enum typed_kind kind, size_t items,
                 void **ret_objects, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ret_objects[i] = typed_alloc(f->lists, kind, items);
        cr_assert(ret_objects[i], "%s %zu", kind_name[kind], i);
    }
}

static void drop(struct fixture *f, enum typed_kind kind, void **objects,
                 size_t count)
{
    for (size_t i = 0; i < count; i++)
        typed_free(f->lists, kind, objects[i]);
}

static void make_and_drop(struct fixture *f, enum typed_kind kind, size_t items,
                          size_t count)
{
    static void *objects[DROPPED];
    make(f, kind, items, objects, count);
    drop(f, kind, objects, count);
}

#define FOR_ALL_LISTS(edition, kind)                          \
    for (unsigned edition = 0; edition < EDITIONS; edition++) \
        for (unsigned kind = 0; kind < TYPED_KINDS; kind++)   \
            if (is_listed(edition, kind))

/* --- bounds --- */

Test(typed_lists, every_list_keeps_its_limit_of_five_more, BOUND)
{
    FOR_ALL_LISTS(edition, kind)
    {
        struct fixture f;
        size_t limit = (size_t)expected_limit(edition, kind);
        fixture_begin(&f, edition_name[edition]);
        make_and_drop(&f, kind, ITEMS, limit + MANY_MORE);
        size_t kept = list_count(&f, kind, ITEMS);
        cr_expect(kept == limit, "%s %s: %zu kept, not %zu",
                  edition_name[edition], kind_name[kind], kept, limit);
        fixture_end(&f);
    }
}

Test(typed_lists, kinds_without_a_list_give_everything_back, BOUND)
{
    for (unsigned edition = 0; edition < EDITIONS; edition++) {
        for (unsigned kind = 0; kind < TYPED_KINDS; kind++) {
            struct fixture f;
            if (expected_limit(edition, kind) != 0)
                continue;
            fixture_begin(&f, edition_name[edition]);
            make_and_drop(&f, kind, ITEMS, 9);
            cr_expect(list_count(&f, kind, ITEMS) == 0);
            cr_expect(f.object.out == 0, "%s %s", edition_name[edition],
                      kind_name[kind]);
            fixture_end(&f);
        }
    }
}

Test(typed_lists, kinds_that_an_edition_has_not_are_refused, BOUND)
{
    for (unsigned edition = 0; edition < EDITIONS; edition++) {
        for (unsigned kind = 0; kind < TYPED_KINDS; kind++) {
            struct fixture f;
            fixture_begin(&f, edition_name[edition]);
            void *object = typed_alloc(f.lists, kind, ITEMS);
            cr_expect(!object == (expected_limit(edition, kind) == ABSENT),
                      "%s %s", edition_name[edition], kind_name[kind]);
            typed_free(f.lists, kind, object);
            fixture_end(&f);
        }
    }
}

Test(typed_lists, there_is_no_edition_of_another_name)
{
    struct layer none = { .fail_at = 1 };
    struct memory_allocator layer = layer_allocator(&none);
    cr_assert(!typed_create("py99", &layer, &layer));
    cr_assert(!typed_create("py311", &layer, &layer));
}

/* --- order --- */

Test(typed_lists, what_was_dropped_last_is_made_first, BOUND)
{
    FOR_ALL_LISTS(edition, kind)
    {
        struct fixture f;
        void *old[20], *new[20];
        size_t count = expected_limit(edition, kind) < 20 ? 1 : 20;
        fixture_begin(&f, edition_name[edition]);
        make(&f, kind, ITEMS, old, count);
        drop(&f, kind, old, count);
        make(&f, kind, ITEMS, new, count);
        for (size_t i = 0; i < count; i++)
            cr_expect(new[i] == old[count - 1 - i], "%s %s %zu",
                      edition_name[edition], kind_name[kind], i);
        drop(&f, kind, new, count);
        fixture_end(&f);
    }
}

/* --- F1: exact types --- */

Test(typed_lists, subclasses_neither_take_nor_leave, BOUND)
{
    FOR_ALL_LISTS(edition, kind)
    {
        struct fixture f;
        if (typed_is_keys(kind))
            continue;
        fixture_begin(&f, edition_name[edition]);
        make_and_drop(&f, kind, ITEMS, 1);
        cr_expect(list_count(&f, kind, ITEMS) == 1);
        void *object = typed_alloc_subclass(f.lists, kind, ITEMS);
        cr_expect(list_count(&f, kind, ITEMS) == 1, "%s %s takes",
                  edition_name[edition], kind_name[kind]);
        make_and_drop(&f, kind, ITEMS, 1);
        typed_clear(f.lists, kind);
        typed_free(f.lists, kind, object);
        cr_expect(list_count(&f, kind, ITEMS) == 0, "%s %s leaves",
                  edition_name[edition], kind_name[kind]);
        fixture_end(&f);
    }
}

Test(typed_lists, the_keys_of_a_subclass_of_dict_are_kept)
{
    struct fixture f;
    fixture_begin(&f, "py311");
    typed_free(f.lists, TYPED_DICT,
               typed_alloc_subclass(f.lists, TYPED_DICT, 3));
    cr_assert(list_count(&f, TYPED_DICT, 0) == 0);
    cr_assert(list_count(&f, TYPED_KEYS, 0) == 1);
    fixture_end(&f);
}

/* --- lists, dicts, strings: their parts --- */

Test(typed_lists, a_list_keeps_its_header_and_not_its_items)
{
    for (unsigned edition = 0; edition < EDITIONS; edition++) {
        struct fixture f;
        fixture_begin(&f, edition_name[edition]);
        size_t before = f.object.out + f.raw.out;
        void *list = typed_alloc(f.lists, TYPED_LIST, 100);
        cr_assert(typed_part(f.lists, TYPED_LIST, list));
        cr_expect(f.object.out + f.raw.out == before + 2);
        typed_free(f.lists, TYPED_LIST, list);
        cr_expect(f.object.out + f.raw.out == before + 1);
        cr_expect(typed_alloc(f.lists, TYPED_LIST, 0) == list);
        cr_expect(!typed_part(f.lists, TYPED_LIST, list));
        typed_free(f.lists, TYPED_LIST, list);
        fixture_end(&f);
    }
}

Test(typed_lists, only_the_smallest_keys_are_kept)
{
    for (unsigned edition = 2; edition < EDITIONS; edition++) {
        struct fixture f;
        fixture_begin(&f, edition_name[edition]);
        make_and_drop(&f, TYPED_KEYS, 6, 3);
        cr_expect(list_count(&f, TYPED_KEYS, 0) == 0);
        make_and_drop(&f, TYPED_KEYS, 5, 3);
        cr_expect(list_count(&f, TYPED_KEYS, 0) == 3);
        void *large = typed_alloc(f.lists, TYPED_KEYS, 6);
        cr_expect(list_count(&f, TYPED_KEYS, 0) == 3);
        typed_free(f.lists, TYPED_KEYS, large);
        fixture_end(&f);
    }
}

Test(typed_lists, keys_and_dicts_are_as_large_as_cpythons)
{
    static const struct {
        const char *edition;
        size_t strings, general;
    } expected[] = { { "py38", 168, 168 }, { "py311", 120, 160 } };
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        fixture_begin(&f, expected[i].edition);
        cr_expect(typed_bytes(f.lists, TYPED_KEYS, 0) == expected[i].strings);
        cr_expect(typed_bytes(f.lists, TYPED_KEYS_GENERAL, 5) ==
                  expected[i].general);
        cr_expect(typed_bytes(f.lists, TYPED_DICT, 9) == 64);
        cr_expect(typed_bytes(f.lists, TYPED_TUPLE, 3) == 64);
        fixture_end(&f);
    }
}

Test(typed_lists, short_strings_of_2_7_keep_their_characters)
{
    struct fixture f;
    fixture_begin(&f, "classic-256");
    void *string = typed_alloc(f.lists, TYPED_UNICODE, 8);
    typed_free(f.lists, TYPED_UNICODE, string);
    cr_expect(f.object.out == 2);
    cr_expect(typed_alloc(f.lists, TYPED_UNICODE, 3) == string);
    typed_free(f.lists, TYPED_UNICODE, string);
    cr_expect(typed_alloc(f.lists, TYPED_UNICODE, 9) == string);
    typed_free(f.lists, TYPED_UNICODE, string);
    cr_expect(f.object.out == 1);
    fixture_end(&f);
}

/* --- tuples --- */

/* The lengths for which a list keeps, and those for which it serves. */
Test(typed_lists, tuples_are_kept_and_served_up_to_the_editions_length)
{
    static const size_t kept_to[EDITIONS] = { 19, 19, 19, 20, 20 };
    static const size_t served_to[EDITIONS] = { 19, 19, 19, 19, 20 };
    for (unsigned edition = 0; edition < EDITIONS; edition++) {
        for (size_t items = 1; items <= 22; items++) {
            struct fixture f;
            fixture_begin(&f, edition_name[edition]);
            make_and_drop(&f, TYPED_TUPLE, items, 1);
            size_t kept = list_count(&f, TYPED_TUPLE, items);
            cr_expect(kept == (items <= kept_to[edition]), "%s of %zu: %zu",
                      edition_name[edition], items, kept);
            void *next = typed_alloc(f.lists, TYPED_TUPLE, items);
            size_t left = list_count(&f, TYPED_TUPLE, items);
            cr_expect(left == kept - (items <= served_to[edition]),
                      "%s of %zu: %zu left", edition_name[edition], items,
                      left);
            typed_free(f.lists, TYPED_TUPLE, next);
            fixture_end(&f);
        }
    }
}

Test(typed_lists, the_empty_tuple_is_one)
{
    static const size_t blocks[EDITIONS] = { 1, 1, 1, 0, 0 };
    for (unsigned edition = 0; edition < EDITIONS; edition++) {
        struct fixture f;
        fixture_begin(&f, edition_name[edition]);
        void *empty = typed_alloc(f.lists, TYPED_TUPLE, 0);
        cr_expect(typed_alloc(f.lists, TYPED_TUPLE, 0) == empty);
        typed_free(f.lists, TYPED_TUPLE, empty);
        typed_free(f.lists, TYPED_TUPLE, empty);
        cr_expect(typed_clear(f.lists, TYPED_TUPLE) == 0);
        cr_expect(typed_alloc(f.lists, TYPED_TUPLE, 0) == empty);
        cr_expect(f.object.out == blocks[edition]);
        cr_expect(typed_young_count(f.lists) == blocks[edition]);
        fixture_end(&f);
    }
}

/* --- F2: clearing --- */

/* Dicts are cleared with their keys, and one async kind with the other. */
Test(typed_lists, clearing_returns_the_number_freed, BOUND)
{
    FOR_ALL_LISTS(edition, kind)
    {
        struct fixture f;
        size_t limit = (size_t)expected_limit(edition, kind);
        fixture_begin(&f, edition_name[edition]);
        make_and_drop(&f, kind, kind == TYPED_TUPLE, limit + MANY_MORE);
        size_t freed = typed_clear(f.lists, kind);
        cr_expect(freed == limit, "%s %s: %zu, not %zu", edition_name[edition],
                  kind_name[kind], freed, limit);
        cr_expect(typed_clear(f.lists, kind) == 0);
        cr_expect(f.object.out == 0);
        fixture_end(&f);
    }
}

Test(typed_lists, dicts_and_keys_are_counted_together)
{
    struct fixture f;
    fixture_begin(&f, "py38");
    make_and_drop(&f, TYPED_DICT, 1, 300);
    make_and_drop(&f, TYPED_ASYNC_VALUE, 0, 3);
    make_and_drop(&f, TYPED_ASYNC_SEND, 0, 4);
    cr_expect(typed_clear(f.lists, TYPED_DICT) == 160);
    cr_expect(typed_clear(f.lists, TYPED_ASYNC_SEND) == 7);
    fixture_end(&f);
}

Test(typed_lists, only_a_collection_of_the_oldest_generation_clears, BOUND)
{
    FOR_ALL_LISTS(edition, kind)
    {
        struct fixture f;
        size_t limit = (size_t)expected_limit(edition, kind);
        fixture_begin(&f, edition_name[edition]);
        make_and_drop(&f, kind, ITEMS, limit + MANY_MORE);
        for (unsigned generation = 0; generation < 2; generation++) {
            cr_expect(typed_collect(f.lists, generation) == 0);
            cr_expect(list_count(&f, kind, ITEMS) == limit);
        }
        typed_collect(f.lists, 2);
        size_t left = expected_swept(edition, kind) ? 0 : limit;
        cr_expect(list_count(&f, kind, ITEMS) == left, "%s %s: %zu left",
                  edition_name[edition], kind_name[kind],
                  list_count(&f, kind, ITEMS));
        fixture_end(&f);
    }
}

/* --- F3: the young count --- */

Test(typed_lists, of_81_lists_freed_the_young_count_sees_one)
{
    struct fixture f;
    void *lists[81];
    fixture_begin(&f, "py311");
    make(&f, TYPED_LIST, 0, lists, 81);
    cr_expect(typed_young_count(f.lists) == 81);
    drop(&f, TYPED_LIST, lists, 81);
    cr_expect(typed_young_count(f.lists) == 80);
    make(&f, TYPED_LIST, 0, lists, 80);
    cr_expect(typed_young_count(f.lists) == 80);
    drop(&f, TYPED_LIST, lists, 80);
    fixture_end(&f);
}

Test(typed_lists, the_young_count_is_never_below_zero)
{
    struct fixture f;
    void *lists[90];
    fixture_begin(&f, "py38");
    make(&f, TYPED_LIST, 0, lists, 90);
    typed_collect(f.lists, 0);
    cr_expect(typed_young_count(f.lists) == 0);
    drop(&f, TYPED_LIST, lists, 90);
    cr_expect(typed_young_count(f.lists) == 0);
    typed_clear(f.lists, TYPED_LIST);
    cr_expect(typed_young_count(f.lists) == 0);
    fixture_end(&f);
}

Test(typed_lists, only_collected_kinds_count_as_young, BOUND)
{
    for (unsigned edition = 0; edition < EDITIONS; edition++) {
        for (unsigned kind = 0; kind < TYPED_KINDS; kind++) {
            struct fixture f;
            fixture_begin(&f, edition_name[edition]);
            void *object = typed_alloc(f.lists, kind, ITEMS);
            cr_expect(typed_young_count(f.lists) ==
                          (object && expected_gc(kind)),
                      "%s %s", edition_name[edition], kind_name[kind]);
            typed_free(f.lists, kind, object);
            fixture_end(&f);
        }
    }
}

/* --- frames --- */

Test(typed_lists, a_code_object_keeps_its_last_frame)
{
    for (unsigned edition = 0; edition < EDITIONS; edition++) {
        struct fixture f;
        void *zombie = NULL;
        bool keeps = edition <= 2;
        fixture_begin(&f, edition_name[edition]);
        void *a = typed_frame_alloc(f.lists, &zombie, 4);
        void *b = typed_frame_alloc(f.lists, &zombie, 4);
        typed_frame_free(f.lists, &zombie, a);
        typed_frame_free(f.lists, &zombie, b);
        cr_expect(zombie == (keeps ? a : NULL));
        cr_expect(list_count(&f, TYPED_FRAME, 0) == keeps);
        cr_expect(typed_collect(f.lists, 2) == keeps);
        void *again = typed_frame_alloc(f.lists, &zombie, 4);
        cr_expect(!keeps || again == a);
        typed_frame_free(f.lists, &zombie, again);
        typed_zombie_free(f.lists, &zombie);
        fixture_end(&f);
    }
}

Test(typed_lists, a_frame_from_the_list_is_long_enough)
{
    struct fixture f;
    fixture_begin(&f, "py38");
    make_and_drop(&f, TYPED_FRAME, 2, 1);
    struct typed_sized *frame = typed_alloc(f.lists, TYPED_FRAME, 500);
    cr_expect(frame->items == 500);
    cr_expect(typed_young_count(f.lists) == 1);
    memset(frame + 1, 1, 368 + 500 * 8 - sizeof *frame);
    typed_free(f.lists, TYPED_FRAME, frame);
    cr_expect(typed_alloc(f.lists, TYPED_FRAME, 3) == (void *)frame);
    cr_expect(frame->items == 500);
    typed_free(f.lists, TYPED_FRAME, frame);
    fixture_end(&f);
}
