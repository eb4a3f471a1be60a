/* instance.c - instances without slots: attributes, and a dict of them made
 * late.
 *
 * A type has one table of names for all its instances (dict_split.h). Since
 * 3.11 an instance starts with values alone; they become those of a dict when
 * someone asks for it, or when a name has no place in the table. Up to 3.10
 * the first attribute makes the dict.
 *
 * Source: subtype_dealloc(), subtype_traverse(), subtype_clear() of
 * Objects/typeobject.c; _PyObject_StoreInstanceAttribute(),
 * PyObject_GenericGetDict() and _PyObjectDict_SetItem() of
 * Objects/dictobject.c of 3.8, 3.11 and 3.12. */
#include "dict_lookup.h"
#include "dict_split.h"
#include "hooks.h"

struct instance_type {
    struct hooks_type base;
    struct dict_keys *shared; /* NULL: nothing is shared, or no longer */
};

static struct instance_type *type_in(const struct object *instance)
{
    return (struct instance_type *)instance->type;
}

/* ---- where the dict is, and the values ---- */

/* In a word for both. */
#define IS_VALUES ((uintptr_t)1)

static const struct gc_edition *edition_of(const struct object *instance)
{
    return instance->type->gc->edition;
}

static uintptr_t *word_at(const struct object *instance, int word)
{
    return (uintptr_t *)(uintptr_t)instance + word;
}

static bool one_word_for_both(const struct object *instance)
{
    const struct gc_edition *e = edition_of(instance);
    return e->instance_values_word == e->instance_dict_word;
}

static struct object *dict_of(const struct object *instance)
{
    uintptr_t word =
        *word_at(instance, edition_of(instance)->instance_dict_word);
    return word & IS_VALUES ? NULL : (struct object *)word;
}

static void put_dict(struct object *instance, struct object *dict)
{
    *word_at(instance, edition_of(instance)->instance_dict_word) =
        (uintptr_t)dict;
}

static struct object **values_of(const struct object *instance)
{
    int at = edition_of(instance)->instance_values_word;
    uintptr_t word = at ? *word_at(instance, at) : 0;
    if (one_word_for_both(instance))
        word = word & IS_VALUES ? word - IS_VALUES : 0;
    return (struct object **)word;
}

static void put_values(struct object *instance, struct object **values)
{
    uintptr_t word = (uintptr_t)values;
    if (values && one_word_for_both(instance))
        word |= IS_VALUES;
    *word_at(instance, edition_of(instance)->instance_values_word) = word;
}

/* ---- slots ---- */

/* The instance lives, and what dies may look at it: may set and delete
 * attributes, and make a dict of what is left. */
static void clear_values(struct object *object)
{
    const struct dict_keys *shared = type_in(object)->shared;
    for (intptr_t i = 0; values_of(object) && i < shared->entries; i++)
        if (values_of(object)[i])
            object_decref(split_take(shared, values_of(object), i));
}

static void instance_clear(struct object *object)
{
    clear_values(object);
    struct object *dict = dict_of(object);
    if (dict)
        put_dict(object, NULL);
    object_decref_any(dict);
}

static void instance_end(struct object *object)
{
    struct object **values = values_of(object);
    if (values)
        split_end(object->type->gc, type_in(object)->shared, values);
    object_decref_any(dict_of(object));
}

static void instance_dealloc(struct object *object)
{
    hooks_dealloc(object, instance_end);
}

static int instance_traverse(struct object *object, object_visit *visit,
                             void *context)
{
    struct object **values = values_of(object);
    struct object *dict = dict_of(object);
    if (values)
        return split_traverse(type_in(object)->shared, values, visit, context);
    return dict ? visit(dict, context) : 0;
}

/* ---- the type ---- */

static void stop_sharing(struct instance_type *type)
{
    struct dict_keys *shared = type->shared;
    type->shared = NULL;
    if (shared)
        keys_release(dict_type_of(type->base.type.gc), shared);
}

/* A string of the maker's own is plain data: its hooks are not called. */
static void end_name(struct object *name)
{
    if (text_is(name))
        object_decref(name);
    else if (!object_is_immortal(name) && --name->references == 0)
        gc_delete(name);
}

/* A dict that is still alive stays, and so does the table. */
static void instance_type_end(struct object_type *type)
{
    struct dict_keys *shared = ((struct instance_type *)type)->shared;
    if (!shared || --shared->references > 0)
        return;
    for (intptr_t i = 0; i < shared->entries; i++)
        end_name(keys_pair(shared, i)->key);
    keys_free(dict_type_of(type->gc), shared);
}

struct object_type *instance_type_new(struct gc *gc, const char *name,
                                      const struct object_hooks *hooks)
{
    static const struct object_hooks none;
    const struct gc_edition *edition = gc->edition;
    struct object_type model = {
        .name = name,
        .flags = OBJECT_COLLECTED,
        .bytes = edition->instance_bytes,
        .before = edition->instance_before_bytes,
        .weak_at = edition->instance_weak_word * (int)sizeof(void *),
        .dealloc = instance_dealloc,
        .traverse = instance_traverse,
        .clear = instance_clear,
        .end = instance_type_end,
    };
    struct instance_type *type =
        (struct instance_type *)hooks_type_add(gc, &model,
                                               hooks ? hooks : &none,
                                               sizeof *type);
    if (!type)
        return NULL;
    type->shared = split_keys_new(gc);
    return type->shared || !edition->shared_keys_log ? &type->base.type : NULL;
}

/* ---- new ones ---- */

bool instance_is(const struct object *object)
{
    return object->type->dealloc == instance_dealloc;
}

/* Each instance takes a place from what is usable: what the first ones do not
 * need, later ones have not (init_inline_values). */
static bool give_values(struct object *instance)
{
    struct dict_keys *shared = type_in(instance)->shared;
    if (shared->usable > 1)
        shared->usable--;
    struct object **values = split_new(instance->type->gc, shared);
    if (values)
        put_values(instance, values);
    return values;
}

struct object *instance_new(const struct object_type *type)
{
    assert(type->dealloc == instance_dealloc);
    bool has_values = type->gc->edition->instance_values_word;
    struct object *instance = gc_new(type, 0);
    if (!instance)
        return NULL;
    if (has_values)
        put_values(instance, NULL);
    put_dict(instance, NULL);
    *weak_list_of(instance) = NULL;
    gc_track(instance);
    if (!has_values || give_values(instance))
        return instance;
    object_decref(instance);
    return NULL;
}

/* ---- the dict ---- */

struct object *instance_dict_if_any(const struct object *instance)
{
    return dict_of(instance);
}

/* Without values of its own the new dict shares names from the start. */
static bool share_names(struct object *instance, struct object *dict)
{
    struct dict_keys *shared = type_in(instance)->shared;
    if (!shared)
        return true;
    struct object **values = split_new(instance->type->gc, shared);
    if (values)
        split_give(dict, shared, values, 0);
    return values;
}

static void give_dict(struct object *instance, struct object *dict)
{
    struct object **values = values_of(instance);
    if (values) {
        put_values(instance, NULL);
        split_give(dict, type_in(instance)->shared, values,
                   split_count(values));
    }
    put_dict(instance, dict);
}

/* To make one may collect, and what that calls may ask for the same. */
struct object *instance_dict(struct object *instance)
{
    if (dict_of(instance))
        return dict_of(instance);
    struct object *dict = dict_new(instance->type->gc);
    if (!dict)
        return NULL;
    bool good = values_of(instance) || share_names(instance, dict);
    if (!good || dict_of(instance))
        object_decref(dict);
    else
        give_dict(instance, dict);
    return dict_of(instance);
}

/* ---- attributes ---- */

struct object *instance_get(const struct object *instance, struct object *name)
{
    intptr_t hash;
    if (!values_of(instance)) {
        struct object *dict = dict_of(instance);
        return dict ? dict_get(dict, name) : NULL;
    }
    if (!value_hash_of(name, &hash))
        return NULL;
    intptr_t entry = dict_look_up(&type_in(instance)->shared, name, hash);
    if (!values_of(instance)) /* a comparison has made a dict of them */
        return dict_get(dict_of(instance), name);
    return entry == KEYS_EMPTY ? NULL : values_of(instance)[entry];
}

/* The place of a name among the values of the instance, whose name it may
 * become with that; NULL: it belongs into the dict. A name that is asked for
 * to be deleted comes into the table, too. */
static struct object **enter(struct object *instance, struct object *name)
{
    intptr_t hash, entry = KEYS_EMPTY;
    if (!values_of(instance))
        return NULL;
    if (keys_is_text(name) && value_hash_of(name, &hash))
        entry = split_keys_enter(type_in(instance)->shared, name, hash);
    struct object **values = values_of(instance);
    return values && entry != KEYS_EMPTY ? &values[entry] : NULL;
}

/* Up to 3.10: a dict that needed a table of its own is shared from now on if
 * nobody else shared the old one; else nothing is (_PyObjectDict_SetItem).
 * Nor is it for want of memory, where the attribute is set all the same; there
 * an error is raised as well. */
static void share_anew(struct instance_type *type, struct object *object)
{
    struct dict *dict = (struct dict *)object;
    struct dict_keys *old = type->shared;
    if (!old || old == dict->keys)
        return;
    type->shared = old->references == 1 ? split_share(dict) : NULL;
    keys_release(dict_type_in(dict), old);
}

static bool set_in_dict(struct object *instance, struct object *name,
                        struct object *value)
{
    struct instance_type *type = type_in(instance);
    struct object *dict = instance_dict(instance);
    if (!dict)
        return false;
    bool may_move = type->shared &&
                    ((struct dict *)dict)->keys == type->shared &&
                    type->shared->sharing == KEYS_SHARED_IN_ORDER;
    object_incref(dict);
    bool good = dict_set(dict, name, value);
    if (may_move)
        share_anew(type, dict);
    object_decref(dict);
    return good;
}

bool instance_set(struct object *instance, struct object *name,
                  struct object *value)
{
    struct object **place = enter(instance, name);
    if (!place)
        return set_in_dict(instance, name, value);
    if (*place)
        object_replace(place, object_incref(value));
    else
        split_fill(type_in(instance)->shared, values_of(instance),
                   place - values_of(instance), value);
    return true;
}

/* Up to 3.10 the type shares no more names after it. */
static bool delete_in_dict(struct object *instance, struct object *name)
{
    struct instance_type *type = type_in(instance);
    struct object *dict =
        type->shared ? instance_dict(instance) : instance_dict_if_any(instance);
    if (!dict)
        return false;
    bool good = dict_delete(dict, name);
    if (type->shared && type->shared->sharing == KEYS_SHARED_IN_ORDER)
        stop_sharing(type);
    return good;
}

bool instance_delete(struct object *instance, struct object *name)
{
    struct object **place = enter(instance, name);
    if (!place)
        return delete_in_dict(instance, name);
    if (!*place)
        return false;
    object_decref(split_take(type_in(instance)->shared, values_of(instance),
                             place - values_of(instance)));
    return true;
}
