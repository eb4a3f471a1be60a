/* kinds_fuzz_instances.c - instances of a class and their dicts beside a plain
 * model: what each has, and in which order it came. */
#include "kinds_fuzz.h"

#include <stdio.h>
#include <string.h>

#define INSTANCES 4
#define KEYS      44 /* more names than a class can share */
#define NUMBERS   2  /* of them no names */

struct model {
    int value[KEYS]; /* a key's number, and 1; 0: not there */
    int order[KEYS];
    size_t size;
};

struct script {
    struct gc *gc;
    struct object_type *type;
    struct object *key[KEYS];
    struct object *instance[INSTANCES];
    struct model model[INSTANCES];
};

/* ---- the model ---- */

static void model_set(struct model *m, int key, int value)
{
    if (!m->value[key])
        m->order[m->size++] = key;
    m->value[key] = value + 1;
}

static bool model_delete(struct model *m, int key)
{
    size_t i = 0;
    if (!m->value[key])
        return false;
    while (m->order[i] != key)
        i++;
    m->size--;
    memmove(m->order + i, m->order + i + 1, (m->size - i) * sizeof m->order[0]);
    m->value[key] = 0;
    return true;
}

/* ---- changes ---- */

static void pop_item(struct script *s, int at)
{
    struct model *m = &s->model[at];
    struct object *dict = instance_dict(s->instance[at]), *key, *value;
    bool popped = dict_pop_item(dict, &key, &value);
    must(popped == (m->size > 0), "a dict does not know whether it is empty");
    if (!popped)
        return;
    must(key == s->key[m->order[m->size - 1]], "another pair came last");
    model_delete(m, m->order[m->size - 1]);
    object_decref(key);
    object_decref(value);
}

static void renew(struct script *s, int at)
{
    object_decref_any(s->instance[at]);
    s->instance[at] = instance_new(s->type);
    must(s->instance[at], "an instance is refused");
    memset(&s->model[at], 0, sizeof s->model[at]);
}

static void change_names(struct script *s, unsigned what, int at, int key,
                         int value)
{
    struct object *instance = s->instance[at];
    if (what % 4 > 0) {
        must(instance_set(instance, s->key[key], s->key[value]),
             "an attribute is refused");
        model_set(&s->model[at], key, value);
    } else {
        must(instance_delete(instance, s->key[key]) ==
                 model_delete(&s->model[at], key),
             "an attribute is lost");
    }
}

static void change_dict(struct script *s, unsigned what, int at, int key,
                        int value)
{
    struct object *dict = instance_dict(s->instance[at]);
    struct model *m = &s->model[at];
    if (what % 8 == 0) {
        dict_clear(dict);
        memset(m, 0, sizeof *m);
    } else if (what % 8 == 1) {
        pop_item(s, at);
    } else if (what % 8 < 4) {
        must(dict_delete(dict, s->key[key]) == model_delete(m, key),
             "a key of an instance's dict is lost");
    } else {
        must(dict_set(dict, s->key[key], s->key[value]),
             "an instance's dict is refused");
        model_set(m, key, value);
    }
}

static void change(struct script *s, const unsigned char *byte)
{
    unsigned what = byte[0] / INSTANCES;
    int at = byte[0] % INSTANCES, key = byte[1] % KEYS, value = byte[2] % KEYS;
    if (what % 16 == 0)
        renew(s, at);
    else if (what == 1)
        gc_collect(s->gc, GC_OLDEST);
    else if (what < 40)
        change_names(s, what, at, key % (KEYS - NUMBERS), value);
    else
        change_dict(s, what, at, key, value);
}

/* ---- comparison ---- */

static void compare(struct script *s, int at)
{
    const struct model *m = &s->model[at];
    struct object *key, *value;
    size_t place = 0;
    look_at(s->instance[at]);
    for (int k = 0; k < KEYS; k++)
        must(instance_get(s->instance[at], s->key[k]) ==
                 (m->value[k] ? s->key[m->value[k] - 1] : NULL),
             "an instance has another attribute");
    const struct object *dict = instance_dict(s->instance[at]);
    look_at(dict);
    must(dict_size(dict) == m->size, "an instance's dict has another size");
    for (size_t i = 0; i < m->size; i++)
        must(dict_next(dict, &place, &key, &value) &&
                 key == s->key[m->order[i]],
             "an instance's dict has another order");
}

/* A value may be any key. */
static void make_keys(struct script *s)
{
    for (int i = 0; i < KEYS; i++) {
        char text[16];
        snprintf(text, sizeof text, "n%d", i);
        s->key[i] = i < KEYS - NUMBERS ? text_of(s->gc, text)
                                       : int_new(s->gc, 1000 + i);
        must(s->key[i], "a key is refused");
    }
}

void fuzz_instances(struct gc *gc, const unsigned char *byte, size_t count)
{
    struct script s = { .gc = gc, .type = instance_type_new(gc, "A", NULL) };
    must(s.type, "a class is refused");
    make_keys(&s);
    for (int i = 0; i < INSTANCES; i++)
        renew(&s, i);
    for (size_t at = 0; at + 3 <= count; at += 3)
        change(&s, byte + at);
    for (int i = 0; i < INSTANCES; i++) {
        compare(&s, i);
        object_decref(s.instance[i]);
    }
    for (int i = 0; i < KEYS; i++)
        object_decref(s.key[i]);
}
