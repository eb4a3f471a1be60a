/* value_layouts.c - where fields lie, and sizes by edition: numbers, strings,
 * weak references, slots. (1.4) */
#include "gc_fixture.h"

#include "assay/layout.h"
#include "assay/values.h"

static struct gc_fixture f;

static void begin(void)
{
    gc_fixture_begin(&f, NULL);
}

static void end(void)
{
    gc_fixture_end(&f);
}

TestSuite(value_layouts, .init = begin, .fini = end, BOUND);

static void expect_bytes(struct object *object, size_t bytes)
{
    cr_assert(object);
    cr_expect(object_bytes(object) == bytes, "%s: %zu bytes, expected %zu",
              object->type->name, object_bytes(object), bytes);
    object_decref(object);
}

/* ---- sizes of the editions ---- */

static void expect_int_bytes(const char *edition, size_t of_zero)
{
    gc_fixture_again_in(&f, edition);
    expect_bytes(int_new(f.gc, 0), of_zero);
    expect_bytes(int_new(f.gc, -5), 28);
    expect_bytes(int_new(f.gc, (1 << 30) - 1), 28);
    expect_bytes(int_new(f.gc, 1 << 30), 32);
    expect_bytes(int_new(f.gc, INT64_MIN), 36);
    expect_bytes(bool_new(f.gc, true), 28);
    expect_bytes(float_new(f.gc, 0.5), 24);
}

Test(value_layouts, a_digit_of_an_int_is_four_bytes_and_zero_has_one_since_311)
{
    expect_int_bytes("py38", 24);
    expect_int_bytes("py311", 28);
    expect_int_bytes("py313", 28);
}

/* The heads of ASCII and of others, in bytes. */
static void expect_text_bytes(const char *edition, size_t ascii, size_t other)
{
    gc_fixture_again_in(&f, edition);
    expect_bytes(text_of(f.gc, ""), ascii + 1);
    expect_bytes(text_of(f.gc, "abcd"), ascii + 5);
    expect_bytes(text_of(f.gc, "\xc3\xa9\xc3\xa9"), other + 3);
    expect_bytes(text_of(f.gc, "\xc5\x99"), other + 4);
    expect_bytes(text_of(f.gc, "\xf0\x9f\x90\x8d"), other + 8);
    expect_bytes(bytes_new(f.gc, "abc", 3), 36);
}

Test(value_layouts, a_string_is_as_wide_as_its_widest_character)
{
    expect_text_bytes("py38", 48, 72);
    expect_text_bytes("py311", 48, 72);
    expect_text_bytes("py313", 40, 56);
}

Test(value_layouts, characters_end_with_a_zero_of_their_width)
{
    static const char *const utf8[] = { "abc", "\xc3\xa9\xc3\xa9", "\xc5\x99y",
                                        "\xf0\x9f\x90\x8dy" };
    for (int i = 0; i < 4; i++) {
        struct object *text = text_of(f.gc, utf8[i]);
        size_t each = text_each_bytes(text), length = text_length(text);
        const char *data = text_data(text);
        for (size_t byte = 0; byte < each; byte++)
            cr_expect(data[length * each + byte] == 0);
        size_t bytes;
        cr_expect(strcmp(text_utf8(text, &bytes), utf8[i]) == 0);
        cr_expect(bytes == strlen(utf8[i]));
        object_decref(text);
    }
}

static size_t weak_bytes(const char *edition)
{
    gc_fixture_again_in(&f, edition);
    struct object *node = node_new(f.node, 1), *weak = weak_ref(node, NULL);
    size_t bytes = object_bytes(weak);
    object_decref(weak);
    object_decref(node);
    return bytes;
}

Test(value_layouts, a_weak_reference_has_a_word_more_since_311)
{
    cr_expect(weak_bytes("py38") == 72);
    cr_expect(weak_bytes("py311") == 80);
    cr_expect(weak_bytes("py313") == 80);
}

/* ---- layouts ---- */

static void expect_filled(struct object *object)
{
    struct layout_field field[200];
    size_t count = layout_of(object, field, 200), bytes = 0;
    cr_assert(count <= 200);
    for (size_t i = 0; i < count; i++) {
        bytes += field[i].bytes;
        if (i > 0 && field[i].part == field[i - 1].part)
            cr_expect(field[i].offset ==
                          field[i - 1].offset + (intptr_t)field[i - 1].bytes,
                      "%s: a gap in front of %s", object->type->name,
                      field[i].name);
    }
    cr_expect(bytes == object_bytes(object), "%s: fields have %zu bytes of %zu",
              object->type->name, bytes, object_bytes(object));
    object_decref(object);
}

static struct object *filled_list(size_t count)
{
    struct object *list = list_new(f.gc, 0);
    for (size_t i = 0; i < count; i++) {
        struct object *number = int_new(f.gc, (int64_t)i);
        cr_assert(list_append(list, number));
        object_decref(number);
    }
    return list;
}

static struct object *filled_dict(int count, bool text)
{
    struct object *dict = dict_new(f.gc);
    for (int i = 0; i < count; i++) {
        struct object *number = int_new(f.gc, i);
        struct object *key = text ? int_print(number) : object_incref(number);
        cr_assert(dict_set(dict, key, number));
        object_decref(key);
        object_decref(number);
    }
    return dict;
}

static struct object *filled_set(int count)
{
    struct object *set = set_new(f.gc);
    for (int i = 0; i < count; i++) {
        struct object *number = int_new(f.gc, i);
        cr_assert(set_add(set, number));
        object_decref(number);
    }
    return set;
}

static void expect_containers_filled(void)
{
    static const char *const names[] = { "b", "a" };
    struct object *node = node_new(f.node, 1);
    expect_filled(filled_list(10));
    expect_filled(tuple_new(f.gc, 5));
    expect_filled(filled_dict(0, false));
    expect_filled(filled_dict(40, false));
    expect_filled(filled_dict(40, true));
    expect_filled(filled_set(2));
    expect_filled(filled_set(40));
    expect_filled(
        slotted_new(slotted_type_new(f.gc, "S", names, 2, true, NULL)));
    expect_filled(instance_new(instance_type_new(f.gc, "I", NULL)));
    expect_filled(weak_ref(node, NULL));
    expect_filled(node);
}

Test(value_layouts, fields_fill_each_object_without_gap_or_overlap)
{
    static const char *const names[] = { "py38", "py311", "py313" };
    for (int i = 0; i < 3; i++) {
        gc_fixture_again_in(&f, names[i]);
        expect_filled(int_new(f.gc, 0));
        expect_filled(int_new(f.gc, INT64_MAX));
        expect_filled(bool_new(f.gc, false));
        expect_filled(float_new(f.gc, 1));
        expect_filled(text_of(f.gc, "abc"));
        struct object *text = text_of(f.gc, "\xc5\x99");
        cr_assert(text_utf8(text, NULL));
        expect_filled(text);
        expect_filled(bytes_new(f.gc, "abc", 3));
        expect_containers_filled();
    }
}

/* ---- slots ---- */

Test(value_layouts, slots_lie_behind_the_head_in_the_order_of_their_names)
{
    static const char *const names[] = { "z", "x", "y" };
    static const char *const twice[] = { "x", "x" };
    struct object_type *type =
        slotted_type_new(f.gc, "B", names, 3, false, NULL);
    struct object *b = slotted_new(type), *node = node_new(f.node, 1);
    cr_expect(slotted_find(type, "z") == 2 && slotted_find(type, "w") == -1);
    slotted_set(b, 1, node);
    cr_expect(((struct object **)b)[3] == node);
    cr_expect(layout_basic_bytes(type) == 40 && object_bytes(b) == 56);
    cr_expect(!weak_supports(b));
    object_decref(node);
    gc_link(node, 0, b);
    object_decref(b);
    cr_expect(gc_collect(f.gc, 2) == 2);
    cr_expect(!slotted_type_new(f.gc, "C", twice, 2, false, NULL));
}

Test(value_layouts, an_instance_with_slots_can_be_referred_to_weakly_when_asked)
{
    static const char *const names[] = { "x" };
    struct object_type *type =
        slotted_type_new(f.gc, "W", names, 1, true, NULL);
    struct object *w = slotted_new(type), *weak = weak_ref(w, NULL);
    cr_assert(weak);
    cr_expect(object_bytes(w) == 48 && weak_target(weak) == w);
    object_decref(w);
    cr_expect(!weak_target(weak));
    object_decref(weak);
}
