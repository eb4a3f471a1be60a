/* instance.c - instances without slots: a dict of their own, made late.
 *
 * Source: subtype_dealloc(), subtype_traverse(), subtype_clear() of
 * Objects/typeobject.c; _PyObject_GetDictPtr() of Objects/object.c. */
#include "hooks.h"

static struct object **dict_place(const struct object *instance)
{
    struct object **word = (struct object **)(uintptr_t)instance;
    return word + instance->type->gc->edition->instance_dict_word;
}

/* ---- slots ---- */

static void instance_clear(struct object *object)
{
    object_replace(dict_place(object), NULL);
}

static void instance_dealloc(struct object *object)
{
    hooks_dealloc(object, instance_clear);
}

static int instance_traverse(struct object *object, object_visit *visit,
                             void *context)
{
    struct object *dict = *dict_place(object);
    return dict ? visit(dict, context) : 0;
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
    };
    return (struct object_type *)hooks_type_add(gc, &model,
                                                hooks ? hooks : &none,
                                                sizeof(struct hooks_type));
}

/* ---- what callers use ---- */

bool instance_is(const struct object *object)
{
    return object->type->dealloc == instance_dealloc;
}

struct object *instance_new(const struct object_type *type)
{
    assert(type->dealloc == instance_dealloc);
    struct object *instance = gc_new(type, 0);
    if (!instance)
        return NULL;
    *dict_place(instance) = NULL;
    *weak_list_of(instance) = NULL;
    gc_track(instance);
    return instance;
}

size_t instance_bytes(const struct object *instance)
{
    return sizeof(struct head) + instance->type->bytes + instance->type->before;
}

struct object *instance_dict_if_any(const struct object *instance)
{
    return *dict_place(instance);
}

struct object *instance_dict(struct object *instance)
{
    struct object **place = dict_place(instance);
    if (!*place)
        *place = dict_new(instance->type->gc);
    return *place;
}

struct object *instance_get(const struct object *instance, struct object *name)
{
    struct object *dict = instance_dict_if_any(instance);
    return dict ? dict_get(dict, name) : NULL;
}

bool instance_set(struct object *instance, struct object *name,
                  struct object *value)
{
    struct object *dict = instance_dict(instance);
    if (!dict)
        return false;
    object_incref(dict);
    bool good = dict_set(dict, name, value);
    object_decref(dict);
    return good;
}

bool instance_delete(struct object *instance, struct object *name)
{
    struct object *dict = instance_dict_if_any(instance);
    return dict && dict_delete(dict, name);
}
