/* plain_gc_table.c - what the plain collector is asked for: objects, the
 * barrier, roots, counts, weak references, settings, and its table. */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "plain_gc.h"

/* ---- kinds ---- */

static const struct assay_type *plain_type_add(struct assay_heap *heap,
                                               const struct assay_kind *kind)
{
    return parts_type_add(&heap->parts, kind);
}

/* ---- objects ---- */

static bool is_refused(size_t slots, size_t bytes)
{
    if (PLANTED(sizes_wrap))
        return slots > (size_t)1 << 40 && bytes > (size_t)1 << 60;
    return slots > SLOTS_MAX || bytes > BYTES_MAX;
}

static void collect_if_due(struct assay_heap *heap)
{
    size_t full = heap->threshold[1];

    if ((!heap->automatic && !PLANTED(always_automatic)) ||
        ++heap->young <= heap->threshold[0])
        return;
    if (PLANTED(threshold_doubles) && heap->finalizable)
        heap->threshold[0] *= 2;
    heap->minors++;
    if (heap->minors <= full || PLANTED(old_never)) {
        plain_collect(heap, 0);
        return;
    }
    heap->minors = 0;
    plain_collect(heap, 1);
}

static bool has_room(struct assay_heap *heap, size_t whole)
{
    if (heap->limit == 0 || heap->parts.live_bytes + whole <= heap->limit ||
        PLANTED(limit_unheeded))
        return true;
    if (!PLANTED(limit_at_once))
        plain_collect(heap, 1);
    return heap->parts.live_bytes + whole <= heap->limit;
}

static void link_object(struct assay_heap *heap, struct assay_object *object)
{
    object->next = heap->first;
    if (heap->first != NULL)
        heap->first->prev = object;
    heap->first = object;
}

static struct assay_object *make(struct assay_heap *heap,
                                 const struct assay_kind *kind, size_t slots,
                                 size_t bytes)
{
    size_t whole = plain_bytes(slots, bytes);
    struct assay_object *object = parts_take(&heap->parts, whole);

    if (object == NULL)
        return NULL;
    memset(object, 0, sizeof(*object) + slots * sizeof(void *));
    object->kind = kind;
    object->slots = slots;
    object->bytes = bytes;
    object->references = object->held = 1;
    object->marked = true;
    if (PLANTED(slots_dirty) && slots > 2)
        object->slot[slots - 1] = object;
    if (kind != NULL && kind->traverse != NULL && !PLANTED(payload_dirty))
        memset(plain_start(object), 0, bytes);
    if (!(PLANTED(large_untracked) && bytes > 60000))
        link_object(heap, object);
    return object;
}

static struct assay_object *plain_new(struct assay_heap *heap,
                                      const struct assay_type *type,
                                      size_t slots, size_t bytes)
{
    const struct assay_kind *kind = &type->kind;
    struct assay_object *object;

    if (is_refused(slots, bytes))
        return NULL;
    if (PLANTED(callback_makes_nothing) && heap->pending != NULL)
        return NULL;
    collect_if_due(heap);
    if (!has_room(heap, plain_bytes(slots, bytes)))
        return NULL;
    if (PLANTED(counted_before_made))
        heap->parts.live_objects++;
    object = make(heap, kind, slots,
                  PLANTED(payload_short) && bytes > 64 ? bytes - 32 : bytes);
    if (object == NULL)
        return NULL;
    if (!PLANTED(counted_before_made))
        heap->parts.live_objects++;
    heap->parts.live_bytes += plain_bytes(slots, object->bytes);
    heap->finalizable |= kind->finalize != NULL;
    return object;
}

static void *plain_payload(struct assay_heap *heap, struct assay_object *object)
{
    (void)heap;
    return object->bytes > 0 ? plain_start(object) : NULL;
}

static struct assay_object *plain_load(struct assay_heap *heap,
                                       struct assay_object *object, size_t slot)
{
    (void)heap;
    return object->slot[slot];
}

static void put(struct assay_heap *heap, struct assay_object **place,
                struct assay_object *value)
{
    struct assay_object *before = *place;

    if (PLANTED(release_first)) {
        *place = NULL;
        plain_release(heap, before);
    }
    plain_retain(value);
    *place = value;
    if (!PLANTED(release_first) && !(PLANTED(store_leaks) && before != NULL &&
                                     before != value && value != NULL))
        plain_release(heap, before);
}

/* ---- the barrier ---- */

static void remember(struct assay_object *object,
                     const struct assay_object *value)
{
    if (object->old && value != NULL && !value->old && object->remembered == 0)
        object->remembered = 1;
}

static void plain_store(struct assay_heap *heap, struct assay_object *object,
                        size_t slot, struct assay_object *value)
{
    bool barrier = !PLANTED(no_barrier) &&
                   !(PLANTED(no_barrier_replacing) && object->slot[slot]) &&
                   !(PLANTED(no_barrier_far) && slot > 100);

    if (barrier)
        remember(object, value);
    if (PLANTED(duplicates_once) && value != NULL)
        for (size_t i = 0; i < object->slots; i++)
            if (i != slot && object->slot[i] == value &&
                value->references > 1) {
                value->references--;
                break;
            }
    put(heap, &object->slot[slot], value);
}

static void plain_store_at(struct assay_heap *heap, struct assay_object *object,
                           struct assay_object **place,
                           struct assay_object *value)
{
    if (!PLANTED(no_barrier_payload))
        remember(object, value);
    put(heap, place, value);
}

/* ---- roots ---- */

static bool plain_push(struct assay_heap *heap, struct assay_object *object)
{
    if (!parts_push(&heap->parts, &heap->roots, object))
        return PLANTED(push_lies);
    plain_retain(object);
    return true;
}

static void plain_pop(struct assay_heap *heap, size_t count)
{
    while (count-- > 0) {
        struct assay_object *object = heap->roots.root[--heap->roots.count];

        if (!PLANTED(pop_leaks))
            plain_release(heap, object);
    }
}

static struct assay_object *plain_root(struct assay_heap *heap, size_t place)
{
    return heap->roots.root[place];
}

static void plain_set_root(struct assay_heap *heap, size_t place,
                           struct assay_object *object)
{
    put(heap, &heap->roots.root[place], object);
}

/* ---- counts ---- */

static void plain_incref(struct assay_heap *heap, struct assay_object *object)
{
    (void)heap;
    plain_retain(object);
    object->held++;
}

static void plain_decref(struct assay_heap *heap, struct assay_object *object)
{
    object->held--;
    plain_release(heap, object);
}

static size_t plain_count(struct assay_heap *heap, struct assay_object *object)
{
    (void)heap;
    return object->references + (PLANTED(count_wrong_when_old) && object->old);
}

static bool plain_pin(struct assay_heap *heap, struct assay_object *object)
{
    if (PLANTED(pin_once) && object->held > 0)
        return true;
    plain_incref(heap, object);
    return true;
}

/* ---- weak references and ephemerons ---- */

static struct assay_object *weak_make(struct assay_heap *heap,
                                      struct assay_object *referent,
                                      enum plain_shape shape)
{
    struct assay_object *weak = make(heap, NULL, 0, 0);

    if (weak == NULL)
        return NULL;
    weak->shape = shape;
    weak->referent = referent;
    if (PLANTED(weak_in_finalizer) && heap->collecting)
        return weak;
    weak->next_weak = referent->weak;
    referent->weak = weak;
    return weak;
}

static struct assay_object *plain_weak_new(struct assay_heap *heap,
                                           struct assay_object *referent,
                                           assay_weak_callback *callback,
                                           void *context)
{
    struct assay_object *weak = weak_make(heap, referent, SHAPE_WEAK);

    if (weak == NULL)
        return NULL;
    weak->callback = callback;
    weak->context = context;
    if (PLANTED(weak_is_strong))
        plain_retain(referent), referent->held++;
    return weak;
}

static struct assay_object *plain_weak_get(struct assay_heap *heap,
                                           struct assay_object *weak)
{
    (void)heap;
    if (PLANTED(weak_dead_when_old) && weak->old)
        return NULL;
    return weak->referent;
}

static struct assay_object *plain_ephemeron_new(struct assay_heap *heap,
                                                struct assay_object *key,
                                                struct assay_object *value)
{
    struct assay_object *made = weak_make(heap, key, SHAPE_EPHEMERON);

    if (made == NULL)
        return NULL;
    made->value = value;
    plain_retain(value);
    return made;
}

static struct assay_object *plain_ephemeron_value(
    struct assay_heap *heap, struct assay_object *ephemeron)
{
    (void)heap;
    return ephemeron->value;
}

/* ---- looking in ---- */

static void plain_stats(struct assay_heap *heap,
                        struct assay_collector_stats *ret_stats)
{
    parts_stats(&heap->parts, ret_stats);
    ret_stats->generation[0].objects = 0;
    for (struct assay_object *o = heap->first; o != NULL; o = o->next)
        ret_stats->generation[o->old && !PLANTED(generations_mixed)].objects +=
            1 + PLANTED(generations_mixed);
}

/* ---- settings ---- */

static void plain_freeze(struct assay_heap *heap)
{
    for (struct assay_object *o = heap->first; o != NULL; o = o->next)
        o->frozen = true;
}

static void plain_unfreeze(struct assay_heap *heap)
{
    for (struct assay_object *o = heap->first; o != NULL; o = o->next)
        o->frozen = PLANTED(frozen_for_good) && o->frozen;
}

static void plain_automatic(struct assay_heap *heap, bool on)
{
    heap->automatic = on;
}

static size_t plain_threshold(struct assay_heap *heap, unsigned generation)
{
    return heap->threshold[generation];
}

static void plain_set_threshold(struct assay_heap *heap, unsigned generation,
                                size_t threshold)
{
    heap->threshold[generation] =
        PLANTED(threshold_cut) ? (threshold & 0xff) : threshold;
}

static void plain_set_limit(struct assay_heap *heap, size_t bytes)
{
    heap->limit = bytes;
}

static bool plain_listen(struct assay_heap *heap, assay_listener *listener,
                         void *context)
{
    if (listener == NULL && PLANTED(listens_on))
        return true;
    heap->listener = listener;
    heap->listener_context = context;
    return true;
}

/* In the child of a fork() nothing is collected. */
static size_t collect(struct assay_heap *heap, unsigned generation)
{
    if (PLANTED(fork_stops) && heap->process != getpid())
        return 0;
    return plain_collect(heap, generation);
}

__attribute__((visibility("default")))
const struct assay_collector assay_collector = {
    .abi = ASSAY_COLLECTOR_ABI,
    .can = ASSAY_COLLECTOR_COUNTS | ASSAY_COLLECTOR_GENERATIONS |
           ASSAY_COLLECTOR_AUTOMATIC | ASSAY_COLLECTOR_THRESHOLDS |
           ASSAY_COLLECTOR_FREEZE | ASSAY_COLLECTOR_FINALIZE |
           ASSAY_COLLECTOR_FINALIZE_AT_END | ASSAY_COLLECTOR_ENDED |
           ASSAY_COLLECTOR_TRAVERSE | ASSAY_COLLECTOR_WEAK |
           ASSAY_COLLECTOR_WEAK_CALLBACK | ASSAY_COLLECTOR_STATS |
           ASSAY_COLLECTOR_LISTEN | ASSAY_COLLECTOR_BACKEND |
           ASSAY_COLLECTOR_EPHEMERON | ASSAY_COLLECTOR_LIMIT |
           ASSAY_COLLECTOR_PIN | ASSAY_COLLECTOR_FORK,
    .name = "plain-gc",
    .generations = 2,
    .slots_max = SLOTS_MAX,
    .bytes_max = BYTES_MAX,
    .align = 16,
    .create = plain_create,
    .destroy = plain_destroy,
    .type_add = plain_type_add,
    .new_object = plain_new,
    .payload = plain_payload,
    .load = plain_load,
    .store = plain_store,
    .push = plain_push,
    .pop = plain_pop,
    .root = plain_root,
    .set_root = plain_set_root,
    .collect = collect,
    .incref = plain_incref,
    .decref = plain_decref,
    .count = plain_count,
    .automatic = plain_automatic,
    .threshold = plain_threshold,
    .set_threshold = plain_set_threshold,
    .freeze = plain_freeze,
    .unfreeze = plain_unfreeze,
    .store_at = plain_store_at,
    .weak_new = plain_weak_new,
    .weak_get = plain_weak_get,
    .ephemeron_new = plain_ephemeron_new,
    .ephemeron_key = plain_weak_get,
    .ephemeron_value = plain_ephemeron_value,
    .set_limit = plain_set_limit,
    .pin = plain_pin,
    .unpin = plain_decref,
    .stats = plain_stats,
    .listen = plain_listen,
};
