/* value_rules.c - ints, floats, strings and bytes: what they are, what is
 * shared, what is refused. (1.8) */
#include "gc_fixture.h"

#include "assay/values.h"

#include <math.h>

static struct gc_fixture f;

static void begin(void)
{
    gc_fixture_begin(&f, NULL);
}

static void end(void)
{
    gc_fixture_end(&f);
}

TestSuite(values, .init = begin, .fini = end, BOUND);

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
    cr_expect(text && object_bytes(text) == 72 + 6);
    object_decref(text);
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
    gc_fixture_again_in(&f, "py313");
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
    gc_fixture_again_in(&f, edition);
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
