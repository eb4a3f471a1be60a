/* oracle_kinds_walks.c - a list, a tuple, a dict or a set walked through while
 * it changes: each step gives what the real iterator gives, ends where it
 * ends, and says where it raises an error that something changed. */
#include "oracle_kinds.h"

#define KEYS  24
#define STEPS 40 /* of one walk */

enum kind { LIST, TUPLE, DICT, SET, KINDS };

static struct pair key[KEYS];
static struct pair over;

static void put(enum kind kind, struct pair k)
{
    bool ours = kind == LIST   ? list_append(over.ours, k.ours)
                : kind == DICT ? dict_set(over.ours, k.ours, k.ours)
                               : set_add(over.ours, k.ours);
    int real = kind == LIST   ? PyList_Append(over.real, k.real)
               : kind == DICT ? PyDict_SetItem(over.real, k.real, k.real)
                              : PySet_Add(over.real, k.real);
    if (!ours || real < 0)
        kinds_no_memory();
}

static void take(enum kind kind, struct pair k)
{
    if (kind == LIST) {
        object_decref_any(list_pop(over.ours));
        Py_XDECREF(PyObject_CallMethod(over.real, "pop", NULL));
    } else if (kind == DICT) {
        dict_delete(over.ours, k.ours);
        PyDict_DelItem(over.real, k.real);
    } else {
        set_discard(over.ours, k.ours);
        PySet_Discard(over.real, k.real);
    }
    PyErr_Clear();
}

/* Now and then a key is taken out and put in again: the size is the same. */
static void change(enum kind kind)
{
    struct pair k = key[draw(KEYS)];
    unsigned what = draw(12);
    if (kind == TUPLE || what > 2)
        return;
    if (what > 0)
        take(kind, k);
    if (what < 2)
        put(kind, k);
}

static void begin(enum kind kind)
{
    unsigned count = draw(KEYS);
    struct object *item[KEYS];
    PyObject *items = PyTuple_New((Py_ssize_t)count);
    for (unsigned i = 0; i < count; i++) {
        item[i] = key[i].ours;
        PyTuple_SET_ITEM(items, (Py_ssize_t)i, Py_NewRef(key[i].real));
    }
    if (kind == TUPLE) {
        over = pair_of(tuple_pack(run.gc, item, count), items);
        return;
    }
    Py_DECREF(items);
    over = kind == LIST   ? pair_of(list_new(run.gc, 0), PyList_New(0))
           : kind == DICT ? pair_of(dict_new(run.gc), PyDict_New())
                          : pair_of(set_new(run.gc), PySet_New(NULL));
    for (unsigned i = 0; i < count; i++)
        put(kind, key[i]);
}

static void compare_step(enum walk_step step, const struct object *ours,
                         PyObject *real)
{
    kinds_compare_flags("an item", step == WALK_ITEM, real);
    kinds_compare_flags("changed", step == WALK_CHANGED,
                        PyErr_ExceptionMatches(PyExc_RuntimeError));
    for (int i = 0; real && i < KEYS; i++)
        if (!kinds_same((ours == key[i].ours) == (real == key[i].real)))
            kinds_differ("another item");
}

/* Also a few steps beyond the end. */
static void walk_through(enum kind kind)
{
    PyObject *iterator = PyObject_GetIter(over.real);
    struct walk walk;
    kinds_compare_flags("walks", walk_begin(&walk, over.ours), iterator);
    for (int i = 0; i < STEPS; i++) {
        struct object *ours = NULL;
        enum walk_step step = walk_next(&walk, &ours);
        PyObject *real = PyIter_Next(iterator);
        compare_step(step, ours, real);
        PyErr_Clear();
        if (step == WALK_ITEM)
            object_decref_any(ours);
        Py_XDECREF(real);
        change(kind);
    }
    walk_end(&walk);
    Py_DECREF(iterator);
}

void job_walks(void)
{
    for (int i = 0; i < KEYS; i++)
        key[i] = pair_int(1000 + i);
    while (run.operation < run.operations) {
        enum kind kind = draw(KINDS);
        begin(kind);
        walk_through(kind);
        pair_end(over);
        run.operation += STEPS;
    }
    for (int i = 0; i < KEYS; i++)
        pair_end(key[i]);
}
