/* scalar.h - how ints, floats, strings and bytes lie in memory.
 *
 *   int    | head | digits and sign | digit ... |
 *   float  | head | value |
 *   str    | head | length | hash | state | (3.11: wstr) |
 *            not ASCII: | UTF-8 length | UTF-8 | (3.11: wstr length) |
 *            | characters ... 0 |
 *   bytes  | head | length | hash | bytes ... 0 |
 *
 * The length word of an int is below 0 when the int is; since 3.12 it is a
 * tag instead: digits << 3 | 0 above zero, 1 zero, 2 below it.
 *
 * Threads, Errors, Owner: as assay/values.h. */
#ifndef ASSAY_TYPES_SCALAR_H
#define ASSAY_TYPES_SCALAR_H

#include "assay/values.h"
#include "collector.h"

/* CPython's name for a hash that is not known yet; no object has it. */
#define HASH_UNKNOWN ((intptr_t)-1)

/* ---- int ---- */

#define INT_BASE ((uint32_t)1 << INT_DIGIT_BITS)
#define INT_MASK (INT_BASE - 1)

#define INT_TAG_SHIFT 3
#define INT_TAG_ZERO  1
#define INT_TAG_BELOW 2
#define INT_TAG_SIGN  3 /* the bits of it */

struct whole {
    struct object_sized sized;
    uint32_t digit[];
};

/* A type with an `extra` has tags. */
static inline bool whole_is_tagged(const struct object *object)
{
    return object->type->extra;
}

static inline size_t whole_count(const struct object *object)
{
    intptr_t word = ((const struct object_sized *)object)->items;
    if (whole_is_tagged(object))
        return (size_t)word >> INT_TAG_SHIFT;
    return (size_t)(word < 0 ? -word : word);
}

static inline bool whole_is_below(const struct object *object)
{
    intptr_t word = ((const struct object_sized *)object)->items;
    return whole_is_tagged(object) ? (word & INT_TAG_SIGN) == INT_TAG_BELOW
                                   : word < 0;
}

static inline const uint32_t *whole_digits(const struct object *object)
{
    return ((const struct whole *)object)->digit;
}

/* Room for `digits`; the length is not set. */
struct object *whole_alloc(struct gc *gc, size_t digits);

/* Sets length and sign once the digits are there, without those that are 0 at
 * the top; and gives the shared one instead when there is one. */
struct object *whole_finish(struct object *object, size_t digits, bool below);

bool whole_hash(struct object *object, intptr_t *ret_hash);
bool number_equal(struct object *a, struct object *b);

/* ---- float ---- */

struct real {
    struct object head;
    double value;
};

/* ---- str ---- */

enum text_interned {
    TEXT_NOT_INTERNED,
    TEXT_MORTAL,
    TEXT_FOR_GOOD,
};

struct text {
    struct object head;
    intptr_t length;
    intptr_t hash;
    struct {
        uint32_t interned : 2; /* enum text_interned */
        uint32_t kind : 3;     /* bytes of a character */
        uint32_t compact : 1;
        uint32_t ascii : 1;
        uint32_t ready : 1;
    } state;
    uint32_t data_at; /* bytes that CPython leaves unused */
};

/* At `text_ascii_bytes`, unless it is ASCII. */
struct text_other {
    intptr_t utf8_length;
    char *utf8;
};

static inline void *text_start(const struct text *text)
{
    return (char *)(uintptr_t)text + text->data_at;
}

static inline struct text_other *text_other(const struct text *text)
{
    return (
        struct text_other *)((char *)(uintptr_t)text +
                             text->head.type->gc->edition->text_ascii_bytes);
}

struct text_type {
    struct object_type type;
    struct object *interned; /* a dict, without references of its own */
    struct text *empty;
    struct text *one[256];
    char shared[]; /* where these lie */
};

struct text_type *text_type_of(struct gc *gc);

/* Characters up to `max`, all still to be written but the zero behind them. */
struct text *text_alloc(struct gc *gc, size_t length, uint32_t max);
void text_put(struct text *text, size_t index, uint32_t point);

/* Of no character, or of one up to U+00FF: the type has one of each. */
static inline bool text_is_shared(const struct text *text)
{
    return text->length == 0 || (text->length == 1 && text->state.kind == 1);
}

/* The shared one instead, where there is one. */
struct object *text_finish(struct text *text);

/* Takes it out of the table of interned ones (its count is 0). */
void text_forget(struct text *text);

/* Ends the table, and with it those that are interned for good. */
void text_forget_all(struct text_type *type);

bool text_hash(struct object *object, intptr_t *ret_hash);
bool text_same(const struct object *a, const struct object *b);

/* object_hash(), without a call where a string knows its hash. */
static inline bool value_hash_of(struct object *key, intptr_t *ret_hash)
{
    if (key->type->hash == text_hash) {
        *ret_hash = ((const struct text *)key)->hash;
        if (*ret_hash != HASH_UNKNOWN)
            return true;
    }
    return object_hash(key, ret_hash);
}

/* object_equal() of two values, likewise. */
static inline bool value_equals(struct object *a, struct object *b)
{
    if (a->type == b->type && a->type->hash == text_hash)
        return text_same(a, b);
    return object_equal(a, b);
}

/* ---- bytes ---- */

struct octets {
    struct object_sized sized;
    intptr_t hash;
    char at[];
};

/* ---- what they share ---- */

/* An object of no fixed size, by number of bytes. */
static inline struct object *scalar_alloc(const struct object_type *type,
                                          size_t bytes)
{
    struct gc *gc = type->gc;
    struct object *object = gc->memory.malloc(gc->memory.context, bytes);
    if (object)
        *object = (struct object){ 1, type };
    return object;
}

/* The count of one that is shared: the first reference is the type's. */
static inline intptr_t scalar_shared_count(const struct gc *gc)
{
    return gc->edition->immortals ? OBJECT_IMMORTAL : 1;
}

/* What SipHash with a key of 0 makes of bytes (Py_HashBytes). */
intptr_t hash_bytes(const struct gc *gc, const void *data, size_t bytes);
intptr_t hash_double(const struct gc *gc, double value,
                     const struct object *object);

/* An equal slot is given something of no kind that it knows. */
static inline bool scalar_unlike(struct object *a, struct object *b)
{
    return !(b->type->flags & OBJECT_VALUE) && b->type->equal &&
           b->type->equal(b, a);
}

#endif
