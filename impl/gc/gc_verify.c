/* gc_verify.c - holds a collector to its invariants, and names what is wrong.
 *
 * Each list is walked by itself first: links, flags, types. Then counts: as
 * in a collection, what is tracked gets its count less the references that
 * tracked objects have; nobody may end up below 0. For that a walker would
 * need words of its own: it borrows `prev`, and puts the links back. Last the
 * heap, if the collector has one of its own.
 *
 * Only between collections. */
#include "collector.h"

#include "obheap.h"

#define VERIFY_TRY(call)              \
    do {                              \
        struct fault fault_ = (call); \
        if (fault_.what)              \
            return fault_;            \
    } while (0)

/* ---- one object ---- */

static struct fault verify_head(const struct gc *gc, struct head *head)
{
    const struct object *object = head_object(head);
    if (head->next & HEAD_UNREACHABLE)
        return fault_at("an object is marked as unreachable", object, 0, 0);
    if (head_is_collecting(head))
        return fault_at("an object is marked as being collected", object, 0, 0);
    if (object->references <= 0 && !object_is_immortal(object))
        return fault_at("a tracked object has no references", object,
                        (size_t)object->references, 1);
    if (object->type->gc != gc)
        return fault_at("an object is of another collector", object, 0, 0);
    if (!object_is_collected(object))
        return fault_at("a tracked object is of a type that is not collected",
                        object, 0, 0);
    return FAULT_NONE;
}

static struct fault verify_weak(const struct object *referent)
{
    const struct weak *prev = NULL;
    if (!weak_supports(referent))
        return FAULT_NONE;
    for (const struct weak *w = *weak_list_of(referent); w; w = w->next) {
        if (!weak_is(&w->head))
            return fault_at("what is no weak reference is in a list of them", w,
                            0, 0);
        if (w->referent != referent)
            return fault_at("a weak reference is in the list of another", w,
                            (size_t)w->referent, (size_t)referent);
        if (w->prev != prev)
            return fault_at("a list of weak references is not linked back", w,
                            (size_t)w->prev, (size_t)prev);
        prev = w;
    }
    return FAULT_NONE;
}

static bool is_in_list_of(const struct weak *weak,
                          const struct object *referent)
{
    const struct weak *w = *weak_list_of(referent);
    while (w && w != weak)
        w = w->next;
    return w;
}

static struct fault verify_reference(const struct object *object)
{
    const struct weak *weak = (const struct weak *)object;
    if (!weak_is(object) || !weak->referent)
        return FAULT_NONE;
    if (!is_in_list_of(weak, weak->referent))
        return fault_at("a weak reference is not in its referent's list", weak,
                        0, 1);
    return FAULT_NONE;
}

/* ---- a list ---- */

static struct fault verify_list(const struct gc *gc, const struct head *list)
{
    const struct head *prev = list;
    for (struct head *h = head_next(list); h != list; h = head_next(h)) {
        if (!h)
            return fault_at("a list does not come back to its start", prev, 0,
                            0);
        if (head_prev(h) != prev)
            return fault_at("a list is not linked back", head_object(h),
                            (size_t)head_prev(h), (size_t)prev);
        VERIFY_TRY(verify_head(gc, h));
        VERIFY_TRY(verify_weak(head_object(h)));
        VERIFY_TRY(verify_reference(head_object(h)));
        prev = h;
    }
    if (head_prev(list) != prev || list->prev & HEAD_FLAGS)
        return fault_at("a list's end is not its last object", list,
                        (size_t)list->prev, (size_t)prev);
    return FAULT_NONE;
}

/* ---- counts ---- */

/* Immortal objects are not counted. */
static void list_borrow(const struct head *list)
{
    for (struct head *h = head_next(list); h != list; h = head_next(h))
        head_start_refs(h, object_references(head_object(h)));
}

static int visit_take(struct object *referent, void *ret_over)
{
    if (!object_is_collected(referent))
        return 0;
    struct head *head = head_of(referent);
    if (!head_is_collecting(head))
        return 0;
    if (head_refs(head) == 0)
        *(struct object **)ret_over = referent;
    else
        head_drop_ref(head);
    return 0;
}

static struct object *list_subtract(const struct head *list)
{
    struct object *over = NULL;
    for (struct head *h = head_next(list); h != list; h = head_next(h)) {
        struct object *object = head_object(h);
        object->type->traverse(object, visit_take, &over);
    }
    return over;
}

static void list_give_back(const struct head *list)
{
    const struct head *prev = list;
    for (struct head *h = head_next(list); h != list; h = head_next(h)) {
        head_pass(h, prev);
        prev = h;
    }
}

#define LISTS (GC_GENERATIONS + 1)

static const struct head *list_at(const struct gc *gc, int i)
{
    return i < GC_GENERATIONS ? &gc->generation[i].list : &gc->permanent;
}

static struct fault verify_counts(const struct gc *gc)
{
    struct object *over = NULL;
    for (int i = 0; i < LISTS; i++)
        list_borrow(list_at(gc, i));
    for (int i = 0; i < LISTS && !over; i++)
        over = list_subtract(list_at(gc, i));
    for (int i = 0; i < LISTS; i++)
        list_give_back(list_at(gc, i));
    if (over)
        return fault_at("an object is referred to more often than counted",
                        over, (size_t)over->references, 0);
    return FAULT_NONE;
}

/* ---- the whole ---- */

struct fault gc_verify(const struct gc *gc)
{
    if (gc->collecting)
        return fault_at("a collection is running", gc, 0, 0);
    if (gc->trashcan.later || gc->trashcan.depth != 0)
        return fault_at("the trashcan is not empty", gc,
                        (size_t)gc->trashcan.depth, 0);
    for (int i = 0; i < GC_GENERATIONS; i++)
        if (gc->generation[i].count < 0)
            return fault_at("a count is below 0", gc, (size_t)i, 0);
    for (int i = 0; i < LISTS; i++)
        VERIFY_TRY(verify_list(gc, list_at(gc, i)));
    VERIFY_TRY(verify_counts(gc));
    return gc->heap ? obheap_verify(gc->heap) : FAULT_NONE;
}
