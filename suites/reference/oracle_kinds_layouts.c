/* oracle_kinds_layouts.c - where fields lie: what layout_of() says of an
 * object of each kind, beside the structures in CPython's own headers; and the
 * sizes of types, of instances with slots, and of weak references. */
#include "oracle_kinds.h"

#include <stddef.h>
#include <string.h>
#include <structmember.h>

#include "assay/layout.h"

#define FIELDS_MAX 200

struct place {
    const char *name;
    size_t offset, bytes;
};

#define PLACE(name, type, member)                                 \
    {                                                             \
        name, offsetof(type, member), sizeof(((type *)0)->member) \
    }
#define PLACES(table) table, sizeof(table) / sizeof((table)[0])

static const struct place of_object[] = {
    PLACE("ob_refcnt", PyObject, ob_refcnt),
    PLACE("*ob_type", PyObject, ob_type),
};
static const struct place of_int[] = {
    PLACE("ob_size", PyVarObject, ob_size),
    PLACE("ob_digit[0]", PyLongObject, ob_digit[0]),
    PLACE("ob_digit[1]", PyLongObject, ob_digit[1]),
};
static const struct place of_float[] = {
    PLACE("ob_fval", PyFloatObject, ob_fval),
};
static const struct place of_ascii[] = {
    PLACE("length", PyASCIIObject, length),
    PLACE("hash", PyASCIIObject, hash),
    PLACE("state", PyASCIIObject, state),
    PLACE("*wstr", PyASCIIObject, wstr),
    { "char_data[0]", sizeof(PyASCIIObject), 1 },
};
static const struct place of_wide[] = {
    PLACE("length", PyASCIIObject, length),
    PLACE("hash", PyASCIIObject, hash),
    PLACE("*wstr", PyASCIIObject, wstr),
    PLACE("utf8_length", PyCompactUnicodeObject, utf8_length),
    PLACE("*utf8", PyCompactUnicodeObject, utf8),
    PLACE("wstr_length", PyCompactUnicodeObject, wstr_length),
    { "char_data[0]", sizeof(PyCompactUnicodeObject), 2 },
};
static const struct place of_bytes[] = {
    PLACE("ob_size", PyVarObject, ob_size),
    PLACE("ob_sval[0]", PyBytesObject, ob_sval[0]),
};
static const struct place of_list[] = {
    PLACE("ob_size", PyVarObject, ob_size),
    PLACE("**ob_item", PyListObject, ob_item),
    PLACE("allocated", PyListObject, allocated),
};
static const struct place of_tuple[] = {
    PLACE("ob_size", PyVarObject, ob_size),
    PLACE("*ob_item[0]", PyTupleObject, ob_item[0]),
    PLACE("*ob_item[1]", PyTupleObject, ob_item[1]),
};
static const struct place of_set[] = {
    PLACE("fill", PySetObject, fill),
    PLACE("used", PySetObject, used),
    PLACE("mask", PySetObject, mask),
    PLACE("*table", PySetObject, table),
    PLACE("hash", PySetObject, hash),
    PLACE("finger", PySetObject, finger),
    PLACE("smalltable[0]", PySetObject, smalltable[0]),
    PLACE("*weakreflist", PySetObject, weakreflist),
};
static const struct place of_dict[] = {
    PLACE("ma_used", PyDictObject, ma_used),
    PLACE("ma_version_tag", PyDictObject, ma_version_tag),
    PLACE("*ma_keys", PyDictObject, ma_keys),
    PLACE("*ma_values", PyDictObject, ma_values),
};
static const struct place of_weak[] = {
    PLACE("*wr_object", PyWeakReference, wr_object),
    PLACE("*wr_callback", PyWeakReference, wr_callback),
    PLACE("hash", PyWeakReference, hash),
    PLACE("*wr_prev", PyWeakReference, wr_prev),
    PLACE("*wr_next", PyWeakReference, wr_next),
    PLACE("vectorcall", PyWeakReference, vectorcall),
};

/* ---- comparison ---- */

static const struct layout_field *find(const struct layout_field *field,
                                       size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(field[i].name, name) == 0)
            return &field[i];
    kinds_differ("there is no field %s", name);
}

static void compare_places(const struct object *object,
                           const struct place *place, size_t count)
{
    struct layout_field field[FIELDS_MAX];
    size_t fields = layout_of(object, field, FIELDS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct layout_field *f = find(field, fields, place[i].name);
        kinds_compare_sizes(place[i].name, (size_t)f->offset, place[i].offset);
        kinds_compare_sizes(place[i].name, f->bytes, place[i].bytes);
    }
}

static void compare(struct pair pair, const struct place *place, size_t count)
{
    kinds_compare_bytes(pair.ours, pair.real);
    compare_places(pair.ours, PLACES(of_object));
    compare_places(pair.ours, place, count);
    pair_end(pair);
}

/* ---- objects ---- */

static void compare_values(void)
{
    compare(pair_int((int64_t)1 << 40), PLACES(of_int));
    compare(pair_of(bool_new(run.gc, true), PyBool_FromLong(1)), NULL, 0);
    compare(pair_of(float_new(run.gc, 0.5), PyFloat_FromDouble(0.5)),
            PLACES(of_float));
    compare(pair_text("abc"), PLACES(of_ascii));
    compare(pair_text("\xc5\x99"), PLACES(of_wide));
    compare(pair_of(bytes_new(run.gc, "abc", 3),
                    PyBytes_FromStringAndSize("abc", 3)),
            PLACES(of_bytes));
}

static void compare_containers(void)
{
    struct object *item[2] = { NULL, NULL };
    compare(pair_of(list_new(run.gc, 2), PyList_New(2)), PLACES(of_list));
    compare(pair_of(tuple_pack(run.gc, item, 2), PyTuple_New(2)),
            PLACES(of_tuple));
    compare(pair_of(set_new(run.gc), PySet_New(NULL)), PLACES(of_set));
    compare(pair_of(dict_new(run.gc), PyDict_New()), PLACES(of_dict));
}

/* ---- instances ---- */

static PyObject *real_class(const char *slots)
{
    PyObject *class = PyObject_CallFunction((PyObject *)&PyType_Type, "s(){sO}",
                                            "B", "__slots__",
                                            PyRun_String(slots, Py_eval_input,
                                                         PyDict_New(), NULL));
    if (!class)
        kinds_no_memory();
    return class;
}

/* Names of slots in the order in which they are given: they lie sorted. */
static void compare_slots(unsigned count, bool weak, const char *slots)
{
    static const char *const names[] = { "z", "x", "y" };
    static const char *const fields[] = { "*x", "*y", "*z" };
    struct object_type *type =
        slotted_type_new(run.gc, "B", names, count, weak, NULL);
    PyObject *class = real_class(slots);
    struct pair pair = pair_of(slotted_new(type), PyObject_CallNoArgs(class));
    kinds_compare_bytes(pair.ours, pair.real);
    for (unsigned i = 0; count == 3 && i < count; i++) {
        struct place place = { fields[i], 0, sizeof(PyObject *) };
        PyObject *slot = PyObject_GetAttrString(class, fields[i] + 1);
        place.offset = (size_t)((PyMemberDescrObject *)slot)->d_member->offset;
        compare_places(pair.ours, &place, 1);
        Py_DECREF(slot);
    }
    pair_end(pair);
    Py_DECREF(class);
}

static void compare_weak(void)
{
    struct pair set = pair_of(set_new(run.gc), PySet_New(NULL));
    compare(pair_of(weak_ref(set.ours, NULL), PyWeakref_NewRef(set.real, NULL)),
            PLACES(of_weak));
    compare(pair_of(weak_proxy(set.ours, NULL),
                    PyWeakref_NewProxy(set.real, NULL)),
            PLACES(of_weak));
    pair_end(set);
}

void job_layouts(void)
{
    compare_values();
    compare_containers();
    compare_slots(0, false, "()");
    compare_slots(0, true, "('__weakref__',)");
    compare_slots(3, false, "('z', 'x', 'y')");
    compare_slots(3, true, "('z', '__weakref__', 'x', 'y')");
    compare_weak();
}
