/* layout.c - the fields of an object, from the structures that it is made
 * of; and a drawing of them. */
#include "assay/layout.h"

#include "dict_split.h"
#include "list_inside.h"
#include "scalar.h"
#include "set_inside.h"

#include <stdarg.h>
#include <string.h>

#define WORD        sizeof(void *)
#define ITEMS_SHOWN 2 /* the rest of a run is one field */

struct builder {
    const struct object *object;
    const char *part;
    const char *group;
    intptr_t at; /* where the next field begins */
    struct layout_field *field;
    size_t room;
    size_t count;
};

__attribute__((format(printf, 3, 4))) static void add(struct builder *b,
                                                      size_t bytes,
                                                      const char *name, ...)
{
    struct layout_field field = {
        .part = b->part, .group = b->group, .offset = b->at, .bytes = bytes
    };
    va_list more;
    if (bytes == 0)
        return;
    va_start(more, name);
    vsnprintf(field.name, sizeof field.name, name, more);
    va_end(more);
    if (b->count < b->room)
        b->field[b->count] = field;
    b->count++;
    b->at += (intptr_t)bytes;
}

static void add_run(struct builder *b, size_t count, size_t each,
                    const char *name)
{
    size_t shown = count <= ITEMS_SHOWN + 1 ? count : ITEMS_SHOWN;
    for (size_t i = 0; i < shown; i++)
        add(b, each, "%s[%zu]", name, i);
    if (shown < count)
        add(b, (count - shown) * each, "%s[%zu..%zu]", name, shown, count - 1);
}

static void begin_part(struct builder *b, const char *part)
{
    b->part = part;
    b->group = NULL;
    b->at = 0;
}

static const struct gc_edition *edition_of(const struct builder *b)
{
    return b->object->type->gc->edition;
}

/* ---- what every object has ---- */

static void add_front(struct builder *b)
{
    const struct gc_edition *e = edition_of(b);
    bool weak_too = e->instance_weak_word < 0;
    b->at = -(intptr_t)(sizeof(struct head) + b->object->type->before);
    b->group = "pre-header";
    add(b, WORD, weak_too ? "*__weakref__" : "*values");
    add(b, WORD, "*__dict__");
}

static void add_head(struct builder *b)
{
    const struct object_type *type = b->object->type;
    if (type->before > 0)
        add_front(b);
    if (type->flags & OBJECT_COLLECTED) {
        b->at = -(intptr_t)sizeof(struct head);
        b->group = "PyGC_Head";
        add(b, WORD, "*_gc_next");
        add(b, WORD, "*_gc_prev");
    }
    bool has_size = type->each > 0 || list_is(b->object);
    b->group = has_size ? "PyObject_VAR_HEAD" : "PyObject_HEAD";
    add(b, WORD, "ob_refcnt");
    add(b, WORD, "*ob_type");
}

/* ---- kinds ---- */

static void add_whole(struct builder *b)
{
    const struct gc_edition *e = edition_of(b);
    size_t digits = whole_count(b->object);
    add(b, WORD, e->int_is_tagged ? "lv_tag" : "ob_size");
    b->group = NULL;
    add_run(b, digits < e->int_digits_min ? e->int_digits_min : digits,
            sizeof(uint32_t), "ob_digit");
}

/* Up to 3.11 there is room for a wide form, which nobody asks for here. */
static void add_text(struct builder *b)
{
    const struct text *text = (const struct text *)b->object;
    bool wide = edition_of(b)->text_ascii_bytes > sizeof(struct text);
    b->group = NULL;
    add(b, WORD, "length");
    add(b, WORD, "hash");
    add(b, sizeof text->state, "state");
    add(b, sizeof text->data_at, "padding");
    add(b, wide ? WORD : 0, "*wstr");
    if (!text->state.ascii) {
        add(b, WORD, "utf8_length");
        add(b, WORD, "*utf8");
        add(b, wide ? WORD : 0, "wstr_length");
    }
    add_run(b, (size_t)text->length + 1, text->state.kind, "char_data");
    if (text->state.ascii || !text_other(text)->utf8)
        return;
    begin_part(b, "UTF-8");
    add(b, (size_t)text_other(text)->utf8_length + 1, "utf8");
}

static void add_bytes(struct builder *b)
{
    add(b, WORD, "ob_size");
    b->group = NULL;
    add(b, WORD, "ob_shash");
    add_run(b, bytes_length(b->object) + 1, 1, "ob_sval");
}

static void add_list(struct builder *b)
{
    const struct list *list = (const struct list *)b->object;
    add(b, WORD, "ob_size");
    b->group = NULL;
    add(b, WORD, "**ob_item");
    add(b, WORD, "allocated");
    begin_part(b, "array");
    add_run(b, list->room, WORD, "*ob_item");
}

static void add_tuple(struct builder *b)
{
    add(b, WORD, "ob_size");
    b->group = NULL;
    add_run(b, tuple_size(b->object), WORD, "*ob_item");
}

static void add_set(struct builder *b)
{
    const struct set *set = (const struct set *)b->object;
    b->group = NULL;
    add(b, sizeof set->fill, "fill");
    add(b, sizeof set->used, "used");
    add(b, sizeof set->mask, "mask");
    add(b, sizeof set->table, "*table");
    add(b, sizeof set->hash, "hash");
    add(b, sizeof set->finger, "finger");
    add_run(b, SET_SMALL, sizeof set->small[0], "smalltable");
    add(b, sizeof set->weak, "*weakreflist");
    begin_part(b, "table");
    if (set->table != set->small)
        add_run(b, set->mask + 1, sizeof set->table[0], "entry");
}

static void add_keys(struct builder *b, const struct dict_keys *keys)
{
    const struct gc *gc = b->object->type->gc;
    size_t index = (size_t)1 << keys->log_index_bytes;
    size_t head = gc->edition->dict_keys_head_bytes;
    size_t each = sizeof(struct dict_pair) + (keys->text ? 0 : WORD);
    size_t entries = (keys_bytes(gc, keys) - head - index) / each;
    begin_part(b, "table");
    add(b, head, "head");
    add(b, index, "dk_indices[%zu]", (size_t)1 << keys->log_size);
    add_run(b, entries, each, "entry");
}

static void add_dict(struct builder *b)
{
    const struct dict *dict = (const struct dict *)b->object;
    b->group = NULL;
    add(b, sizeof dict->used, "ma_used");
    add(b, sizeof dict->version, "ma_version_tag");
    add(b, sizeof dict->keys, "*ma_keys");
    add(b, sizeof dict->values, "*ma_values");
    begin_part(b, "values");
    if (dict->values)
        add_run(b, split_room(dict->keys), WORD, "*value");
    if (!dict_has_no_table(dict) && dict->keys->references == 1)
        add_keys(b, dict->keys);
}

static void add_slots(struct builder *b)
{
    const struct object_type *type = b->object->type;
    b->group = "slots";
    for (unsigned i = 0; i < type->slot_count; i++)
        add(b, WORD, "*%s", slotted_name(type, i));
    b->group = NULL;
    add(b, type->weak_at > 0 ? WORD : 0, "*__weakref__");
}

/* Up to 3.10 both words lie behind the head, and in 3.11 one of them. */
static void add_instance(struct builder *b)
{
    const struct gc_edition *e = edition_of(b);
    b->group = NULL;
    add(b, e->instance_dict_word > 0 ? WORD : 0, "*__dict__");
    add(b, e->instance_weak_word > 0 ? WORD : 0, "*__weakref__");
}

/* Of a kind that CPython has no structure for. */
static void add_rest(struct builder *b)
{
    size_t bytes = object_bytes(b->object);
    if (b->object->type->flags & OBJECT_COLLECTED)
        bytes -= sizeof(struct head) + b->object->type->before;
    b->group = NULL;
    add(b, bytes - (size_t)b->at, "...");
}

static void add_weak(struct builder *b)
{
    static const char *const name[] = { "*wr_object", "*wr_callback",
                                        "hash",       "*wr_prev",
                                        "*wr_next",   "vectorcall" };
    b->group = NULL;
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++)
        add(b, b->at < (intptr_t)b->object->type->bytes ? WORD : 0, "%s",
            name[i]);
    add_rest(b);
}

static void add_float(struct builder *b)
{
    b->group = NULL;
    add(b, sizeof(double), "ob_fval");
}

struct drawn_kind {
    bool (*is)(const struct object *object);
    void (*add)(struct builder *b);
};

static const struct drawn_kind kinds[] = {
    { int_is_any, add_whole }, { float_is, add_float },
    { text_is, add_text },     { bytes_is, add_bytes },
    { list_is, add_list },     { tuple_is, add_tuple },
    { set_is, add_set },       { dict_is, add_dict },
    { slotted_is, add_slots }, { instance_is, add_instance },
    { weak_is, add_weak },
};

static void add_own(struct builder *b)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].is(b->object)) {
            kinds[i].add(b);
            return;
        }
    add_rest(b);
}

size_t layout_of(const struct object *object, struct layout_field *ret_fields,
                 size_t room)
{
    struct builder b = {
        .object = object, .part = "object", .field = ret_fields, .room = room
    };
    add_head(&b);
    add_own(&b);
    return b.count;
}

size_t layout_basic_bytes(const struct object_type *type)
{
    return type->bytes;
}

size_t layout_item_bytes(const struct object_type *type)
{
    return type->each;
}

/* ---- drawn ---- */

#define FIELDS_MAX 160
#define INNER      34 /* columns of a box */

static void draw_line(FILE *file)
{
    fprintf(file, "       +");
    for (int i = 0; i < INNER; i++)
        fputc('-', file);
    fputc('+', file);
}

static bool same_group(const struct layout_field *a,
                       const struct layout_field *b)
{
    return a->group && b->group && strcmp(a->group, b->group) == 0;
}

static size_t group_bytes(const struct layout_field *field,
                          const struct layout_field *end)
{
    size_t bytes = 0;
    for (const struct layout_field *f = field; f < end && same_group(f, field);
         f++)
        bytes += f->bytes;
    return bytes;
}

static void draw_field(const struct layout_field *first,
                       const struct layout_field *f,
                       const struct layout_field *end, FILE *file)
{
    bool starts = f == first || !same_group(f, f - 1);
    fprintf(file, "%6td | %-*s%*zu |", f->offset, INNER - 8, f->name, 6,
            f->bytes);
    if (f->group)
        fprintf(file, " |");
    if (f->group && starts)
        fprintf(file, " %s (%zu bytes)", f->group, group_bytes(f, end));
    fputc('\n', file);
    bool ends = f + 1 == end || !same_group(f + 1, f);
    draw_line(file);
    fputs(f->group ? ends ? " /\n" : " |\n" : "\n", file);
}

static void draw_part(const struct layout_field *first,
                      const struct layout_field *end, FILE *file)
{
    draw_line(file);
    fputs(first->group ? " \\\n" : "\n", file);
    for (const struct layout_field *f = first; f < end; f++)
        draw_field(first, f, end, file);
}

void layout_print(const struct object *object, FILE *file)
{
    struct layout_field field[FIELDS_MAX];
    size_t count = layout_of(object, field, FIELDS_MAX);
    const struct layout_field *end =
        field + (count < FIELDS_MAX ? count : FIELDS_MAX);
    fprintf(file, "%s, %zu bytes\n", object->type->name, object_bytes(object));
    for (const struct layout_field *f = field; f < end;) {
        const struct layout_field *first = f;
        while (f < end && f->part == first->part)
            f++;
        if (first != field)
            fprintf(file, "its %s:\n", first->part);
        draw_part(first, f, file);
    }
}
