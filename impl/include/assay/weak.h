/* weak.h - weak references and proxies.
 *
 * A referent has the list of all that refer to it weakly: first the plain
 * reference, then the plain proxy, if there are such, then all others from
 * the newest to the oldest. "Plain" is of the exact type and without a
 * callback; of these there is one, and who asks for another is given it.
 *
 * When the referent dies all of them are dead before the first callback is
 * called. A reference that dies before its referent calls nothing.
 *
 * Source: Objects/weakrefobject.c; tests test_weakref.py.
 *
 * Threads: as the referent's collector.
 * Errors:  NULL for want of memory, and when objects of this type cannot be
 *          referred to weakly, which weak_supports() tells apart.
 * Owner:   a reference keeps its callback alive, and not its referent. */
#ifndef ASSAY_WEAK_H
#define ASSAY_WEAK_H

#include "assay/object.h"

/* "cannot create weak reference to '...' object" is what false means. */
bool weak_supports(const struct object *referent);

/* New references. `callback` may be NULL; when the referent dies its call
 * slot is given the dead reference. */
struct object *weak_ref(struct object *referent, struct object *callback);
struct object *weak_proxy(struct object *referent, struct object *callback);

/* A type whose references are never shared, as a subclass's are not. */
struct object_type *weak_type_new(struct gc *gc, const char *name);
struct object *weak_ref_of(const struct object_type *type,
                           struct object *referent, struct object *callback);

/* Borrowed; NULL once the referent is dead. Of a proxy NULL means
 * "weakly-referenced object no longer exists". */
struct object *weak_target(const struct object *weak);

/* Borrowed, or NULL. */
struct object *weak_callback(const struct object *weak);

bool weak_is_ref(const struct object *object);
bool weak_is_proxy(const struct object *object);

/* A proxy of an object that can be called, when it was made. */
bool weak_proxy_is_callable(const struct object *proxy);

/* Calls what the proxy stands for. False: it is dead, it cannot be called, or
 * it raised an error. */
bool weak_proxy_call(struct object *proxy, struct object *argument);

/* How many there are of an object, and which, borrowed, in list order: at
 * most `room` are stored. */
size_t weak_count(const struct object *referent);
size_t weak_list(const struct object *referent, struct object **ret_weak,
                 size_t room);

/* For a dealloc slot, when the count is 0 and nothing of the object is gone
 * yet: kills all references to it, then calls callbacks, newest first
 * (PyObject_ClearWeakRefs). weak_drop_all() calls none: for those made while
 * a finalizer ran. */
void weak_clear_all(struct object *dying);
void weak_drop_all(struct object *dying);

#endif
