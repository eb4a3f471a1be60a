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

#endif
