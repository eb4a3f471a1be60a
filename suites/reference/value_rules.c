/* value_rules.c - ints, floats, strings and bytes: sizes of the editions, what
 * is shared, what is refused; layouts. (1.4, 1.8) */
#include "gc_fixture.h"

#include "assay/layout.h"
#include "assay/values.h"

#include <math.h>

static struct gc_fixture f;

static void begin_edition(const char *edition)
{
    struct gc_config config = { .edition = edition };
    gc_fixture_begin(&f, &config);
}

static void begin(void)
{
    begin_edition(NULL);
}

static void end(void)
{
    gc_fixture_end(&f);
}

TestSuite(values, .init = begin, .fini = end, BOUND);

static void again_in(const char *edition)
{
    gc_fixture_end(&f);
    begin_edition(edition);
}

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
    again_in(edition);
    expect_bytes(int_new(f.gc, 0), of_zero);
    expect_bytes(int_new(f.gc, -5), 28);
    expect_bytes(int_new(f.gc, (1 << 30) - 1), 28);
    expect_bytes(int_new(f.gc, 1 << 30), 32);
    expect_bytes(int_new(f.gc, INT64_MIN), 36);
    expect_bytes(bool_new(f.gc, true), 28);
    expect_bytes(float_new(f.gc, 0.5), 24);
}

Test(values, a_digit_of_an_int_is_four_bytes_and_zero_has_one_since_311)
{
    expect_int_bytes("py38", 24);
    expect_int_bytes("py311", 28);
    expect_int_bytes("py313", 28);
}

/* The heads of ASCII and of others, in bytes. */
static void expect_text_bytes(const char *edition, size_t ascii, size_t other)
{
    again_in(edition);
    expect_bytes(text_of(f.gc, ""), ascii + 1);
    expect_bytes(text_of(f.gc, "abcd"), ascii + 5);
    expect_bytes(text_of(f.gc, "\xc3\xa9\xc3\xa9"), other + 3);
    expect_bytes(text_of(f.gc, "\xc5\x99"), other + 4);
    expect_bytes(text_of(f.gc, "\xf0\x9f\x90\x8d"), other + 8);
    expect_bytes(bytes_new(f.gc, "abc", 3), 36);
}

Test(values, a_string_is_as_wide_as_its_widest_character)
{
    expect_text_bytes("py38", 48, 72);
    expect_text_bytes("py311", 48, 72);
    expect_text_bytes("py313", 40, 56);
}

Test(values, characters_end_with_a_zero_of_their_width)
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
    again_in(edition);
    struct object *node = node_new(f.node, 1), *weak = weak_ref(node, NULL);
    size_t bytes = object_bytes(weak);
    object_decref(weak);
    object_decref(node);
    return bytes;
}

Test(values, a_weak_reference_has_a_word_more_since_311)
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

Test(values, fields_fill_each_object_without_gap_or_overlap)
{
    static const char *const names[] = { "py38", "py311", "py313" };
    for (int i = 0; i < 3; i++) {
        again_in(names[i]);
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

/* ---- ints ---- */

static struct object *parse(const char *text)
{
    struct object *value = int_parse(f.gc, text, strlen(text), NULL);
    cr_assert(value, "%s", text);
    return value;
}

static void expect_printed(struct object *value, const char *expected)
{
    struct object *text = int_print(value);
    cr_expect(strcmp(text_utf8(text, NULL), expected) == 0, "%s, expected %s",
              text_utf8(text, NULL), expected);
    object_decref(text);
    object_decref(value);
}

/* 2^200 and 3^100 are published in any table of powers. */
Test(values, large_ints_are_multiplied_and_printed)
{
    struct object *value = int_new(f.gc, 1), *two = int_new(f.gc, 2);
    for (int i = 0; i < 200; i++) {
        struct object *next = int_multiply(value, two);
        object_decref(value);
        value = next;
    }
    expect_printed(value, "160693804425899027554196209234116260252220299378"
                          "2792835301376");
    object_decref(two);
    expect_printed(parse("-0"), "0");
    expect_printed(parse("+1_000_000_007"), "1000000007");
    expect_printed(parse("-9223372036854775808"), "-9223372036854775808");
}

Test(values, a_difference_of_large_ints_may_be_a_shared_one)
{
    struct object *a = parse("1000000000000000000000007");
    struct object *b = parse("1000000000000000000000000");
    struct object *seven = int_new(f.gc, 7), *rest = int_subtract(a, b);
    cr_expect(rest == seven);
    object_decref(rest);
    rest = int_subtract(b, a);
    cr_expect(int_sign(rest) == -1 && int_digit(rest, 0) == 7);
    object_decref(rest);
    object_decref(seven);
    object_decref(b);
    object_decref(a);
}

static void expect_refused(const char *text, size_t at)
{
    struct text_fault fault;
    cr_expect(!int_parse(f.gc, text, strlen(text), &fault));
    cr_expect(fault.what && fault.at == at, "\"%s\": at %zu, expected %zu",
              text, fault.at, at);
}

Test(values, what_is_no_decimal_number_is_refused_where_it_is_none)
{
    expect_refused("", 0);
    expect_refused("-", 1);
    expect_refused("12x4", 2);
    expect_refused("_1", 0);
    expect_refused("1__2", 2);
    expect_refused("12_", 2);
    expect_refused("--1", 1);
    expect_refused("0x10", 1);
}

Test(values, a_float_that_is_no_number_makes_no_int)
{
    cr_expect(!int_of_double(f.gc, INFINITY) && !int_of_double(f.gc, NAN));
    expect_printed(int_of_double(f.gc, -1e20), "-100000000000000000000");
    expect_printed(int_of_double(f.gc, -0.9), "0");
}

Test(values, a_nan_is_found_where_it_is_and_equal_to_nothing)
{
    struct object *nan = float_new(f.gc, NAN), *other = float_new(f.gc, NAN);
    struct object *list = list_new(f.gc, 0);
    cr_assert(list_append(list, nan));
    cr_expect(!object_equal(nan, nan) && list_contains(list, nan));
    cr_expect(!list_contains(list, other));
    object_decref(list);
    object_decref(other);
    object_decref(nan);
}

/* ---- UTF-8 ---- */

static void expect_malformed(const char *utf8, size_t bytes, const char *what,
                             size_t at, size_t to)
{
    struct text_fault fault;
    cr_expect(!text_new(f.gc, utf8, bytes, &fault));
    cr_expect(fault.what && strcmp(fault.what, what) == 0 && fault.at == at &&
                  fault.end == to,
              "%s at %zu to %zu, expected %s at %zu to %zu",
              fault.what ? fault.what : "nothing", fault.at, fault.end, what,
              at, to);
}

/* Overlong forms, surrogates, what is too high, what is cut off. */
Test(values, malformed_utf8_is_refused_with_place_and_reason)
{
    static const char start[] = "invalid start byte";
    static const char next[] = "invalid continuation byte";
    static const char cut[] = "unexpected end of data";
    expect_malformed("a\x80", 2, start, 1, 2);
    expect_malformed("\xc0\x80", 2, start, 0, 1);
    expect_malformed("\xf5\x80\x80\x80", 4, start, 0, 1);
    expect_malformed("ab\xe0\x80\x80", 5, next, 2, 3);
    expect_malformed("\xed\xa0\x80", 3, next, 0, 1);
    expect_malformed("\xf4\x90\x80\x80", 4, next, 0, 1);
    expect_malformed("\xe2\x82x", 3, next, 0, 2);
    expect_malformed("\xf0\x9f\x90x", 4, next, 0, 3);
    expect_malformed("xyz\xe2\x82", 5, cut, 3, 5);
    expect_malformed("\xc3", 1, cut, 0, 1);
}

Test(values, a_surrogate_can_be_in_a_string_and_not_in_utf8)
{
    uint32_t points[] = { 'a', 0xd800, 0x110000 };
    struct object *text = text_of_points(f.gc, points, 2);
    cr_assert(text);
    cr_expect(!text_utf8(text, NULL));
    expect_bytes(text, 72 + 6);
    cr_expect(!text_of_points(f.gc, points, 3));
}

Test(values, a_length_that_overflows_is_refused)
{
    struct object *text = text_of(f.gc, "ab");
    cr_expect(!text_repeat(text, SIZE_MAX));
    cr_expect(!text_repeat(text, SIZE_MAX / 4));
    cr_expect(!bytes_new(f.gc, "", SIZE_MAX));
    cr_expect(!list_new(f.gc, SIZE_MAX / 8));
    cr_expect(!tuple_new(f.gc, SIZE_MAX / 8));
    object_decref(text);
}

/* ---- one of each ---- */

Test(values, small_ints_single_characters_and_the_empty_are_one)
{
    for (int i = -6; i <= 257; i++) {
        struct object *a = int_new(f.gc, i), *b = int_new(f.gc, i);
        cr_expect((a == b) == (i >= -5 && i <= 256), "%d", i);
        object_decref(a);
        object_decref(b);
    }
    for (uint32_t point = 0; point < 0x102; point++) {
        struct object *a = text_of_points(f.gc, &point, 1);
        struct object *b = text_of_points(f.gc, &point, 1);
        cr_expect((a == b) == (point < 0x100), "%u", point);
        object_decref(a);
        object_decref(b);
    }
    struct object *a = bytes_new(f.gc, "", 0), *b = bytes_new(f.gc, "x", 0);
    cr_expect(a == b);
    object_decref(a);
    object_decref(b);
}

Test(values, what_is_shared_is_immortal_since_312)
{
    again_in("py313");
    struct object *shared[] = { int_new(f.gc, 1), bool_new(f.gc, true),
                                text_of(f.gc, ""), bytes_new(f.gc, "", 0) };
    for (int i = 0; i < 4; i++) {
        cr_expect(object_is_immortal(shared[i]), "%s", shared[i]->type->name);
        object_decref(shared[i]);
    }
}

Test(values, numbers_that_are_equal_are_one_key)
{
    struct object *dict = dict_new(f.gc), *one = int_new(f.gc, 1);
    struct object *real = float_new(f.gc, 1), *truth = bool_new(f.gc, true);
    cr_assert(dict_set(dict, one, one) && dict_set(dict, real, real) &&
              dict_set(dict, truth, truth));
    cr_expect(dict_size(dict) == 1 && dict_get(dict, one) == truth);
    object_decref(dict);
    object_decref(truth);
    object_decref(real);
    object_decref(one);
}

/* ---- interned ---- */

Test(values, an_interned_string_dies_and_leaves_the_table)
{
    struct object *a = text_of(f.gc, "a name"), *b = text_of(f.gc, "a name");
    struct object *first = text_intern(a), *second = text_intern(b);
    cr_expect(first == a && second == a && a->references == 3);
    cr_expect(text_is_interned(a) && !text_is_interned(b));
    cr_expect(text_interned_count(f.gc) == 1);
    object_decref(first);
    object_decref(second);
    object_decref(a);
    cr_expect(text_interned_count(f.gc) == 0);
    first = text_intern(b);
    cr_expect(first == b && text_interned_count(f.gc) == 1);
    object_decref(first);
    object_decref(b);
    cr_expect(text_interned_count(f.gc) == 0);
}

static size_t left_of_a_name(const char *edition)
{
    again_in(edition);
    struct object *text = text_of(f.gc, "a_name");
    struct object *name = text_intern_name(text);
    object_decref(name);
    object_decref(text);
    return text_interned_count(f.gc);
}

Test(values, names_are_mortal_up_to_311_and_immortal_since_312)
{
    cr_expect(left_of_a_name("py311") == 0);
    cr_expect(left_of_a_name("py313") == 1);
}

Test(values, only_names_among_constants_are_interned)
{
    struct object *unit = dict_new(f.gc);
    static const char *const text[] = { "a_name1", "no name" };
    for (int i = 0; i < 2; i++) {
        struct object *value = text_of(f.gc, text[i]);
        struct object *constant = constant_new(unit, value);
        cr_expect(text_is_interned(constant) == (i == 0));
        object_decref(constant);
        object_decref(value);
    }
    object_decref(unit);
}

/* ---- slots ---- */

Test(values, slots_lie_behind_the_head_in_the_order_of_their_names)
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

Test(values, an_instance_with_slots_can_be_referred_to_weakly_when_asked)
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
