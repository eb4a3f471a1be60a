/* oracle_collector_real_tables.c - dicts and sets of libpython.
 *
 * Nothing here may raise an error but for want of memory: an exception is an
 * object, and would be counted. So what is taken out is looked for first. */
#include "oracle_collector_real.h"

static PyObject *words[WORDS];

void real_tables_start(void)
{
    for (int i = 0; i < WORDS; i++) {
        words[i] = PyUnicode_FromFormat("word %d", i);
        if (words[i] == NULL || PyObject_Hash(words[i]) == -1)
            oracle_give_up("libpython has no memory for words");
    }
}

void *real_word(int word)
{
    return words[word];
}

intptr_t real_word_hash(int word)
{
    return PyObject_Hash(words[word]);
}

/* ---- new ones ---- */

void *real_dict(void)
{
    PyObject *dict = PyDict_New();

    if (dict == NULL)
        PyErr_Clear();
    real_info_forget();
    return dict;
}

void *real_set(void)
{
    PyObject *set = PySet_New(NULL);

    if (set == NULL)
        PyErr_Clear();
    return set;
}

/* ---- entries ---- */

static bool real_good(int status)
{
    if (status < 0)
        PyErr_Clear();
    return status >= 0;
}

bool real_put(void *dict, void *key, void *value)
{
    bool good = real_good(PyDict_SetItem(dict, key, value));

    real_info_forget();
    return good;
}

bool real_add(void *set, void *key)
{
    return real_good(PySet_Add(set, key));
}

bool real_has(void *table, void *key)
{
    int has = PyDict_CheckExact((PyObject *)table) ? PyDict_Contains(table, key)
                                                   : PySet_Contains(table, key);

    if (has < 0)
        oracle_give_up("libpython compares no keys");
    return has > 0;
}

void real_remove(void *table, void *key)
{
    int status = PyDict_CheckExact((PyObject *)table)
                     ? PyDict_DelItem(table, key)
                     : PySet_Discard(table, key);

    if (status < 0)
        oracle_give_up("libpython lost a key");
}

void real_pop(void *object)
{
    PyObject *container = object;
    Py_ssize_t size = Py_SIZE(container);

    if (PyAnySet_CheckExact(container)) {
        if (PySet_GET_SIZE(container) > 0)
            Py_DECREF(PySet_Pop(container));
    } else if (size > 0) {
        PyList_SetSlice(container, size - 1, size, NULL);
    }
}

void real_empty(void *object)
{
    PyObject *container = object;

    if (PyDict_CheckExact(container))
        PyDict_Clear(container);
    else if (PyAnySet_CheckExact(container))
        PySet_Clear(container);
    else
        PyList_SetSlice(container, 0, PY_SSIZE_T_MAX, NULL);
}

/* ---- sizes: what __sizeof__ of each says, which here makes no object ---- */

static size_t table_bytes(const PyDictKeysObject *keys)
{
    size_t entry = DK_IS_UNICODE(keys) ? sizeof(PyDictUnicodeEntry)
                                       : sizeof(PyDictKeyEntry);

    return sizeof *keys + ((size_t)1 << keys->dk_log2_index_bytes) +
           (((size_t)2 << keys->dk_log2_size) / 3) * entry;
}

static size_t dict_bytes(const PyDictObject *dict)
{
    const PyDictKeysObject *keys = dict->ma_keys;

    return sizeof *dict + (keys->dk_log2_size == 0 ? 0 : table_bytes(keys));
}

static size_t set_bytes(const PySetObject *set)
{
    size_t places = set->table == set->smalltable ? 0 : (size_t)set->mask + 1;

    return sizeof *set + places * sizeof(setentry);
}

static size_t list_bytes(const PyListObject *list)
{
    return sizeof *list + (size_t)list->allocated * sizeof(PyObject *);
}

size_t real_bytes(void *container)
{
    size_t bytes;

    if (PyDict_CheckExact((PyObject *)container))
        bytes = dict_bytes(container);
    else if (PyAnySet_CheckExact((PyObject *)container))
        bytes = set_bytes(container);
    else
        bytes = list_bytes(container);
    return sizeof(PyGC_Head) + bytes;
}
