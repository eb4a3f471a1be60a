/* slotted.c - instances with slots: references right behind the head.
 *
 *   | head | slot ... | weak list |
 *
 * Source: type_new_slots() of Objects/typeobject.c, which sorts the names;
 * subtype_dealloc(), subtype_traverse(), subtype_clear(). */
#include "hooks.h"
#include "weak_links.h"

#include <string.h>

#define NAME_BYTES_MAX 32
#define SLOTS_AT       sizeof(struct object)

struct slotted_type {
    struct hooks_type base;
    char name[NODE_SLOTS_MAX][NAME_BYTES_MAX]; /* sorted */
};

static struct object **slot_place(const struct object *object, unsigned slot)
{
    return (struct object **)((char *)(uintptr_t)object + SLOTS_AT) + slot;
}

/* ---- slots of the type ---- */

static void slotted_clear(struct object *object)
{
    for (unsigned i = 0; i < object->type->slot_count; i++)
        object_replace(slot_place(object, i), NULL);
}

static void slotted_dealloc(struct object *object)
{
    hooks_dealloc(object, slotted_clear);
}

static int slotted_traverse(struct object *object, object_visit *visit,
                            void *context)
{
    for (unsigned i = 0; i < object->type->slot_count; i++) {
        struct object *item = *slot_place(object, i);
        int end = item ? visit(item, context) : 0;
        if (end)
            return end;
    }
    return 0;
}

/* ---- the type ---- */

/* Sorts the name in. False: it is there, or too long. */
static bool add_name(char (*name)[NAME_BYTES_MAX], unsigned count,
                     const char *new)
{
    unsigned at = count;
    if (strlen(new) >= NAME_BYTES_MAX)
        return false;
    while (at > 0 && strcmp(name[at - 1], new) > 0)
        at--;
    if (at > 0 && strcmp(name[at - 1], new) == 0)
        return false;
    memmove(name[at + 1], name[at], (count - at) * sizeof name[0]);
    strcpy(name[at], new);
    return true;
}

static bool sort_names(char (*name)[NAME_BYTES_MAX], const char *const *slots,
                       unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!add_name(name, i, slots[i]))
            return false;
    return true;
}

struct object_type *slotted_type_new(struct gc *gc, const char *name,
                                     const char *const *slots,
                                     unsigned slot_count, bool weak,
                                     const struct object_hooks *hooks)
{
    static const struct object_hooks none;
    char sorted[NODE_SLOTS_MAX + 1][NAME_BYTES_MAX];
    uint32_t end = (uint32_t)(SLOTS_AT + slot_count * sizeof(void *));
    if (slot_count > NODE_SLOTS_MAX || !sort_names(sorted, slots, slot_count))
        return NULL;
    struct object_type model = {
        .name = name,
        .flags = OBJECT_COLLECTED,
        .bytes = end + (weak ? (uint32_t)sizeof(void *) : 0),
        .weak_at = weak ? (int32_t)end : 0,
        .slot_count = slot_count,
        .slots_at = SLOTS_AT,
        .dealloc = slotted_dealloc,
        .traverse = slotted_traverse,
        .clear = slotted_clear,
    };
    struct slotted_type *type =
        (struct slotted_type *)hooks_type_add(gc, &model, hooks ? hooks : &none,
                                              sizeof *type);
    if (!type)
        return NULL;
    memcpy(type->name, sorted, slot_count * sizeof sorted[0]);
    return &type->base.type;
}

/* ---- what callers use ---- */

bool slotted_is(const struct object *object)
{
    return object->type->dealloc == slotted_dealloc;
}

struct object *slotted_new(const struct object_type *type)
{
    assert(type->dealloc == slotted_dealloc);
    struct object *object = gc_new(type, 0);
    if (!object)
        return NULL;
    memset((char *)object + SLOTS_AT, 0, type->bytes - SLOTS_AT);
    gc_track(object);
    return object;
}

unsigned slotted_count(const struct object_type *type)
{
    assert(type->dealloc == slotted_dealloc);
    return type->slot_count;
}

const char *slotted_name(const struct object_type *type, unsigned slot)
{
    assert(slot < slotted_count(type));
    return ((const struct slotted_type *)(const void *)type)->name[slot];
}

int slotted_find(const struct object_type *type, const char *name)
{
    for (unsigned i = 0; i < slotted_count(type); i++)
        if (strcmp(slotted_name(type, i), name) == 0)
            return (int)i;
    return -1;
}

struct object *slotted_get(const struct object *object, unsigned slot)
{
    assert(slot < slotted_count(object->type));
    return *slot_place(object, slot);
}

void slotted_set(struct object *object, unsigned slot, struct object *value)
{
    assert(slot < slotted_count(object->type));
    object_replace(slot_place(object, slot), object_incref_any(value));
}
