/* typed_fixture.c - the layers, and the expectations. */
#include "typed_fixture.h"

#include <stdlib.h>

static bool layer_fails(struct layer *layer)
{
    return ++layer->calls == layer->fail_at;
}

static void *layer_malloc(void *context, size_t bytes)
{
    struct layer *layer = context;
    if (layer_fails(layer))
        return NULL;
    layer->out++;
    void *block = malloc(bytes > 0 ? bytes : 1);
    memset(block, 0xA5, bytes);
    return block;
}

static void *layer_calloc(void *context, size_t count, size_t bytes)
{
    struct layer *layer = context;
    if (layer_fails(layer))
        return NULL;
    layer->out++;
    return calloc(count, bytes);
}

static void *layer_realloc(void *context, void *block, size_t bytes)
{
    return layer_fails(context) ? NULL : realloc(block, bytes);
}

static void layer_free(void *context, void *block)
{
    struct layer *layer = context;
    layer->out--;
    layer->freed++;
    free(block);
}

struct memory_allocator layer_allocator(struct layer *layer)
{
    return (struct memory_allocator){ layer, layer_malloc, layer_calloc,
                                      layer_realloc, layer_free };
}

void fixture_begin(struct fixture *f, const char *edition)
{
    *f = (struct fixture){ .object.fail_at = NEVER, .raw.fail_at = NEVER };
    struct memory_allocator object = layer_allocator(&f->object);
    struct memory_allocator raw = layer_allocator(&f->raw);
    f->lists = typed_create(edition, &object, &raw);
    cr_assert(f->lists, "%s", edition);
}

void fixture_end(struct fixture *f)
{
    fixture_verify(f, "the end", 0);
    typed_destroy(f->lists);
    cr_assert(f->object.out == 0, "%zu objects are out", f->object.out);
    cr_assert(f->raw.out == 0, "%zu raw blocks are out", f->raw.out);
}

void fixture_verify(struct fixture *f, const char *when, size_t step)
{
    struct fault fault = typed_verify(f->lists);
    cr_assert(!fault.what, "%s, step %zu: %s (%p): %zu, expected %zu", when,
              step, fault.what, fault.where, fault.found, fault.expected);
}

const char *const edition_name[EDITIONS] = { "classic-256", "classic-512",
                                             "py38", "py311", "py313" };

static const long limits[TYPED_KINDS][4] = {
    /*                       2.7      3.8     3.11    3.13 */
    [TYPED_INT] = { BLOCKED, 0, 0, 0 },
    [TYPED_FLOAT] = { BLOCKED, 100, 100, 100 },
    [TYPED_TUPLE] = { 2000, 2000, 2000, 2000 },
    [TYPED_LIST] = { 80, 80, 80, 80 },
    [TYPED_DICT] = { 80, 80, 80, 80 },
    [TYPED_KEYS] = { ABSENT, 80, 80, 80 },
    [TYPED_KEYS_GENERAL] = { ABSENT, 80, 0, 0 },
    [TYPED_SET] = { 80, 0, 0, 0 },
    [TYPED_FRAME] = { 200, 200, 0, 0 },
    [TYPED_METHOD] = { 256, 256, 0, 0 },
    [TYPED_CFUNCTION] = { 256, 256, 0, 0 },
    [TYPED_CONTEXT] = { ABSENT, 255, 255, 255 },
    [TYPED_ASYNC_VALUE] = { ABSENT, 80, 80, 80 },
    [TYPED_ASYNC_SEND] = { ABSENT, 80, 80, 80 },
    [TYPED_SLICE] = { 1, 1, 1, 1 },
    [TYPED_UNICODE] = { 1024, 0, 0, 0 },
};

static unsigned column(unsigned edition)
{
    return edition == 0 ? 0 : edition - 1;
}

long expected_limit(unsigned edition, enum typed_kind kind)
{
    return limits[kind][column(edition)];
}

bool expected_swept(unsigned edition, enum typed_kind kind)
{
    bool classic = column(edition) == 0;
    if (expected_limit(edition, kind) <= 0 || kind == TYPED_SLICE)
        return false;
    return !classic ||
           (kind != TYPED_LIST && kind != TYPED_DICT && kind != TYPED_SET);
}

bool expected_gc(enum typed_kind kind)
{
    return kind != TYPED_INT && kind != TYPED_FLOAT && kind != TYPED_UNICODE &&
           kind != TYPED_KEYS && kind != TYPED_KEYS_GENERAL;
}

const char *const kind_name[TYPED_KINDS] = {
    "int",     "float",      "tuple", "list",    "dict",      "keys",
    "general", "set",        "frame", "method",  "cfunction", "context",
    "value",   "async send", "slice", "unicode",
};

size_t list_count(const struct fixture *f, enum typed_kind kind, size_t items)
{
    struct typed_stats stats;
    typed_stats(f->lists, &stats);
    if (kind == TYPED_KEYS_GENERAL && f->lists->edition->keys_of_one_kind)
        kind = TYPED_KEYS;
    if (kind == TYPED_TUPLE)
        return items <= TYPED_TUPLE_MAX ? stats.free_tuples[items] : 0;
    return stats.free[kind];
}

uint64_t draw(uint64_t *random)
{
    uint64_t x = *random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *random = x;
}
