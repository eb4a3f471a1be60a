/* int_arithmetic.c - ints added, subtracted and multiplied, digit by digit as
 * on paper.
 *
 * Source: Knuth, The Art of Computer Programming, volume 2, 4.3.1, algorithms
 * A, S and M. */
#include "scalar.h"

#include <string.h>

static struct gc *gc_of(const struct object *object)
{
    return object->type->gc;
}

/* -1, 0 or 1, signs apart. */
static int compare_sizes(const struct object *a, const struct object *b)
{
    size_t count = whole_count(a), of_b = whole_count(b);
    if (count != of_b)
        return count < of_b ? -1 : 1;
    while (count-- > 0) {
        uint32_t x = whole_digits(a)[count], y = whole_digits(b)[count];
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

/* |a| + |b|. */
static struct object *add_sizes(const struct object *a, const struct object *b,
                                bool below)
{
    size_t longer = whole_count(a), shorter = whole_count(b);
    if (longer < shorter)
        return add_sizes(b, a, below);
    struct whole *sum = (struct whole *)whole_alloc(gc_of(a), longer + 1);
    uint32_t carry = 0;
    if (!sum)
        return NULL;
    for (size_t i = 0; i < longer; i++) {
        carry += whole_digits(a)[i];
        carry += i < shorter ? whole_digits(b)[i] : 0;
        sum->digit[i] = carry & INT_MASK;
        carry >>= INT_DIGIT_BITS;
    }
    sum->digit[longer] = carry;
    return whole_finish(&sum->sized.head, longer + 1, below);
}

/* |a| - |b|, the other way round when b is the larger: the sign tells. */
static struct object *subtract_sizes(const struct object *a,
                                     const struct object *b, bool below)
{
    if (compare_sizes(a, b) < 0)
        return subtract_sizes(b, a, !below);
    size_t longer = whole_count(a), shorter = whole_count(b);
    struct whole *rest = (struct whole *)whole_alloc(gc_of(a), longer);
    uint32_t borrow = 0;
    if (!rest)
        return NULL;
    for (size_t i = 0; i < longer; i++) {
        uint32_t y = i < shorter ? whole_digits(b)[i] : 0;
        borrow = whole_digits(a)[i] - y - borrow;
        rest->digit[i] = borrow & INT_MASK;
        borrow = borrow >> INT_DIGIT_BITS & 1;
    }
    return whole_finish(&rest->sized.head, longer, below);
}

/* The sum when `flip` is false, else the difference. */
static struct object *sum_of(const struct object *a, const struct object *b,
                             bool flip)
{
    bool below = whole_is_below(a), b_below = whole_is_below(b) != flip;
    assert(int_is_any(a) && int_is_any(b));
    return below == b_below ? add_sizes(a, b, below)
                            : subtract_sizes(a, b, below);
}

struct object *int_add(const struct object *a, const struct object *b)
{
    return sum_of(a, b, false);
}

struct object *int_subtract(const struct object *a, const struct object *b)
{
    return sum_of(a, b, true);
}

/* Adds digit * b to what is at `at`. */
static void multiply_digit(uint32_t *at, uint32_t digit, const struct object *b)
{
    size_t count = whole_count(b);
    uint64_t carry = 0;
    for (size_t i = 0; i < count; i++) {
        carry += at[i] + (uint64_t)digit * whole_digits(b)[i];
        at[i] = (uint32_t)carry & INT_MASK;
        carry >>= INT_DIGIT_BITS;
    }
    at[count] = (uint32_t)carry;
}

struct object *int_multiply(const struct object *a, const struct object *b)
{
    assert(int_is_any(a) && int_is_any(b));
    size_t of_a = whole_count(a), of_b = whole_count(b), both = of_a + of_b;
    if (of_a == 0 || of_b == 0)
        return int_new(gc_of(a), 0);
    struct whole *product = (struct whole *)whole_alloc(gc_of(a), both);
    if (!product)
        return NULL;
    memset(product->digit, 0, both * sizeof product->digit[0]);
    for (size_t i = 0; i < of_a; i++)
        multiply_digit(product->digit + i, whole_digits(a)[i], b);
    return whole_finish(&product->sized.head, both,
                        whole_is_below(a) != whole_is_below(b));
}
