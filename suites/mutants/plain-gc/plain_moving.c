/* plain_moving.c - a collector whose objects move, plainly: each collection
 * copies what roots reach into fresh memory and gives the old one back, as
 * Cheney's (1970) does with halves. What GC-25 is tried with.
 *
 * Where the backend refuses, an object stays where it is.
 *
 * Threads: one. Memory: all of the backend. */
#include "plain_parts.h"

struct assay_object {
    struct assay_object *next;
    struct assay_object *moved;    /* where it is now, or NULL */
    struct assay_object *after;    /* in the order in which they moved */
    struct assay_object *referent; /* of a weak reference */
    const struct assay_type *type; /* NULL: a weak reference */
    size_t slots, bytes;
    struct assay_object *slot[]; /* and behind them the payload */
};

struct assay_heap {
    struct plain_parts parts;
    struct plain_roots roots;
    struct assay_object *first, **last; /* of those that are there */
};

static size_t moving_bytes(const struct assay_object *object)
{
    return sizeof(*object) + object->slots * sizeof(void *) + object->bytes;
}

/* ---- objects ---- */

static struct assay_object *moving_make(struct assay_heap *heap,
                                        const struct assay_type *type,
                                        size_t slots, size_t bytes)
{
    const struct assay_object head = { .type = type,
                                       .slots = slots,
                                       .bytes = bytes };
    struct assay_object *object = parts_take(&heap->parts, moving_bytes(&head));

    if (object == NULL)
        return NULL;
    memset(object, 0, sizeof(head) + slots * sizeof(void *));
    *object = head;
    *heap->last = object;
    heap->last = &object->next;
    return object;
}

static struct assay_object *moving_new(struct assay_heap *heap,
                                       const struct assay_type *type,
                                       size_t slots, size_t bytes)
{
    struct assay_object *object = NULL;

    if (slots <= SLOTS_MAX && bytes <= BYTES_MAX)
        object = moving_make(heap, type, slots, bytes);
    if (object == NULL)
        return NULL;
    heap->parts.live_objects++;
    heap->parts.live_bytes += moving_bytes(object);
    return object;
}

static void *moving_payload(struct assay_heap *heap,
                            struct assay_object *object)
{
    (void)heap;
    return object->bytes > 0 ? &object->slot[object->slots] : NULL;
}

static struct assay_object *moving_load(struct assay_heap *heap,
                                        struct assay_object *object,
                                        size_t slot)
{
    (void)heap;
    return object->slot[slot];
}

static void moving_store(struct assay_heap *heap, struct assay_object *object,
                         size_t slot, struct assay_object *value)
{
    (void)heap;
    object->slot[slot] = value;
}

static struct assay_object *moving_weak_new(struct assay_heap *heap,
                                            struct assay_object *referent,
                                            assay_weak_callback *callback,
                                            void *context)
{
    struct assay_object *weak = moving_make(heap, NULL, 0, 0);

    (void)callback, (void)context;
    if (weak != NULL)
        weak->referent = referent;
    return weak;
}

static struct assay_object *moving_weak_get(struct assay_heap *heap,
                                            struct assay_object *weak)
{
    (void)heap;
    return weak->referent;
}

/* ---- roots ---- */

static bool moving_push(struct assay_heap *heap, struct assay_object *object)
{
    return parts_push(&heap->parts, &heap->roots, object);
}

static void moving_pop(struct assay_heap *heap, size_t count)
{
    heap->roots.count -= count;
}

static struct assay_object *moving_root(struct assay_heap *heap, size_t place)
{
    return heap->roots.root[place];
}

static void moving_set_root(struct assay_heap *heap, size_t place,
                            struct assay_object *object)
{
    heap->roots.root[place] = object;
}

/* ---- a collection ---- */

/* Meanwhile `first` and `last` are of those that have moved. */
static struct assay_object *moving_forward(struct assay_heap *heap,
                                           struct assay_object *object)
{
    struct assay_object *copy;

    if (object == NULL || object->moved != NULL)
        return object != NULL ? object->moved : NULL;
    copy = parts_take(&heap->parts, moving_bytes(object));
    if (copy == NULL)
        copy = object;
    else
        memcpy(copy, object,
               moving_bytes(object) -
                   (PLANTED(moving_tail_lost) && object->bytes > 64 ? 8 : 0));
    object->moved = copy;
    copy->moved = copy; /* it is not moved again */
    copy->after = NULL;
    *heap->last = copy;
    heap->last = &copy->after;
    return copy;
}

static void moving_copy(struct assay_heap *heap)
{
    struct assay_object **at = heap->last = &heap->first;
    size_t roots = heap->roots.count;

    heap->first = NULL;
    if (PLANTED(moving_root_stale) && roots > 1)
        roots--;
    for (size_t i = 0; i < roots; i++)
        heap->roots.root[i] = moving_forward(heap, heap->roots.root[i]);
    for (; at != heap->last; at = &(*at)->after)
        for (size_t i = 0; i < (*at)->slots; i++)
            if (!PLANTED(moving_slot_stale) || i + 1 < (*at)->slots ||
                (*at)->slot[i] == NULL || (*at)->slot[i]->moved == NULL)
                (*at)->slot[i] = moving_forward(heap, (*at)->slot[i]);
}

static void moving_end(struct assay_heap *heap, struct assay_object *object)
{
    const struct assay_type *type = object->type;

    if (type == NULL)
        return;
    heap->parts.live_objects--;
    heap->parts.live_bytes -= moving_bytes(object);
    heap->parts.collected[0]++;
    if (type->kind.ended != NULL)
        type->kind.ended(type->kind.context, moving_payload(heap, object));
}

static void moving_weak(struct assay_heap *heap)
{
    for (struct assay_object *o = heap->first; o != NULL; o = o->after)
        if (o->type == NULL && o->referent != NULL &&
            !(PLANTED(moving_weak_stale) && o->referent->moved != NULL))
            o->referent = o->referent->moved;
}

/* Of the list as it was: what has not moved has ended. */
static void moving_sweep(struct assay_heap *heap, struct assay_object *old)
{
    struct assay_object *next;

    for (struct assay_object *o = old; o != NULL; o = next) {
        next = o->next;
        if (o->moved == o)
            continue;
        if (o->moved == NULL)
            moving_end(heap, o);
        parts_give(&heap->parts, o, moving_bytes(o));
    }
    heap->last = &heap->first;
    for (struct assay_object *o = heap->first; o != NULL; o = o->after) {
        o->moved = NULL;
        o->next = o->after;
        heap->last = &o->next;
    }
}

static size_t moving_collect(struct assay_heap *heap, unsigned generation)
{
    size_t collected = heap->parts.collected[0];
    struct assay_object *old = heap->first;

    (void)generation;
    moving_copy(heap);
    moving_weak(heap);
    moving_sweep(heap, old);
    heap->parts.collections[0]++;
    return heap->parts.collected[0] - collected;
}

/* ---- the heap ---- */

static struct assay_heap *moving_create(
    const struct assay_collector_config *config)
{
    struct assay_heap *heap =
        config->backend->take(config->backend->context, sizeof(*heap), 16);

    if (heap == NULL)
        return NULL;
    *heap = (struct assay_heap){ .parts = { .backend = config->backend } };
    heap->last = &heap->first;
    return heap;
}

static void moving_destroy(struct assay_heap *heap)
{
    struct assay_object *next;

    for (struct assay_object *o = heap->first; o != NULL; o = next) {
        next = o->next;
        parts_give(&heap->parts, o, moving_bytes(o));
    }
    parts_types_end(&heap->parts);
    parts_roots_end(&heap->parts, &heap->roots);
    parts_give(&heap->parts, heap, sizeof(*heap));
}

static const struct assay_type *moving_type_add(struct assay_heap *heap,
                                                const struct assay_kind *kind)
{
    return parts_type_add(&heap->parts, kind);
}

static void moving_stats(struct assay_heap *heap,
                         struct assay_collector_stats *ret_stats)
{
    parts_stats(&heap->parts, ret_stats);
}

__attribute__((visibility("default")))
const struct assay_collector assay_collector = {
    .abi = ASSAY_COLLECTOR_ABI,
    .can = ASSAY_COLLECTOR_MOVES | ASSAY_COLLECTOR_WEAK |
           ASSAY_COLLECTOR_ENDED | ASSAY_COLLECTOR_STATS |
           ASSAY_COLLECTOR_BACKEND,
    .name = "plain-moving",
    .generations = 1,
    .slots_max = SLOTS_MAX,
    .bytes_max = BYTES_MAX,
    .align = 8,
    .create = moving_create,
    .destroy = moving_destroy,
    .type_add = moving_type_add,
    .new_object = moving_new,
    .payload = moving_payload,
    .load = moving_load,
    .store = moving_store,
    .push = moving_push,
    .pop = moving_pop,
    .root = moving_root,
    .set_root = moving_set_root,
    .collect = moving_collect,
    .weak_new = moving_weak_new,
    .weak_get = moving_weak_get,
    .stats = moving_stats,
};
