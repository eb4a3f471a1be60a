/* gc_hooks.c - what a collection tells others: garbage, callbacks, errors
 * that nobody catches, and the lines of the debug flags. */
#include "collector.h"

#include <stdlib.h>

/* ---- garbage ---- */

bool gc_garbage_add(struct gc *gc, struct object *object)
{
    if (gc->garbage_count == gc->garbage_room) {
        struct object **grown =
            gc_array_grow(gc->garbage, &gc->garbage_room, sizeof *grown);
        if (!grown)
            return false;
        gc->garbage = grown;
    }
    gc->garbage[gc->garbage_count++] = object_incref(object);
    return true;
}

size_t gc_garbage_count(const struct gc *gc)
{
    return gc->garbage_count;
}

struct object *gc_garbage_item(const struct gc *gc, size_t index)
{
    return index < gc->garbage_count ? gc->garbage[index] : NULL;
}

/* Emptied first: what dies may add to it. */
void gc_garbage_clear(struct gc *gc)
{
    struct object **garbage = gc->garbage;
    size_t count = gc->garbage_count;
    gc->garbage = NULL;
    gc->garbage_count = gc->garbage_room = 0;
    while (count > 0)
        object_decref(garbage[--count]);
    free(garbage);
}

/* ---- callbacks ---- */

bool gc_callback_add(struct gc *gc, gc_callback *callback, void *context)
{
    if (gc->hook_count == gc->hook_room) {
        struct gc_hook *grown =
            gc_array_grow(gc->hooks, &gc->hook_room, sizeof *grown);
        if (!grown)
            return false;
        gc->hooks = grown;
    }
    gc->hooks[gc->hook_count++] = (struct gc_hook){ callback, context };
    return true;
}

void gc_callback_remove(struct gc *gc, gc_callback *callback, void *context)
{
    size_t i = 0;
    while (i < gc->hook_count &&
           (gc->hooks[i].call != callback || gc->hooks[i].context != context))
        i++;
    if (i == gc->hook_count)
        return;
    gc->hook_count--;
    for (; i < gc->hook_count; i++)
        gc->hooks[i] = gc->hooks[i + 1];
}

/* The array may change under the loop: by index, as CPython does it. */
void gc_callbacks_call(struct gc *gc, const struct gc_info *info)
{
    for (size_t i = 0; i < gc->hook_count; i++) {
        struct gc_hook hook = gc->hooks[i];
        if (!hook.call(hook.context, info))
            gc_raise_nowhere(gc, NULL);
    }
}

/* ---- errors, and lines ---- */

void gc_set_unraisable(struct gc *gc, gc_unraisable *hook, void *context)
{
    gc->unraisable = hook;
    gc->unraisable_context = context;
}

void gc_raise_nowhere(struct gc *gc, struct object *where)
{
    if (gc->unraisable)
        gc->unraisable(gc->unraisable_context, where);
}

void gc_say(const struct gc *gc, unsigned flag, const char *word,
            const struct object *object)
{
    if (gc->debug & flag)
        fprintf(gc->log, "gc: %s <%s %p>\n", word, object->type->name,
                (const void *)object);
}
