/* oracle_collector_real.c - the real side: the collector of libpython.
 *
 * Nothing but the trace may show in it. All that the interpreter made is
 * taken off the collector's lists before the first operation, and whatever
 * is called afterwards takes its arguments without making a tuple. */
#include "oracle_collector_real.h"

static struct real {
    struct _gc_runtime_state *gc;
    PyObject *collect, *freeze, *unfreeze;
    PyObject *error;     /* an instance, so that raising it makes nothing */
    PyGC_Head elsewhere; /* the interpreter's own objects */
    bool was_enabled;    /* before a callback raised */
} real;

/* ---- objects ---- */

/* What is new, or NULL. */
static void *real_made(void *object)
{
    if (object == NULL)
        PyErr_Clear();
    return object;
}

static void *real_list(void)
{
    return real_made(PyList_New(0));
}

static void *real_any_node(enum node_kind_word kind, int id)
{
    return real_made(real_node(kind, id));
}

static void *real_tuple(void *const *items, unsigned count)
{
    PyObject *tuple = real_made(PyTuple_New(count));

    for (unsigned i = 0; tuple != NULL && i < count; i++) {
        PyObject *item = items[i];

        PyTuple_SET_ITEM(tuple, i, Py_NewRef(item));
    }
    return tuple;
}

static void *real_weak(enum weak_word word, void *referent, void *callback)
{
    if (word == WEAK_SUBREF)
        return real_made(real_subref(referent, callback));
    return real_made(word == WEAK_PROXY ? PyWeakref_NewProxy(referent, callback)
                                        : PyWeakref_NewRef(referent, callback));
}

static void real_append(void *list, void *value)
{
    if (PyList_Append(list, value) < 0)
        oracle_give_up("libpython has no memory for a list");
}

static void *real_weak_target(void *weak)
{
    PyObject *target = PyWeakref_GET_OBJECT(weak);

    return target == Py_None ? NULL : target;
}

struct found {
    void **object;
    size_t count, room;
};

static int found_add(PyObject *object, void *context)
{
    struct found *found = context;

    if (found->count < found->room)
        found->object[found->count] = object;
    found->count++;
    return 0;
}

static void real_incref(void *object)
{
    Py_INCREF((PyObject *)object);
}

static void real_decref(void *object)
{
    Py_DECREF((PyObject *)object);
}

static intptr_t real_references(void *object)
{
    return Py_REFCNT((PyObject *)object);
}

static bool real_is_tracked(void *object)
{
    return PyObject_GC_IsTracked(object);
}

static bool real_is_finalized(void *object)
{
    return PyObject_GC_IsFinalized(object);
}

/* ---- the collector ---- */

static void real_call(PyObject *function)
{
    PyObject *answer = PyObject_CallNoArgs(function);

    if (answer == NULL)
        oracle_give_up("a function of libpython's module gc raised an error");
    Py_DECREF(answer);
}

static intptr_t real_collect(int generation)
{
    PyObject *number = PyLong_FromLong(generation);
    PyObject *answer = PyObject_CallOneArg(real.collect, number);
    intptr_t result;

    if (answer == NULL)
        oracle_give_up("gc.collect() of libpython raised an error");
    result = PyLong_AsSsize_t(answer);
    Py_DECREF(answer);
    Py_DECREF(number);
    return result;
}

static void real_set_thresholds(const int threshold[GENERATIONS])
{
    for (int i = 0; i < GENERATIONS; i++)
        real.gc->generations[i].threshold = threshold[i];
}

static void real_set_enabled(bool on)
{
    if (on)
        PyGC_Enable();
    else
        PyGC_Disable();
}

static void real_freeze(void)
{
    real_call(real.freeze);
}

static void real_unfreeze(void)
{
    real_call(real.unfreeze);
}

static void real_garbage_clear(void)
{
    PyList_SetSlice(real.gc->garbage, 0, PY_SSIZE_T_MAX, NULL);
}

static void real_state(struct collector_state *ret_state)
{
    const struct _gc_runtime_state *gc = real.gc;

    for (int i = 0; i < GENERATIONS; i++) {
        const struct gc_generation_stats *stats = &gc->generation_stats[i];

        ret_state->count[i] = gc->generations[i].count;
        ret_state->threshold[i] = gc->generations[i].threshold;
        ret_state->collections[i] = stats->collections;
        ret_state->collected[i] = stats->collected;
        ret_state->uncollectable[i] = stats->uncollectable;
    }
    ret_state->pending = gc->long_lived_pending;
    ret_state->total = gc->long_lived_total;
    ret_state->enabled = gc->enabled;
}

static PyGC_Head *next_of(const PyGC_Head *head)
{
    return (PyGC_Head *)head->_gc_next;
}

static PyGC_Head *list_of(int generation)
{
    return generation == PERMANENT ? &real.gc->permanent_generation.head
                                   : &real.gc->generations[generation].head;
}

static size_t real_objects(int generation, void **ret, size_t room)
{
    struct found found = { ret, 0, room };
    PyGC_Head *list = list_of(generation);

    for (PyGC_Head *head = next_of(list); head != list; head = next_of(head))
        found_add((PyObject *)(head + 1), &found);
    return found.count;
}

static size_t real_garbage(void **ret, size_t room)
{
    struct found found = { ret, 0, room };

    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(real.gc->garbage); i++)
        found_add(PyList_GET_ITEM(real.gc->garbage, i), &found);
    return found.count;
}

/* ---- errors that nobody can catch ---- */

void real_raise(void)
{
    real.was_enabled = real.gc->enabled;
    real.gc->enabled = 0;
    PyErr_SetObject(PyExc_RuntimeError, real.error);
}

static PyObject *real_unraisable(PyObject *module, PyObject *arguments)
{
    (void)module, (void)arguments;
    real.gc->enabled = real.was_enabled;
    machine_unraisable(real_machine);
    Py_RETURN_NONE;
}

static PyMethodDef unraisable_method = { "unraisable", real_unraisable, METH_O,
                                         NULL };

/* ---- opening ---- */

static PyObject *real_function(PyObject *module, const char *name)
{
    PyObject *function = PyObject_GetAttrString(module, name);

    if (function == NULL)
        oracle_give_up("libpython's module gc lacks a function");
    return function;
}

static void real_start_interpreter(void)
{
    PyConfig config;
    PyStatus status;

    PyConfig_InitIsolatedConfig(&config);
    config.site_import = 0;
    config.use_hash_seed = 1;
    config.hash_seed = 0;
    config.install_signal_handlers = 0;
    status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status))
        oracle_give_up("libpython does not start");
}

/* Moves a list to the end of those that no collection looks at. */
static void real_put_aside(PyGC_Head *list)
{
    PyGC_Head *aside = &real.elsewhere;
    PyGC_Head *first = next_of(list), *last = (PyGC_Head *)list->_gc_prev;
    PyGC_Head *end = (PyGC_Head *)aside->_gc_prev;

    if (first == list)
        return;
    end->_gc_next = (uintptr_t)first;
    _PyGCHead_SET_PREV(first, end);
    last->_gc_next = (uintptr_t)aside;
    aside->_gc_prev = (uintptr_t)last;
    list->_gc_next = list->_gc_prev = (uintptr_t)list;
}

void real_start(void)
{
    PyObject *module;

    real_start_interpreter();
    real_types_ready();
    real_tables_start();
    real.gc = &_PyInterpreterState_GET()->gc;
    module = PyImport_ImportModule("gc");
    if (module == NULL)
        oracle_give_up("libpython has no module gc");
    real.collect = real_function(module, "collect");
    real.freeze = real_function(module, "freeze");
    real.unfreeze = real_function(module, "unfreeze");
    real.error = PyObject_CallNoArgs(PyExc_RuntimeError);
    real_asking_start(module);
    PySys_SetObject("unraisablehook",
                    PyCFunction_New(&unraisable_method, NULL));

    PyGC_Enable();
    PyGC_Collect(); /* empties the free lists of tuples and lists */
    real.elsewhere._gc_next = real.elsewhere._gc_prev =
        (uintptr_t)&real.elsewhere;
    for (int i = 0; i <= PERMANENT; i++)
        real_put_aside(list_of(i));
    for (int i = 0; i < GENERATIONS; i++) {
        real.gc->generations[i].count = 0;
        real.gc->generation_stats[i] = (struct gc_generation_stats){ 0 };
    }
    real.gc->long_lived_pending = real.gc->long_lived_total = 0;
}

static struct side side = {
    .name = "real",
    .nameless = -2,
    .node = real_any_node,
    .list = real_list,
    .tuple = real_tuple,
    .dict = real_dict,
    .set = real_set,
    .word = real_word,
    .callback = real_callback,
    .weak = real_weak,
    .node_id = real_node_id,
    .is_callable = real_is_callable,
    .weaks = real_weaks,
    .referrers = real_referrers,
    .listed = real_listed,
    .fail_next = real_fail_next,
    .hook = real_hook,
    .unhook = real_unhook,
    .said = real_said,
    .set_slot = real_set_slot,
    .append = real_append,
    .pop = real_pop,
    .put = real_put,
    .add = real_add,
    .has = real_has,
    .remove = real_remove,
    .empty = real_empty,
    .bytes = real_bytes,
    .weak_target = real_weak_target,
    .referents = real_referents,
    .incref = real_incref,
    .decref = real_decref,
    .references = real_references,
    .is_tracked = real_is_tracked,
    .is_finalized = real_is_finalized,
    .collect = real_collect,
    .set_debug = real_set_debug,
    .set_thresholds = real_set_thresholds,
    .set_enabled = real_set_enabled,
    .freeze = real_freeze,
    .unfreeze = real_unfreeze,
    .garbage_clear = real_garbage_clear,
    .state = real_state,
    .objects = real_objects,
    .garbage = real_garbage,
};

const struct side *side_open_real(struct machine *machine)
{
    real_machine = machine;
    real_asking_open();
    real_info_open();
    side.atom = Py_None;
    return &side;
}
