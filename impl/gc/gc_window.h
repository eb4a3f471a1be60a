/* gc_window.h - a walk through a list that looks some objects ahead, so that
 * memory is on its way before it is needed.
 *
 *   list   ... | h | 1 2 3 ... 8 ... 15 | ...
 *                |   their referents  `- the newest: its own memory
 *                `- the one that is walked
 *
 * The newest object of the window is asked for its own memory; one half way
 * has it by then, and is asked for that of its referents. Looking ahead only
 * reads. While a list is walked, objects may be appended to it, and the one
 * just walked may leave it.
 *
 * What lies in the caches needs no asking, and a short list lies there: it is
 * walked without a window (WINDOW_LIST_MIN).
 *
 * Threads, Errors: as gc.h.
 * Owner:   the window lives on the stack of the walk. */
#ifndef ASSAY_GC_WINDOW_H
#define ASSAY_GC_WINDOW_H

#include "gc_list.h"

#define GC_INLINE static inline __attribute__((always_inline))

/* Objects ahead, a power of two; referents are asked for half way. */
#define WINDOW_SIZE 16u
#define WINDOW_HALF (WINDOW_SIZE / 2)

/* From so many objects on a list is walked with one: fewer, of 64 bytes, lie
 * in a second cache of 1 MiB. */
#define WINDOW_LIST_MIN 16384u

struct window {
    struct head *base;
    struct head *newest; /* the last one taken in; at first `base` */
    unsigned taken;      /* in all; the next place modulo WINDOW_SIZE */
    unsigned walked;
    struct head *place[WINDOW_SIZE];
};

/* The slots of an object whose type says where they are. */
GC_INLINE struct object **object_slots(const struct object *object)
{
    return (struct object **)((char *)(uintptr_t)object +
                              object->type->slots_at);
}

/* What type->traverse does when the visit never ends it, inline where the
 * references are so many consecutive slots. */
GC_INLINE void object_visit_all(struct object *object, object_visit *visit,
                                void *context)
{
    const struct object_type *type = object->type;
    if (type->slot_count == 0) {
        type->traverse(object, visit, context);
        return;
    }
    struct object **slot = object_slots(object);
    for (unsigned i = 0; i < type->slot_count; i++)
        if (slot[i])
            visit(slot[i], context);
}

/* A head and its object may lie in two lines of a cache. Inline at once: GCC
 * 12 takes a function that only prefetches for one that does nothing, and
 * drops calls of it. */
GC_INLINE void window_ask_referents(const struct head *head)
{
    const struct object *object = (const struct object *)(head + 1);
    struct object *const *slot = object_slots(object);
    for (unsigned i = 0; i < object->type->slot_count; i++) {
        if (!slot[i])
            continue;
        __builtin_prefetch(head_of(slot[i]), 1);
        __builtin_prefetch(slot[i]);
    }
}

/* The walk starts behind `last`: at first `base`. */
GC_INLINE void window_open(struct window *window, struct head *base,
                           struct head *last)
{
    window->base = base;
    window->newest = last;
    window->taken = window->walked = 0;
}

GC_INLINE void window_take_in(struct window *window)
{
    struct head *next;
    while (window->taken - window->walked < WINDOW_SIZE &&
           (next = head_next(window->newest)) != window->base) {
        __builtin_prefetch(next + 1);
        window->place[window->taken++ % WINDOW_SIZE] = next;
        window->newest = next;
    }
}

/* The next object of the list; NULL at its end. */
GC_INLINE struct head *window_next(struct window *window)
{
    window_take_in(window);
    if (window->taken == window->walked)
        return NULL;
    if (window->taken - window->walked > WINDOW_HALF)
        window_ask_referents(
            window->place[(window->walked + WINDOW_HALF) % WINDOW_SIZE]);
    return window->place[window->walked++ % WINDOW_SIZE];
}

/* `head`, just walked, is about to leave the list; `prev` is before it. */
GC_INLINE void window_leaves(struct window *window, const struct head *head,
                             struct head *prev)
{
    if (window->newest == head)
        window->newest = prev;
}

#endif
