/* bytes.c - immutable bytes; the empty ones and single ones are shared.
 *
 * Source: Objects/bytesobject.c. */
#include "scalar.h"

#include <string.h>

#define DATA_AT offsetof(struct octets, at)

struct bytes_type {
    struct object_type type;
    struct octets *empty;
    struct octets *one[256];
    _Alignas(16) char shared[]; /* where these lie */
};

#define SHARED_STEP ((DATA_AT + 2 + 15) & ~(size_t)15)

static const struct object_type bytes_model;

static void start(struct octets *octets, const struct object_type *type,
                  size_t bytes)
{
    octets->sized.head = (struct object){ 1, type };
    octets->sized.items = (intptr_t)bytes;
    octets->hash = HASH_UNKNOWN;
    octets->at[bytes] = '\0';
}

static struct octets *make_shared(struct bytes_type *type, size_t number,
                                  size_t bytes)
{
    struct octets *octets =
        (struct octets *)(type->shared + number * SHARED_STEP);
    start(octets, &type->type, bytes);
    octets->sized.head.references = scalar_shared_count(type->type.gc);
    return octets;
}

static struct bytes_type *bytes_type_of(struct gc *gc)
{
    struct bytes_type *type =
        (struct bytes_type *)gc->builtin[GC_BUILTIN_BYTES];
    if (type)
        return type;
    type =
        (struct bytes_type *)gc_type_builtin(gc, GC_BUILTIN_BYTES, &bytes_model,
                                             sizeof *type + 257 * SHARED_STEP);
    if (!type)
        return NULL;
    type->empty = make_shared(type, 256, 0);
    for (size_t i = 0; i < 256; i++) {
        type->one[i] = make_shared(type, i, 1);
        type->one[i]->at[0] = (char)i;
    }
    return type;
}

/* ---- slots ---- */

static bool bytes_hash(struct object *object, intptr_t *ret_hash)
{
    struct octets *octets = (struct octets *)object;
    if (octets->hash == HASH_UNKNOWN)
        octets->hash = hash_bytes(object->type->gc, octets->at,
                                  (size_t)octets->sized.items);
    *ret_hash = octets->hash;
    return true;
}

static bool bytes_equal(struct object *a, struct object *b)
{
    if (!bytes_is(a) || !bytes_is(b))
        return scalar_unlike(a, b);
    size_t bytes = bytes_length(a);
    return bytes == bytes_length(b) &&
           memcmp(bytes_data(a), bytes_data(b), bytes) == 0;
}

/* The zero behind them is counted with the type. */
static const struct object_type bytes_model = {
    .name = "bytes",
    .flags = OBJECT_VALUE,
    .bytes = DATA_AT + 1,
    .each = 1,
    .dealloc = gc_delete,
    .hash = bytes_hash,
    .equal = bytes_equal,
};

/* ---- what callers use ---- */

struct object *bytes_new(struct gc *gc, const void *data, size_t bytes)
{
    struct bytes_type *type = bytes_type_of(gc);
    if (!type || bytes > PTRDIFF_MAX - DATA_AT - 1)
        return NULL;
    if (bytes <= 1) {
        struct octets *shared =
            bytes == 0 ? type->empty : type->one[*(const unsigned char *)data];
        return object_incref(&shared->sized.head);
    }
    struct octets *octets =
        (struct octets *)scalar_alloc(&type->type, DATA_AT + bytes + 1);
    if (!octets)
        return NULL;
    start(octets, &type->type, bytes);
    memcpy(octets->at, data, bytes);
    return &octets->sized.head;
}

bool bytes_is(const struct object *object)
{
    return object->type->hash == bytes_hash;
}

size_t bytes_length(const struct object *object)
{
    assert(bytes_is(object));
    return (size_t)((const struct octets *)object)->sized.items;
}

const char *bytes_data(const struct object *object)
{
    assert(bytes_is(object));
    return ((const struct octets *)object)->at;
}
