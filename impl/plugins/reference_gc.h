/* reference_gc.h - the reference's collector as a plug-in: the heap, and its
 * types.
 *
 * Threads, Errors, Owner: as assay/collector.h. */
#ifndef ASSAY_PLUGINS_REFERENCE_GC_H
#define ASSAY_PLUGINS_REFERENCE_GC_H

#include "assay/collector.h"
#include "assay/types.h"
#include "backend_memory.h"

struct assay_heap {
    struct backend_memory memory;
    struct obheap *objects;
    struct gc *gc;
    struct object_type *callback; /* what weak references call */
    struct object **root;
    size_t root_count;
    size_t root_room;
    size_t live_objects;
    size_t live_bytes;
    size_t limit_bytes; /* of live_bytes; 0: none */
    assay_listener *listener;
    void *listener_context;
    size_t candidates; /* of the running collection */
};

/* An object: its slots, then the words of its payload. */
struct gc_item {
    struct object_sized sized; /* items: slots and words */
    struct weak *weak;
    size_t slots;
    struct object *slot[];
};

/* Where the payload starts; there may be none. */
static inline void *gc_item_payload(struct gc_item *item)
{
    return &item->slot[item->slots];
}

/* NULL for want of memory. */
struct object_type *gc_item_type_new(struct assay_heap *heap,
                                     const struct assay_kind *kind);
size_t gc_item_bytes(const struct gc_item *item);
bool gc_item_is_zeroed(const struct object_type *type);

struct object_type *gc_callback_type_new(struct assay_heap *heap);
struct object *gc_callback_new(struct assay_heap *heap,
                               assay_weak_callback *callback, void *context);

#endif
