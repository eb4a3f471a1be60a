/* plain_gc.c - a collector to plant faults in: counts, and the end of objects.
 *
 * An object has two counts: `references`, of slots, roots, the caller and the
 * values of ephemerons, and `held`, of the caller alone, by which it is a
 * root. It ends when `references` is 0, or when nothing marks it
 * (plain_gc_collect.c).
 *
 * It is written to be wrong on demand (planted.h).
 *
 * Threads: one. Memory: all of the backend. */
#include "plain_gc.h"

/* ---- sizes ---- */

static size_t rounded(size_t bytes)
{
    return (bytes + 15) / 16 * 16;
}

size_t plain_bytes(size_t slots, size_t bytes)
{
    return rounded(sizeof(struct assay_object) + slots * sizeof(void *)) +
           rounded(bytes);
}

void *plain_start(struct assay_object *object)
{
    return (char *)object +
           rounded(sizeof(*object) + object->slots * sizeof(void *));
}

/* ---- references ---- */

static void queue(struct assay_heap *heap, struct assay_object *object)
{
    object->queued = true;
    object->work = heap->dying;
    heap->dying = object;
}

static void narrow(struct assay_object *object)
{
    if (PLANTED(count_16_bits))
        object->references &= 0xffff;
}

void plain_retain(struct assay_object *object)
{
    if (object == NULL)
        return;
    object->references++;
    narrow(object);
}

void plain_release(struct assay_heap *heap, struct assay_object *object)
{
    if (object == NULL)
        return;
    object->references--;
    narrow(object);
    if (object->references > 0) {
        heap->suspect = PLANTED(suspect_stays) ? object : NULL;
        object->suspected = true;
    }
    if (object->references > 0 || object->queued ||
        (object->doomed && !PLANTED(clear_ends_twice)))
        return;
    queue(heap, object);
    if (!heap->draining || PLANTED(recursive_end) ||
        (PLANTED(recursive_for_long) && heap->depth < 20000))
        plain_drain(heap);
}

/* ---- the end of an object ---- */

static void weak_unlink(struct assay_object *weak)
{
    struct assay_object **at;

    if (weak->referent == NULL)
        return;
    for (at = &weak->referent->weak; *at != weak; at = &(*at)->next_weak)
        continue;
    *at = weak->next_weak;
    weak->referent = NULL;
}

/* Those that call back go to the list `pending`, each with a reference. */
void plain_weak_forget(struct assay_heap *heap, struct assay_object *object)
{
    while (object->weak != NULL) {
        struct assay_object *weak = object->weak, *value = weak->value;

        weak_unlink(weak);
        if (value != NULL && PLANTED(ephemeron_value_stays))
            continue;
        weak->value = NULL;
        if (weak->callback != NULL && weak->references > 0 &&
            (!weak->doomed || PLANTED(callback_of_dead)) &&
            !PLANTED(callback_missing)) {
            if (!PLANTED(pending_unkept))
                plain_retain(weak), weak->held++;
            weak->next_weak = heap->pending;
            heap->pending = weak;
        }
        if (value != NULL && !PLANTED(ephemeron_value_counted))
            plain_release(heap, value);
    }
}

/* Of pending_unkept: those that wait are a list of nobody's. */
static void weak_call_unkept(struct assay_heap *heap)
{
    struct assay_object *weak = heap->pending, *next;

    heap->pending = NULL;
    for (; weak != NULL; weak = next) {
        next = weak->next_weak;
        weak->callback(weak->context, heap, weak);
    }
}

void plain_weak_call(struct assay_heap *heap)
{
    if (PLANTED(pending_unkept))
        weak_call_unkept(heap);
    while (heap->pending != NULL) {
        struct assay_object *weak = heap->pending;
        assay_weak_callback *callback = weak->callback;

        heap->pending = weak->next_weak;
        if (!PLANTED(callback_twice))
            weak->callback = NULL;
        callback(weak->context, heap, weak);
        if (PLANTED(callback_twice))
            callback(weak->context, heap, weak);
        weak->callback = NULL;
        weak->held--;
        plain_release(heap, weak);
    }
}

/* True: nobody has a reference to it still. */
bool plain_finalize(struct assay_heap *heap, struct assay_object *object)
{
    const struct assay_kind *kind = object->kind;

    if (kind == NULL || kind->finalize == NULL ||
        (object->finalized && !PLANTED(finalizer_twice)))
        return object->references == 0;
    object->finalized = true;
    object->references++;
    object->held++;
    kind->finalize(kind->context, heap, object);
    object->held--;
    object->references--;
    return object->references == 0;
}

static int release_place(struct assay_object **place, void *given)
{
    struct assay_object *value = *place;

    *place = NULL;
    plain_release(given, value);
    return 0;
}

void plain_release_slots(struct assay_heap *heap, struct assay_object *object)
{
    for (size_t i = 0; i < object->slots; i++) {
        struct assay_object *value = object->slot[i];

        object->slot[i] = NULL;
        plain_release(heap, value);
    }
    if (object->kind != NULL && object->kind->traverse != NULL)
        object->kind->traverse(plain_start(object), release_place, heap);
}

void plain_tell_end(struct assay_object *object)
{
    const struct assay_kind *kind = object->kind;

    if (kind == NULL || kind->ended == NULL || PLANTED(ended_untold))
        return;
    if (PLANTED(ended_spoilt) && object->bytes > 16)
        ((char *)plain_start(object))[object->bytes - 1] ^= 1;
    kind->ended(kind->context, plain_start(object));
    if (PLANTED(ended_twice))
        kind->ended(kind->context, plain_start(object));
}

static void unlink_object(struct assay_heap *heap, struct assay_object *object)
{
    if (object->prev != NULL)
        object->prev->next = object->next;
    else if (heap->first == object)
        heap->first = object->next;
    if (object->next != NULL)
        object->next->prev = object->prev;
}

void plain_free_object(struct assay_heap *heap, struct assay_object *object)
{
    size_t whole = plain_bytes(object->slots, object->bytes);

    if (object->kind != NULL) {
        heap->parts.live_objects--;
        if (!PLANTED(live_bytes_grow))
            heap->parts.live_bytes -= whole;
    }
    if (object->shape == SHAPE_EPHEMERON && object->value != NULL)
        plain_release(heap, object->value);
    weak_unlink(object);
    unlink_object(heap, object);
    if (!PLANTED(memory_kept) || ++heap->given % 16 != 0)
        parts_give(&heap->parts, object, whole);
}

static void end_object(struct assay_heap *heap, struct assay_object *object)
{
    plain_tell_end(object);
    plain_release_slots(heap, object);
    plain_free_object(heap, object);
}

static void die(struct assay_heap *heap, struct assay_object *object)
{
    object->queued = true; /* no collection meanwhile ends it, too */
    if (!PLANTED(finalizer_not_plain) && !plain_finalize(heap, object)) {
        object->queued = false;
        return;
    }
    if (!PLANTED(weak_dangles))
        plain_weak_forget(heap, object);
    plain_weak_call(heap);
    end_object(heap, object);
}

/* One after the other, so that the stack does not grow. */
void plain_drain(struct assay_heap *heap)
{
    bool outer = heap->draining;

    heap->draining = true;
    heap->depth++;
    while (heap->dying != NULL) {
        struct assay_object *object = heap->dying;

        heap->dying = object->work;
        object->queued = false;
        if (object->references == 0)
            die(heap, object);
    }
    heap->depth--;
    heap->draining = outer;
}
