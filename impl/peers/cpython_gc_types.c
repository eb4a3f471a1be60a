/* cpython_gc_types.c - a user's kinds as types written in C, as CPython's
 * manual has it ("Supporting Cyclic Garbage Collection"), with the trashcan,
 * and the objects that weak references call. */
#include "cpython_gc.h"

#include <stddef.h>
#include <stdlib.h>

static struct assay_type *retired;

static const struct assay_type *type_of(PyObject *object)
{
    return (const struct assay_type *)Py_TYPE(object);
}

/* ---- slots of the type ---- */

/* What the collector wants called for each referent. */
struct item_visit {
    visitproc visit;
    void *context;
};

static int visit_place(struct assay_object **place, void *given)
{
    const struct item_visit *visit = given;

    return visit->visit((PyObject *)*place, visit->context);
}

static int item_traverse(PyObject *object, visitproc visit, void *arg)
{
    struct item *item = (struct item *)object;
    const struct assay_kind *kind = &type_of(object)->kind;
    struct item_visit of_places = { visit, arg };

    for (size_t i = 0; i < item->slots; i++)
        Py_VISIT(item->slot[i]);
    if (!kind->traverse)
        return 0;
    return kind->traverse(item_payload(item), visit_place, &of_places);
}

static int item_clear(PyObject *object)
{
    struct item *item = (struct item *)object;
    const struct assay_type *type = type_of(object);

    for (size_t i = 0; i < item->slots; i++)
        Py_CLEAR(item->slot[i]);
    if (type->kind.clear)
        type->kind.clear(type->kind.context, type->heap,
                         (struct assay_object *)object);
    return 0;
}

/* The user may have called for another heap meanwhile. */
static void item_finalize(PyObject *object)
{
    const struct assay_type *type = type_of(object);

    type->kind.finalize(type->kind.context, type->heap,
                        (struct assay_object *)object);
    interpreter_enter(type->heap);
}

/* False: its finalizer has resurrected it. */
static bool item_dies(PyObject *object)
{
    if (Py_TYPE(object)->tp_finalize) {
        PyObject_GC_Track(object);
        if (PyObject_CallFinalizerFromDealloc(object) < 0)
            return false;
        PyObject_GC_UnTrack(object);
    }
    if (((struct item *)object)->weak)
        PyObject_ClearWeakRefs(object);
    return true;
}

static void item_end(PyObject *object)
{
    struct item *item = (struct item *)object;
    const struct assay_type *type = type_of(object);

    if (type->kind.ended)
        type->kind.ended(type->kind.context, item_payload(item));
    item_clear(object);
    type->heap->live_objects--;
    type->heap->live_bytes -= item_bytes(item);
    PyObject_GC_Del(object);
}

static void item_dealloc(PyObject *object)
{
    PyObject_GC_UnTrack(object);
    Py_TRASHCAN_BEGIN(object, item_dealloc);
    if (item_dies(object))
        item_end(object);
    Py_TRASHCAN_END;
}

/* ---- types ---- */

bool type_is_item(const PyObject *object)
{
    return Py_TYPE(object)->tp_dealloc == item_dealloc;
}

/* In the first interpreter, which outlives all others. */
static struct assay_type *type_make(struct assay_heap *heap)
{
    struct assay_type *type = calloc(1, sizeof *type);

    if (!type)
        return NULL;
    type->type = (PyTypeObject){
        PyVarObject_HEAD_INIT(NULL, 0).tp_name = "assay.item",
        .tp_basicsize = sizeof(struct item),
        .tp_itemsize = sizeof(PyObject *),
        .tp_dealloc = item_dealloc,
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
        .tp_traverse = item_traverse,
        .tp_clear = item_clear,
        .tp_weaklistoffset = offsetof(struct item, weak),
    };
    interpreter_switch(NULL);
    int ready = PyType_Ready(&type->type);
    if (ready < 0)
        PyErr_Clear();
    interpreter_enter(heap);
    return ready < 0 ? NULL : type; /* one that failed may be known already */
}

struct assay_type *type_new(struct assay_heap *heap,
                            const struct assay_kind *kind)
{
    struct assay_type *type = retired;

    if (type)
        retired = type->next;
    else
        type = type_make(heap);
    if (!type)
        return NULL;
    type->type.tp_finalize = kind->finalize ? item_finalize : NULL;
    type->heap = heap;
    type->kind = *kind;
    type->next = heap->types;
    heap->types = type;
    return type;
}

void type_retire(struct assay_type *type)
{
    type->next = retired;
    retired = type;
}

/* ---- callbacks: plain data that can be called ---- */

struct callback {
    PyObject_HEAD struct assay_heap *heap;
    assay_weak_callback *call;
    void *context;
};

static PyObject *callback_call(PyObject *object, PyObject *args,
                               PyObject *named)
{
    const struct callback *callback = (const struct callback *)object;
    struct assay_heap *heap = callback->heap;

    (void)named;
    if (!heap->is_ending)
        callback->call(callback->context, heap,
                       (struct assay_object *)PyTuple_GET_ITEM(args, 0));
    interpreter_enter(heap);
    Py_RETURN_NONE;
}

static PyTypeObject callback_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "assay.callback",
    .tp_basicsize = sizeof(struct callback),
    .tp_dealloc = (destructor)PyObject_Free,
    .tp_call = callback_call,
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

PyObject *callback_new(struct assay_heap *heap, assay_weak_callback *call,
                       void *context)
{
    if (!callback_type.tp_dict) {
        interpreter_switch(NULL);
        int ready = PyType_Ready(&callback_type);
        interpreter_enter(heap);
        if (ready < 0)
            return NULL;
    }
    struct callback *callback = PyObject_New(struct callback, &callback_type);
    if (!callback)
        return NULL;
    callback->heap = heap;
    callback->call = call;
    callback->context = context;
    return (PyObject *)callback;
}
