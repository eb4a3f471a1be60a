/* cpython_gc.h - an interpreter of libpython3.11 as a heap, and its types.
 *
 * Threads, Errors, Owner: as assay/collector.h. All heaps of a process share
 * one lock of the interpreter, which is never given up: their calls, from
 * whatever thread, must not overlap. */
#ifndef ASSAY_PEERS_CPYTHON_GC_H
#define ASSAY_PEERS_CPYTHON_GC_H

/* The collector's state and lists are declared for the interpreter only. */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <internal/pycore_gc.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_pystate.h>

#include "assay/collector.h"

struct assay_heap {
    PyThreadState *state; /* of an interpreter of its own */
    struct _gc_runtime_state *gc;
    PyObject *module;                      /* gc */
    PyObject *collect;                     /* gc.collect */
    PyObject *callbacks;                   /* gc.callbacks */
    PyObject *hear;                        /* what is put there */
    PyObject *generation[NUM_GENERATIONS]; /* their numbers */
    PyObject *sentinel; /* the last of the permanent that is not the user's */
    struct assay_type *types;
    PyObject **root;
    size_t root_count, root_room;
    size_t live_objects, live_bytes;
    assay_listener *listener;
    void *listener_context;
    bool is_ending;
};

/* A static type with a kind behind it. A heap type would be an object more
 * that each instance refers to and each collection visits. */
struct assay_type {
    PyTypeObject type;
    struct assay_heap *heap;
    struct assay_kind kind;
    struct assay_type *next;
};

/* An object: its slots, then the words of its payload. */
struct item {
    PyObject_VAR_HEAD /* items: slots and words */
        PyObject *weak;
    size_t slots;
    PyObject *slot[];
};

static inline void *item_payload(struct item *item)
{
    return &item->slot[item->slots];
}

static inline size_t item_bytes(const struct item *item)
{
    return sizeof *item + (size_t)item->ob_base.ob_size * sizeof(PyObject *);
}

/* ---- interpreters ---- */

/* The one that the next call of libpython runs in; NULL: the first. */
extern struct assay_heap *interpreter_current;

void interpreter_switch(struct assay_heap *heap);

static inline void interpreter_enter(struct assay_heap *heap)
{
    if (__builtin_expect(interpreter_current != heap, 0))
        interpreter_switch(heap);
}

/* False when libpython does not start, or has no memory for another. */
bool interpreter_open(struct assay_heap *heap);
void interpreter_close(struct assay_heap *heap);

/* ---- types ---- */

/* NULL for want of memory. A type is never ended: libpython keeps it among the
 * subclasses of `object`. type_retire() leaves it to the next heap. */
struct assay_type *type_new(struct assay_heap *heap,
                            const struct assay_kind *kind);
void type_retire(struct assay_type *type);
bool type_is_item(const PyObject *object);

/* What a weak reference calls. NULL for want of memory. */
PyObject *callback_new(struct assay_heap *heap, assay_weak_callback *call,
                       void *context);

#endif
