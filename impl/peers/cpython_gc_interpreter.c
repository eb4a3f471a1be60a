/* cpython_gc_interpreter.c - an interpreter for each heap, since a collector
 * of libpython is one of an interpreter; and its end with all that the user
 * left there. */
#include "cpython_gc.h"

#include <stdio.h>
#include <stdlib.h>

struct assay_heap *interpreter_current;

static PyThreadState *first;

void interpreter_switch(struct assay_heap *heap)
{
    PyThreadState_Swap(heap ? heap->state : first);
    interpreter_current = heap;
}

/* ---- beginning ---- */

static bool libpython_start(void)
{
    PyConfig config;

    if (first)
        return true;
    PyConfig_InitIsolatedConfig(&config);
    config.site_import = 0;
    config.install_signal_handlers = 0;
    PyStatus status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) {
        fprintf(stderr, "cpython-gc: libpython does not start: %s\n",
                status.err_msg ? status.err_msg : "no reason is given");
        return false;
    }
    first = PyThreadState_Get();
    return true;
}

/* (phase, info), of gc.callbacks */
static PyObject *hear(PyObject *self, PyObject *args)
{
    struct assay_heap *heap = PyCapsule_GetPointer(self, NULL);
    PyObject *phase, *info;

    if (!heap->listener ||
        !PyArg_UnpackTuple(args, "hear", 2, 2, &phase, &info))
        Py_RETURN_NONE;
    struct assay_collection_event event = {
        .step = PyUnicode_CompareWithASCIIString(phase, "start") == 0
                    ? ASSAY_COLLECTION_BEGUN
                    : ASSAY_COLLECTION_ENDED,
        .generation =
            (unsigned)PyLong_AsLong(PyDict_GetItemString(info, "generation")),
        .collected = PyLong_AsSize_t(PyDict_GetItemString(info, "collected")),
        .uncollectable =
            PyLong_AsSize_t(PyDict_GetItemString(info, "uncollectable")),
    };
    heap->listener(heap->listener_context, &event);
    interpreter_enter(heap);
    Py_RETURN_NONE;
}

static PyObject *hear_new(struct assay_heap *heap)
{
    static PyMethodDef method = { "hear", hear, METH_VARARGS, NULL };
    PyObject *capsule = PyCapsule_New(heap, NULL, NULL);
    PyObject *made = capsule ? PyCFunction_New(&method, capsule) : NULL;

    Py_XDECREF(capsule);
    return made;
}

static bool find_names(struct assay_heap *heap)
{
    heap->module = PyImport_ImportModule("gc");
    if (!heap->module)
        return false;
    heap->collect = PyObject_GetAttrString(heap->module, "collect");
    heap->callbacks = PyObject_GetAttrString(heap->module, "callbacks");
    heap->hear = hear_new(heap);
    for (int i = 0; i < NUM_GENERATIONS; i++)
        heap->generation[i] = PyLong_FromLong(i);
    return heap->collect && heap->callbacks && heap->hear;
}

/* The interpreter's own objects go where no collection looks, the sentinel
 * behind them, and nothing stays counted of what it did. */
static bool put_aside(struct assay_heap *heap)
{
    struct _gc_runtime_state *gc = heap->gc;

    heap->sentinel = PyList_New(0);
    PyGC_Collect();
    PyGC_Disable();
    if (!heap->sentinel)
        return false;
    PyObject_GC_UnTrack(heap->sentinel);
    for (int i = 0; i < 2; i++) {
        PyObject *answer = PyObject_CallMethod(heap->module, "freeze", NULL);

        if (!answer)
            return false;
        Py_DECREF(answer);
        if (i == 0)
            PyObject_GC_Track(heap->sentinel);
    }
    for (int i = 0; i < NUM_GENERATIONS; i++) {
        gc->generations[i].count = 0;
        gc->generation_stats[i] = (struct gc_generation_stats){ 0 };
    }
    gc->long_lived_pending = gc->long_lived_total = 0;
    return true;
}

bool interpreter_open(struct assay_heap *heap)
{
    if (!libpython_start())
        return false;
    interpreter_switch(NULL);
    heap->state = Py_NewInterpreter();
    if (!heap->state) {
        interpreter_switch(NULL);
        return false;
    }
    interpreter_current = heap;
    heap->gc = &heap->state->interp->gc;
    if (find_names(heap) && put_aside(heap))
        return true;
    PyErr_Clear();
    return false;
}

/* ---- end ---- */

static size_t list_add(const PyGC_Head *after, const PyGC_Head *list,
                       PyObject **ret_objects)
{
    size_t count = 0;

    for (PyGC_Head *at = _PyGCHead_NEXT(after); at != list;
         at = _PyGCHead_NEXT(at), count++)
        if (ret_objects)
            ret_objects[count] = (PyObject *)(at + 1);
    return count;
}

/* All that the user has made; counts only with NULL. */
static size_t users_objects(const struct assay_heap *heap,
                            PyObject **ret_objects)
{
    struct _gc_runtime_state *gc = heap->gc;
    size_t count = list_add((const PyGC_Head *)heap->sentinel - 1,
                            &gc->permanent_generation.head, ret_objects);

    for (int i = 0; i < NUM_GENERATIONS; i++)
        count += list_add(&gc->generations[i].head, &gc->generations[i].head,
                          ret_objects ? ret_objects + count : NULL);
    return count;
}

/* Whatever refers to them; nothing is called. Weak references go first: they
 * unlink themselves from their referents. */
static void end_objects(struct assay_heap *heap)
{
    size_t count = users_objects(heap, NULL);
    PyObject **object = malloc((count + 1) * sizeof *object);

    if (!object)
        return; /* they stay in libpython's memory */
    users_objects(heap, object);
    for (size_t i = 0; i < count; i++) {
        if (!PyWeakref_CheckRefExact(object[i]))
            continue;
        _PyWeakref_ClearRef((PyWeakReference *)object[i]);
        Py_SET_REFCNT(object[i], 1);
        Py_DECREF(object[i]);
        object[i] = NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (!object[i] || !type_is_item(object[i]))
            continue;
        PyObject_GC_UnTrack(object[i]);
        PyObject_GC_Del(object[i]);
    }
    free(object);
}

void interpreter_close(struct assay_heap *heap)
{
    interpreter_enter(heap);
    if (heap->sentinel)
        end_objects(heap);
    Py_XDECREF(heap->hear);
    Py_XDECREF(heap->callbacks);
    Py_XDECREF(heap->collect);
    Py_XDECREF(heap->module);
    Py_XDECREF(heap->sentinel);
    for (int i = 0; i < NUM_GENERATIONS; i++)
        Py_XDECREF(heap->generation[i]);
    Py_EndInterpreter(heap->state);
    interpreter_switch(NULL);
}
