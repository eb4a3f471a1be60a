/* values.h - plain values: int, bool, float, str, bytes.
 *
 * None of them changes, none refers to anything, none is collected. Two of
 * different kinds are unlike, but for numbers: 1, 1.0 and True are equal and
 * have one hash.
 *
 * Shared, so that there is one of each in a collector: ints from -5 to 256,
 * both bools, the empty string and those of one character up to U+00FF, the
 * empty bytes and those of one byte. Since 3.12 these are immortal.
 *
 * Hashes are those of an interpreter whose PYTHONHASHSEED is 0.
 *
 * Source: Objects/longobject.c, floatobject.c, unicodeobject.c and
 * bytesobject.c, Python/pyhash.c of 3.8, 3.11 and 3.13.
 *
 * Threads: as their collector.
 * Errors:  NULL or false for want of memory; and of text that is malformed,
 *          which a `struct text_fault` tells. Nothing has changed then.
 * Owner:   what is made is a new reference; arguments are borrowed. */
#ifndef ASSAY_VALUES_H
#define ASSAY_VALUES_H

#include "assay/gc.h"

/* Why text was refused: the bytes from `at` to before `end`. Where there was
 * no memory, or nothing wrong, `what` is NULL. */
struct text_fault {
    const char *what;
    size_t at;
    size_t end;
};

/* ---- int: digits of 30 bits, the lowest first ---- */

#define INT_SHARED_FIRST (-5)
#define INT_SHARED_LAST  256
#define INT_DIGIT_BITS   30

/* Of the exact kind; bools are not. int_is_any() takes both, as do the
 * functions below. */
bool int_is(const struct object *object);
bool int_is_any(const struct object *object);

struct object *int_new(struct gc *gc, int64_t value);

/* The value without its fraction; NULL also when it is infinite or no
 * number. */
struct object *int_of_double(struct gc *gc, double value);

/* Decimal digits, with `+` or `-` in front if need be, and single underscores
 * between digits. `ret_fault` may be NULL. */
struct object *int_parse(struct gc *gc, const char *text, size_t bytes,
                         struct text_fault *ret_fault);

/* As decimal digits: a str. */
struct object *int_print(const struct object *value);

struct object *int_add(const struct object *a, const struct object *b);
struct object *int_subtract(const struct object *a, const struct object *b);
struct object *int_multiply(const struct object *a, const struct object *b);

/* False: it does not fit. */
bool int_value(const struct object *value, int64_t *ret_value);
int int_sign(const struct object *value); /* -1, 0, 1 */
size_t int_digits(const struct object *value);
uint32_t int_digit(const struct object *value, size_t index);

/* ---- bool ---- */

struct object *bool_new(struct gc *gc, bool value);
bool bool_is(const struct object *object);

/* ---- float ---- */

/* Up to 100 dead ones are kept for the next. */
struct object *float_new(struct gc *gc, double value);
bool float_is(const struct object *object);
double float_value(const struct object *value);

/* ---- str: characters of 1, 2 or 4 bytes, as the widest of them needs ---- */

#define TEXT_POINT_MAX 0x10ffffu

bool text_is(const struct object *object);

/* Refuses what is not well-formed: "invalid start byte", "invalid
 * continuation byte", "unexpected end of data". `ret_fault` may be NULL. */
struct object *text_new(struct gc *gc, const char *utf8, size_t bytes,
                        struct text_fault *ret_fault);

/* Of code points, surrogates among them; NULL when one is too high. */
struct object *text_of_points(struct gc *gc, const uint32_t *points,
                              size_t count);

/* Of a C string, for names: UTF-8, ended by a zero. */
struct object *text_of(struct gc *gc, const char *utf8);

size_t text_length(const struct object *text); /* in characters */
uint32_t text_point(const struct object *text, size_t index);
unsigned text_each_bytes(const struct object *text); /* 1, 2 or 4 */
bool text_is_ascii(const struct object *text);

/* The characters, ended by a zero of the same width. */
const void *text_data(const struct object *text);

/* UTF-8, ended by a zero, which lives as long as the string: it is kept, and
 * object_bytes() then counts it, unless the string is ASCII. NULL: no memory,
 * or a surrogate is in it (PyUnicode_AsUTF8AndSize). */
const char *text_utf8(struct object *text, size_t *ret_bytes);

/* With an empty one, or once, it is the other one, or itself. */
struct object *text_join(struct object *a, struct object *b);

/* NULL also when it would be too long. */
struct object *text_repeat(struct object *text, size_t times);

/* ---- interned strings ---- */

/* The one string of this value that is interned: `text` itself when it is the
 * first. It stays so while someone has it (sys.intern). */
struct object *text_intern(struct object *text);

/* The same for names in a program: since 3.12 it is immortal. */
struct object *text_intern_name(struct object *text);
bool text_is_interned(const struct object *text);
size_t text_interned_count(struct gc *gc);

/* A constant of a program. `unit` is a dict with the constants of one piece
 * of code that is compiled at once: equal ones of a type are one object. A str
 * of letters, digits and underscores is interned by itself. */
struct object *constant_new(struct object *unit, struct object *value);

/* ---- bytes ---- */

struct object *bytes_new(struct gc *gc, const void *data, size_t bytes);
bool bytes_is(const struct object *object);
size_t bytes_length(const struct object *object);

/* Ended by a zero. */
const char *bytes_data(const struct object *object);

#endif
