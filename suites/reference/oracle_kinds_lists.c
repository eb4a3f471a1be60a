/* oracle_kinds_lists.c - a list and a tuple changed in every way: bytes after
 * each operation, and contents now and then. */
#include "oracle_kinds.h"

#define NUMBERS       300 /* a third of them not shared */
#define SIZE_MAX_LIST 3000

static struct pair number[NUMBERS], list, tuple;

static size_t size_now(void)
{
    return list_size(list.ours);
}

/* ---- operations ---- */

static void append_or_insert(void)
{
    struct pair item = number[draw(NUMBERS)];
    size_t at = draw((unsigned)size_now() + 2);
    bool back = draw(3) > 0;
    bool ours = back ? list_append(list.ours, item.ours)
                     : list_insert(list.ours, at, item.ours);
    int real = back ? PyList_Append(list.real, item.real)
                    : PyList_Insert(list.real, (Py_ssize_t)at, item.real);
    if (!ours || real < 0)
        kinds_no_memory();
}

/* As list.pop() does it. */
static void take(void)
{
    size_t size = size_now();
    if (size == 0)
        return;
    size_t at = draw(2) ? size - 1 : draw((unsigned)size);
    struct object *ours = list_take(list.ours, at);
    PyObject *real = PyObject_CallMethod(list.real, "pop", "n", (Py_ssize_t)at);
    struct pair taken = pair_of(ours, real);
    pair_compare(taken);
    pair_end(taken);
}

static void draw_range(size_t *ret_from, size_t *ret_to)
{
    size_t size = size_now();
    *ret_from = draw((unsigned)size + 1);
    *ret_to = *ret_from + draw(draw(8) ? 8 : (unsigned)size + 1);
    if (*ret_to > size)
        *ret_to = size;
}

static void delete_range(void)
{
    size_t from, to;
    draw_range(&from, &to);
    bool ours = list_delete(list.ours, from, to);
    int real =
        PyList_SetSlice(list.real, (Py_ssize_t)from, (Py_ssize_t)to, NULL);
    kinds_compare_flags("deleted", ours, real == 0);
}

static void replace_range(void)
{
    size_t from, to, count = draw(draw(8) ? 6 : 60);
    struct object *item[60];
    PyObject *items = PyTuple_New((Py_ssize_t)count);
    draw_range(&from, &to);
    for (size_t i = 0; i < count; i++) {
        struct pair drawn = number[draw(NUMBERS)];
        item[i] = drawn.ours;
        PyTuple_SET_ITEM(items, (Py_ssize_t)i, Py_NewRef(drawn.real));
    }
    bool ours = list_replace(list.ours, from, to, item, count);
    int real =
        PyList_SetSlice(list.real, (Py_ssize_t)from, (Py_ssize_t)to, items);
    kinds_compare_flags("replaced", ours, real == 0);
    Py_DECREF(items);
}

static struct pair slice_of_list(void)
{
    size_t from, to;
    draw_range(&from, &to);
    return pair_of(list_slice(list.ours, from, to),
                   PyList_GetSlice(list.real, (Py_ssize_t)from,
                                   (Py_ssize_t)to));
}

static void extend(void)
{
    struct pair other = draw(2) ? slice_of_list() : tuple;
    bool is_slice = other.ours != tuple.ours;
    kinds_compare_bytes(other.ours, other.real);
    if (!list_extend(list.ours, other.ours))
        kinds_no_memory();
    PyObject *none =
        PyObject_CallMethod(list.real, "extend", "(O)", other.real);
    Py_XDECREF(none);
    if (is_slice)
        pair_end(other);
}

/* A part of it, and two items more, are the next one. */
static void change_tuple(void)
{
    size_t size = tuple_size(tuple.ours), from = draw((unsigned)size + 1);
    size_t to = from + draw((unsigned)(size - from) + 1);
    struct pair part =
        pair_of(tuple_slice(tuple.ours, from, to),
                PyTuple_GetSlice(tuple.real, (Py_ssize_t)from, (Py_ssize_t)to));
    struct pair a = number[draw(NUMBERS)], b = number[draw(NUMBERS)];
    struct object *few[] = { a.ours, b.ours };
    struct pair two =
        pair_of(tuple_pack(run.gc, few, 2), PyTuple_Pack(2, a.real, b.real));
    pair_compare(part);
    pair_replace(&tuple, pair_of(tuple_join(part.ours, two.ours),
                                 PySequence_Concat(part.real, two.real)));
    pair_compare(tuple);
    pair_end(part);
    pair_end(two);
}

static void clear(void)
{
    list_clear(list.ours);
    PyList_SetSlice(list.real, 0, PyList_GET_SIZE(list.real), NULL);
}

static void operate(void)
{
    unsigned what = draw(1000);
    if (what < 3) {
        clear();
    } else if (what < 40) {
        delete_range();
    } else if (what < 80) {
        replace_range();
    } else if (what < 100) {
        extend();
    } else if (what < 120) {
        change_tuple();
    } else if (what < 120 + 440 * (1 + run.operation / 512 % 2)) {
        append_or_insert();
    } else {
        take();
    }
}

/* ---- comparing ---- */

static void compare_items(void)
{
    size_t size = size_now();
    for (size_t i = 0; i < size; i++) {
        PyObject *real = PyList_GET_ITEM(list.real, (Py_ssize_t)i);
        int64_t ours = 0;
        int_value(list_item(list.ours, i), &ours);
        if (!kinds_same(ours == PyLong_AsLongLong(real)))
            kinds_differ("item %zu: %ld, CPython %ld", i, ours,
                         PyLong_AsLong(real));
    }
}

static void compare_search(void)
{
    struct pair item = number[draw(NUMBERS)];
    kinds_compare_flags("contains", list_contains(list.ours, item.ours),
                        PySequence_Contains(list.real, item.real) == 1);
}

void job_lists(void)
{
    for (int i = 0; i < NUMBERS; i++)
        number[i] = pair_int(i - 10 + 1000 * (i % 3 == 0));
    list = pair_of(list_new(run.gc, 0), PyList_New(0));
    tuple = pair_of(tuple_new(run.gc, 0), PyTuple_New(0));
    for (; run.operation < run.operations; run.operation++) {
        operate();
        kinds_compare_sizes("size", size_now(),
                            (size_t)PyList_GET_SIZE(list.real));
        kinds_compare_bytes(list.ours, list.real);
        if (run.operation % 64 == 0) {
            compare_items();
            compare_search();
        }
        if (size_now() > SIZE_MAX_LIST)
            clear();
    }
    pair_end(list);
    pair_end(tuple);
    for (int i = 0; i < NUMBERS; i++)
        pair_end(number[i]);
}
