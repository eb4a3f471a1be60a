/* oracle_collector_real_asking.c - what libpython's module gc answers, tells
 * and prints, and its memory that fails.
 *
 * Answers are lists, which the reference does not make. Their memory is taken
 * from and goes back to where it leaves no trace: a header from a free list
 * returns to it, and a new one is freed and uncounted. */
#include "oracle_collector_real.h"

#include <stdio.h>
#include <string.h>

static struct real_asking {
    PyInterpreterState *interpreter;
    PyObject *referents, *referrers, *listed;
    PyObject *argument; /* a tuple of one place */
    PyObject *listener[LISTENERS];
    PyMemAllocatorEx objects, memory; /* below those that may fail */
    bool fails;
    FILE *log;
    char *logged;
    size_t logged_bytes, logged_before;
} real_asking;

static struct _gc_runtime_state *collector(void)
{
    return &real_asking.interpreter->gc;
}

/* ---- answers ---- */

/* A list's header that was not in the free list before is not there after. */
static void answer_end(PyObject *answer, int kept_before)
{
    Py_DECREF(answer);
    if (kept_before == 0)
        PyObject_GC_Del(PyList_New(0));
}

static size_t answer_of(PyObject *function, PyObject *arguments, void **ret,
                        size_t room)
{
    struct _gc_runtime_state *gc = collector();
    int kept = real_asking.interpreter->list.numfree;
    int count = gc->generations[0].count, enabled = gc->enabled;
    PyObject *answer;
    size_t size;

    gc->enabled = 0;
    answer = PyObject_Call(function, arguments, NULL);
    if (answer == NULL)
        oracle_give_up("libpython's module gc gave no answer");
    size = (size_t)PyList_GET_SIZE(answer);
    for (size_t i = 0; i < size && i < room; i++)
        ret[i] = PyList_GET_ITEM(answer, i);
    answer_end(answer, kept);
    gc->enabled = enabled;
    gc->generations[0].count = count;
    return size;
}

static size_t answer_about(PyObject *function, PyObject *object, void **ret,
                           size_t room)
{
    size_t size;

    PyTuple_SET_ITEM(real_asking.argument, 0, object);
    size = answer_of(function, real_asking.argument, ret, room);
    PyTuple_SET_ITEM(real_asking.argument, 0, NULL);
    return size;
}

size_t real_referents(void *object, void **ret, size_t room)
{
    return answer_about(real_asking.referents, object, ret, room);
}

size_t real_referrers(void *object, void **ret, size_t room)
{
    return answer_about(real_asking.referrers, object, ret, room);
}

/* Small numbers are always there. */
size_t real_listed(int generation, void **ret, size_t room)
{
    PyObject *number = PyLong_FromLong(generation);
    size_t size = answer_about(real_asking.listed, number, ret, room);

    Py_DECREF(number);
    return size;
}

size_t real_weaks(void *node, void **ret, size_t room)
{
    PyObject **list = (PyObject **)PyObject_GET_WEAKREFS_LISTPTR(node);
    size_t count = 0;

    for (PyWeakReference *weak = (PyWeakReference *)*list; weak != NULL;
         weak = weak->wr_next, count++)
        if (count < room)
            ret[count] = weak;
    return count;
}

/* ---- listeners ---- */

static intptr_t number_in(PyObject *info, const char *name)
{
    return PyLong_AsSsize_t(PyDict_GetItemString(info, name));
}

static PyObject *listen(PyObject *listener, PyObject *const *arguments,
                        Py_ssize_t count)
{
    bool is_stop = PyUnicode_CompareWithASCIIString(arguments[0], "stop") == 0;
    intptr_t numbers[] = { number_in(arguments[1], "generation"),
                           number_in(arguments[1], "collected"),
                           number_in(arguments[1], "uncollectable") };

    (void)count;
    real_info_settle(arguments[1]);
    if (machine_listen(real_machine, (int)PyLong_AsLong(listener), is_stop,
                       numbers))
        Py_RETURN_NONE;
    real_raise();
    return NULL;
}

static PyMethodDef listen_method = { "listen", (PyCFunction)(void *)listen,
                                     METH_FASTCALL, NULL };

void real_hook(int listener)
{
    if (PyList_Append(collector()->callbacks, real_asking.listener[listener]))
        oracle_give_up("libpython has no memory for a listener");
}

void real_unhook(int listener)
{
    PyObject *list = collector()->callbacks;

    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        if (PyList_GET_ITEM(list, i) != real_asking.listener[listener])
            continue;
        PyList_SetSlice(list, i, i + 1, NULL);
        break;
    }
}

/* ---- what is said ---- */

void real_set_debug(unsigned flags)
{
    collector()->debug = (int)flags;
}

const char *real_said(void)
{
    size_t before = real_asking.logged_before;

    fflush(real_asking.log);
    real_asking.logged_before = real_asking.logged_bytes;
    return real_asking.logged + before;
}

/* ---- memory that fails ---- */

void real_fail_next(bool on)
{
    real_asking.fails = on;
}

static bool fails_now(void)
{
    bool fails = real_asking.fails;

    real_asking.fails = false;
    return fails;
}

/* Objects, and the tables of dicts. */
static void *objects_malloc(void *unused, size_t bytes)
{
    void *block;

    (void)unused;
    if (fails_now())
        return NULL;
    block = real_asking.objects.malloc(real_asking.objects.ctx, bytes);
    real_info_note(bytes, block);
    return block;
}

/* The tables of sets. */
static void *memory_malloc(void *unused, size_t bytes)
{
    (void)unused;
    return fails_now()
               ? NULL
               : real_asking.memory.malloc(real_asking.memory.ctx, bytes);
}

/* Puts another malloc() in front of a domain's own. */
static void domain_wrap(PyMemAllocatorDomain domain,
                        PyMemAllocatorEx *ret_below,
                        void *(*in_front)(void *, size_t))
{
    PyMemAllocatorEx wrapped;

    PyMem_GetAllocator(domain, ret_below);
    wrapped = *ret_below;
    wrapped.malloc = in_front;
    PyMem_SetAllocator(domain, &wrapped);
}

/* ---- opening ---- */

static PyObject *function_of(PyObject *module, const char *name)
{
    PyObject *function = PyObject_GetAttrString(module, name);

    if (function == NULL)
        oracle_give_up("libpython's module gc lacks a function");
    return function;
}

void real_asking_start(PyObject *module)
{
    real_asking.interpreter = _PyInterpreterState_GET();
    real_asking.referents = function_of(module, "get_referents");
    real_asking.referrers = function_of(module, "get_referrers");
    real_asking.listed = function_of(module, "get_objects");
    real_asking.argument = PyTuple_New(1);
    for (int i = 0; i < LISTENERS; i++)
        real_asking.listener[i] =
            PyCFunction_New(&listen_method, PyLong_FromLong(i));
    PySys_SetObject("stderr", NULL); /* it prints to the stream of C, then */
    domain_wrap(PYMEM_DOMAIN_OBJ, &real_asking.objects, objects_malloc);
    domain_wrap(PYMEM_DOMAIN_MEM, &real_asking.memory, memory_malloc);
}

void real_asking_open(void)
{
    real_asking.log =
        open_memstream(&real_asking.logged, &real_asking.logged_bytes);
    if (real_asking.log == NULL)
        oracle_give_up("no memory for what libpython says");
    stderr = real_asking.log;
}
