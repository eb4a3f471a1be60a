/* text.c - strings: how wide their characters are, and what is shared.
 *
 * The characters lie behind the head and are as wide as the widest of them
 * needs. Those of ASCII have a shorter head, since they are their own UTF-8.
 *
 * Source: Objects/unicodeobject.c; PEP 393. */
#include "scalar.h"

#include <string.h>

#define LENGTH_MAX ((size_t)PTRDIFF_MAX / 4 - 128)
#define SHARED     257 /* of one character up to U+00FF, and the empty one */

static const struct object_type text_model;

static void make_all_shared(struct text_type *type, size_t step);

struct text_type *text_type_of(struct gc *gc)
{
    struct text_type *type = (struct text_type *)gc->builtin[GC_BUILTIN_TEXT];
    if (type)
        return type;
    struct object_type model = text_model;
    size_t step = (gc->edition->text_other_bytes + 2u + 15u) & ~(size_t)15;
    model.bytes = gc->edition->text_basic_bytes;
    type =
        (struct text_type *)gc_type_builtin(gc, GC_BUILTIN_TEXT, &model,
                                            sizeof *type + SHARED * step + 16);
    if (type)
        make_all_shared(type, step);
    return type;
}

/* ---- made ---- */

static uint32_t kind_for(uint32_t max)
{
    return max < 0x100 ? 1 : max < 0x10000 ? 2 : 4;
}

static uint32_t data_at(const struct gc_edition *edition, uint32_t max)
{
    return max < 0x80 ? edition->text_ascii_bytes : edition->text_other_bytes;
}

/* What lies between the head and the characters is 0: no UTF-8 yet, and no
 * wide form, which nobody makes here. */
static void start(struct text *text, const struct object_type *type,
                  size_t length, uint32_t max)
{
    uint32_t at = data_at(type->gc->edition, max);
    memset(text, 0, at);
    text->head = (struct object){ 1, type };
    text->length = (intptr_t)length;
    text->hash = HASH_UNKNOWN;
    text->state.kind = kind_for(max) & 7;
    text->state.compact = text->state.ready = 1;
    text->state.ascii = max < 0x80;
    text->data_at = at;
    text_put(text, length, 0);
}

static struct text *make_shared(struct text_type *type, char *place,
                                size_t length, uint32_t max)
{
    struct text *text = (struct text *)(void *)place;
    start(text, &type->type, length, max);
    text->head.references = scalar_shared_count(type->type.gc);
    return text;
}

static void make_all_shared(struct text_type *type, size_t step)
{
    char *place = (char *)(((uintptr_t)type->shared + 15) & ~(uintptr_t)15);
    type->empty = make_shared(type, place, 0, 0);
    for (uint32_t i = 0; i < 256; i++) {
        type->one[i] = make_shared(type, place + (i + 1) * step, 1, i);
        text_put(type->one[i], 0, i);
    }
}

struct text *text_alloc(struct gc *gc, size_t length, uint32_t max)
{
    struct text_type *type = text_type_of(gc);
    if (!type || length > LENGTH_MAX)
        return NULL;
    struct text *text = (struct text *)scalar_alloc(
        &type->type, data_at(gc->edition, max) + (length + 1) * kind_for(max));
    if (text)
        start(text, &type->type, length, max);
    return text;
}

void text_put(struct text *text, size_t index, uint32_t point)
{
    void *data = text_start(text);
    if (text->state.kind == 1)
        ((uint8_t *)data)[index] = (uint8_t)point;
    else if (text->state.kind == 2)
        ((uint16_t *)data)[index] = (uint16_t)point;
    else
        ((uint32_t *)data)[index] = point;
}

struct object *text_finish(struct text *text)
{
    const struct text_type *type = (const struct text_type *)text->head.type;
    if (!text_is_shared(text))
        return &text->head;
    struct text *shared =
        text->length == 0 ? type->empty : type->one[text_point(&text->head, 0)];
    gc_delete(&text->head);
    return object_incref(&shared->head);
}

struct object *text_of_points(struct gc *gc, const uint32_t *points,
                              size_t count)
{
    uint32_t max = 0;
    for (size_t i = 0; i < count; i++)
        max = points[i] > max ? points[i] : max;
    struct text *text =
        max > TEXT_POINT_MAX ? NULL : text_alloc(gc, count, max);
    if (!text)
        return NULL;
    for (size_t i = 0; i < count; i++)
        text_put(text, i, points[i]);
    return text_finish(text);
}

/* ---- made of others ---- */

/* The highest that the width of its characters allows: two widths of one
 * byte, as CPython takes it. */
static uint32_t max_of(const struct text *text)
{
    if (text->state.ascii)
        return 0x7f;
    return text->state.kind == 1   ? 0xff
           : text->state.kind == 2 ? 0xffff
                                   : TEXT_POINT_MAX;
}

static void copy_into(struct text *to, size_t at, const struct text *from)
{
    size_t length = (size_t)from->length, each = from->state.kind;
    char *start_of_to = text_start(to);
    if (to->state.kind == each) {
        memcpy(start_of_to + at * each, text_start(from), length * each);
        return;
    }
    for (size_t i = 0; i < length; i++)
        text_put(to, at + i, text_point(&from->head, i));
}

struct object *text_join(struct object *a, struct object *b)
{
    if (text_length(a) == 0 || text_length(b) == 0)
        return object_incref(text_length(a) == 0 ? b : a);
    const struct text *left = (const struct text *)a;
    const struct text *right = (const struct text *)b;
    uint32_t max_a = max_of(left), max_b = max_of(right);
    size_t length = text_length(a) + text_length(b);
    struct text *text =
        text_alloc(a->type->gc, length, max_a > max_b ? max_a : max_b);
    if (!text)
        return NULL;
    copy_into(text, 0, left);
    copy_into(text, text_length(a), right);
    return text_finish(text);
}

struct object *text_repeat(struct object *object, size_t times)
{
    const struct text *from = (const struct text *)object;
    size_t length;
    if (times == 1)
        return object_incref(object);
    if (__builtin_mul_overflow(text_length(object), times, &length))
        return NULL;
    struct text *text = text_alloc(object->type->gc, length, max_of(from));
    if (!text)
        return NULL;
    for (size_t i = 0; i < times && length > 0; i++)
        copy_into(text, i * (size_t)from->length, from);
    return text_finish(text);
}

/* ---- slots ---- */

static void free_utf8(const struct text *text)
{
    struct gc *gc = text->head.type->gc;
    if (!text->state.ascii && text_other(text)->utf8)
        gc->memory.free(gc->memory.context, text_other(text)->utf8);
}

static void text_dealloc(struct object *object)
{
    struct text *text = (struct text *)object;
    if (text->state.interned)
        text_forget(text);
    free_utf8(text);
    gc_delete(object);
}

static void text_end(struct object_type *given)
{
    struct text_type *type = (struct text_type *)given;
    text_forget_all(type);
    for (int i = 0; i < 256; i++)
        free_utf8(type->one[i]);
}

bool text_hash(struct object *object, intptr_t *ret_hash)
{
    struct text *text = (struct text *)object;
    if (text->hash == HASH_UNKNOWN)
        text->hash = hash_bytes(object->type->gc, text_start(text),
                                (size_t)text->length * text->state.kind);
    *ret_hash = text->hash;
    return true;
}

/* As wide as its widest needs: equal ones are of equal width. */
bool text_same(const struct object *a, const struct object *b)
{
    const struct text *x = (const struct text *)a;
    const struct text *y = (const struct text *)b;
    return x->length == y->length && x->state.kind == y->state.kind &&
           memcmp(text_start(x), text_start(y),
                  (size_t)x->length * x->state.kind) == 0;
}

static bool text_equal(struct object *a, struct object *b)
{
    return text_is(b) && text_is(a) ? text_same(a, b) : scalar_unlike(a, b);
}

static size_t text_bytes(const struct object *object)
{
    const struct text *text = (const struct text *)object;
    size_t bytes =
        text->data_at + ((size_t)text->length + 1) * text->state.kind;
    if (!text->state.ascii && text_other(text)->utf8)
        bytes += (size_t)text_other(text)->utf8_length + 1;
    return bytes;
}

static const struct object_type text_model = {
    .name = "str",
    .flags = OBJECT_TEXT | OBJECT_VALUE,
    .dealloc = text_dealloc,
    .hash = text_hash,
    .equal = text_equal,
    .size_bytes = text_bytes,
    .end = text_end,
};

/* ---- asked ---- */

bool text_is(const struct object *object)
{
    return object->type->dealloc == text_dealloc;
}

size_t text_length(const struct object *text)
{
    assert(text_is(text));
    return (size_t)((const struct text *)text)->length;
}

unsigned text_each_bytes(const struct object *text)
{
    assert(text_is(text));
    return ((const struct text *)text)->state.kind;
}

bool text_is_ascii(const struct object *text)
{
    assert(text_is(text));
    return ((const struct text *)text)->state.ascii;
}

const void *text_data(const struct object *text)
{
    assert(text_is(text));
    return text_start((const struct text *)text);
}

uint32_t text_point(const struct object *object, size_t index)
{
    const struct text *text = (const struct text *)object;
    const void *data = text_start(text);
    assert(index < (size_t)text->length);
    if (text->state.kind == 1)
        return ((const uint8_t *)data)[index];
    if (text->state.kind == 2)
        return ((const uint16_t *)data)[index];
    return ((const uint32_t *)data)[index];
}
