/* hooks.c - slots that call the hooks of a type. */
#include "hooks.h"

static void hook_finalize(struct object *object)
{
    hooks_of(object)->finalize(hooks_of(object)->context, object);
}

static void hook_del(struct object *object)
{
    hooks_of(object)->del(hooks_of(object)->context, object);
}

static bool hook_call(struct object *object, struct object *argument)
{
    return hooks_of(object)->call(hooks_of(object)->context, object, argument);
}

static bool hook_hash(struct object *object, intptr_t *ret_hash)
{
    return hooks_of(object)->hash(hooks_of(object)->context, object, ret_hash);
}

static bool hook_equal(struct object *a, struct object *b)
{
    return hooks_of(a)->equal(hooks_of(a)->context, a, b);
}

struct hooks_type *hooks_type_add(struct gc *gc,
                                  const struct object_type *model,
                                  const struct object_hooks *hooks,
                                  size_t bytes)
{
    struct object_type slots = *model;
    slots.finalize = hooks->finalize ? hook_finalize : NULL;
    slots.del = hooks->del ? hook_del : NULL;
    slots.call = hooks->call ? hook_call : NULL;
    slots.hash = hooks->hash ? hook_hash : NULL;
    slots.equal = hooks->equal ? hook_equal : NULL;
    struct hooks_type *type =
        (struct hooks_type *)gc_type_add(gc, &slots, bytes);
    if (type)
        type->hooks = *hooks;
    return type;
}
