/* gc_window.h - a walk through a list that looks some objects ahead, so that
 * memory is on its way before it is needed.
 *
 *   list   ... | h | 1 2 3 ... 8 ... 16 | ...
 *                |        |         `- the newest: its own memory
 *                |        `- half way: that of its referents
 *                `- the one that is walked
 *
 * The newest object of the window is asked for its own memory; one half way
 * has it by then, and is asked for that of its referents. Looking ahead only
 * reads. While a list is walked, objects may be appended to it, and the one
 * just walked may leave it.
 *
 * Looking ahead costs as much as half a visit, and is worth nothing where the
 * processor does it by itself: in caches, and along rows of addresses. So a
 * short list is walked without a window (WINDOW_LIST_MIN), and so is a piece
 * of a long one whose first objects lie in a row, and so does what each of
 * their slots refers to.
 *
 * Threads, Errors: as gc.h.
 * Owner:   nothing is kept. */
#ifndef ASSAY_GC_WINDOW_H
#define ASSAY_GC_WINDOW_H

#include "gc_list.h"

#define GC_INLINE static inline __attribute__((always_inline))

/* Objects ahead; referents are asked for half way. */
#define WINDOW_SIZE 16u
#define WINDOW_HALF (WINDOW_SIZE / 2)

/* From so many objects on a list is walked with one: fewer, of 64 bytes, lie
 * in a second cache of 1 MiB. */
#define WINDOW_LIST_MIN 16384u

/* A long list is walked in pieces of so many objects; the first few of each
 * tell how it is walked. Neighbours in a row are within so many bytes. */
#define WINDOW_PIECE      1024u
#define WINDOW_SAMPLE     8u
#define WINDOW_NEAR_BYTES ((uintptr_t)2048)

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
GC_INLINE void window_ask(const struct object *object)
{
    __builtin_prefetch(head_of(object), 1);
    __builtin_prefetch(object);
}

GC_INLINE void window_ask_referents(const struct head *head)
{
    const struct object *object = (const struct object *)(head + 1);
    struct object *const *slot = object_slots(object);
    for (unsigned i = 0; i < object->type->slot_count; i++)
        if (slot[i])
            window_ask(slot[i]);
}

/* What is done with an object. The last one that is still in the list: `head`
 * itself, or `last` before it where `head` left it. */
typedef struct head *window_step(struct head *head, struct head *last,
                                 void *context);

GC_INLINE bool window_is_near(const void *one, const void *other)
{
    return (uintptr_t)one - (uintptr_t)other + WINDOW_NEAR_BYTES <
           2 * WINDOW_NEAR_BYTES;
}

/* Whether what is asked for of the one is near to what is of the other. */
static inline bool window_goes_on(const struct head *one,
                                  const struct head *other)
{
    const struct object *first = (const struct object *)(one + 1);
    const struct object *second = (const struct object *)(other + 1);
    if (!window_is_near(one, other) || first->type != second->type)
        return false;
    for (unsigned i = 0; i < first->type->slot_count; i++)
        if (!window_is_near(object_slots(first)[i], object_slots(second)[i]))
            return false;
    return true;
}

/* Judges the piece from `head` on by its first objects. */
static inline bool window_is_needless(const struct head *head,
                                      const struct head *base)
{
    for (unsigned i = 0; i < WINDOW_SAMPLE; i++) {
        const struct head *next = head_next(head);
        if (next == base)
            return true;
        if (!window_goes_on(head, next))
            return false;
        head = next;
    }
    return true;
}

/* Up to `count` objects behind `last`; where it came to. */
GC_INLINE struct head *window_walk_plain(struct head *base, struct head *last,
                                         unsigned count, window_step *step,
                                         void *context)
{
    struct head *h;
    for (; count > 0 && (h = head_next(last)) != base; count--)
        last = step(h, last, context);
    return last;
}

/* The object `count` places behind `last`, each asked for its memory; NULL
 * where there are fewer. */
static inline struct head *window_open(const struct head *base,
                                       struct head *last, unsigned count)
{
    for (; count > 0; count--) {
        last = head_next(last);
        if (last == base)
            return NULL;
        __builtin_prefetch(last + 1);
    }
    return last;
}

GC_INLINE struct head *window_walk_ahead(struct head *base, struct head *last,
                                         window_step *step, void *context)
{
    struct head *half = window_open(base, last, WINDOW_HALF);
    struct head *newest =
        half ? window_open(base, half, WINDOW_SIZE - WINDOW_HALF) : NULL;
    if (!newest)
        return window_walk_plain(base, last, WINDOW_SIZE, step, context);
    for (unsigned i = 0; i < WINDOW_PIECE; i++) {
        struct head *next = head_next(newest);
        if (next == base)
            return window_walk_plain(base, last, WINDOW_SIZE, step, context);
        __builtin_prefetch(next + 1);
        newest = next;
        window_ask_referents(half);
        half = head_next(half);
        last = step(head_next(last), last, context);
    }
    return last;
}

/* All that is behind `last`, in pieces; the last one that is in the list. */
GC_INLINE struct head *window_walk(struct head *base, struct head *last,
                                   window_step *step, void *context)
{
    struct head *h;
    while ((h = head_next(last)) != base)
        last = window_is_needless(h, base)
                   ? window_walk_plain(base, last, WINDOW_PIECE, step, context)
                   : window_walk_ahead(base, last, step, context);
    return last;
}

#endif
