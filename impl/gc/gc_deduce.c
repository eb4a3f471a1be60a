/* gc_deduce.c - trial deletion: which objects of a list can be reached from
 * outside of it, and which only from one another.
 *
 * First every object gets its count, less the references that come from
 * within the list; what is left comes from outside. Then the list is walked
 * once: who has any left is reachable, and so is all it refers to; the others
 * are moved aside, perhaps to come back later. What comes back is put at the
 * end of the list, where the walk will meet it. So the order of survivors
 * changes: it is the order in which it was learned that they are alive.
 *
 * Invariants while walking: objects already walked have no COLLECTING and
 * links both ways; those ahead have COLLECTING and, in `prev`, a count; those
 * aside have COLLECTING and UNREACHABLE, and links both ways.
 *
 * When the list holds everything that is tracked, counts are copied when an
 * object is first met, be it walked or referred to: one walk less.
 *
 * Source: deduce_unreachable() of Modules/gcmodule.c. */
#include "collector.h"
#include "gc_window.h"

#include <limits.h>

/* How many there are. */
static size_t refs_start(struct head *base)
{
    size_t count = 0;
    for (struct head *h = head_next(base); h != base; h = head_next(h)) {
        struct object *object = head_object(h);
        assert(object->references > 0);
        head_start_refs(h, object->references);
        count++;
    }
    return count;
}

/* Objects outside of the list have no COLLECTING, untracked ones included. */
GC_INLINE int visit_drop(struct object *referent, void *unused)
{
    (void)unused;
    if (object_is_collected(referent) && head_is_collecting(head_of(referent)))
        head_drop_ref(head_of(referent));
    return 0;
}

static void refs_subtract(struct head *base)
{
    for (struct head *h = head_next(base); h != base; h = head_next(h))
        object_visit_all(head_object(h), visit_drop, NULL);
}

/* ---- the same two in one, where what is tracked is in the list ---- */

GC_INLINE int visit_start_or_drop(struct object *referent, void *unused)
{
    (void)unused;
    if (!object_is_collected(referent))
        return 0;
    struct head *head = head_of(referent);
    if (head_is_collecting(head))
        head_drop_ref(head);
    else if (head_is_tracked(head))
        head_start_refs(head, referent->references - 1);
    return 0;
}

GC_INLINE struct head *start_and_subtract(struct head *h, struct head *last,
                                          void *ret_count)
{
    struct object *object = head_object(h);
    (void)last;
    if (!head_is_collecting(h))
        head_start_refs(h, object->references);
    object_visit_all(object, visit_start_or_drop, NULL);
    ++*(size_t *)ret_count;
    return h;
}

/* How many there are. */
static size_t refs_start_and_subtract(struct head *base)
{
    size_t count = 0;
    struct head *last = window_walk_plain(base, base, WINDOW_LIST_MIN,
                                          start_and_subtract, &count);
    window_walk(base, last, start_and_subtract, &count);
    return count;
}

/* ---- the walk ---- */

static struct head *next_unmarked(const struct head *head)
{
    return (struct head *)(head->next & ~HEAD_UNREACHABLE);
}

/* The link that is copied keeps its mark. */
static __attribute__((noinline)) void take_back(struct head *head,
                                                struct head *base)
{
    struct head *prev = head_prev(head), *next = next_unmarked(head);
    prev->next = head->next;
    head_set_prev(next, prev);
    gc_list_append(base, head);
    head_set_refs(head, 1);
}

GC_INLINE int visit_reachable(struct object *referent, void *base)
{
    if (!object_is_collected(referent))
        return 0;
    struct head *head = head_of(referent);
    if (!head_is_collecting(head))
        return 0;
    if (head->next & HEAD_UNREACHABLE)
        take_back(head, base);
    else if (head_refs(head) == 0)
        head_set_refs(head, 1);
    return 0;
}

/* `prev` is the last one walked that stayed. */
static void put_aside(struct head *head, struct head *prev,
                      struct head *unreachable)
{
    struct head *last = head_prev(unreachable);
    prev->next = head->next;
    last->next = HEAD_UNREACHABLE | (uintptr_t)head;
    head_set_prev(head, last);
    head->next = HEAD_UNREACHABLE | (uintptr_t)unreachable;
    unreachable->prev = (uintptr_t)head;
}

struct parting {
    struct head *base;
    struct head *unreachable;
    struct gc_reachable reachable;
};

GC_INLINE struct head *part(struct head *h, struct head *last, void *parting)
{
    struct parting *p = parting;
    if (head_refs(h) == 0) {
        put_aside(h, last, p->unreachable);
        return last;
    }
    struct object *object = head_object(h);
    object_visit_all(object, visit_reachable, p->base);
    head_pass(h, last);
    p->reachable.any_untrack |= object->type->untrack != NULL;
    p->reachable.count++;
    return h;
}

static struct gc_reachable separate(struct head *base, size_t count,
                                    struct head *unreachable)
{
    struct parting p = { .base = base, .unreachable = unreachable };
    struct head *last = count < WINDOW_LIST_MIN
                            ? window_walk_plain(base, base, UINT_MAX, part, &p)
                            : window_walk(base, base, part, &p);
    base->prev = (uintptr_t)last;
    unreachable->next &= ~HEAD_UNREACHABLE;
    return p.reachable;
}

struct gc_reachable gc_deduce(struct head *base, bool is_whole,
                              struct head *ret_unreachable)
{
    size_t count;
    gc_list_init(ret_unreachable);
    if (is_whole) {
        count = refs_start_and_subtract(base);
    } else {
        count = refs_start(base);
        refs_subtract(base);
    }
    return separate(base, count, ret_unreachable);
}

static bool has_weak(const struct object *object)
{
    return weak_is(object) ||
           (object->type->weak_at != 0 && *weak_list_of(object));
}

struct gc_unreachable gc_unreachable_settle(struct head *unreachable)
{
    struct gc_unreachable found = { .is_plain = true };
    struct head *next = next_unmarked(unreachable);
    unreachable->next = (uintptr_t)next;
    for (struct head *h = next; h != unreachable; h = next) {
        const struct object *object = head_object(h);
        const struct object_type *type = object->type;
        next = next_unmarked(h);
        h->next = (uintptr_t)next;
        found.count++;
        if (type->del || type->finalize || has_weak(object))
            found.is_plain = false;
    }
    return found;
}

bool gc_any_from_outside(struct head *list)
{
    struct head *prev = list;
    bool any = false;
    refs_start(list);
    refs_subtract(list);
    for (struct head *h = head_next(list); h != list; h = head_next(h)) {
        any |= head_refs(h) != 0;
        head_pass(h, prev);
        prev = h;
    }
    return any;
}
