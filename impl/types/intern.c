/* intern.c - one string of each value: the table of interned strings, and the
 * constants of a program.
 *
 * The table is a dict from each string to itself. Its two references are not
 * counted, so that a string dies when nobody else has it, and takes itself
 * out. What is interned as a name never dies since 3.12, but with the table.
 *
 * Source: PyUnicode_InternInPlace() and unicode_dealloc() of 3.11,
 * _PyUnicode_InternMortal() of 3.13 (sys.intern() there is mortal, a name is
 * not); all_name_chars() of Objects/codeobject.c, merge_const_one() of
 * Python/compile.c. */
#include "scalar.h"

#include "assay/types.h"

#define TABLE_REFERENCES 2 /* as key and as value */

static struct object *table_of(struct text_type *type)
{
    if (!type->interned)
        type->interned = dict_new(type->type.gc);
    return type->interned;
}

/* Takes the table's references off the count. */
static void put_down(struct text *text)
{
    text->state.interned = TEXT_MORTAL;
    if (!object_is_immortal(&text->head))
        text->head.references -= TABLE_REFERENCES;
}

struct object *text_intern(struct object *object)
{
    struct text *text = (struct text *)object;
    assert(text_is(object));
    if (text->state.interned)
        return object_incref(object);
    struct object *table = table_of((struct text_type *)object->type);
    struct object *known =
        table ? dict_set_default(table, object, object) : NULL;
    if (!known)
        return NULL;
    if (known == object)
        put_down(text);
    return object_incref(known);
}

struct object *text_intern_name(struct object *object)
{
    struct object *known = text_intern(object);
    if (!known || !known->type->gc->edition->immortals)
        return known;
    known->references = OBJECT_IMMORTAL;
    ((struct text *)known)->state.interned = TEXT_FOR_GOOD;
    return known;
}

/* It must live while the table lets go of it. */
void text_forget(struct text *text)
{
    struct text_type *type = (struct text_type *)text->head.type;
    text->head.references = TABLE_REFERENCES + 1;
    bool good = dict_delete(type->interned, &text->head);
    assert(good && text->head.references == 1);
    (void)good;
    text->head.references = 0;
    text->state.interned = TEXT_NOT_INTERNED;
}

/* Puts the table's references on the count again. One for good has no others,
 * unless it is the type's. */
static void pick_up(struct text *text)
{
    if (text->state.interned == TEXT_FOR_GOOD && !text_is_shared(text))
        text->head.references = TABLE_REFERENCES;
    else if (!object_is_immortal(&text->head))
        text->head.references += TABLE_REFERENCES;
    text->state.interned = TEXT_NOT_INTERNED;
}

void text_forget_all(struct text_type *type)
{
    struct object *table = type->interned, *key, *value;
    if (!table)
        return;
    for (size_t place = 0; dict_next(table, &place, &key, &value);)
        pick_up((struct text *)key);
    type->interned = NULL;
    object_decref(table);
}

bool text_is_interned(const struct object *text)
{
    assert(text_is(text));
    return ((const struct text *)text)->state.interned;
}

size_t text_interned_count(struct gc *gc)
{
    const struct text_type *type = text_type_of(gc);
    return type && type->interned ? dict_size(type->interned) : 0;
}

/* ---- constants ---- */

static bool is_name_point(uint32_t point)
{
    return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') ||
           (point >= '0' && point <= '9') || point == '_';
}

static bool is_name(const struct object *text)
{
    if (!text_is_ascii(text))
        return false;
    for (size_t i = 0; i < text_length(text); i++)
        if (!is_name_point(text_point(text, i)))
            return false;
    return true;
}

/* Numbers of unlike kinds are equal, and yet no one constant. A zero has a
 * sign, which no comparison shows: floats are left as they are. */
static bool is_merged(const struct object *value)
{
    return int_is(value) || text_is(value) || bytes_is(value);
}

struct object *constant_new(struct object *unit, struct object *value)
{
    if (!is_merged(value))
        return object_incref(value);
    struct object *own = text_is(value) && is_name(value)
                             ? text_intern_name(value)
                             : object_incref(value);
    struct object *known = own ? dict_set_default(unit, own, own) : NULL;
    object_incref_any(known);
    object_decref_any(own);
    return known;
}
