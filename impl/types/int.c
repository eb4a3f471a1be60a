/* int.c - ints of any size, and bools, which are two of them.
 *
 * Source: Objects/longobject.c and boolobject.c. */
#include "scalar.h"

#include <math.h>

#define SHARED      (INT_SHARED_LAST - INT_SHARED_FIRST + 1)
#define INT64_COUNT 3 /* digits of the largest int64_t */

/* One of the shared ones, with room for its digit. */
struct shared {
    struct object_sized sized;
    uint32_t digit;
};

struct int_type {
    struct object_type type;
    struct shared shared[SHARED];
};

struct bool_type {
    struct object_type type;
    struct shared value[2];
};

static const struct object_type int_model;
static const char has_tags[] = "3.12";

static void set_length(struct object *object, size_t digits, bool below)
{
    intptr_t word = (intptr_t)digits;
    if (!whole_is_tagged(object))
        word = below ? -word : word;
    else if (digits == 0)
        word = INT_TAG_ZERO;
    else
        word = word << INT_TAG_SHIFT | (below ? INT_TAG_BELOW : 0);
    ((struct object_sized *)object)->items = word;
}

static void make_shared(struct shared *shared, const struct object_type *type,
                        int value)
{
    shared->sized.head = (struct object){ scalar_shared_count(type->gc), type };
    shared->digit = (uint32_t)(value < 0 ? -value : value);
    set_length(&shared->sized.head, value != 0, value < 0);
}

static struct int_type *int_type_of(struct gc *gc)
{
    struct int_type *type = (struct int_type *)gc->builtin[GC_BUILTIN_INT];
    if (type)
        return type;
    type = (struct int_type *)gc_type_builtin(gc, GC_BUILTIN_INT, &int_model,
                                              sizeof *type);
    if (!type)
        return NULL;
    type->type.extra = gc->edition->int_is_tagged ? has_tags : NULL;
    for (int i = 0; i < SHARED; i++)
        make_shared(&type->shared[i], &type->type, INT_SHARED_FIRST + i);
    return type;
}

/* ---- made ---- */

static bool is_shared(int64_t value)
{
    return value >= INT_SHARED_FIRST && value <= INT_SHARED_LAST;
}

static struct object *shared_int(struct int_type *type, int64_t value)
{
    return object_incref(&type->shared[value - INT_SHARED_FIRST].sized.head);
}

struct object *whole_alloc(struct gc *gc, size_t digits)
{
    struct int_type *type = int_type_of(gc);
    if (digits < gc->edition->int_digits_min)
        digits = gc->edition->int_digits_min;
    if (!type || digits > PTRDIFF_MAX)
        return NULL;
    return gc_new(&type->type, (intptr_t)digits);
}

struct object *whole_finish(struct object *object, size_t digits, bool below)
{
    const uint32_t *digit = whole_digits(object);
    while (digits > 0 && digit[digits - 1] == 0)
        digits--;
    set_length(object, digits, below);
    if (digits > 1)
        return object;
    int64_t value = digits == 0 ? 0 : below ? -(int64_t)*digit : *digit;
    if (!is_shared(value))
        return object;
    struct int_type *type = (struct int_type *)object->type;
    gc_delete(object);
    return shared_int(type, value);
}

struct object *int_new(struct gc *gc, int64_t value)
{
    struct int_type *type = int_type_of(gc);
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    size_t digits = left < INT_BASE ? 1 : left >> 60 ? 3 : 2;
    if (type && is_shared(value))
        return shared_int(type, value);
    struct whole *whole =
        type ? (struct whole *)gc_new(&type->type, (intptr_t)digits) : NULL;
    if (!whole)
        return NULL;
    for (size_t i = 0; i < digits; i++, left >>= INT_DIGIT_BITS)
        whole->digit[i] = (uint32_t)left & INT_MASK;
    set_length(&whole->sized.head, digits, value < 0);
    return &whole->sized.head;
}

struct object *int_of_double(struct gc *gc, double value)
{
    int exponent;
    if (!isfinite(value))
        return NULL;
    double m = frexp(trunc(fabs(value)), &exponent);
    size_t digits =
        exponent > 0 ? (size_t)(exponent - 1) / INT_DIGIT_BITS + 1 : 0;
    struct whole *whole = (struct whole *)whole_alloc(gc, digits);
    if (!whole)
        return NULL;
    m = digits > 0 ? ldexp(m, (exponent - 1) % INT_DIGIT_BITS + 1) : 0;
    for (size_t i = digits; i-- > 0; m = ldexp(m, INT_DIGIT_BITS)) {
        whole->digit[i] = (uint32_t)m;
        m -= (double)whole->digit[i];
    }
    return whole_finish(&whole->sized.head, digits, value < 0);
}

/* ---- asked ---- */

bool int_is(const struct object *object)
{
    return object->type == object->type->gc->builtin[GC_BUILTIN_INT];
}

bool bool_is(const struct object *object)
{
    return object->type == object->type->gc->builtin[GC_BUILTIN_BOOL];
}

bool int_is_any(const struct object *object)
{
    return int_is(object) || bool_is(object);
}

int int_sign(const struct object *value)
{
    assert(int_is_any(value));
    return whole_count(value) == 0 ? 0 : whole_is_below(value) ? -1 : 1;
}

size_t int_digits(const struct object *value)
{
    assert(int_is_any(value));
    return whole_count(value);
}

uint32_t int_digit(const struct object *value, size_t index)
{
    assert(index < int_digits(value));
    return whole_digits(value)[index];
}

bool int_value(const struct object *value, int64_t *ret_value)
{
    size_t digits = int_digits(value);
    unsigned __int128 sum = 0;
    if (digits > INT64_COUNT)
        return false;
    for (size_t i = digits; i-- > 0;)
        sum = sum << INT_DIGIT_BITS | whole_digits(value)[i];
    bool below = whole_is_below(value);
    if (sum > (uint64_t)INT64_MAX + below)
        return false;
    *ret_value = (int64_t)(below ? -(uint64_t)sum : (uint64_t)sum);
    return true;
}

/* ---- slots ---- */

/* Modulo 2^61 - 1: a digit further is a turn of 30 bits. */
bool whole_hash(struct object *object, intptr_t *ret_hash)
{
    const uint64_t prime = ((uint64_t)1 << 61) - 1;
    const uint32_t *digit = whole_digits(object);
    size_t count = whole_count(object);
    uint64_t x = count == 1 ? digit[0] : 0;
    for (size_t i = count == 1 ? 0 : count; i-- > 0;) {
        x = (x << INT_DIGIT_BITS & prime) | x >> (61 - INT_DIGIT_BITS);
        x += digit[i];
        if (x >= prime)
            x -= prime;
    }
    intptr_t hash = whole_is_below(object) ? -(intptr_t)x : (intptr_t)x;
    *ret_hash = hash == HASH_UNKNOWN ? -2 : hash;
    return true;
}

static size_t whole_bytes(const struct object *object)
{
    size_t digits = whole_count(object);
    unsigned least = object->type->gc->edition->int_digits_min;
    return sizeof(struct whole) +
           (digits < least ? least : digits) * sizeof(uint32_t);
}

static const struct object_type int_model = {
    .name = "int",
    .flags = OBJECT_VALUE,
    .bytes = sizeof(struct whole),
    .each = sizeof(uint32_t),
    .dealloc = gc_delete,
    .hash = whole_hash,
    .equal = number_equal,
    .size_bytes = whole_bytes,
};

/* ---- bool ---- */

static struct bool_type *bool_type_of(struct gc *gc)
{
    struct bool_type *type = (struct bool_type *)gc->builtin[GC_BUILTIN_BOOL];
    if (type)
        return type;
    struct object_type model = int_model;
    model.name = "bool";
    model.bytes = gc->edition->bool_bytes;
    type = (struct bool_type *)gc_type_builtin(gc, GC_BUILTIN_BOOL, &model,
                                               sizeof *type);
    if (!type)
        return NULL;
    type->type.extra = gc->edition->int_is_tagged ? has_tags : NULL;
    make_shared(&type->value[0], &type->type, 0);
    make_shared(&type->value[1], &type->type, 1);
    return type;
}

struct object *bool_new(struct gc *gc, bool value)
{
    struct bool_type *type = bool_type_of(gc);
    return type ? object_incref(&type->value[value].sized.head) : NULL;
}
