/* plain_gc.h - the plain collector's heap and objects, for its files. */
#ifndef ASSAY_PLAIN_GC_H
#define ASSAY_PLAIN_GC_H

#include <sys/types.h>

#include "plain_parts.h"

enum plain_shape { SHAPE_OBJECT, SHAPE_WEAK, SHAPE_EPHEMERON };

struct assay_object {
    struct assay_object *next, *prev; /* in the heap, the newest first */
    struct assay_object *work;        /* in one of the lists gray and dying */
    const struct assay_kind *kind;    /* NULL: a weak reference, an ephemeron */
    size_t slots, bytes;
    size_t references; /* all */
    size_t held;       /* of these, the caller's and pins */
    enum plain_shape shape;
    unsigned char remembered; /* old, and refers to young ones */
    bool old, marked, doomed, queued, finalized, frozen, pardoned;
    bool child;     /* of another object, as children_stay_young has it */
    bool suspected; /* lost a reference and lived on, as suspects_kept has it */
    struct assay_object *weak;      /* that refer to it */
    struct assay_object *next_weak; /* of the same referent */
    struct assay_object *referent, *value;
    assay_weak_callback *callback;
    void *context;
    struct assay_object *slot[];
};

struct assay_heap {
    struct plain_parts parts;
    struct plain_roots roots;
    struct assay_object *first, *gray, *dying, *pending, *suspect;
    bool draining, collecting, asked, minor, automatic, finalizable;
    size_t young, minors, threshold[2], limit;
    size_t depth, given, lingers; /* of faults */
    assay_listener *listener;
    void *listener_context;
    pid_t process;
};

size_t plain_bytes(size_t slots, size_t bytes);
void *plain_start(struct assay_object *object);

void plain_retain(struct assay_object *object);
void plain_release(struct assay_heap *heap, struct assay_object *object);
/* Ends what has no reference left, one after the other. */
void plain_drain(struct assay_heap *heap);

/* The end of an object, in the order of its steps. Weak references that call
 * back wait from plain_weak_forget() until plain_weak_call(). */
bool plain_finalize(struct assay_heap *heap, struct assay_object *object);
void plain_weak_forget(struct assay_heap *heap, struct assay_object *object);
void plain_weak_call(struct assay_heap *heap);
void plain_tell_end(struct assay_object *object);
void plain_release_slots(struct assay_heap *heap, struct assay_object *object);
void plain_free_object(struct assay_heap *heap, struct assay_object *object);

size_t plain_collect(struct assay_heap *heap, unsigned generation);

/* The beginning and the end of a heap, for the table. */
struct assay_heap *plain_create(const struct assay_collector_config *config);
void plain_destroy(struct assay_heap *heap);

#endif
