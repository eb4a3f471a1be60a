/* null_gc.c - a collector that never collects and never ends an object: the
 * floor of rows of collectors.
 *
 * Objects are carved one behind the other from chunks of the backend. Counts
 * are kept, so that they cost what they cost, and nothing follows from them.
 * It claims no safety beyond that and no completeness at all: no subject of
 * conformance. */
#include <stdalign.h>
#include <string.h>

#include "assay/collector.h"

#define ALIGN       ((size_t)16)
#define CHUNK_BYTES ((size_t)1 << 20)
#define ROOTS_MIN   ((size_t)1024)

#define SLOTS_MAX ((size_t)UINT32_MAX)
#define BYTES_MAX ((size_t)1 << 40)

struct item {
    size_t references;
    size_t slots;
    size_t bytes;
    struct item *slot[];
};

struct chunk {
    struct chunk *next;
    size_t bytes;
};

struct assay_type {
    struct assay_type *next;
};

struct assay_heap {
    const struct assay_backend *backend;
    struct chunk *chunks;
    struct assay_type *types;
    char *free, *end;
    struct item **root;
    size_t root_count, root_room;
};

static struct item *item_of(struct assay_object *object)
{
    return (struct item *)object;
}

static struct assay_object *handle_of(struct item *item)
{
    return (struct assay_object *)item;
}

static struct assay_heap *null_create(
    const struct assay_collector_config *config)
{
    const struct assay_backend *backend = config->backend;
    struct assay_heap *heap =
        backend->take(backend->context, sizeof *heap, ALIGN);

    if (heap)
        *heap = (struct assay_heap){ .backend = backend };
    return heap;
}

static void null_destroy(struct assay_heap *heap)
{
    const struct assay_backend *backend = heap->backend;

    for (struct chunk *next, *chunk = heap->chunks; chunk; chunk = next) {
        next = chunk->next;
        backend->give(backend->context, chunk, chunk->bytes);
    }
    for (struct assay_type *next, *type = heap->types; type; type = next) {
        next = type->next;
        backend->give(backend->context, type, sizeof *type);
    }
    if (heap->root)
        backend->give(backend->context, heap->root,
                      heap->root_room * sizeof *heap->root);
    backend->give(backend->context, heap, sizeof *heap);
}

static const struct assay_type *null_type_add(struct assay_heap *heap,
                                              const struct assay_kind *kind)
{
    const struct assay_backend *backend = heap->backend;
    struct assay_type *type =
        backend->take(backend->context, sizeof *type, ALIGN);

    (void)kind;
    if (type) {
        type->next = heap->types;
        heap->types = type;
    }
    return type;
}

static bool chunk_add(struct assay_heap *heap, size_t bytes)
{
    const struct assay_backend *backend = heap->backend;
    size_t head = (sizeof(struct chunk) + ALIGN - 1) / ALIGN * ALIGN;
    size_t whole = bytes + head > CHUNK_BYTES ? bytes + head : CHUNK_BYTES;
    struct chunk *chunk = backend->take(backend->context, whole, ALIGN);

    if (!chunk)
        return false;
    *chunk = (struct chunk){ heap->chunks, whole };
    heap->chunks = chunk;
    heap->free = (char *)chunk + head;
    heap->end = (char *)chunk + whole;
    return true;
}

static struct assay_object *null_new_object(struct assay_heap *heap,
                                            const struct assay_type *type,
                                            size_t slots, size_t bytes)
{
    size_t head = sizeof(struct item) + slots * sizeof(struct item *);
    size_t whole = (head + bytes + ALIGN - 1) / ALIGN * ALIGN;

    (void)type;
    if (slots > SLOTS_MAX || bytes > BYTES_MAX)
        return NULL;
    if ((size_t)(heap->end - heap->free) < whole && !chunk_add(heap, whole))
        return NULL;
    struct item *item = (struct item *)heap->free;
    heap->free += whole;
    item->references = 1;
    item->slots = slots;
    item->bytes = bytes;
    memset(item->slot, 0, slots * sizeof(struct item *));
    return handle_of(item);
}

static void *null_payload(struct assay_heap *heap, struct assay_object *object)
{
    struct item *item = item_of(object);

    (void)heap;
    return item->bytes ? &item->slot[item->slots] : NULL;
}

static struct assay_object *null_load(struct assay_heap *heap,
                                      struct assay_object *object, size_t slot)
{
    (void)heap;
    return handle_of(item_of(object)->slot[slot]);
}

static void null_store(struct assay_heap *heap, struct assay_object *object,
                       size_t slot, struct assay_object *value)
{
    (void)heap;
    item_of(object)->slot[slot] = item_of(value);
}

static bool roots_grow(struct assay_heap *heap)
{
    const struct assay_backend *backend = heap->backend;
    size_t room = heap->root_room ? heap->root_room * 2 : ROOTS_MIN;
    struct item **grown =
        backend->take(backend->context, room * sizeof *grown, ALIGN);

    if (!grown)
        return false;
    if (heap->root) {
        memcpy(grown, heap->root, heap->root_count * sizeof *grown);
        backend->give(backend->context, heap->root,
                      heap->root_room * sizeof *grown);
    }
    heap->root = grown;
    heap->root_room = room;
    return true;
}

static bool null_push(struct assay_heap *heap, struct assay_object *object)
{
    if (heap->root_count == heap->root_room && !roots_grow(heap))
        return false;
    heap->root[heap->root_count++] = item_of(object);
    return true;
}

static void null_pop(struct assay_heap *heap, size_t count)
{
    heap->root_count -= count;
}

static struct assay_object *null_root(struct assay_heap *heap, size_t place)
{
    return handle_of(heap->root[place]);
}

static void null_set_root(struct assay_heap *heap, size_t place,
                          struct assay_object *object)
{
    heap->root[place] = item_of(object);
}

static size_t null_collect(struct assay_heap *heap, unsigned generation)
{
    (void)heap, (void)generation;
    return 0;
}

static void null_incref(struct assay_heap *heap, struct assay_object *object)
{
    (void)heap;
    item_of(object)->references++;
}

static void null_decref(struct assay_heap *heap, struct assay_object *object)
{
    (void)heap;
    item_of(object)->references--;
}

static size_t null_count(struct assay_heap *heap, struct assay_object *object)
{
    (void)heap;
    return item_of(object)->references;
}

static void null_automatic(struct assay_heap *heap, bool on)
{
    (void)heap, (void)on;
}

static size_t null_threshold(struct assay_heap *heap, unsigned generation)
{
    (void)heap, (void)generation;
    return 0;
}

static void null_set_threshold(struct assay_heap *heap, unsigned generation,
                               size_t threshold)
{
    (void)heap, (void)generation, (void)threshold;
}

const struct assay_collector assay_collector = {
    .abi = ASSAY_COLLECTOR_ABI,
    .can = ASSAY_COLLECTOR_COUNTS | ASSAY_COLLECTOR_AUTOMATIC |
           ASSAY_COLLECTOR_THRESHOLDS | ASSAY_COLLECTOR_BACKEND,
    .name = "null-gc",
    .generations = 1,
    .slots_max = SLOTS_MAX,
    .bytes_max = BYTES_MAX,
    .align = alignof(struct item),
    .create = null_create,
    .destroy = null_destroy,
    .type_add = null_type_add,
    .new_object = null_new_object,
    .payload = null_payload,
    .load = null_load,
    .store = null_store,
    .push = null_push,
    .pop = null_pop,
    .root = null_root,
    .set_root = null_set_root,
    .collect = null_collect,
    .incref = null_incref,
    .decref = null_decref,
    .count = null_count,
    .automatic = null_automatic,
    .threshold = null_threshold,
    .set_threshold = null_set_threshold,
};
