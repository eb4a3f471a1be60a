/* plain_gc.c - a collector to plant faults in: counts, and marking from roots,
 * in two generations with a barrier.
 *
 * An object has two counts: `references`, of slots, roots, the caller and the
 * values of ephemerons, and `held`, of the caller alone, by which it is a
 * root. It ends when `references` is 0, or when nothing marks it. A collection
 * of the young marks from the roots and from old objects that were stored
 * into; who survives any collection is old.
 *
 * It is written to be wrong on demand: -DFAULT=name compiles one line of
 * faults.h in, and PLANTED() is constant, so that nothing else changes.
 *
 * Threads: one. Memory: all of the backend. */
#include <stdint.h>
#include <string.h>

#include "plain_gc.h"

/* ---- memory ---- */

void *plain_take(struct assay_heap *heap, size_t bytes)
{
    return heap->backend->take(heap->backend->context, bytes, 16);
}

void plain_give(struct assay_heap *heap, void *start, size_t bytes)
{
    heap->backend->give(heap->backend->context, start, bytes);
}

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

void plain_retain(struct assay_object *object)
{
    if (object == NULL)
        return;
    object->references++;
    if (PLANTED(count_16_bits))
        object->references &= 0xffff;
}

static void drain(struct assay_heap *heap);

void plain_release(struct assay_heap *heap, struct assay_object *object)
{
    if (object == NULL)
        return;
    object->references--;
    if (PLANTED(count_16_bits))
        object->references &= 0xffff;
    if (object->references > 0)
        heap->suspect = PLANTED(suspect_stays) ? object : NULL;
    if (object->references > 0 || object->queued ||
        (object->doomed && !PLANTED(clear_ends_twice)))
        return;
    queue(heap, object);
    if (!heap->draining || PLANTED(recursive_end))
        drain(heap);
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
static void weak_forget(struct assay_heap *heap, struct assay_object *object)
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
            plain_retain(weak);
            weak->held++;
            weak->next_weak = heap->pending;
            heap->pending = weak;
        }
        if (value != NULL && !PLANTED(ephemeron_value_counted))
            plain_release(heap, value);
    }
}

static void weak_call(struct assay_heap *heap)
{
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
static bool finalize(struct assay_heap *heap, struct assay_object *object)
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

static void release_slots(struct assay_heap *heap, struct assay_object *object)
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

static void free_object(struct assay_heap *heap, struct assay_object *object)
{
    size_t whole = plain_bytes(object->slots, object->bytes);

    if (object->kind != NULL) {
        heap->live_objects--;
        if (!PLANTED(live_bytes_grow))
            heap->live_bytes -= whole;
    }
    if (object->shape == SHAPE_EPHEMERON && object->value != NULL)
        plain_release(heap, object->value);
    weak_unlink(object);
    unlink_object(heap, object);
    plain_give(heap, object, whole);
}

static void end_object(struct assay_heap *heap, struct assay_object *object)
{
    plain_tell_end(object);
    release_slots(heap, object);
    free_object(heap, object);
}

static void die(struct assay_heap *heap, struct assay_object *object)
{
    object->queued = true; /* no collection meanwhile ends it, too */
    if (!PLANTED(finalizer_not_plain) && !finalize(heap, object)) {
        object->queued = false;
        return;
    }
    if (!PLANTED(weak_dangles))
        weak_forget(heap, object);
    weak_call(heap);
    end_object(heap, object);
}

/* One after the other, so that the stack does not grow. */
static void drain(struct assay_heap *heap)
{
    bool outer = heap->draining;

    heap->draining = true;
    while (heap->dying != NULL) {
        struct assay_object *object = heap->dying;

        heap->dying = object->work;
        object->queued = false;
        if (object->references == 0)
            die(heap, object);
    }
    heap->draining = outer;
}

/* ---- marking ---- */

static void mark(struct assay_heap *heap, struct assay_object *object)
{
    if (object == NULL || object->marked)
        return;
    object->marked = true;
    object->work = heap->gray;
    heap->gray = object;
    if (PLANTED(recursive_mark)) {
        volatile char frame[64] = { 0 };

        for (size_t i = 0; i < object->slots; i++)
            mark(heap, object->slot[i]);
        (void)frame[0];
    }
}

static int mark_place(struct assay_object **place, void *heap)
{
    mark(heap, *place);
    return 0;
}

/* Old objects are not traversed in a collection of the young. */
static void mark_children(struct assay_heap *heap, struct assay_object *object)
{
    size_t slots = object->slots;

    if (PLANTED(last_slot_unmarked) && slots > 0)
        slots--;
    for (size_t i = 0; i < slots; i++)
        mark(heap, object->slot[i]);
    if (object->kind != NULL && object->kind->traverse != NULL &&
        !PLANTED(payload_unmarked))
        object->kind->traverse(plain_start(object), mark_place, heap);
    if (object->shape == SHAPE_EPHEMERON && PLANTED(ephemeron_strong))
        mark(heap, object->value);
}

static bool is_outside(const struct assay_heap *heap,
                       const struct assay_object *object)
{
    return object->old && heap->minor && !PLANTED(old_is_young);
}

static void mark_gray(struct assay_heap *heap)
{
    while (heap->gray != NULL) {
        struct assay_object *object = heap->gray;

        heap->gray = object->work;
        if (!is_outside(heap, object) && !PLANTED(one_level))
            mark_children(heap, object);
    }
}

static bool is_kept(const struct assay_object *object)
{
    bool loop = false;

    for (size_t i = 0; PLANTED(self_loop_kept) && i < object->slots; i++)
        loop |= object->slot[i] == object;
    return loop || (object->held > 0 && !PLANTED(held_unmarked)) ||
           object->queued || (object->frozen && !PLANTED(frozen_collected));
}

static bool is_remembered(const struct assay_object *object)
{
    if (PLANTED(finalizable_unremembered) && object->kind != NULL &&
        object->kind->finalize != NULL)
        return false;
    return object->remembered == 1;
}

static void mark_roots(struct assay_heap *heap)
{
    size_t roots = heap->root_count;

    if (PLANTED(top_root_unmarked) && roots > 0)
        roots--;
    for (size_t i = 0; i < roots; i++)
        mark(heap, heap->root[i]);
    for (struct assay_object *o = heap->first; o != NULL; o = o->next) {
        if (is_kept(o))
            mark(heap, o);
        if (heap->minor && o->old && is_remembered(o))
            mark_children(heap, o);
    }
    if (PLANTED(one_level))
        for (size_t i = 0; i < roots; i++)
            if (heap->root[i] != NULL)
                mark_children(heap, heap->root[i]);
}

static bool key_lives(const struct assay_heap *heap,
                      const struct assay_object *ephemeron)
{
    const struct assay_object *key = ephemeron->referent;

    if (key == NULL) /* it has no value then */
        return PLANTED(ephemeron_value_stays);
    return key->marked || is_outside(heap, key);
}

/* Values whose ephemeron and key live. True: there was one more. */
static bool mark_values(struct assay_heap *heap)
{
    bool more = false;

    for (struct assay_object *o = heap->first; o != NULL; o = o->next)
        if (o->shape == SHAPE_EPHEMERON && o->value != NULL &&
            (o->marked || is_outside(heap, o)) && key_lives(heap, o) &&
            !o->value->marked) {
            mark(heap, o->value);
            more = true;
        }
    mark_gray(heap);
    return more && !PLANTED(ephemerons_once);
}

static void mark_all(struct assay_heap *heap)
{
    for (struct assay_object *o = heap->first; o != NULL; o = o->next)
        o->marked = false;
    if (PLANTED(worklist_unchecked)) {
        char *list = plain_take(heap, 4096);

        list[0] = 1;
        plain_give(heap, list, 4096);
    }
    if (heap->suspect != NULL)
        mark(heap, heap->suspect);
    mark_roots(heap);
    mark_gray(heap);
    while (mark_values(heap))
        continue;
}

/* ---- a collection ---- */

/* Refers to nothing but itself and what refers back at once. */
static bool is_short_cycle(const struct assay_object *object)
{
    for (size_t i = 0; i < object->slots; i++) {
        const struct assay_object *to = object->slot[i];
        bool back = to == NULL || to == object;

        for (size_t j = 0; to != NULL && j < to->slots; j++)
            back |= to->slot[j] == object;
        if (!back)
            return false;
    }
    return true;
}

static size_t doom(struct assay_heap *heap)
{
    size_t doomed = 0;

    for (struct assay_object *o = heap->first; o != NULL; o = o->next) {
        o->doomed = !o->marked && !is_outside(heap, o) && !o->pardoned;
        if (PLANTED(long_cycles_kept) && !is_short_cycle(o))
            o->doomed = false;
        doomed += o->doomed && o->kind != NULL;
    }
    return doomed;
}

/* Objects that are made meanwhile come first, where nobody looks. */
static bool finalize_doomed(struct assay_heap *heap)
{
    struct assay_object *next;
    bool called = false;

    for (struct assay_object *o = heap->first; o != NULL; o = next) {
        next = o->next;
        if (!o->doomed || o->kind == NULL || o->kind->finalize == NULL ||
            (o->finalized && !PLANTED(finalizer_twice)))
            continue;
        if (PLANTED(finalizer_late))
            release_slots(heap, o);
        finalize(heap, o);
        called = true;
        if (!PLANTED(nested)) /* others may have ended meanwhile */
            next = o->next;
    }
    return called;
}

/* What its finalizers brought back is not doomed any more. */
static size_t pardon(struct assay_heap *heap)
{
    size_t doomed = 0, risen = 0;

    mark_all(heap);
    for (struct assay_object *o = heap->first; o != NULL; o = o->next) {
        risen += o->doomed && o->marked;
        if (!PLANTED(resurrected_ends))
            o->doomed = o->doomed && !o->marked;
        doomed += o->doomed && o->kind != NULL;
    }
    if (risen == 0 || !PLANTED(one_saves_all))
        return doomed;
    for (struct assay_object *o = heap->first; o != NULL; o = o->next) {
        o->pardoned |= o->doomed;
        o->doomed = false;
    }
    return 0;
}

static void end_doomed(struct assay_heap *heap)
{
    struct assay_object *next;

    for (struct assay_object *o = heap->first; o != NULL; o = o->next)
        if (o->doomed || (PLANTED(weak_of_live) && o->weak != NULL))
            if (!PLANTED(weak_late) && !PLANTED(weak_dangles))
                weak_forget(heap, o);
    weak_call(heap);
    /* First they let go of one another, then their memory goes. */
    heap->draining = true;
    for (struct assay_object *o = heap->first; o != NULL; o = o->next)
        if (o->doomed) {
            plain_tell_end(o);
            release_slots(heap, o);
        }
    for (struct assay_object *o = heap->first; o != NULL; o = next) {
        next = o->next;
        if (!o->doomed)
            continue;
        if (PLANTED(weak_late)) {
            weak_forget(heap, o);
            weak_call(heap);
        }
        free_object(heap, o);
    }
    heap->draining = false;
    drain(heap);
}

/* Of children_stay_young alone. */
static void find_children(struct assay_heap *heap)
{
    for (struct assay_object *o = heap->first; o != NULL; o = o->next)
        o->child = false;
    for (struct assay_object *o = heap->first; o != NULL; o = o->next)
        for (size_t i = 0; i < o->slots; i++)
            if (o->slot[i] != NULL && o->slot[i] != o)
                o->slot[i]->child = true;
}

/* Who is left is old, and refers to nobody young. */
static void promote(struct assay_heap *heap)
{
    if (PLANTED(children_stay_young))
        find_children(heap);
    for (struct assay_object *o = heap->first; o != NULL; o = o->next) {
        if (PLANTED(never_promotes))
            break;
        if (PLANTED(children_stay_young) && o->child && !o->old)
            continue;
        o->old = true;
        o->remembered = PLANTED(remembered_stays) && o->remembered ? 2 : 0;
    }
}

static void tell(struct assay_heap *heap, enum assay_collection_step step,
                 unsigned generation, size_t collected)
{
    struct assay_collection_event event = { .step = step,
                                            .generation = generation,
                                            .collected = collected };

    if (heap->listener != NULL &&
        !(PLANTED(end_unheard) && step == ASSAY_COLLECTION_ENDED))
        heap->listener(heap->listener_context, &event);
}

size_t plain_collect(struct assay_heap *heap, unsigned generation)
{
    size_t doomed;

    generation = generation > 1 ? 1 : generation;
    if ((heap->collecting && !PLANTED(nested)) ||
        (PLANTED(minor_does_nothing) && generation == 0))
        return 0;
    heap->collecting = true;
    heap->minor = generation == 0 && !PLANTED(minor_is_full);
    heap->young = 0;
    tell(heap, ASSAY_COLLECTION_BEGUN, generation, 0);
    mark_all(heap);
    doomed = doom(heap);
    if (finalize_doomed(heap))
        doomed = pardon(heap);
    end_doomed(heap);
    promote(heap);
    heap->collecting = false;
    if (!PLANTED(collections_uncounted))
        heap->collections[generation]++;
    heap->collected[generation] += doomed;
    tell(heap, ASSAY_COLLECTION_ENDED, generation, doomed);
    return doomed;
}
