/* weak_links.h - what a weak reference is, and the list that it is in.
 *
 *   referent
 *   | ... | weak list ---> plain ref <-> plain proxy <-> newest <-> ... oldest
 *
 * Invariant: `referent` is NULL exactly when the reference is in no list.
 *
 * Threads, Errors, Owner: as weak.h. */
#ifndef ASSAY_GC_WEAK_LINKS_H
#define ASSAY_GC_WEAK_LINKS_H

#include "assay/weak.h"

#define WEAK_NO_HASH ((intptr_t)-1)

struct weak {
    struct object head;
    struct object *referent; /* borrowed */
    struct object *callback; /* a reference, or NULL */
    intptr_t hash;           /* of the referent, once asked; or WEAK_NO_HASH */
    struct weak *prev;
    struct weak *next;
};

static inline bool weak_is(const struct object *object)
{
    return object->type->flags & OBJECT_WEAK;
}

static inline struct weak **weak_list_of(const struct object *referent)
{
    return (struct weak **)((char *)(uintptr_t)referent +
                            referent->type->weak_at);
}

/* Takes it out of its referent's list; the callback stays. */
static inline void weak_unlink(struct weak *weak)
{
    if (!weak->referent)
        return;
    struct weak **list = weak_list_of(weak->referent);
    if (*list == weak)
        *list = weak->next;
    if (weak->prev)
        weak->prev->next = weak->next;
    if (weak->next)
        weak->next->prev = weak->prev;
    weak->referent = NULL;
    weak->prev = weak->next = NULL;
}

/* And drops the callback (clear_weakref). */
static inline void weak_end(struct weak *weak)
{
    struct object *callback = weak->callback;
    weak_unlink(weak);
    weak->callback = NULL;
    object_decref_any(callback);
}

#endif
