/* float.c - floats, and when two numbers of any kind are equal.
 *
 * Source: Objects/floatobject.c. */
#include "scalar.h"

#include <math.h>

#define KEPT_MAX 100 /* PyFloat_MAXFREELIST */

struct float_type {
    struct object_type type;
    struct real *kept[KEPT_MAX];
    size_t kept_count;
};

static const struct object_type float_model;

static struct float_type *float_type_of(struct gc *gc)
{
    return (struct float_type *)gc_type_builtin(gc, GC_BUILTIN_FLOAT,
                                                &float_model,
                                                sizeof(struct float_type));
}

static void float_dealloc(struct object *object)
{
    struct float_type *type = (struct float_type *)object->type;
    if (type->kept_count < KEPT_MAX)
        type->kept[type->kept_count++] = (struct real *)object;
    else
        gc_delete(object);
}

static size_t float_clear_free(struct object_type *given)
{
    struct float_type *type = (struct float_type *)given;
    size_t count = type->kept_count;
    while (type->kept_count > 0)
        gc_delete(&type->kept[--type->kept_count]->head);
    return count;
}

static bool float_hash(struct object *object, intptr_t *ret_hash)
{
    *ret_hash = hash_double(object->type->gc, float_value(object), object);
    return true;
}

static const struct object_type float_model = {
    .name = "float",
    .flags = OBJECT_VALUE,
    .bytes = sizeof(struct real),
    .dealloc = float_dealloc,
    .hash = float_hash,
    .equal = number_equal,
    .clear_free = float_clear_free,
};

struct object *float_new(struct gc *gc, double value)
{
    struct float_type *type = float_type_of(gc);
    if (!type)
        return NULL;
    struct real *real = type->kept_count > 0
                            ? type->kept[--type->kept_count]
                            : (struct real *)gc_new(&type->type, 0);
    if (!real)
        return NULL;
    real->head.references = 1;
    real->value = value;
    return &real->head;
}

bool float_is(const struct object *object)
{
    return object->type->dealloc == float_dealloc;
}

double float_value(const struct object *value)
{
    assert(float_is(value));
    return ((const struct real *)value)->value;
}

/* ---- equality of numbers ---- */

static bool wholes_equal(const struct object *a, const struct object *b)
{
    size_t count = whole_count(a);
    if (count != whole_count(b) || whole_is_below(a) != whole_is_below(b))
        return false;
    while (count-- > 0)
        if (whole_digits(a)[count] != whole_digits(b)[count])
            return false;
    return true;
}

/* Exact, whatever the size: the digits of the float are taken off from the
 * top. */
static bool whole_equals_double(const struct object *whole, double value)
{
    size_t count = whole_count(whole);
    int exponent;
    if (!isfinite(value) || value != trunc(value) ||
        (value < 0) != whole_is_below(whole))
        return false;
    if (value == 0 || count == 0)
        return value == 0 && count == 0;
    double m = frexp(fabs(value), &exponent);
    if ((size_t)(exponent - 1) / INT_DIGIT_BITS + 1 != count)
        return false;
    m = ldexp(m, (exponent - 1) % INT_DIGIT_BITS + 1);
    for (; count-- > 0; m = ldexp(m, INT_DIGIT_BITS)) {
        uint32_t digit = (uint32_t)m;
        if (digit != whole_digits(whole)[count])
            return false;
        m -= (double)digit;
    }
    return true;
}

bool number_equal(struct object *a, struct object *b)
{
    bool a_whole = int_is_any(a), b_whole = int_is_any(b);
    if (a_whole && b_whole)
        return wholes_equal(a, b);
    if (a_whole && float_is(b))
        return whole_equals_double(a, float_value(b));
    if (b_whole && float_is(a))
        return whole_equals_double(b, float_value(a));
    if (float_is(a) && float_is(b))
        return float_value(a) == float_value(b);
    return scalar_unlike(a, b);
}
