/* oracle_collector_real_types.c - nodes and callbacks as types of CPython.
 *
 * A node dies as an instance of a class with slots does, in the order of
 * subtype_dealloc() (3.11): untracked, through the trashcan, finalizer, weak
 * references, tp_del, weak references made since, slots. */
#include "oracle_collector_real.h"

#include <stddef.h>

struct machine *real_machine;

struct node {
    PyObject head;
    PyObject *slot[SLOTS];
    PyObject *weak;
    vectorcallfunc call;
    int id;
};

struct callback {
    PyObject head;
    vectorcallfunc call;
    int id;
};

static enum node_kind_word node_kind(PyObject *object)
{
    return (enum node_kind_word)(Py_TYPE(object) - real_node_types);
}

static struct node *node_of(PyObject *object)
{
    return (struct node *)object;
}

static int node_traverse(PyObject *object, visitproc visit, void *arg)
{
    for (int i = 0; i < SLOTS; i++)
        Py_VISIT(node_of(object)->slot[i]);
    return 0;
}

static int node_clear(PyObject *object)
{
    for (int i = 0; i < SLOTS; i++)
        Py_CLEAR(node_of(object)->slot[i]);
    return 0;
}

static Py_hash_t node_hash(PyObject *object)
{
    return machine_hash(node_of(object)->id);
}

static void node_finalize(PyObject *object)
{
    machine_finalize(real_machine, node_kind(object), object);
}

/* ---- death ---- */

/* As a tp_del must: with a reference while it runs. */
static void node_del(PyObject *object)
{
    Py_SET_REFCNT(object, 1);
    machine_del(real_machine, node_kind(object), object);
    Py_SET_REFCNT(object, Py_REFCNT(object) - 1);
}

/* False: resurrected, and tracked. */
static bool node_survives_finalizer(PyObject *object)
{
    PyObject_GC_Track(object);
    if (PyObject_CallFinalizerFromDealloc(object) < 0)
        return true;
    PyObject_GC_UnTrack(object);
    return false;
}

static bool node_survives_del(PyObject *object)
{
    PyObject_GC_Track(object);
    Py_TYPE(object)->tp_del(object);
    if (Py_REFCNT(object) > 0)
        return true;
    PyObject_GC_UnTrack(object);
    return false;
}

static bool node_survives(PyObject *object)
{
    const PyTypeObject *type = Py_TYPE(object);
    struct node *node = node_of(object);

    if (type->tp_finalize != NULL && node_survives_finalizer(object))
        return true;
    if (node->weak != NULL)
        PyObject_ClearWeakRefs(object);
    if (type->tp_del != NULL && node_survives_del(object))
        return true;
    while (node->weak != NULL)
        _PyWeakref_ClearRef((PyWeakReference *)node->weak);
    return false;
}

static void node_dealloc(PyObject *object)
{
    PyObject_GC_UnTrack(object);
    Py_TRASHCAN_BEGIN(object, node_dealloc) if (!node_survives(object))
    {
        if (node_kind(object) != NODE_QUIET)
            machine_dealloc(real_machine, object);
        node_clear(object);
        PyObject_GC_Del(object);
    }
    Py_TRASHCAN_END
}

/* ---- nodes that are callbacks ---- */

static PyObject *node_call(PyObject *object, PyObject *const *arguments,
                           size_t count, PyObject *names)
{
    (void)count, (void)names;
    machine_call_node(real_machine, object, arguments[0]);
    Py_RETURN_NONE;
}

bool real_is_callable(void *node)
{
    return PyCallable_Check(node);
}

/* ---- types ---- */

#define NODE_FLAGS (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC)

#define NODE_TYPE(...)                                                   \
    {                                                                    \
        PyVarObject_HEAD_INIT(NULL, 0).tp_name = "node",                 \
                                    .tp_basicsize = sizeof(struct node), \
                                    .tp_dealloc = node_dealloc,          \
                                    .tp_flags = NODE_FLAGS,              \
                                    .tp_hash = node_hash,                \
                                    .tp_traverse = node_traverse,        \
                                    .tp_clear = node_clear,              \
                                    .tp_weaklistoffset =                 \
                                        offsetof(struct node, weak),     \
                                    __VA_ARGS__                          \
    }

PyTypeObject real_node_types[NODE_KINDS] = {
    [NODE_PLAIN] = NODE_TYPE(),
    [NODE_QUIET] = NODE_TYPE(),
    [NODE_LOGS] = NODE_TYPE(.tp_finalize = node_finalize),
    [NODE_RESURRECTS] = NODE_TYPE(.tp_finalize = node_finalize),
    [NODE_SUICIDAL] = NODE_TYPE(.tp_finalize = node_finalize),
    [NODE_COLLECTS] = NODE_TYPE(.tp_finalize = node_finalize),
    [NODE_LEGACY] = NODE_TYPE(.tp_del = node_del),
    [NODE_RETURNS] = NODE_TYPE(.tp_del = node_del),
    [NODE_WEAKENS] = NODE_TYPE(.tp_finalize = node_finalize),
    [NODE_WEAK_LAST] = NODE_TYPE(.tp_del = node_del),
    [NODE_CALLED] =
        NODE_TYPE(.tp_vectorcall_offset = offsetof(struct node, call),
                  .tp_call = PyVectorcall_Call),
    [NODE_BOTH] = NODE_TYPE(.tp_finalize = node_finalize, .tp_del = node_del),
};

void *real_node(enum node_kind_word kind, int id)
{
    struct node *node = PyObject_GC_New(struct node, &real_node_types[kind]);

    if (node == NULL)
        return NULL;
    for (int i = 0; i < SLOTS; i++)
        node->slot[i] = NULL;
    node->weak = NULL;
    node->call = node_call;
    node->id = id;
    PyObject_GC_Track(node);
    return node;
}

int real_node_id(void *object)
{
    const PyTypeObject *type = Py_TYPE((PyObject *)object);

    return type->tp_dealloc == node_dealloc ? node_of(object)->id : -1;
}

void real_set_slot(void *node, unsigned slot, void *value)
{
    Py_XINCREF((PyObject *)value);
    Py_XSETREF(node_of(node)->slot[slot], (PyObject *)value);
}

/* ---- callbacks: called without a tuple of arguments ---- */

static PyObject *callback_call(PyObject *object, PyObject *const *arguments,
                               size_t count, PyObject *names)
{
    (void)count, (void)names;
    if (machine_call(real_machine, ((struct callback *)object)->id,
                     arguments[0]))
        Py_RETURN_NONE;
    real_raise();
    return NULL;
}

static PyTypeObject callback_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "callback",
    .tp_basicsize = sizeof(struct callback),
    .tp_dealloc = (destructor)PyObject_Free,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(struct callback, call),
    .tp_call = PyVectorcall_Call,
};

void *real_callback(int id)
{
    struct callback *callback = PyObject_New(struct callback, &callback_type);

    if (callback == NULL)
        oracle_give_up("libpython has no memory for a callback");
    callback->call = callback_call;
    callback->id = id;
    return callback;
}

/* ---- a subclass of weak references ---- */

static PyTypeObject subref_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "subref",
    .tp_basicsize = sizeof(PyWeakReference),
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

/* Of two items, which are borrowed while it is handed over. */
static PyObject *subref_arguments;

void *real_subref(void *referent, void *callback)
{
    PyObject *weak;

    PyTuple_SET_ITEM(subref_arguments, 0, referent);
    PyTuple_SET_ITEM(subref_arguments, 1,
                     callback != NULL ? callback : Py_None);
    weak = subref_type.tp_new(&subref_type, subref_arguments, NULL);
    PyTuple_SET_ITEM(subref_arguments, 0, NULL);
    PyTuple_SET_ITEM(subref_arguments, 1, NULL);
    return weak;
}

void real_types_ready(void)
{
    real_node_types[NODE_CALLED].tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    for (int kind = 0; kind < NODE_KINDS; kind++)
        if (PyType_Ready(&real_node_types[kind]) < 0)
            oracle_give_up("libpython refuses the type of nodes");
    if (PyType_Ready(&callback_type) < 0)
        oracle_give_up("libpython refuses the type of callbacks");
    subref_type.tp_base = &_PyWeakref_RefType;
    subref_arguments = PyTuple_New(2);
    if (PyType_Ready(&subref_type) < 0 || subref_arguments == NULL)
        oracle_give_up("libpython refuses a subclass of weak references");
}
