/* hooks.h - types whose slots call the functions that their maker gave.
 *
 * Threads, Errors, Owner: as types.h. */
#ifndef ASSAY_TYPES_HOOKS_H
#define ASSAY_TYPES_HOOKS_H

#include "assay/types.h"
#include "collector.h"

struct hooks_type {
    struct object_type type;
    struct object_hooks hooks;
};

static inline const struct object_hooks *hooks_of(const struct object *object)
{
    return &((const struct hooks_type *)object->type)->hooks;
}

/* A type with a slot for each hook that there is; `bytes` in all. */
struct hooks_type *hooks_type_add(struct gc *gc,
                                  const struct object_type *model,
                                  const struct object_hooks *hooks,
                                  size_t bytes);

/* The end of an instance, as far as it comes before that of what it holds:
 * finalizers and weak references. It is untracked. False: resurrected by
 * either finalizer. */
bool node_dies(struct object *object);

/* The whole end of an instance; `clear` is its type's, and ends what it holds.
 * Compiled into each type's own slot. Source: subtype_dealloc(). */
static inline void hooks_dealloc(struct object *object,
                                 void (*clear)(struct object *object))
{
    const struct object_hooks *hooks = hooks_of(object);
    struct gc *gc = object->type->gc;
    gc_untrack(object);
    if (!gc_trash_enter(object))
        return;
    if (node_dies(object)) {
        if (hooks->dealloc)
            hooks->dealloc(hooks->context, object);
        clear(object);
        gc_delete(object);
    }
    gc_trash_leave(gc);
}

#endif
