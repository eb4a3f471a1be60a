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
 * Source: deduce_unreachable() of Modules/gcmodule.c. */
#include "collector.h"

static void refs_start(struct head *base)
{
    for (struct head *h = head_next(base); h != base; h = head_next(h)) {
        struct object *object = head_object(h);
        assert(object->references > 0);
        head_start_refs(h, object->references);
    }
}

/* Objects outside of the list have no COLLECTING, untracked ones included. */
static int visit_drop(struct object *referent, void *unused)
{
    (void)unused;
    if (object_is_collected(referent) && head_is_collecting(head_of(referent)))
        head_drop_ref(head_of(referent));
    return 0;
}

static void refs_subtract(struct head *base)
{
    for (struct head *h = head_next(base); h != base; h = head_next(h)) {
        struct object *object = head_object(h);
        object->type->traverse(object, visit_drop, NULL);
    }
}

static struct head *next_unmarked(const struct head *head)
{
    return (struct head *)(head->next & ~HEAD_UNREACHABLE);
}

/* The link that is copied keeps its mark. */
static void take_back(struct head *head, struct head *base)
{
    struct head *prev = head_prev(head), *next = next_unmarked(head);
    prev->next = head->next;
    head_set_prev(next, prev);
    gc_list_append(base, head);
    head_set_refs(head, 1);
}

static int visit_reachable(struct object *referent, void *base)
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

static void separate(struct head *base, struct head *unreachable)
{
    struct head *prev = base;
    for (struct head *h = head_next(base); h != base; h = head_next(prev)) {
        if (head_refs(h) == 0) {
            put_aside(h, prev, unreachable);
            continue;
        }
        struct object *object = head_object(h);
        object->type->traverse(object, visit_reachable, base);
        head_set_prev(h, prev);
        head_clear_collecting(h);
        prev = h;
    }
    base->prev = (uintptr_t)prev;
    unreachable->next &= ~HEAD_UNREACHABLE;
}

void gc_deduce(struct head *base, struct head *ret_unreachable)
{
    gc_list_init(ret_unreachable);
    refs_start(base);
    refs_subtract(base);
    separate(base, ret_unreachable);
}

void gc_unreachable_settle(struct head *unreachable)
{
    struct head *head = unreachable;
    do {
        head->next &= ~HEAD_UNREACHABLE;
        head = head_next(head);
    } while (head != unreachable);
}

bool gc_any_from_outside(struct head *list)
{
    struct head *prev = list;
    bool any = false;
    refs_start(list);
    refs_subtract(list);
    for (struct head *h = head_next(list); h != list; h = head_next(h)) {
        any |= head_refs(h) != 0;
        head_set_prev(h, prev);
        head_clear_collecting(h);
        prev = h;
    }
    return any;
}
