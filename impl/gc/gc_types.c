/* gc_types.c - the types of a collector, in the order they were made in. */
#include "collector.h"

#include <stdlib.h>
#include <string.h>

/* Places that an array starts with. */
#define ROOM_MIN 8u

static unsigned type_class(const struct gc *gc, const struct object_type *type)
{
    bool collected = type->flags & OBJECT_COLLECTED;
    size_t bytes =
        type->bytes + type->before + (collected ? sizeof(struct head) : 0);
    if (!gc->heap || type->each > 0)
        return GC_NO_CLASS;
    const struct edition *edition = obheap_edition(gc->heap);
    return bytes <= edition->limit_bytes
               ? (unsigned)((bytes - 1) / edition->step_bytes)
               : GC_NO_CLASS;
}

struct object_type *gc_type_add(struct gc *gc, const struct object_type *model,
                                size_t bytes)
{
    assert(bytes >= sizeof *model);
    assert(!object_type_fault(model));
    struct gc_type *added = calloc(1, offsetof(struct gc_type, type) + bytes);
    if (!added)
        return NULL;
    memcpy(&added->type, model, sizeof *model);
    added->type.gc = gc;
    added->class = type_class(gc, model);
    *gc->types_end = added;
    gc->types_end = &added->next;
    return &added->type;
}

struct object_type *gc_type_builtin(struct gc *gc, enum gc_builtin which,
                                    const struct object_type *model,
                                    size_t bytes)
{
    if (!gc->builtin[which])
        gc->builtin[which] = gc_type_add(gc, model, bytes);
    return gc->builtin[which];
}

static size_t type_clear_free(struct object_type *type)
{
    return type && type->clear_free ? type->clear_free(type) : 0;
}

/* In CPython's order (clear_freelists), which the addresses of what is made
 * next depend on; then what other kinds have kept. */
size_t gc_types_clear_free(struct gc *gc)
{
    size_t count = type_clear_free(gc->builtin[GC_BUILTIN_TUPLE]);
    count += type_clear_free(gc->builtin[GC_BUILTIN_LIST]);
    count += type_clear_free(gc->builtin[GC_BUILTIN_DICT]);
    for (struct gc_type *t = gc->types; t; t = t->next)
        count += type_clear_free(&t->type);
    return count;
}

static bool is_builtin(const struct gc *gc, const struct object_type *type)
{
    for (int i = 0; i < GC_BUILTINS; i++)
        if (gc->builtin[i] == type)
            return true;
    return false;
}

static void type_end(struct object_type *type)
{
    if (type && type->end)
        type->end(type);
}

/* A heap of the collector's own goes as a whole. In memory that was brought
 * along, built-in types end last: a name that a class has is a string. */
void gc_types_end(struct gc *gc)
{
    if (gc->heap)
        return;
    for (struct gc_type *t = gc->types; t; t = t->next)
        if (!is_builtin(gc, &t->type))
            type_end(&t->type);
    for (int i = 0; i < GC_BUILTINS; i++)
        type_end(gc->builtin[i]);
    gc_types_clear_free(gc);
}

void *gc_array_grow(void *array, size_t *room, size_t each)
{
    size_t wanted = *room > 0 ? *room * 2 : ROOM_MIN;
    void *grown = reallocarray(array, wanted, each);
    if (grown)
        *room = wanted;
    return grown;
}
