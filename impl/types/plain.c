/* plain.c - data that refers to nothing: not collected, not tracked.
 *
 * There is no GC head to remember that the finalizer was called, so it is
 * called at every death (test_finalization.py, test_non_gc_resurrect). */
#include "hooks.h"

struct plain {
    struct object head;
    struct weak *weak;
    int id;
};

static void plain_dealloc(struct object *object)
{
    const struct object_hooks *hooks = hooks_of(object);
    if (object->type->finalize && !gc_finalize_dying(object))
        return;
    weak_clear_all(object);
    if (hooks->dealloc)
        hooks->dealloc(hooks->context, object);
    gc_delete(object);
}

static struct object_type *type_new(struct gc *gc, const char *name,
                                    const struct object_hooks *hooks,
                                    uint32_t flags)
{
    static const struct object_hooks none;
    struct object_type model = {
        .name = name,
        .flags = flags,
        .bytes = sizeof(struct plain),
        .weak_at = offsetof(struct plain, weak),
        .dealloc = plain_dealloc,
    };
    struct object_hooks given = hooks ? *hooks : none;
    given.del = NULL;
    return (struct object_type *)hooks_type_add(gc, &model, &given,
                                                sizeof(struct hooks_type));
}

struct object_type *plain_type_new(struct gc *gc, const char *name,
                                   const struct object_hooks *hooks)
{
    return type_new(gc, name, hooks, 0);
}

struct object_type *plain_text_type_new(struct gc *gc, const char *name,
                                        const struct object_hooks *hooks)
{
    return type_new(gc, name, hooks, OBJECT_TEXT);
}

struct object *plain_new(const struct object_type *type, int id)
{
    assert(type->dealloc == plain_dealloc);
    struct plain *plain = (struct plain *)gc_new(type, 0);
    if (!plain)
        return NULL;
    plain->weak = NULL;
    plain->id = id;
    return &plain->head;
}

bool plain_is(const struct object *object)
{
    return object->type->dealloc == plain_dealloc;
}

int plain_id(const struct object *plain)
{
    assert(plain_is(plain));
    return ((const struct plain *)plain)->id;
}
