/* oracle_collector_real_info.c - what libpython's listeners are told of a
 * collection is a dict, and the reference makes none: it must leave no trace
 * in the lists of dicts and of tables that are kept for the next, which the
 * dicts of the trace come from.
 *
 * Such a dict is taken from a list, or is new; so is its table. Which, is seen
 * from the last blocks of these sizes that were asked for. What was taken is
 * put back in kind. The dict itself is held until nobody uses it any more,
 * and is then freed past the lists. */
#include "oracle_collector_real.h"

enum { DICT_BYTES = sizeof(PyGC_Head) + sizeof(PyDictObject) };

/* Of 8 places, and only strings: those that are kept. */
enum {
    TABLE_BYTES = sizeof(PyDictKeysObject) + 8 + 5 * sizeof(PyDictUnicodeEntry)
};

static struct real_info {
    const void *dict_block, *table_block; /* the last of their sizes */
    PyObject *held;
} real_info;

static struct _Py_dict_state *kept(void)
{
    return &_PyInterpreterState_GET()->dict_state;
}

static struct gc_generation *youngest(void)
{
    return &_PyInterpreterState_GET()->gc.generations[0];
}

void real_info_open(void)
{
    if (kept()->numfree > 0 || kept()->keys_numfree > 0)
        oracle_give_up("libpython has kept dicts of its own");
}

void real_info_note(size_t bytes, const void *block)
{
    if (bytes == DICT_BYTES)
        real_info.dict_block = block;
    else if (bytes == TABLE_BYTES)
        real_info.table_block = block;
}

void real_info_forget(void)
{
    real_info.dict_block = real_info.table_block = NULL;
}

/* As if the lists were full. */
static void free_past_the_lists(PyObject *dict)
{
    struct _Py_dict_state *state = kept();
    int dicts = state->numfree, tables = state->keys_numfree;
    int count = youngest()->count;

    state->numfree = state->keys_numfree = PyDict_MAXFREELIST;
    Py_DECREF(dict);
    state->numfree = dicts;
    state->keys_numfree = tables;
    youngest()->count = count;
}

/* A collection is running: this one starts none. */
static void put_back_dict(void)
{
    struct _Py_dict_state *state = kept();
    int count = youngest()->count;

    state->free_list[state->numfree++] =
        PyObject_GC_New(PyDictObject, &PyDict_Type);
    youngest()->count = count;
}

static void put_back_table(void)
{
    struct _Py_dict_state *state = kept();

    state->keys_free_list[state->keys_numfree++] = PyObject_Malloc(TABLE_BYTES);
}

void real_info_settle(PyObject *info)
{
    bool new_dict = real_info.dict_block == (PyGC_Head *)info - 1;
    bool new_table = real_info.table_block == ((PyDictObject *)info)->ma_keys;

    if (info == real_info.held)
        return; /* another listener is told */
    if (real_info.held != NULL)
        free_past_the_lists(real_info.held);
    real_info.held = Py_NewRef(info);
    if (new_dict)
        youngest()->count--;
    else
        put_back_dict();
    if (!new_table)
        put_back_table();
    real_info_forget();
}
