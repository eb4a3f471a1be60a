/* oracle_kinds_instances.c - instances of a class and their dicts: attributes
 * set, deleted and asked for, dicts changed as dicts and kept longer than
 * their instances. After each operation the bytes of all, whether there is a
 * dict, whether it is tracked; and the order of what each holds. */
#include "oracle_kinds.h"

#include <string.h>

#define INSTANCES 10
#define NAMES     48 /* more than a class can share */
#define VALUES    12
#define LIFE      400 /* operations on one class */

/* An instance and its dict, each until it is let go by itself. */
struct holder {
    struct pair instance;
    struct pair dict;
};

static struct pair name[NAMES], value[VALUES];
static struct holder holder[INSTANCES];
static const struct object_type *our_class;
static PyObject *real_class;
static unsigned span;

/* ---- values ---- */

/* One of them makes a dict tracked. */
static void make_values(void)
{
    value[0] = pair_of(list_new(run.gc, 0), PyList_New(0));
    for (int i = 1; i < VALUES; i++)
        value[i] = pair_int(1000 + i);
    for (int i = 0; i < NAMES; i++) {
        char text[16];
        snprintf(text, sizeof text, "name%d", i);
        name[i] = pair_text(text);
    }
}

static void end_values(void)
{
    for (int i = 0; i < VALUES; i++)
        pair_end(value[i]);
    for (int i = 0; i < NAMES; i++)
        pair_end(name[i]);
}

static void compare_values(const struct object *ours, PyObject *real)
{
    for (int i = 0; i < VALUES; i++)
        if (!kinds_same((ours == value[i].ours) == (real == value[i].real)))
            kinds_differ("another value");
}

/* Names are interned there, so that equal ones may be other objects. */
static void compare_names(struct object *ours, PyObject *real)
{
    kinds_compare_flags("a string", text_is(ours), PyUnicode_Check(real));
    if (text_is(ours) &&
        !kinds_same(strcmp(text_utf8(ours, NULL), PyUnicode_AsUTF8(real)) == 0))
        kinds_differ("the name %s, CPython %s", text_utf8(ours, NULL),
                     PyUnicode_AsUTF8(real));
}

/* ---- what each refers to ---- */

/* A dict refers to its keys, values among them, and to what they stand for. */
#define REFERENTS_MAX (2 * (NAMES + VALUES))

struct referents {
    PyObject *real[REFERENTS_MAX];
    size_t count;
};

static int see(PyObject *object, void *context)
{
    struct referents *seen = context;
    if (PyType_Check(object)) /* ours refer to no type */
        return 0;
    if (seen->count == REFERENTS_MAX)
        kinds_differ("CPython's has more than %d referents", REFERENTS_MAX);
    seen->real[seen->count++] = object;
    return 0;
}

static void compare_referents(struct pair pair, bool is_dict)
{
    struct referents seen = { .count = 0 };
    struct object *ours[REFERENTS_MAX];
    size_t count = gc_referents(pair.ours, ours, REFERENTS_MAX);
    Py_TYPE(pair.real)->tp_traverse(pair.real, see, &seen);
    kinds_compare_sizes("referents", count, seen.count);
    for (size_t i = 0; i < count; i++)
        if (!dict_is(ours[i]) && !(is_dict && text_is(ours[i])))
            compare_values(ours[i], seen.real[i]);
}

static void compare_order(struct pair dict)
{
    struct object *key, *held;
    PyObject *real_key, *real_held;
    size_t place = 0;
    Py_ssize_t real_place = 0;
    while (dict_next(dict.ours, &place, &key, &held)) {
        if (!PyDict_Next(dict.real, &real_place, &real_key, &real_held))
            kinds_differ("more pairs than CPython has");
        compare_names(key, real_key);
        compare_values(held, real_held);
    }
    if (PyDict_Next(dict.real, &real_place, &real_key, &real_held))
        kinds_differ("fewer pairs than CPython has");
}

static void compare_dicts(struct pair dict)
{
    kinds_compare_sizes("size", dict_size(dict.ours),
                        (size_t)PyDict_GET_SIZE(dict.real));
    kinds_compare_bytes(dict.ours, dict.real);
    kinds_compare_flags("tracked", gc_is_tracked(dict.ours),
                        PyObject_GC_IsTracked(dict.real));
    compare_referents(dict, true);
}

/* The words in front of the GC head: values and dict. */
static void compare_instances(struct pair instance)
{
    PyObject **word = (PyObject **)instance.real;
    kinds_compare_bytes(instance.ours, instance.real);
    kinds_compare_flags("has a dict", instance_dict_if_any(instance.ours),
                        word[-3]);
    compare_referents(instance, false);
}

static void compare_all(void)
{
    for (int i = 0; i < INSTANCES; i++) {
        if (holder[i].instance.ours)
            compare_instances(holder[i].instance);
        if (holder[i].dict.ours)
            compare_dicts(holder[i].dict);
        if (holder[i].dict.ours && draw(16) == 0)
            compare_order(holder[i].dict);
    }
}

/* ---- operations on an instance ---- */

static struct pair no_pair;

static void let_go(struct pair *pair)
{
    pair_replace(pair, no_pair);
}

static void renew(struct holder *h)
{
    let_go(&h->dict);
    pair_replace(&h->instance, pair_of(instance_new(our_class),
                                       PyObject_CallNoArgs(real_class)));
}

static void set_attribute(struct pair instance, struct pair n)
{
    struct pair v = value[draw(VALUES)];
    if (!instance_set(instance.ours, n.ours, v.ours) ||
        PyObject_SetAttr(instance.real, n.real, v.real) < 0)
        kinds_no_memory();
}

static void delete_attribute(struct pair instance, struct pair n)
{
    bool ours = instance_delete(instance.ours, n.ours);
    kinds_compare_flags("deleted", ours,
                        PyObject_SetAttr(instance.real, n.real, NULL) == 0);
    PyErr_Clear();
}

static void get_attribute(struct pair instance, struct pair n)
{
    const struct object *ours = instance_get(instance.ours, n.ours);
    PyObject *real = PyObject_GetAttr(instance.real, n.real);
    PyErr_Clear();
    kinds_compare_flags("found", ours, real);
    if (ours)
        compare_values(ours, real);
    Py_XDECREF(real);
}

static void ask_dict(struct holder *h)
{
    struct object *ours = instance_dict(h->instance.ours);
    if (!ours)
        kinds_no_memory();
    pair_replace(&h->dict,
                 pair_of(object_incref(ours),
                         PyObject_GenericGetDict(h->instance.real, NULL)));
}

static void operate_on_instance(struct holder *h)
{
    struct pair n = name[draw(span)];
    unsigned what = draw(100);
    if (what < 55)
        set_attribute(h->instance, n);
    else if (what < 70)
        delete_attribute(h->instance, n);
    else if (what < 85)
        get_attribute(h->instance, n);
    else if (what < 90)
        ask_dict(h);
    else if (what < 96 || !h->dict.ours)
        renew(h);
    else
        let_go(&h->instance);
}

/* ---- operations on its dict ---- */

static void put(struct pair dict, struct pair key)
{
    struct pair v = value[draw(VALUES)];
    if (!dict_set(dict.ours, key.ours, v.ours) ||
        PyDict_SetItem(dict.real, key.real, v.real) < 0)
        kinds_no_memory();
}

static void put_default(struct pair dict, struct pair key)
{
    struct pair v = value[draw(VALUES)];
    compare_values(dict_set_default(dict.ours, key.ours, v.ours),
                   PyDict_SetDefault(dict.real, key.real, v.real));
}

static void take(struct pair dict, struct pair key)
{
    bool ours = dict_delete(dict.ours, key.ours);
    kinds_compare_flags("deleted", ours,
                        PyDict_DelItem(dict.real, key.real) == 0);
    PyErr_Clear();
}

static void look(struct pair dict, struct pair key)
{
    const struct object *ours = dict_get(dict.ours, key.ours);
    PyObject *real = PyDict_GetItemWithError(dict.real, key.real);
    kinds_compare_flags("found", ours, real);
    if (ours)
        compare_values(ours, real);
}

static void pop_item(struct pair dict)
{
    struct object *key = NULL, *held = NULL;
    PyObject *real = PyObject_CallMethod(dict.real, "popitem", NULL);
    PyErr_Clear();
    kinds_compare_flags("popped", dict_pop_item(dict.ours, &key, &held), real);
    if (!real)
        return;
    compare_names(key, PyTuple_GET_ITEM(real, 0));
    compare_values(held, PyTuple_GET_ITEM(real, 1));
    object_decref(key);
    object_decref(held);
    Py_DECREF(real);
}

static void clear(struct pair dict)
{
    dict_clear(dict.ours);
    PyDict_Clear(dict.real);
}

/* Now and then a key that is no string. */
static void operate_on_dict(struct holder *h)
{
    struct pair key = name[draw(span)];
    unsigned what = draw(400);
    if (what < 8)
        pop_item(h->dict);
    else if (what < 12)
        clear(h->dict);
    else if (what < 16)
        put(h->dict, value[1 + draw(VALUES - 1)]);
    else if (what < 60)
        look(h->dict, key);
    else if (what < 100)
        put_default(h->dict, key);
    else if (what < 290)
        put(h->dict, key);
    else if (what < 370)
        take(h->dict, key);
    else
        let_go(&h->dict);
}

/* ---- a class ---- */

static void begin_class(void)
{
    static const unsigned spans[] = { 3, 8, 20, 32, NAMES };
    span = spans[draw(5)];
    our_class = instance_type_new(run.gc, "A", NULL);
    real_class = PyObject_CallFunction((PyObject *)&PyType_Type, "s(){}", "A");
    if (!our_class || !real_class)
        kinds_no_memory();
}

static void end_class(void)
{
    for (int i = 0; i < INSTANCES; i++) {
        let_go(&holder[i].instance);
        let_go(&holder[i].dict);
    }
    Py_DECREF(real_class);
}

static void operate(void)
{
    struct holder *h = &holder[draw(INSTANCES)];
    if (!h->instance.ours && (!h->dict.ours || draw(8) == 0))
        renew(h);
    else if (!h->instance.ours || (h->dict.ours && draw(2)))
        operate_on_dict(h);
    else
        operate_on_instance(h);
}

void job_instances(void)
{
    make_values();
    while (run.operation < run.operations) {
        begin_class();
        for (int i = 0; i < LIFE && run.operation < run.operations; i++) {
            operate();
            compare_all();
            run.operation++;
        }
        end_class();
    }
    end_values();
}
