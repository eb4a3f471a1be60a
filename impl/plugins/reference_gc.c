/* reference_gc.c - the reference's collector, edition py311, as a plug-in.
 *
 * A handle is the address of an object. Roots are an array of references, and
 * each is counted. Objects lie in an object heap on the backend; the head of
 * the collector, its types, and the list of its hooks are of the C library,
 * and do not grow with the number of objects. */
#include "reference_gc.h"

#include <limits.h>
#include <string.h>

#include "collector.h"

#define WORD sizeof(struct object *)

#define SLOTS_MAX ((size_t)UINT32_MAX)
#define BYTES_MAX ((size_t)1 << 56)

#define ROOTS_MIN ((size_t)64)

static size_t plugin_collect(struct assay_heap *heap, unsigned generation);

static struct object *object_of(struct assay_object *handle)
{
    return (struct object *)handle;
}

static struct gc_item *item_of(struct assay_object *handle)
{
    return (struct gc_item *)handle;
}

static struct assay_object *handle_of(struct object *object)
{
    return (struct assay_object *)object;
}

/* ---- the heap ---- */

static bool plugin_open(struct assay_heap *heap)
{
    heap->objects = backend_memory_heap(&heap->memory);
    if (!heap->objects)
        return false;
    struct memory_allocator memory = obheap_allocator(heap->objects);
    heap->gc = gc_create(&(struct gc_config){ .memory = &memory });
    heap->callback = heap->gc ? gc_callback_type_new(heap) : NULL;
    if (!heap->callback)
        return false;
    gc_disable(heap->gc);
    return true;
}

static void plugin_destroy(struct assay_heap *heap)
{
    const struct assay_backend *backend = heap->memory.backend;

    gc_destroy(heap->gc);
    if (heap->objects)
        obheap_destroy(heap->objects);
    backend_memory_end(&heap->memory);
    if (heap->root)
        backend->give(backend->context, heap->root, heap->root_room * WORD);
    backend->give(backend->context, heap, sizeof *heap);
}

static struct assay_heap *plugin_create(
    const struct assay_collector_config *config)
{
    const struct assay_backend *backend = config->backend;
    struct assay_heap *heap =
        backend->take(backend->context, sizeof *heap, _Alignof(max_align_t));

    if (!heap)
        return NULL;
    *heap = (struct assay_heap){ .memory.backend = backend };
    if (plugin_open(heap))
        return heap;
    plugin_destroy(heap);
    return NULL;
}

/* ---- objects ---- */

static const struct assay_type *plugin_type_add(struct assay_heap *heap,
                                                const struct assay_kind *kind)
{
    return (const struct assay_type *)gc_item_type_new(heap, kind);
}

/* CPython has no limit; this one is the plug-in's own. */
static bool limit_holds(struct assay_heap *heap, size_t items)
{
    size_t bytes = sizeof(struct gc_item) + items * WORD;

    return heap->live_bytes <= heap->limit_bytes &&
           bytes <= heap->limit_bytes - heap->live_bytes;
}

static struct assay_object *plugin_new_object(struct assay_heap *heap,
                                              const struct assay_type *given,
                                              size_t slots, size_t bytes)
{
    const struct object_type *type = (const struct object_type *)given;
    size_t words = (bytes + WORD - 1) / WORD;

    if (slots > SLOTS_MAX || bytes > BYTES_MAX)
        return NULL;
    if (heap->limit_bytes && !limit_holds(heap, slots + words)) {
        plugin_collect(heap, GC_OLDEST);
        if (!limit_holds(heap, slots + words))
            return NULL;
    }
    struct gc_item *item =
        (struct gc_item *)gc_new(type, (intptr_t)(slots + words));
    if (!item)
        return NULL;
    item->weak = NULL;
    item->slots = slots;
    memset(item->slot, 0,
           (gc_item_is_zeroed(type) ? slots + words : slots) * WORD);
    heap->live_objects++;
    heap->live_bytes += gc_item_bytes(item);
    gc_track(&item->sized.head);
    return handle_of(&item->sized.head);
}

static void *plugin_payload(struct assay_heap *heap,
                            struct assay_object *object)
{
    struct gc_item *item = item_of(object);

    (void)heap;
    return (size_t)item->sized.items > item->slots ? gc_item_payload(item)
                                                   : NULL;
}

static struct assay_object *plugin_load(struct assay_heap *heap,
                                        struct assay_object *object,
                                        size_t slot)
{
    (void)heap;
    assert(slot < item_of(object)->slots);
    return handle_of(item_of(object)->slot[slot]);
}

static void plugin_store(struct assay_heap *heap, struct assay_object *object,
                         size_t slot, struct assay_object *value)
{
    (void)heap;
    assert(slot < item_of(object)->slots);
    object_replace(&item_of(object)->slot[slot],
                   object_incref_any(object_of(value)));
}

static void plugin_store_at(struct assay_heap *heap,
                            struct assay_object *object,
                            struct assay_object **place,
                            struct assay_object *value)
{
    (void)heap, (void)object;
    object_replace((struct object **)place,
                   object_incref_any(object_of(value)));
}

/* ---- roots ---- */

static bool roots_grow(struct assay_heap *heap)
{
    const struct assay_backend *backend = heap->memory.backend;
    size_t room = heap->root_room ? heap->root_room * 2 : ROOTS_MIN;
    struct object **grown = backend->take(backend->context, room * WORD, WORD);

    if (!grown)
        return false;
    if (heap->root) {
        memcpy(grown, heap->root, heap->root_count * WORD);
        backend->give(backend->context, heap->root, heap->root_room * WORD);
    }
    heap->root = grown;
    heap->root_room = room;
    return true;
}

static bool plugin_push(struct assay_heap *heap, struct assay_object *object)
{
    if (heap->root_count == heap->root_room && !roots_grow(heap))
        return false;
    heap->root[heap->root_count++] = object_incref_any(object_of(object));
    return true;
}

/* What ends with it may push and pop in its turn. */
static void plugin_pop(struct assay_heap *heap, size_t count)
{
    assert(count <= heap->root_count);
    while (count-- > 0)
        object_decref_any(heap->root[--heap->root_count]);
}

static struct assay_object *plugin_root(struct assay_heap *heap, size_t place)
{
    assert(place < heap->root_count);
    return handle_of(heap->root[place]);
}

static void plugin_set_root(struct assay_heap *heap, size_t place,
                            struct assay_object *object)
{
    assert(place < heap->root_count);
    object_replace(&heap->root[place], object_incref_any(object_of(object)));
}

/* ---- counts ---- */

static void plugin_incref(struct assay_heap *heap, struct assay_object *object)
{
    (void)heap;
    object_incref(object_of(object));
}

static void plugin_decref(struct assay_heap *heap, struct assay_object *object)
{
    (void)heap;
    object_decref(object_of(object));
}

static size_t plugin_count(struct assay_heap *heap, struct assay_object *object)
{
    (void)heap;
    return (size_t)object_of(object)->references;
}

/* ---- collections ---- */

static void tell(const struct assay_heap *heap, enum assay_collection_step step,
                 const struct gc_info *info)
{
    struct assay_collection_event event = {
        .step = step,
        .generation = (unsigned)info->generation,
        .candidates = heap->candidates,
        .collected = info->collected,
        .uncollectable = info->uncollectable,
    };

    heap->listener(heap->listener_context, &event);
}

static bool hear(void *context, const struct gc_info *info)
{
    struct assay_heap *heap = context;

    if (!info->stop) {
        heap->candidates = 0;
        for (int i = 0; i <= info->generation; i++)
            heap->candidates += gc_objects(heap->gc, i, NULL, 0);
    }
    tell(heap, info->stop ? ASSAY_COLLECTION_ENDED : ASSAY_COLLECTION_BEGUN,
         info);
    return true;
}

static bool plugin_listen(struct assay_heap *heap, assay_listener *listener,
                          void *context)
{
    gc_callback_remove(heap->gc, hear, heap);
    if (listener && !gc_callback_add(heap->gc, hear, heap))
        return false;
    heap->listener = listener;
    heap->listener_context = context;
    return true;
}

static size_t plugin_collect(struct assay_heap *heap, unsigned generation)
{
    int oldest = generation > GC_OLDEST ? GC_OLDEST : (int)generation;

    if (heap->listener) {
        heap->candidates = 0;
        tell(heap, ASSAY_COLLECTION_REQUESTED,
             &(struct gc_info){ .generation = oldest });
    }
    return (size_t)gc_collect(heap->gc, oldest);
}

static void plugin_automatic(struct assay_heap *heap, bool on)
{
    if (on)
        gc_enable(heap->gc);
    else
        gc_disable(heap->gc);
}

static size_t plugin_threshold(struct assay_heap *heap, unsigned generation)
{
    int threshold[GC_GENERATIONS];

    assert(generation < GC_GENERATIONS);
    gc_thresholds(heap->gc, threshold);
    return (size_t)threshold[generation];
}

static void plugin_set_threshold(struct assay_heap *heap, unsigned generation,
                                 size_t value)
{
    int threshold[GC_GENERATIONS];

    assert(generation < GC_GENERATIONS);
    gc_thresholds(heap->gc, threshold);
    threshold[generation] = value > INT_MAX ? INT_MAX : (int)value;
    gc_set_thresholds(heap->gc, threshold);
}

static void plugin_freeze(struct assay_heap *heap)
{
    gc_freeze(heap->gc);
}

static void plugin_unfreeze(struct assay_heap *heap)
{
    gc_unfreeze(heap->gc);
}

static void plugin_set_limit(struct assay_heap *heap, size_t bytes)
{
    heap->limit_bytes = bytes;
}

/* A counted reference keeps, and nothing moves. */
static bool plugin_pin(struct assay_heap *heap, struct assay_object *object)
{
    plugin_incref(heap, object);
    return true;
}

/* ---- weak references ---- */

static struct assay_object *plugin_weak_new(struct assay_heap *heap,
                                            struct assay_object *referent,
                                            assay_weak_callback *callback,
                                            void *context)
{
    struct object *called = NULL;

    if (callback && !(called = gc_callback_new(heap, callback, context)))
        return NULL;
    struct object *weak = weak_ref(object_of(referent), called);
    object_decref_any(called);
    return handle_of(weak);
}

static struct assay_object *plugin_weak_get(struct assay_heap *heap,
                                            struct assay_object *weak)
{
    (void)heap;
    return handle_of(weak_target(object_of(weak)));
}

/* ---- looking in ---- */

static void plugin_stats(struct assay_heap *heap,
                         struct assay_collector_stats *ret_stats)
{
    struct gc_stats stats[GC_GENERATIONS];

    gc_stats(heap->gc, stats);
    *ret_stats =
        (struct assay_collector_stats){ .live_objects = heap->live_objects,
                                        .live_bytes = heap->live_bytes };
    for (int i = 0; i < GC_GENERATIONS; i++) {
        ret_stats->generation[i].collections = stats[i].collections;
        ret_stats->generation[i].collected = stats[i].collected;
        ret_stats->generation[i].uncollectable = stats[i].uncollectable;
        ret_stats->generation[i].objects = gc_objects(heap->gc, i, NULL, 0);
    }
}

static const char *plugin_verify(struct assay_heap *heap)
{
    struct fault fault = gc_verify(heap->gc);

    if (!fault.what)
        fault = obheap_verify(heap->objects);
    return fault.what ? fault.what : backend_memory_fault(&heap->memory);
}

const struct assay_collector assay_collector = {
    .abi = ASSAY_COLLECTOR_ABI,
    .can = ASSAY_COLLECTOR_COUNTS | ASSAY_COLLECTOR_GENERATIONS |
           ASSAY_COLLECTOR_AUTOMATIC | ASSAY_COLLECTOR_THRESHOLDS |
           ASSAY_COLLECTOR_FREEZE | ASSAY_COLLECTOR_FINALIZE |
           ASSAY_COLLECTOR_ENDED | ASSAY_COLLECTOR_TRAVERSE |
           ASSAY_COLLECTOR_WEAK | ASSAY_COLLECTOR_WEAK_CALLBACK |
           ASSAY_COLLECTOR_STATS | ASSAY_COLLECTOR_LISTEN |
           ASSAY_COLLECTOR_VERIFY | ASSAY_COLLECTOR_BACKEND |
           ASSAY_COLLECTOR_LIMIT | ASSAY_COLLECTOR_PIN | ASSAY_COLLECTOR_FORK,
    .name = "reference-gc",
    .generations = GC_GENERATIONS,
    .slots_max = SLOTS_MAX,
    .bytes_max = BYTES_MAX,
    .align = WORD,
    .create = plugin_create,
    .destroy = plugin_destroy,
    .type_add = plugin_type_add,
    .new_object = plugin_new_object,
    .payload = plugin_payload,
    .load = plugin_load,
    .store = plugin_store,
    .push = plugin_push,
    .pop = plugin_pop,
    .root = plugin_root,
    .set_root = plugin_set_root,
    .collect = plugin_collect,
    .incref = plugin_incref,
    .decref = plugin_decref,
    .count = plugin_count,
    .automatic = plugin_automatic,
    .threshold = plugin_threshold,
    .set_threshold = plugin_set_threshold,
    .freeze = plugin_freeze,
    .unfreeze = plugin_unfreeze,
    .store_at = plugin_store_at,
    .weak_new = plugin_weak_new,
    .weak_get = plugin_weak_get,
    .set_limit = plugin_set_limit,
    .pin = plugin_pin,
    .unpin = plugin_decref,
    .stats = plugin_stats,
    .listen = plugin_listen,
    .verify = plugin_verify,
};
