/* side_cpython.c - nodes of libpython: a type written in C as its manual has
 * it ("Supporting Cyclic Garbage Collection"), with the trashcan. */
#include "side.h"

/* The collector's state and lists are declared for the interpreter only. */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <internal/pycore_gc.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_pystate.h>
#include <stddef.h>

#include "random.h"

const char *const side_name = "CPython " PY_VERSION;

struct node {
    PyObject head;
    PyObject *weak;
    intptr_t id;
    PyObject *slot[SIDE_SLOTS];
};

static struct _gc_runtime_state *gc;

static int node_traverse(PyObject *object, visitproc visit, void *arg)
{
    struct node *node = (struct node *)object;
    Py_VISIT(node->slot[0]);
    Py_VISIT(node->slot[1]);
    return 0;
}

static int node_clear(PyObject *object)
{
    struct node *node = (struct node *)object;
    Py_CLEAR(node->slot[0]);
    Py_CLEAR(node->slot[1]);
    return 0;
}

static void node_dealloc(PyObject *object)
{
    PyObject_GC_UnTrack(object);
    Py_TRASHCAN_BEGIN(object, node_dealloc);
    if (((struct node *)object)->weak != NULL)
        PyObject_ClearWeakRefs(object);
    node_clear(object);
    PyObject_GC_Del(object);
    Py_TRASHCAN_END;
}

static PyTypeObject node_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "node",
    .tp_basicsize = sizeof(struct node),
    .tp_dealloc = node_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = node_traverse,
    .tp_clear = node_clear,
    .tp_weaklistoffset = offsetof(struct node, weak),
};

/* ---- opening ---- */

static void interpreter_start(void)
{
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    config.site_import = 0;
    config.install_signal_handlers = 0;
    PyStatus status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status))
        side_give_up("libpython does not start");
}

/* The interpreter's own objects go where no collection looks, and nothing
 * stays counted of what it did. */
static void interpreter_put_aside(void)
{
    PyObject *module = PyImport_ImportModule("gc");
    PyObject *answer =
        module ? PyObject_CallMethod(module, "freeze", NULL) : NULL;
    if (!answer)
        side_give_up("libpython's gc.freeze() failed");
    Py_DECREF(answer);
    Py_DECREF(module);
    for (int i = 0; i < SIDE_GENERATIONS; i++) {
        gc->generations[i].count = 0;
        gc->generation_stats[i] = (struct gc_generation_stats){ 0 };
    }
    gc->long_lived_pending = gc->long_lived_total = 0;
}

void side_open(void)
{
    interpreter_start();
    if (PyType_Ready(&node_type) < 0)
        side_give_up("libpython refuses the type");
    gc = &_PyInterpreterState_GET()->gc;
    PyGC_Enable();
    PyGC_Collect();
    PyGC_Disable();
    interpreter_put_aside();
}

/* ---- nodes ---- */

void *side_node(intptr_t id)
{
    struct node *node = PyObject_GC_New(struct node, &node_type);
    if (!node)
        side_give_up("there is no memory for a node");
    node->weak = NULL;
    node->id = id;
    node->slot[0] = node->slot[1] = NULL;
    PyObject_GC_Track(node);
    return node;
}

void side_set(void *node, unsigned slot, void *value)
{
    Py_XINCREF((PyObject *)value);
    Py_XSETREF(((struct node *)node)->slot[slot], value);
}

void side_drop(void *node)
{
    Py_DECREF((PyObject *)node);
}

/* What runs when an allocation sets it off; it asks to be enabled. */
size_t side_collect(void)
{
    int was = PyGC_Enable();
    Py_ssize_t found = PyGC_Collect();
    if (!was)
        PyGC_Disable();
    return (size_t)found;
}

void side_set_automatic(bool on)
{
    if (on)
        PyGC_Enable();
    else
        PyGC_Disable();
}

static void state_add_list(struct side_state *state, const PyGC_Head *list)
{
    const PyGC_Head *head = (const PyGC_Head *)list->_gc_next;
    for (; head != list; head = (const PyGC_Head *)head->_gc_next) {
        const struct node *node = (const struct node *)(head + 1);
        if (Py_TYPE(&node->head) != &node_type)
            side_give_up("something that is no node is in the lists");
        state->live++;
        state->digest = digest_add(state->digest, (uint64_t)node->id);
    }
}

void side_state(struct side_state *ret_state)
{
    for (int i = 0; i < SIDE_GENERATIONS; i++) {
        const struct gc_generation_stats *stats = &gc->generation_stats[i];
        state_add_list(ret_state, &gc->generations[i].head);
        ret_state->count[i] = gc->generations[i].count;
        ret_state->collections[i] = (uint64_t)stats->collections;
        ret_state->collected += (uint64_t)stats->collected;
    }
    ret_state->pending = (uint64_t)gc->long_lived_pending;
    ret_state->total = (uint64_t)gc->long_lived_total;
}
