/* weak_death.c - weak references when the count of their referent has come
 * to 0.
 *
 * Several callbacks wait in a tuple, as CPython has it: making it may set off
 * a collection, and callbacks find it at the end of generation 0.
 *
 * Source: PyObject_ClearWeakRefs() of Objects/weakrefobject.c. */
#include "assay/types.h"

#include "collector.h"

static void call_callback(struct weak *weak, struct object *callback)
{
    const struct object_type *type = callback->type;
    if (!type->call || !type->call(callback, &weak->head))
        gc_raise_nowhere(type->gc, callback);
}

/* The shared two, or what else has no callback at the front. */
static void end_plain(struct weak **list)
{
    for (int i = 0; i < 2; i++)
        if (*list && !(*list)->callback)
            weak_end(*list);
}

/* The callback's reference is the caller's now. */
static struct object *take_callback(struct weak *weak)
{
    struct object *callback = weak->callback;
    weak->callback = NULL;
    weak_unlink(weak);
    return callback;
}

static void end_single(struct weak *weak)
{
    struct object *callback = take_callback(weak);
    if (!callback)
        return;
    if (weak->head.references != 0)
        call_callback(weak, callback);
    object_decref(callback);
}

/* A reference that is itself dying calls nothing. */
static void end_into(struct weak *weak, struct object *tuple, size_t place)
{
    struct object *callback = take_callback(weak);
    if (weak->head.references != 0) {
        tuple_set_item(tuple, place, &weak->head);
        if (callback)
            tuple_set_item(tuple, place + 1, callback);
    }
    object_decref_any(callback);
}

/* `count` is what there were before the tuple was made: a collection since
 * may have ended some. */
static void end_several(struct weak **list, size_t count, struct object *tuple)
{
    for (size_t i = 0; i < count && *list; i++)
        end_into(*list, tuple, 2 * i);
    for (size_t i = 0; i < count; i++) {
        struct object *weak = tuple_item(tuple, 2 * i);
        struct object *callback = tuple_item(tuple, 2 * i + 1);
        if (callback)
            call_callback((struct weak *)weak, callback);
    }
    object_decref(tuple);
}

/* For want of memory nobody is called, but all are dead; CPython leaves them
 * to refer to what is gone. */
void weak_clear_all(struct object *dying)
{
    struct weak **list = weak_list_of(dying);
    assert(dying->references == 0);
    end_plain(list);
    size_t count = weak_count(dying);
    if (count == 0)
        return;
    if (count == 1) {
        assert(*list);
        end_single(*list);
        return;
    }
    struct object *tuple = tuple_new(dying->type->gc, 2 * count);
    if (tuple)
        end_several(list, count, tuple);
    else
        weak_drop_all(dying);
}

/* Their callbacks stay with them. */
void weak_drop_all(struct object *dying)
{
    struct weak **list = weak_list_of(dying);
    while (*list)
        weak_unlink(*list);
}
