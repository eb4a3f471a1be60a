/* cpython_gc.c - CPython 3.11's memory system, through libpython, as a
 * plug-in.
 *
 * A handle is the address of an object; roots are an array of references, and
 * each is counted, as in the reference's plug-in: the two do the same work. */
#include "cpython_gc.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define WORD sizeof(PyObject *)

#define SLOTS_MAX ((size_t)UINT32_MAX)
#define BYTES_MAX ((size_t)1 << 56)

#define ROOTS_MIN ((size_t)64)

static PyObject *object_of(struct assay_object *handle)
{
    return (PyObject *)handle;
}

static struct item *item_of(struct assay_object *handle)
{
    return (struct item *)handle;
}

static struct assay_object *handle_of(PyObject *object)
{
    return (struct assay_object *)object;
}

/* ---- the heap ---- */

static void gc_destroy(struct assay_heap *heap)
{
    heap->is_ending = true;
    heap->listener = NULL;
    if (heap->state)
        interpreter_close(heap);
    for (struct assay_type *type = heap->types, *next; type; type = next) {
        next = type->next;
        type_retire(type);
    }
    free(heap->root);
    free(heap);
}

static struct assay_heap *gc_create(const struct assay_collector_config *config)
{
    struct assay_heap *heap = calloc(1, sizeof *heap);

    (void)config;
    if (!heap || interpreter_open(heap))
        return heap;
    gc_destroy(heap);
    return NULL;
}

/* ---- objects ---- */

static const struct assay_type *gc_type_add(struct assay_heap *heap,
                                            const struct assay_kind *kind)
{
    interpreter_enter(heap);
    return type_new(heap, kind);
}

static struct assay_object *gc_new_object(struct assay_heap *heap,
                                          const struct assay_type *type,
                                          size_t slots, size_t bytes)
{
    size_t words = (bytes + WORD - 1) / WORD;

    if (slots > SLOTS_MAX || bytes > BYTES_MAX)
        return NULL;
    interpreter_enter(heap);
    struct item *item =
        PyObject_GC_NewVar(struct item, (PyTypeObject *)&type->type,
                           (Py_ssize_t)(slots + words));
    if (!item) {
        PyErr_Clear();
        return NULL;
    }
    item->weak = NULL;
    item->slots = slots;
    memset(item->slot, 0, (type->kind.traverse ? slots + words : slots) * WORD);
    heap->live_objects++;
    heap->live_bytes += item_bytes(item);
    PyObject_GC_Track(item);
    return handle_of((PyObject *)item);
}

static void *gc_payload(struct assay_heap *heap, struct assay_object *object)
{
    struct item *item = item_of(object);

    (void)heap;
    return (size_t)Py_SIZE(item) > item->slots ? item_payload(item) : NULL;
}

static struct assay_object *gc_load(struct assay_heap *heap,
                                    struct assay_object *object, size_t slot)
{
    (void)heap;
    assert(slot < item_of(object)->slots);
    return handle_of(item_of(object)->slot[slot]);
}

static void gc_store(struct assay_heap *heap, struct assay_object *object,
                     size_t slot, struct assay_object *value)
{
    interpreter_enter(heap);
    assert(slot < item_of(object)->slots);
    Py_XINCREF(object_of(value));
    Py_XSETREF(item_of(object)->slot[slot], object_of(value));
}

static void gc_store_at(struct assay_heap *heap, struct assay_object *object,
                        struct assay_object **place, struct assay_object *value)
{
    struct assay_object *before = *place;

    (void)object;
    interpreter_enter(heap);
    Py_XINCREF(object_of(value));
    *place = value;
    Py_XDECREF(object_of(before));
}

/* ---- roots ---- */

static bool roots_grow(struct assay_heap *heap)
{
    size_t room = heap->root_room ? heap->root_room * 2 : ROOTS_MIN;
    PyObject **grown = realloc(heap->root, room * WORD);

    if (!grown)
        return false;
    heap->root = grown;
    heap->root_room = room;
    return true;
}

static bool gc_push(struct assay_heap *heap, struct assay_object *object)
{
    if (heap->root_count == heap->root_room && !roots_grow(heap))
        return false;
    Py_XINCREF(object_of(object));
    heap->root[heap->root_count++] = object_of(object);
    return true;
}

/* What ends with it may push and pop in its turn. */
static void gc_pop(struct assay_heap *heap, size_t count)
{
    interpreter_enter(heap);
    assert(count <= heap->root_count);
    while (count-- > 0) {
        PyObject *object = heap->root[--heap->root_count];

        Py_XDECREF(object);
    }
}

static struct assay_object *gc_root(struct assay_heap *heap, size_t place)
{
    assert(place < heap->root_count);
    return handle_of(heap->root[place]);
}

static void gc_set_root(struct assay_heap *heap, size_t place,
                        struct assay_object *object)
{
    interpreter_enter(heap);
    assert(place < heap->root_count);
    Py_XINCREF(object_of(object));
    Py_XSETREF(heap->root[place], object_of(object));
}

/* ---- counts ---- */

static void gc_incref(struct assay_heap *heap, struct assay_object *object)
{
    (void)heap;
    Py_INCREF(object_of(object));
}

static void gc_decref(struct assay_heap *heap, struct assay_object *object)
{
    interpreter_enter(heap);
    Py_DECREF(object_of(object));
}

static size_t gc_count(struct assay_heap *heap, struct assay_object *object)
{
    (void)heap;
    return (size_t)Py_REFCNT(object_of(object));
}

/* A counted reference keeps, and nothing moves. */
static bool gc_pin(struct assay_heap *heap, struct assay_object *object)
{
    gc_incref(heap, object);
    return true;
}

/* ---- collections ---- */

static bool gc_listen(struct assay_heap *heap, assay_listener *listener,
                      void *context)
{
    interpreter_enter(heap);
    PyList_SetSlice(heap->callbacks, 0, PyList_GET_SIZE(heap->callbacks), NULL);
    heap->listener = NULL;
    if (listener && PyList_Append(heap->callbacks, heap->hear) < 0) {
        PyErr_Clear();
        return false;
    }
    heap->listener = listener;
    heap->listener_context = context;
    return true;
}

static size_t gc_collect(struct assay_heap *heap, unsigned generation)
{
    unsigned oldest =
        generation >= NUM_GENERATIONS ? NUM_GENERATIONS - 1 : generation;
    struct assay_collection_event event = { .step = ASSAY_COLLECTION_REQUESTED,
                                            .generation = oldest };

    interpreter_enter(heap);
    if (heap->listener)
        heap->listener(heap->listener_context, &event);
    PyObject *answer =
        PyObject_CallOneArg(heap->collect, heap->generation[oldest]);
    size_t found = answer ? PyLong_AsSize_t(answer) : 0;
    Py_XDECREF(answer);
    PyErr_Clear();
    return found;
}

static void gc_automatic(struct assay_heap *heap, bool on)
{
    interpreter_enter(heap);
    if (on)
        PyGC_Enable();
    else
        PyGC_Disable();
}

static size_t gc_threshold(struct assay_heap *heap, unsigned generation)
{
    return (size_t)heap->gc->generations[generation].threshold;
}

static void gc_set_threshold(struct assay_heap *heap, unsigned generation,
                             size_t threshold)
{
    heap->gc->generations[generation].threshold =
        threshold > INT_MAX ? INT_MAX : (int)threshold;
}

static void gc_freeze(struct assay_heap *heap)
{
    interpreter_enter(heap);
    Py_XDECREF(PyObject_CallMethod(heap->module, "freeze", NULL));
}

/* gc.unfreeze(), but of what lies behind the sentinel alone: the
 * interpreter's own objects stay where no collection looks. */
static void gc_unfreeze(struct assay_heap *heap)
{
    PyGC_Head *sentinel = (PyGC_Head *)heap->sentinel - 1;
    PyGC_Head *list = &heap->gc->permanent_generation.head;
    PyGC_Head *oldest = &heap->gc->generations[NUM_GENERATIONS - 1].head;
    PyGC_Head *head = _PyGCHead_NEXT(sentinel), *tail = _PyGCHead_PREV(list);

    if (head == list)
        return;
    _PyGCHead_SET_NEXT(sentinel, list);
    _PyGCHead_SET_PREV(list, sentinel);
    _PyGCHead_SET_NEXT(_PyGCHead_PREV(oldest), head);
    _PyGCHead_SET_PREV(head, _PyGCHead_PREV(oldest));
    _PyGCHead_SET_NEXT(tail, oldest);
    _PyGCHead_SET_PREV(oldest, tail);
}

/* ---- weak references ---- */

static struct assay_object *gc_weak_new(struct assay_heap *heap,
                                        struct assay_object *referent,
                                        assay_weak_callback *callback,
                                        void *context)
{
    PyObject *called = NULL;

    interpreter_enter(heap);
    if (callback && !(called = callback_new(heap, callback, context))) {
        PyErr_Clear();
        return NULL;
    }
    PyObject *weak = PyWeakref_NewRef(object_of(referent), called);
    Py_XDECREF(called);
    if (!weak)
        PyErr_Clear();
    return handle_of(weak);
}

static struct assay_object *gc_weak_get(struct assay_heap *heap,
                                        struct assay_object *weak)
{
    PyObject *referent = PyWeakref_GET_OBJECT(object_of(weak));

    (void)heap;
    return referent == Py_None ? NULL : handle_of(referent);
}

/* ---- looking in ---- */

static size_t list_length(const PyGC_Head *list)
{
    size_t length = 0;

    for (const PyGC_Head *at = _PyGCHead_NEXT(list); at != list;
         at = _PyGCHead_NEXT(at))
        length++;
    return length;
}

static void gc_stats(struct assay_heap *heap,
                     struct assay_collector_stats *ret_stats)
{
    *ret_stats =
        (struct assay_collector_stats){ .live_objects = heap->live_objects,
                                        .live_bytes = heap->live_bytes };
    for (int i = 0; i < NUM_GENERATIONS; i++) {
        const struct gc_generation_stats *stats =
            &heap->gc->generation_stats[i];

        ret_stats->generation[i].collections = (size_t)stats->collections;
        ret_stats->generation[i].collected = (size_t)stats->collected;
        ret_stats->generation[i].uncollectable = (size_t)stats->uncollectable;
        ret_stats->generation[i].objects =
            list_length(&heap->gc->generations[i].head);
    }
}

const struct assay_collector assay_collector = {
    .abi = ASSAY_COLLECTOR_ABI,
    .can = ASSAY_COLLECTOR_COUNTS | ASSAY_COLLECTOR_GENERATIONS |
           ASSAY_COLLECTOR_AUTOMATIC | ASSAY_COLLECTOR_THRESHOLDS |
           ASSAY_COLLECTOR_FREEZE | ASSAY_COLLECTOR_FINALIZE |
           ASSAY_COLLECTOR_ENDED | ASSAY_COLLECTOR_TRAVERSE |
           ASSAY_COLLECTOR_WEAK | ASSAY_COLLECTOR_WEAK_CALLBACK |
           ASSAY_COLLECTOR_STATS | ASSAY_COLLECTOR_LISTEN |
           ASSAY_COLLECTOR_PIN | ASSAY_COLLECTOR_FORK,
    .name = "cpython-gc",
    .generations = NUM_GENERATIONS,
    .slots_max = SLOTS_MAX,
    .bytes_max = BYTES_MAX,
    .align = WORD,
    .create = gc_create,
    .destroy = gc_destroy,
    .type_add = gc_type_add,
    .new_object = gc_new_object,
    .payload = gc_payload,
    .load = gc_load,
    .store = gc_store,
    .push = gc_push,
    .pop = gc_pop,
    .root = gc_root,
    .set_root = gc_set_root,
    .collect = gc_collect,
    .incref = gc_incref,
    .decref = gc_decref,
    .count = gc_count,
    .automatic = gc_automatic,
    .threshold = gc_threshold,
    .set_threshold = gc_set_threshold,
    .freeze = gc_freeze,
    .unfreeze = gc_unfreeze,
    .store_at = gc_store_at,
    .weak_new = gc_weak_new,
    .weak_get = gc_weak_get,
    .pin = gc_pin,
    .unpin = gc_decref,
    .stats = gc_stats,
    .listen = gc_listen,
};
