/* oracle_kinds_values.c - ints and strings: what is made of them, and what is
 * refused. */
#include "oracle_kinds.h"

#include <math.h>
#include <string.h>

#define POOL       24
#define DIGITS_MAX 120 /* of an int that is multiplied again */

static struct pair pool[POOL];

static void pool_begin(void)
{
    for (int i = 0; i < POOL; i++)
        pool[i] = pair_int(i);
}

static void pool_end(void)
{
    for (int i = 0; i < POOL; i++)
        pair_end(pool[i]);
}

/* ---- ints ---- */

/* Of any size, and often beside a power of two. */
static int64_t draw_int64(void)
{
    uint64_t word = random_next(&run.random);
    unsigned shift = draw(64);
    if (draw(3) == 0)
        word = ((uint64_t)1 << shift) + draw(5) - 2;
    else
        word >>= shift;
    return (int64_t)(draw(2) ? word : -word);
}

static struct pair parse(void)
{
    static const char odd[] = "0123456789_+-x_";
    char text[80];
    size_t bytes = draw(70);
    bool good = draw(4) > 0;
    for (size_t i = 0; i < bytes; i++)
        text[i] = odd[draw(good ? 10 : sizeof odd - 1)];
    text[bytes] = '\0';
    struct text_fault fault;
    struct object *ours = int_parse(run.gc, text, bytes, &fault);
    char *end;
    PyObject *real = PyLong_FromString(text, &end, 10);
    if (real && *end) /* refused by the caller there (int()) */
        Py_CLEAR(real);
    if (!ours && !fault.what)
        kinds_no_memory();
    return pair_of(ours, real);
}

static struct pair of_double(void)
{
    double value = ldexp((double)draw_int64(), (int)draw(900) - 300);
    if (draw(20) == 0)
        value = draw(2) ? INFINITY : NAN;
    return pair_of(int_of_double(run.gc, value), PyLong_FromDouble(value));
}

static struct pair combine(struct pair a, struct pair b)
{
    switch (draw(3)) {
    case 0:
        return pair_of(int_add(a.ours, b.ours), PyNumber_Add(a.real, b.real));
    case 1:
        return pair_of(int_subtract(a.ours, b.ours),
                       PyNumber_Subtract(a.real, b.real));
    default:
        return pair_of(int_multiply(a.ours, b.ours),
                       PyNumber_Multiply(a.real, b.real));
    }
}

static struct pair new_int(void)
{
    switch (draw(8)) {
    case 0:
        return pair_int(draw_int64());
    case 1:
        return parse();
    case 2:
        return of_double();
    default:
        return combine(pool[draw(POOL)], pool[draw(POOL)]);
    }
}

static void compare_equality(struct pair a, struct pair b)
{
    int real = PyObject_RichCompareBool(a.real, b.real, Py_EQ);
    kinds_compare_flags("equal", object_is_or_equals(a.ours, b.ours),
                        real == 1);
}

/* An int and the float next to it. */
static void compare_with_float(struct pair a)
{
    double value = PyLong_AsDouble(a.real);
    PyErr_Clear();
    struct pair b =
        pair_of(float_new(run.gc, value), PyFloat_FromDouble(value));
    pair_compare(b);
    compare_equality(a, b);
    compare_equality(b, a);
    pair_end(b);
}

static void compare_value(struct pair pair)
{
    int64_t ours = 0;
    int overflow;
    bool fits = int_value(pair.ours, &ours);
    int64_t real = PyLong_AsLongLongAndOverflow(pair.real, &overflow);
    kinds_compare_flags("fits", fits, !overflow);
    if (fits && !kinds_same(ours == real))
        kinds_differ("value %ld, CPython %ld", ours, real);
}

void job_ints(void)
{
    pool_begin();
    for (; run.operation < run.operations; run.operation++) {
        struct pair made = new_int();
        if (!made.ours)
            continue;
        pair_compare(made);
        compare_value(made);
        compare_with_float(made);
        compare_equality(made, pool[draw(POOL)]);
        if (int_digits(made.ours) > DIGITS_MAX)
            pair_end(made);
        else
            pair_replace(&pool[draw(POOL)], made);
    }
    pool_end();
}

/* ---- strings ---- */

/* A character, most of them sound; at most 5 bytes. */
static size_t draw_sequence(unsigned char *at)
{
    static const uint32_t top[] = { 0x80,    0x100,    0x800,
                                    0x10000, 0x110000, 0x120000 };
    uint32_t point = draw(top[draw(draw(8) ? 5 : 6)]);
    if (point < 0x80) {
        at[0] = (unsigned char)point;
        return 1;
    }
    size_t bytes = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = bytes; --i > 0; point >>= 6)
        at[i] = 0x80 | (point & 0x3f);
    at[0] = (unsigned char)((0xf00u >> bytes) | point);
    return bytes;
}

static size_t draw_utf8(unsigned char *text, size_t room)
{
    size_t bytes = 0, wanted = draw(4) ? draw(24) : draw((unsigned)room - 8);
    bool ascii = draw(3) == 0;
    while (bytes < wanted) {
        text[bytes] = (unsigned char)draw(0x80);
        bytes += ascii ? 1 : draw_sequence(text + bytes);
    }
    for (unsigned i = draw(6) == 0 ? 1 + draw(2) : 0; i > 0 && bytes > 0; i--)
        text[draw((unsigned)bytes)] = (unsigned char)draw(256);
    if (bytes > 0 && draw(8) == 0)
        bytes -= 1;
    return bytes;
}

/* What the real one says of malformed bytes. */
static void compare_faults(struct text_fault ours)
{
    PyObject *type, *value, *trace;
    Py_ssize_t at, end;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    PyUnicodeDecodeError_GetStart(value, &at);
    PyUnicodeDecodeError_GetEnd(value, &end);
    PyObject *reason = PyUnicodeDecodeError_GetReason(value);
    const char *what = PyUnicode_AsUTF8(reason);
    if (!kinds_same(ours.what && strcmp(ours.what, what) == 0 &&
                    ours.at == (size_t)at && ours.end == (size_t)end))
        kinds_differ("%s, %zu to %zu; CPython: %s, %zd to %zd",
                     ours.what ? ours.what : "nothing wrong", ours.at, ours.end,
                     what, at, end);
    Py_XDECREF(reason);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
}

static struct pair decode(void)
{
    unsigned char text[400];
    size_t bytes = draw_utf8(text, sizeof text);
    struct text_fault fault;
    struct object *ours = text_new(run.gc, (const char *)text, bytes, &fault);
    PyObject *real =
        PyUnicode_DecodeUTF8((const char *)text, (Py_ssize_t)bytes, "strict");
    if (!real)
        compare_faults(fault);
    return pair_of(ours, real);
}

static struct pair of_points(void)
{
    uint32_t point[20];
    size_t count = draw(20);
    unsigned below = draw(2) ? 0x300 : 0x110000;
    for (size_t i = 0; i < count; i++)
        point[i] = draw(below);
    return pair_of(text_of_points(run.gc, point, count),
                   PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, point,
                                             (Py_ssize_t)count));
}

static struct pair join(struct pair a, struct pair b)
{
    if (!text_is(a.ours) || !text_is(b.ours))
        return decode();
    if (text_length(a.ours) + text_length(b.ours) > 2000)
        return decode();
    return pair_of(text_join(a.ours, b.ours), PyUnicode_Concat(a.real, b.real));
}

static struct pair repeat(struct pair a)
{
    unsigned times = draw(4);
    if (!text_is(a.ours) || text_length(a.ours) > 500)
        return decode();
    return pair_of(text_repeat(a.ours, times),
                   PySequence_Repeat(a.real, times));
}

static struct pair new_text(void)
{
    switch (draw(8)) {
    case 0:
        return join(pool[draw(POOL)], pool[draw(POOL)]);
    case 1:
        return repeat(pool[draw(POOL)]);
    case 2:
        return of_points();
    default:
        return decode();
    }
}

/* The UTF-8 form is kept with the string, and then counted. What is shared is
 * left alone: in the real one it outlives the seed. */
static void compare_utf8(struct pair pair)
{
    if (text_length(pair.ours) == 1 && text_each_bytes(pair.ours) == 1)
        return;
    size_t bytes = 0;
    Py_ssize_t real_bytes = 0;
    const char *ours = text_utf8(pair.ours, &bytes);
    const char *real = PyUnicode_AsUTF8AndSize(pair.real, &real_bytes);
    PyErr_Clear();
    kinds_compare_flags("has UTF-8", ours, real);
    if (!ours)
        return;
    kinds_compare_sizes("bytes of UTF-8", bytes, (size_t)real_bytes);
    if (!kinds_same(memcmp(ours, real, bytes + 1) == 0))
        kinds_differ("UTF-8");
    kinds_compare_bytes(pair.ours, pair.real);
}

void job_texts(void)
{
    pool_begin();
    for (; run.operation < run.operations; run.operation++) {
        struct pair made = new_text();
        if (!made.ours)
            continue;
        pair_compare(made);
        compare_equality(made, pool[draw(POOL)]);
        if (draw(4) == 0)
            compare_utf8(made);
        pair_replace(&pool[draw(POOL)], made);
    }
    pool_end();
}
