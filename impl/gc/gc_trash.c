/* gc_trash.c - what is done with the unreachable: legacy finalizers are kept
 * with all they reach, finalizers are called, the resurrected are spared, and
 * the rest is cleared until its counts come to 0.
 *
 * Every call from here may free objects, make some, and collect nothing:
 * a collection within a collection does nothing. An object that dies takes
 * itself out of whatever list it is in, so a list is only ever read from its
 * start.
 *
 * Source: Modules/gcmodule.c, functions named at each. */
#include "collector.h"
#include "gc_window.h"

/* Objects that are looked at before they are cleared. */
#define AHEAD 16u

/* ---- legacy finalizers ---- */

static int visit_legacy(struct object *referent, void *legacy)
{
    if (!object_is_collected(referent))
        return 0;
    struct head *head = head_of(referent);
    if (!head_is_collecting(head))
        return 0;
    head_clear_collecting(head);
    gc_list_move(head, legacy);
    return 0;
}

/* move_legacy_finalizers(), then move_legacy_finalizer_reachable(): the list
 * grows as it is walked. */
void gc_move_legacy(struct head *unreachable, struct head *legacy)
{
    struct head *next;
    gc_list_init(legacy);
    for (struct head *h = head_next(unreachable); h != unreachable; h = next) {
        next = head_next(h);
        if (!head_object(h)->type->del)
            continue;
        head_clear_collecting(h);
        gc_list_move(h, legacy);
    }
    for (struct head *h = head_next(legacy); h != legacy; h = head_next(h)) {
        struct object *object = head_object(h);
        object->type->traverse(object, visit_legacy, legacy);
    }
}

/* handle_legacy_finalizers() */
void gc_keep_legacy(struct gc *gc, struct head *legacy, struct head *old)
{
    bool all = gc->debug & GC_DEBUG_SAVEALL;
    for (struct head *h = head_next(legacy); h != legacy; h = head_next(h))
        if (all || head_object(h)->type->del)
            if (!gc_garbage_add(gc, head_object(h)))
                break;
    gc_list_merge(legacy, old);
}

/* ---- PEP 442 ---- */

static void finalize_once(struct object *object)
{
    struct head *head = head_of(object);
    if (head_is_finalized(head) || !object->type->finalize)
        return;
    head->prev |= HEAD_FINALIZED;
    object_incref(object);
    object->type->finalize(object);
    object_decref(object);
}

/* finalize_garbage() */
void gc_finalize_all(struct head *unreachable)
{
    struct head seen;
    gc_list_init(&seen);
    while (!gc_list_is_empty(unreachable)) {
        struct head *head = head_next(unreachable);
        gc_list_move(head, &seen);
        finalize_once(head_object(head));
    }
    gc_list_merge(&seen, unreachable);
}

static void clear_collecting_all(struct head *list)
{
    for (struct head *h = head_next(list); h != list; h = head_next(h))
        head_clear_collecting(h);
}

/* check_garbage() of 3.8, handle_resurrected_objects() of 3.9 and later. */
void gc_spare_resurrected(struct gc *gc, struct head *unreachable,
                          struct head *ret_final, struct head *old)
{
    if (gc->edition->resurrection_saves_all) {
        bool any = gc_any_from_outside(unreachable);
        gc_list_init(ret_final);
        gc_list_merge(unreachable, any ? old : ret_final);
        return;
    }
    clear_collecting_all(unreachable);
    gc_deduce(unreachable, false, ret_final);
    gc_unreachable_settle(ret_final);
    gc_list_merge(unreachable, old);
}

/* ---- the end ---- */

static void clear_one(struct object *object)
{
    if (!object->type->clear)
        return;
    object_incref(object);
    object->type->clear(object);
    object_decref(object);
}

/* What is about to be cleared, from the first on, and what it refers to, is on
 * its way from memory. Whatever the first one takes with it, what is read now
 * is still there. */
static void look_ahead(const struct head *trash)
{
    const struct head *at[AHEAD];
    unsigned count = 0;
    for (const struct head *h = head_next(trash); h != trash && count < AHEAD;
         h = head_next(h)) {
        __builtin_prefetch(h + 1, 1);
        at[count++] = h;
    }
    for (unsigned i = 0; i < count; i++)
        window_ask_referents(at[i]);
}

static void delete_first(struct gc *gc, struct head *trash, struct head *old)
{
    struct head *head = head_next(trash);
    if (gc->debug & GC_DEBUG_SAVEALL)
        gc_garbage_add(gc, head_object(head));
    else
        clear_one(head_object(head));
    if (head_next(trash) == head) {
        head_clear_collecting(head);
        gc_list_move(head, old);
    }
}

/* delete_garbage(). What is still first after it was cleared is alive, and
 * may die later of what is cleared after it. */
void gc_delete_all(struct gc *gc, struct head *trash, struct head *old)
{
    for (unsigned i = 0; !gc_list_is_empty(trash); i++) {
        if (i % AHEAD == 0)
            look_ahead(trash);
        delete_first(gc, trash, old);
    }
}
