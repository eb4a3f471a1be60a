/* oracle_kinds_tables.c - a dict and a set with keys of one kind, or of all:
 * results and bytes after each operation, and the order now and then. */
#include "oracle_kinds.h"

#define SPAN      4096
#define LIFE      4096 /* operations on one table */
#define MIXED     PAIR_KINDS
#define ORDER_GAP 256

static struct pair key[SPAN], table;
static PyObject *numbers; /* from the address of a real key to its number */
static unsigned span, bias;

/* ---- keys ---- */

/* Of all kinds there are equal ones: an int and a float. */
static void make_keys(unsigned kind)
{
    numbers = PyDict_New();
    for (int i = 0; i < SPAN; i++) {
        key[i] = kind == MIXED ? pair_key((unsigned)i, i / PAIR_KINDS)
                               : pair_key(kind, i);
        PyObject *address = PyLong_FromVoidPtr(key[i].real);
        PyObject *of = PyLong_FromLong(i);
        PyDict_SetItem(numbers, address, of);
        Py_DECREF(address);
        Py_DECREF(of);
    }
}

static void end_keys(void)
{
    for (int i = 0; i < SPAN; i++)
        pair_end(key[i]);
    Py_DECREF(numbers);
}

/* Another object that equals a key, so that no look-up ends with identity. */
static struct pair draw_key(unsigned kind)
{
    int i = (int)draw(span);
    if (draw(2))
        return pair_of(object_incref(key[i].ours), Py_NewRef(key[i].real));
    return kind == MIXED ? pair_key((unsigned)i, i / PAIR_KINDS)
                         : pair_key(kind, i);
}

/* Both are the same key, or were none of the keys before they came here. */
static void compare_key(const struct object *ours, PyObject *real)
{
    PyObject *address = PyLong_FromVoidPtr(real);
    PyObject *of = PyDict_GetItem(numbers, address);
    Py_DECREF(address);
    if (of && !kinds_same(key[PyLong_AsLong(of)].ours == ours))
        kinds_differ("another key than CPython's %ld", PyLong_AsLong(of));
}

/* ---- dicts ---- */

static void put(struct pair k)
{
    struct pair value = key[draw(SPAN)];
    if (!dict_set(table.ours, k.ours, value.ours) ||
        PyDict_SetItem(table.real, k.real, value.real) < 0)
        kinds_no_memory();
}

static void put_default(struct pair k)
{
    struct pair value = key[draw(SPAN)];
    struct object *ours = dict_set_default(table.ours, k.ours, value.ours);
    compare_key(ours, PyDict_SetDefault(table.real, k.real, value.real));
}

static void take(struct pair k)
{
    bool ours = dict_delete(table.ours, k.ours);
    kinds_compare_flags("deleted", ours,
                        PyDict_DelItem(table.real, k.real) == 0);
    PyErr_Clear();
}

static void look(struct pair k)
{
    const struct object *ours = dict_get(table.ours, k.ours);
    PyObject *real = PyDict_GetItemWithError(table.real, k.real);
    kinds_compare_flags("found", ours, real);
    if (ours)
        compare_key(ours, real);
}

static void pop_item(void)
{
    struct object *k = NULL, *value = NULL;
    PyObject *real = PyObject_CallMethod(table.real, "popitem", NULL);
    PyErr_Clear();
    kinds_compare_flags("popped", dict_pop_item(table.ours, &k, &value), real);
    if (!real)
        return;
    compare_key(k, PyTuple_GET_ITEM(real, 0));
    compare_key(value, PyTuple_GET_ITEM(real, 1));
    object_decref(k);
    object_decref(value);
    Py_DECREF(real);
}

static void operate_on_dict(unsigned kind)
{
    unsigned what = draw(1000);
    if (what < 1) {
        dict_clear(table.ours);
        PyDict_Clear(table.real);
        return;
    }
    if (what < 60) {
        pop_item();
        return;
    }
    struct pair k = draw_key(kind);
    if (what < 200)
        look(k);
    else if (what < 260)
        put_default(k);
    else if (draw(100) < bias)
        put(k);
    else
        take(k);
    pair_end(k);
}

static void compare_dict_order(void)
{
    struct object *k, *value;
    PyObject *real_key, *real_value;
    size_t place = 0;
    Py_ssize_t real_place = 0;
    while (dict_next(table.ours, &place, &k, &value)) {
        if (!PyDict_Next(table.real, &real_place, &real_key, &real_value))
            kinds_differ("more pairs than CPython has");
        compare_key(k, real_key);
        compare_key(value, real_value);
    }
    if (PyDict_Next(table.real, &real_place, &real_key, &real_value))
        kinds_differ("fewer pairs than CPython has");
}

/* ---- sets ---- */

static void pop_key(void)
{
    struct object *ours = set_pop(table.ours);
    PyObject *real = PySet_Pop(table.real);
    PyErr_Clear();
    kinds_compare_flags("popped", ours, real);
    if (!real)
        return;
    compare_key(ours, real);
    object_decref(ours);
    Py_DECREF(real);
}

static void update(void)
{
    struct pair other = pair_of(set_new(run.gc), PySet_New(NULL));
    unsigned first = draw(span), count = draw(30);
    for (unsigned i = first; i < first + count && i < SPAN; i++)
        if (!set_add(other.ours, key[i].ours) ||
            PySet_Add(other.real, key[i].real) < 0)
            kinds_no_memory();
    if (!set_update(table.ours, other.ours) ||
        _PySet_Update(table.real, other.real) < 0)
        kinds_no_memory();
    pair_end(other);
}

static void operate_on_set(unsigned kind)
{
    unsigned what = draw(1000);
    if (what < 1) {
        set_clear(table.ours);
        PySet_Clear(table.real);
        return;
    }
    if (what < 60) {
        what < 40 ? pop_key() : update();
        return;
    }
    struct pair k = draw_key(kind);
    if (what < 200)
        kinds_compare_flags("contains", set_contains(table.ours, k.ours),
                            PySet_Contains(table.real, k.real) == 1);
    else if (draw(100) < bias)
        kinds_compare_flags("added", set_add(table.ours, k.ours),
                            PySet_Add(table.real, k.real) == 0);
    else
        kinds_compare_flags("discarded", set_discard(table.ours, k.ours),
                            PySet_Discard(table.real, k.real) == 1);
    pair_end(k);
}

static void compare_set_order(void)
{
    struct object *k;
    PyObject *real;
    size_t place = 0;
    Py_ssize_t real_place = 0;
    Py_hash_t hash;
    while (set_next(table.ours, &place, &k)) {
        if (!_PySet_NextEntry(table.real, &real_place, &real, &hash))
            kinds_differ("more keys than CPython has");
        compare_key(k, real);
    }
    if (_PySet_NextEntry(table.real, &real_place, &real, &hash))
        kinds_differ("fewer keys than CPython has");
}

/* ---- both ---- */

static size_t real_size(void)
{
    return (size_t)(PyDict_Check(table.real) ? PyDict_GET_SIZE(table.real)
                                             : PySet_GET_SIZE(table.real));
}

static size_t our_size(void)
{
    return dict_is(table.ours) ? dict_size(table.ours) : set_size(table.ours);
}

static void live(bool is_set, unsigned kind)
{
    static const unsigned spans[] = { 12, 200, SPAN };
    span = spans[draw(3)];
    table = is_set ? pair_of(set_new(run.gc), PySet_New(NULL))
                   : pair_of(dict_new(run.gc), PyDict_New());
    for (unsigned i = 0; i < LIFE && run.operation < run.operations; i++) {
        if (i % 512 == 0)
            bias = 20 + draw(80);
        is_set ? operate_on_set(kind) : operate_on_dict(kind);
        kinds_compare_sizes("size", our_size(), real_size());
        kinds_compare_bytes(table.ours, table.real);
        if (i % ORDER_GAP == 0)
            is_set ? compare_set_order() : compare_dict_order();
        run.operation++;
    }
    pair_end(table);
}

static void job(bool is_set)
{
    for (unsigned kind = 0; run.operation < run.operations;
         kind = (kind + 1) % (MIXED + 1)) {
        make_keys(kind);
        for (int i = 0; i < 6 && run.operation < run.operations; i++)
            live(is_set, kind);
        end_keys();
    }
}

void job_dicts(void)
{
    job(false);
}

void job_sets(void)
{
    job(true);
}
