/* plain_gc_collect.c - marking from roots, in two generations with a barrier:
 * a collection of the young marks from the roots and from old objects that
 * were stored into; who survives any collection is old. */
#include "plain_gc.h"

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
           object->queued || (object->frozen && !PLANTED(frozen_collected)) ||
           (object->suspected && PLANTED(suspects_kept));
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
    size_t roots = heap->roots.count;

    if (PLANTED(top_root_unmarked) && roots > 0)
        roots--;
    for (size_t i = 0; i < roots; i++)
        mark(heap, heap->roots.root[i]);
    for (struct assay_object *o = heap->first; o != NULL; o = o->next) {
        if (is_kept(o))
            mark(heap, o);
        if (heap->minor && o->old && is_remembered(o))
            mark_children(heap, o);
    }
    if (PLANTED(one_level))
        for (size_t i = 0; i < roots; i++)
            if (heap->roots.root[i] != NULL)
                mark_children(heap, heap->roots.root[i]);
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
        char *list = parts_take(&heap->parts, 4096);

        list[0] = 1;
        parts_give(&heap->parts, list, 4096);
    }
    if (heap->suspect != NULL)
        mark(heap, heap->suspect);
    mark_roots(heap);
    mark_gray(heap);
    for (unsigned rounds = 0; mark_values(heap); rounds++)
        if (PLANTED(ephemerons_bounded) && rounds == 500)
            break;
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

/* Of faults that put the end off. */
static bool is_spared(struct assay_heap *heap)
{
    if (PLANTED(every_second))
        return !heap->minor && heap->parts.collections[1] % 2 == 0;
    if (!PLANTED(finalized_lingers) || heap->lingers == 0)
        return false;
    heap->lingers--;
    return true;
}

static void spare_all(struct assay_heap *heap)
{
    for (struct assay_object *o = heap->first; o != NULL; o = o->next)
        o->doomed = false;
}

static size_t doom(struct assay_heap *heap)
{
    size_t doomed = 0;

    if (is_spared(heap)) {
        spare_all(heap);
        return 0;
    }
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
            plain_release_slots(heap, o);
        plain_finalize(heap, o);
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
                plain_weak_forget(heap, o);
    plain_weak_call(heap);
    /* First they let go of one another, then their memory goes. */
    heap->draining = true;
    for (struct assay_object *o = heap->first; o != NULL; o = o->next)
        if (o->doomed) {
            plain_tell_end(o);
            plain_release_slots(heap, o);
        }
    for (struct assay_object *o = heap->first; o != NULL; o = next) {
        next = o->next;
        if (!o->doomed)
            continue;
        if (PLANTED(weak_late)) {
            plain_weak_forget(heap, o);
            plain_weak_call(heap);
        }
        plain_free_object(heap, o);
    }
    heap->draining = false;
    plain_drain(heap);
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
        (PLANTED(minor_does_nothing) && generation == 0)) {
        heap->asked = heap->collecting;
        return 0;
    }
    heap->collecting = true;
    heap->asked = false;
    heap->minor = generation == 0 && !PLANTED(minor_is_full);
    heap->young = 0;
    tell(heap, ASSAY_COLLECTION_BEGUN, generation, 0);
    mark_all(heap);
    doomed = doom(heap);
    if (finalize_doomed(heap)) {
        doomed = pardon(heap);
        if (PLANTED(finalized_lingers)) {
            spare_all(heap);
            heap->lingers = 5;
        }
        if (PLANTED(asked_within) && heap->asked)
            spare_all(heap);
    }
    end_doomed(heap);
    promote(heap);
    heap->collecting = false;
    if (!PLANTED(collections_uncounted))
        heap->parts.collections[generation]++;
    heap->parts.collected[generation] += doomed;
    tell(heap, ASSAY_COLLECTION_ENDED, generation, doomed);
    return doomed;
}
