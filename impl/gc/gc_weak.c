/* gc_weak.c - weak references when a collection has found what is dead.
 *
 * No callback may see anything that is about to be cleared. So all weak
 * references to the dead die first, and only then are callbacks called; and
 * a reference that is itself among the dead calls nothing.
 *
 * Source: handle_weakrefs() of Modules/gcmodule.c. */
#include "collector.h"

/* Callbacks will run and may drop the reference: it is held by the queue. */
static void queue_callback(struct weak *weak, struct head *queue)
{
    struct head *head = head_of(&weak->head);
    if (!weak->callback || head_is_collecting(head))
        return;
    object_incref(&weak->head);
    gc_list_move(head, queue);
}

static void kill_references(struct head *unreachable, struct head *queue)
{
    struct head *next;
    for (struct head *h = head_next(unreachable); h != unreachable; h = next) {
        struct object *object = head_object(h);
        next = head_next(h);
        if (weak_is(object))
            weak_unlink((struct weak *)object);
        if (!weak_supports(object))
            continue;
        struct weak **list = weak_list_of(object);
        while (*list) {
            struct weak *weak = *list;
            weak_unlink(weak);
            queue_callback(weak, queue);
        }
    }
}

static void call_callback(struct gc *gc, struct weak *weak)
{
    struct object *callback = weak->callback;
    if (!callback->type->call || !callback->type->call(callback, &weak->head))
        gc_raise_nowhere(gc, callback);
}

size_t gc_clear_weak(struct gc *gc, struct head *unreachable, struct head *old)
{
    struct head queue;
    size_t freed = 0;
    gc_list_init(&queue);
    kill_references(unreachable, &queue);
    while (!gc_list_is_empty(&queue)) {
        struct head *head = head_next(&queue);
        struct object *object = head_object(head);
        call_callback(gc, (struct weak *)object);
        object_decref(object);
        if (head_next(&queue) == head)
            gc_list_move(head, old);
        else
            freed++;
    }
    return freed;
}
