/* hash.c - hashes of bytes and of numbers, as the interpreter has them when
 * its PYTHONHASHSEED is 0.
 *
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012);
 * Python/pyhash.c for rounds (1 and 3; up to 3.10: 2 and 4), and for numbers:
 * the value modulo 2^61 - 1. */
#include "scalar.h"

#include <math.h>
#include <string.h>

#define PRIME_BITS    61
#define PRIME         (((uint64_t)1 << PRIME_BITS) - 1)
#define HASH_INFINITY 314159
#define MANTISSA_BITS 28 /* taken at a time */

struct sip {
    uint64_t a, b, c, d;
};

static inline uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static inline void sip_round(struct sip *s)
{
    s->a += s->b;
    s->c += s->d;
    s->b = rotate(s->b, 13) ^ s->a;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a = rotate(s->a, 32);
    s->c += s->b;
    s->a += s->d;
    s->b = rotate(s->b, 17) ^ s->c;
    s->d = rotate(s->d, 21) ^ s->a;
    s->c = rotate(s->c, 32);
}

static inline void sip_word(struct sip *s, uint64_t word, bool more)
{
    s->d ^= word;
    sip_round(s);
    if (more)
        sip_round(s);
    s->a ^= word;
}

static uint64_t sip_hash(const void *data, size_t bytes, bool more)
{
    struct sip s = { 0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261,
                     0x7465646279746573 };
    const char *at = data;
    uint64_t word, last = (uint64_t)bytes << 56;
    size_t left = bytes;
    for (; left >= sizeof word; left -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        sip_word(&s, word, more);
    }
    word = 0;
    memcpy(&word, at, left);
    sip_word(&s, last | word, more);
    s.c ^= 0xff;
    for (int i = 0; i < (more ? 4 : 3); i++)
        sip_round(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}

intptr_t hash_bytes(const struct gc *gc, const void *data, size_t bytes)
{
    if (bytes == 0)
        return 0;
    intptr_t hash =
        (intptr_t)sip_hash(data, bytes, gc->edition->hash_has_more_rounds);
    return hash == HASH_UNKNOWN ? -2 : hash;
}

/* Rotates within 61 bits: multiplies by a power of two. */
static uint64_t turn(uint64_t x, int bits)
{
    return (x << bits & PRIME) | x >> (PRIME_BITS - bits);
}

static intptr_t hash_finite(double value)
{
    int exponent;
    double m = frexp(value, &exponent);
    bool below = m < 0;
    uint64_t x = 0;
    for (m = fabs(m); m != 0.0;) {
        x = turn(x, MANTISSA_BITS);
        m *= (double)(1 << MANTISSA_BITS);
        exponent -= MANTISSA_BITS;
        uint64_t whole = (uint64_t)m;
        m -= (double)whole;
        x += whole;
        if (x >= PRIME)
            x -= PRIME;
    }
    exponent = exponent >= 0 ? exponent % PRIME_BITS
                             : PRIME_BITS - 1 - ((-1 - exponent) % PRIME_BITS);
    x = turn(x, exponent);
    intptr_t hash = below ? -(intptr_t)x : (intptr_t)x;
    return hash == HASH_UNKNOWN ? -2 : hash;
}

/* What is no number is equal to nothing, so that many of it would all have
 * the same place: since 3.10 its address decides. */
intptr_t hash_double(const struct gc *gc, double value,
                     const struct object *object)
{
    if (isfinite(value))
        return hash_finite(value);
    if (isinf(value))
        return value > 0 ? HASH_INFINITY : -HASH_INFINITY;
    if (gc->edition->nan_has_no_hash)
        return 0;
    uintptr_t word = (uintptr_t)object;
    return (intptr_t)(word >> 4 | word << (8 * sizeof word - 4));
}
