/* inspect_heap.c - all objects that can be seen, and their references.
 *
 * Nothing is made or changed meanwhile: objects are only traversed. */
#include "inspect_heap.h"

/* ---- one object ---- */

enum { INSPECT_HEAD_BYTES = 16 };

static size_t inspect_before(const struct object *object)
{
    return object_is_collected(object)
               ? INSPECT_HEAD_BYTES + object->type->before
               : 0;
}

uintptr_t inspect_block(const struct object *object)
{
    return (uintptr_t)object - inspect_before(object);
}

/* ---- objects ---- */

static uint32_t address_hash(const void *address)
{
    return trace_hash(0, (uintptr_t)address >> 4);
}

struct object_sought {
    const struct inspect_heap *among;
    const struct object *object;
};

static bool object_is_sought(const void *context, uint32_t item)
{
    const struct object_sought *sought = context;
    return sought->among->object[item].object == sought->object;
}

uint32_t inspect_find(const struct inspect_heap *heap,
                      const struct object *object)
{
    struct object_sought sought = { heap, object };
    return trace_index_find(&heap->index, address_hash(object),
                            object_is_sought, &sought);
}

static bool inspect_add(struct inspect_heap *heap, const struct object *object)
{
    if (inspect_find(heap, object) != TRACE_NONE)
        return true;
    struct inspect_object *grown =
        trace_array_grow(heap->object, heap->count, &heap->room,
                         sizeof grown[0]);
    if (!grown)
        return false;
    heap->object = grown;
    grown[heap->count] = (struct inspect_object){
        .object = object,
        .type = object->type,
        .bytes = object_bytes(object),
        .references = (size_t)object_references(object),
    };
    if (!trace_index_add(&heap->index, address_hash(object),
                         (uint32_t)heap->count))
        return false;
    heap->count++;
    return true;
}

typedef size_t inspect_list(const struct gc *gc, struct object **ret_objects,
                            size_t room);

static size_t all_generations(const struct gc *gc, struct object **ret_objects,
                              size_t room)
{
    return gc_objects(gc, GC_ALL_GENERATIONS, ret_objects, room);
}

static bool inspect_add_list(struct inspect_heap *heap, const struct gc *gc,
                             inspect_list *list)
{
    size_t count = list(gc, NULL, 0);
    struct object **objects =
        memory_system.calloc(NULL, count + 1, sizeof objects[0]);
    bool good = objects != NULL;
    if (good)
        list(gc, objects, count);
    for (size_t i = 0; i < count && good; i++)
        good = inspect_add(heap, objects[i]);
    memory_system.free(NULL, objects);
    return good;
}

/* ---- references ---- */

static int visit_referent(struct object *referent, void *context)
{
    struct inspect_heap *heap = context;
    uint32_t *grown = trace_array_grow(heap->referent, heap->referent_count,
                                       &heap->referent_room, sizeof grown[0]);
    if (!grown)
        return 1;
    heap->referent = grown;
    if (!inspect_add(heap, referent))
        return 1;
    uint32_t number = inspect_find(heap, referent);
    heap->object[number].references_in++;
    grown[heap->referent_count++] = number;
    return 0;
}

/* Those found on the way are at the end, where the walk will come. */
static bool inspect_walk(struct inspect_heap *heap)
{
    for (size_t i = 0; i < heap->count; i++) {
        struct object *object =
            (struct object *)(uintptr_t)heap->object[i].object;
        size_t first = heap->referent_count;
        heap->object[i].first_referent = first;
        if (object_is_collected(object) &&
            object->type->traverse(object, visit_referent, heap) != 0)
            return false;
        heap->object[i].referent_count = heap->referent_count - first;
    }
    return true;
}

struct inspect_heap *inspect_heap_create(const struct gc *gc)
{
    struct inspect_heap *heap = memory_system.calloc(NULL, 1, sizeof *heap);
    if (heap && inspect_add_list(heap, gc, all_generations) &&
        inspect_add_list(heap, gc, gc_permanent) && inspect_walk(heap))
        return heap;
    inspect_heap_destroy(heap);
    return NULL;
}

void inspect_heap_destroy(struct inspect_heap *heap)
{
    if (!heap)
        return;
    memory_system.free(NULL, heap->object);
    memory_system.free(NULL, heap->referent);
    trace_index_end(&heap->index);
    memory_system.free(NULL, heap);
}

size_t inspect_heap_count(const struct inspect_heap *heap)
{
    return heap->count;
}
