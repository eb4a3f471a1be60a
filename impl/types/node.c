/* node.c - instances with named slots.
 *
 * Source: subtype_dealloc(), subtype_traverse() and type_new_slots() of
 * Objects/typeobject.c. */
#include "gc_hot.h"
#include "gc_window.h"
#include "hooks.h"
#include "weak_links.h"

#include <string.h>

#define NAME_BYTES_MAX 32

/* `bytes` of a node of n slots: this, and n words. */
struct node {
    struct object head;
    struct weak *weak;
    intptr_t id;
    struct object *slot[];
};

struct node_type {
    struct hooks_type base;
    bool ends_silently; /* nothing is called when an instance dies */
    unsigned slot_count;
    char name[NODE_SLOTS_MAX][NAME_BYTES_MAX]; /* sorted */
};

static const struct node_type *node_type_of(const struct object *node)
{
    return (const struct node_type *)node->type;
}

/* ---- death ---- */

/* False: resurrected. Weak references have been cleared by then, and stay
 * so. */
static bool legacy_dies(struct object *object)
{
    gc_track(object);
    object->references = 1;
    object->type->del(object);
    if (--object->references > 0)
        return false;
    gc_untrack(object);
    return true;
}

static bool finalizer_lets_die(struct object *object)
{
    gc_track(object);
    if (!gc_finalize_dying(object))
        return false;
    gc_untrack(object);
    return true;
}

bool node_dies(struct object *object)
{
    const struct object_type *type = object->type;
    if (type->finalize && !finalizer_lets_die(object))
        return false;
    if (type->weak_at != 0 && *weak_list_of(object))
        weak_clear_all(object);
    if (type->del && !legacy_dies(object))
        return false;
    if (type->weak_at != 0 && (type->finalize || type->del))
        weak_drop_all(object);
    return true;
}

static inline void slots_clear(struct object *object)
{
    struct node *node = (struct node *)object;
    unsigned count = object->type->slot_count;
    for (unsigned i = 0; i < count; i++)
        object_replace(&node->slot[i], NULL);
}

static void node_clear(struct object *object)
{
    slots_clear(object);
}

/* Finalizers, weak references, the hook. False: resurrected. */
static bool node_ends_loudly(struct object *object)
{
    const struct object_hooks *hooks = hooks_of(object);
    if (!node_dies(object))
        return false;
    if (hooks->dealloc)
        hooks->dealloc(hooks->context, object);
    return true;
}

/* One that something is called for, or too deep a chain. */
static __attribute__((noinline)) void node_end(struct object *object)
{
    struct gc *gc = object->type->gc;
    gc_hot_untrack(object);
    if (!trashcan_enter(&gc->trashcan, object))
        return;
    if (node_ends_loudly(object)) {
        slots_clear(object);
        gc_hot_delete_unlisted(gc, object);
    }
    trashcan_leave(&gc->trashcan);
}

/* Nothing is called for it itself. */
static inline bool node_ends_silently(const struct object *object)
{
    return node_type_of(object)->ends_silently &&
           !((const struct node *)object)->weak;
}

static inline bool node_has_referents(const struct node *node)
{
    for (unsigned i = 0; i < node->head.type->slot_count; i++)
        if (node->slot[i])
            return true;
    return false;
}

static inline void node_unlist(struct node *node)
{
    if (HOT_LIKELY(head_is_tracked(head_of(&node->head))))
        gc_list_unlink(head_of(&node->head));
}

/* ---- the death of many, each by the one before it ----
 *
 * A node that ends silently ends what its slots refer to. Where that is a node
 * of the same type the same function goes on with it, and comes back: so many
 * calls within one another would return to places that no processor guesses.
 * The order is that of calls: what a node refers to is gone before its own
 * memory is, and each counts in the trashcan while it waits. */

/* Nodes that wait in one call; beyond, another call is made. */
#define NODES_WAITING 16

/* Where a node has come to: these slots are still to be ended. */
struct ending {
    struct node *node;
    struct object **slot;
    struct object **end;
};

static inline struct ending ending_start(struct gc *gc, struct node *node)
{
    unsigned count = node->head.type->slot_count;
    gc->trashcan.depth++;
    return (struct ending){ node, node->slot, node->slot + count };
}

/* What is next to die. Nobody sees the slots any more; what the one behind
 * refers to is on its way from memory meanwhile. */
static inline struct object *ending_next(struct ending *ending)
{
    while (ending->slot < ending->end) {
        struct object *object = *ending->slot++;
        if (ending->slot < ending->end && *ending->slot)
            window_ask(*ending->slot);
        if (object && object_drop(object))
            return object;
    }
    return NULL;
}

static __attribute__((noinline)) void nodes_end(struct gc *gc,
                                                struct node *first)
{
    const struct object_type *type = first->head.type;
    struct ending waiting[NODES_WAITING], now = ending_start(gc, first);
    unsigned count = 0;
    for (;;) {
        struct object *object = ending_next(&now);
        struct node *node = (struct node *)object;
        if (!object) {
            gc_hot_delete_unlisted(gc, &now.node->head);
            if (count == 0)
                break;
            gc->trashcan.depth--;
            now = waiting[--count];
        } else if (object->type != type || node->weak ||
                   count == NODES_WAITING ||
                   gc->trashcan.depth >= TRASHCAN_DEPTH_MAX) {
            object->type->dealloc(object);
        } else {
            node_unlist(node);
            if (node_has_referents(node)) {
                waiting[count++] = now;
                now = ending_start(gc, node);
            } else {
                gc_hot_delete_unlisted(gc, object);
            }
        }
    }
    trashcan_leave(&gc->trashcan);
}

/* One that refers to nothing is not counted in the trashcan while it ends. */
static void node_dealloc(struct object *object)
{
    struct gc *gc = object->type->gc;
    struct node *node = (struct node *)object;
    if (HOT_UNLIKELY(!node_ends_silently(object) ||
                     gc->trashcan.depth >= TRASHCAN_DEPTH_MAX)) {
        node_end(object);
        return;
    }
    node_unlist(node);
    if (node_has_referents(node))
        nodes_end(gc, node);
    else
        gc_hot_delete_unlisted(gc, object);
}

static int node_traverse(struct object *object, object_visit *visit,
                         void *context)
{
    const struct node *node = (struct node *)object;
    unsigned count = node_type_of(object)->slot_count;
    for (unsigned i = 0; i < count; i++) {
        int end = node->slot[i] ? visit(node->slot[i], context) : 0;
        if (end)
            return end;
    }
    return 0;
}

/* ---- types ---- */

/* Puts a name where it sorts. False: it is there already, or too long. */
static bool name_insert(struct node_type *type, const char *name)
{
    unsigned place = 0, count = type->slot_count;
    if (strlen(name) >= NAME_BYTES_MAX)
        return false;
    while (place < count && strcmp(type->name[place], name) < 0)
        place++;
    if (place < count && strcmp(type->name[place], name) == 0)
        return false;
    memmove(type->name[place + 1], type->name[place],
            (count - place) * NAME_BYTES_MAX);
    strcpy(type->name[place], name);
    type->slot_count++;
    return true;
}

static bool names_insert(struct node_type *type, const struct node_kind *kind)
{
    static const char *const usual[] = { "f0", "f1", "f2" };
    const char *const *names = kind->slots ? kind->slots : usual;
    unsigned count = kind->slots ? kind->slot_count : 3;
    if (count > NODE_SLOTS_MAX)
        return false;
    for (unsigned i = 0; i < count; i++)
        if (!name_insert(type, names[i]))
            return false;
    return true;
}

struct object_type *node_type_new(struct gc *gc, const struct node_kind *kind)
{
    struct node_type named = { .slot_count = 0 };
    if (!names_insert(&named, kind))
        return NULL;
    struct object_type model = {
        .name = kind->name,
        .flags = OBJECT_COLLECTED,
        .bytes = (uint32_t)(sizeof(struct node) +
                            named.slot_count * sizeof(struct object *)),
        .weak_at = kind->no_weak ? 0 : offsetof(struct node, weak),
        .slot_count = named.slot_count,
        .slots_at = offsetof(struct node, slot),
        .dealloc = node_dealloc,
        .traverse = node_traverse,
        .clear = node_clear,
    };
    struct node_type *type =
        (struct node_type *)hooks_type_add(gc, &model, &kind->hooks,
                                           sizeof *type);
    if (!type)
        return NULL;
    type->slot_count = named.slot_count;
    type->ends_silently =
        !kind->hooks.finalize && !kind->hooks.del && !kind->hooks.dealloc;
    memcpy(type->name, named.name, sizeof named.name);
    return &type->base.type;
}

int node_slot_find(const struct object_type *given, const char *name)
{
    const struct node_type *type = (const struct node_type *)given;
    for (unsigned i = 0; i < type->slot_count; i++)
        if (strcmp(type->name[i], name) == 0)
            return (int)i;
    return -1;
}

/* ---- nodes ---- */

static inline struct object *node_start(const struct object_type *type,
                                        struct node *node, int id)
{
    node->weak = NULL;
    node->id = id;
    for (unsigned i = 0; i < type->slot_count; i++)
        node->slot[i] = NULL;
    gc_track_in(type->gc, &node->head);
    return &node->head;
}

static __attribute__((noinline)) struct object *node_new_slowly(
    const struct object_type *type, int id)
{
    struct node *node = (struct node *)gc_hot_new(type);
    return node ? node_start(type, node, id) : NULL;
}

struct object *node_new(const struct object_type *type, int id)
{
    assert(type->dealloc == node_dealloc);
    struct node *node = (struct node *)gc_hot_new_at_once(type);
    return HOT_LIKELY(node != NULL) ? node_start(type, node, id)
                                    : node_new_slowly(type, id);
}

bool node_is(const struct object *object)
{
    return object->type->dealloc == node_dealloc;
}

int node_id(const struct object *node)
{
    assert(node_is(node));
    return (int)((const struct node *)node)->id;
}

struct object *node_slot(const struct object *node, unsigned slot)
{
    assert(node_is(node) && slot < node_type_of(node)->slot_count);
    return ((const struct node *)node)->slot[slot];
}

void node_set_slot(struct object *node, unsigned slot, struct object *value)
{
    assert(node_is(node) && slot < node_type_of(node)->slot_count);
    object_replace(&((struct node *)node)->slot[slot],
                   object_incref_any(value));
}
