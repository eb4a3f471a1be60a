/* kinds_fuzz.c - text from a fuzzer's bytes: UTF-8 and back, decimal and back,
 * a script of changes of a list, a dict and a set beside plain models, and one
 * of instances.
 *
 * The first byte chooses the edition and which of the four the rest is for.
 * Built for libFuzzer, by ci/full fuzz. */
#include "kinds_fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/layout.h"
#include "collector.h"

#define KEYS       64
#define FIELDS     200
#define MODEL_ROOM 4096

static struct gc *gc;

int LLVMFuzzerTestOneInput(const unsigned char *byte, size_t count);

void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "kinds-fuzz: %s\n", what);
    abort();
}

void look_at(const struct object *object)
{
    struct layout_field field[FIELDS];
    size_t fields = layout_of(object, field, FIELDS), bytes = 0;
    must(fields <= FIELDS, "an object has too many fields");
    for (size_t i = 0; i < fields; i++)
        bytes += field[i].bytes;
    must(bytes == object_bytes(object), "fields do not fill an object");
}

/* ---- text ---- */

static void try_utf8(const char *text, size_t bytes)
{
    struct text_fault fault;
    struct object *made = text_new(gc, text, bytes, &fault);
    size_t back_bytes = 0;
    if (!made) {
        must(fault.what && fault.at < fault.end && fault.end <= bytes,
             "a fault lies outside of the text");
        made = text_new(gc, text, fault.at, NULL);
        must(made, "what lies before the fault is refused");
        object_decref(made);
        return;
    }
    look_at(made);
    const char *back = text_utf8(made, &back_bytes);
    must(back && back_bytes == bytes && memcmp(back, text, bytes) == 0,
         "UTF-8 comes back otherwise");
    look_at(made);
    object_decref(made);
}

/* Without sign, underscores and zeros in front. */
static size_t plain_decimal(const char *text, size_t bytes, char *ret)
{
    bool below = bytes > 0 && text[0] == '-';
    size_t at = below || (bytes > 0 && text[0] == '+'), used = 0;
    while (at + 1 < bytes && (text[at] == '0' || text[at] == '_'))
        at++;
    if (below && text[at] != '0')
        ret[used++] = '-';
    for (; at < bytes; at++)
        if (text[at] != '_')
            ret[used++] = text[at];
    return used;
}

static void try_decimal(const char *text, size_t bytes)
{
    struct text_fault fault;
    struct object *made = int_parse(gc, text, bytes, &fault);
    char *plain = malloc(bytes + 1);
    must(plain, "no memory");
    if (!made) {
        must(fault.what && fault.at <= fault.end && fault.end <= bytes,
             "a fault lies outside of the number");
    } else {
        struct object *back = int_print(made);
        size_t used = plain_decimal(text, bytes, plain), length;
        const char *printed = text_utf8(back, &length);
        must(length == used && memcmp(printed, plain, used) == 0,
             "a number comes back otherwise");
        look_at(made);
        object_decref(back);
        object_decref(made);
    }
    free(plain);
}

/* ---- containers ---- */

struct model {
    int item[MODEL_ROOM]; /* of the list */
    size_t size;
    int value[KEYS]; /* of the dict; 0: not there */
    bool in_set[KEYS];
};

struct script {
    struct object *key[KEYS], *list, *dict, *set;
    struct model model;
};

/* Numbers and strings, and a number that is equal to another. */
static struct object *new_key(int i)
{
    if (i % 4 == 3)
        return float_new(gc, i + 0.5);
    struct object *number = int_new(gc, i % 4 == 1 ? (int64_t)i << 40 : i);
    if (i % 4 != 2)
        return number;
    struct object *text = int_print(number);
    object_decref(number);
    return text;
}

static void change_list(struct script *s, unsigned what, unsigned a, unsigned b)
{
    struct model *m = &s->model;
    size_t from = m->size ? a % (m->size + 1) : 0;
    size_t to = from + b % (m->size - from + 1), count = what % 8;
    struct object *item[8];
    if (m->size + 8 > MODEL_ROOM)
        to = m->size, from = 0;
    for (size_t i = 0; i < count; i++)
        item[i] = s->key[(a + i) % KEYS];
    must(list_replace(s->list, from, to, item, count), "a list is refused");
    memmove(m->item + from + count, m->item + to,
            (m->size - to) * sizeof m->item[0]);
    for (size_t i = 0; i < count; i++)
        m->item[from + i] = (int)((a + i) % KEYS);
    m->size += count - (to - from);
}

static void change_tables(struct script *s, unsigned what, unsigned a,
                          unsigned b)
{
    struct model *m = &s->model;
    unsigned k = a % KEYS, v = 1 + b % (KEYS - 1);
    if (what % 4 == 0) {
        must(dict_set(s->dict, s->key[k], s->key[v]), "a dict is refused");
        m->value[k] = (int)v;
    } else if (what % 4 == 1) {
        must(dict_delete(s->dict, s->key[k]) == (m->value[k] != 0),
             "a key of a dict is lost");
        m->value[k] = 0;
    } else if (what % 4 == 2) {
        must(set_add(s->set, s->key[k]), "a set is refused");
        m->in_set[k] = true;
    } else {
        must(set_discard(s->set, s->key[k]) == m->in_set[k],
             "a key of a set is lost");
        m->in_set[k] = false;
    }
}

static void compare_all(const struct script *s)
{
    const struct model *m = &s->model;
    must(list_size(s->list) == m->size, "a list has another size");
    for (size_t i = 0; i < m->size; i++)
        must(list_item(s->list, i) == s->key[m->item[i]],
             "a list has another item");
    for (int i = 0; i < KEYS; i++) {
        struct object *value = dict_get(s->dict, s->key[i]);
        must(value == (m->value[i] ? s->key[m->value[i]] : NULL),
             "a dict has another value");
        must(set_contains(s->set, s->key[i]) == m->in_set[i],
             "a set has other keys");
    }
    look_at(s->list);
    look_at(s->dict);
    look_at(s->set);
}

static void run_script(const unsigned char *byte, size_t count)
{
    static struct script s;
    memset(&s, 0, sizeof s);
    for (int i = 0; i < KEYS; i++)
        s.key[i] = new_key(i);
    s.list = list_new(gc, 0);
    s.dict = dict_new(gc);
    s.set = set_new(gc);
    for (size_t at = 0; at + 3 <= count; at += 3) {
        if (byte[at] & 0x80)
            change_list(&s, byte[at], byte[at + 1], byte[at + 2]);
        else
            change_tables(&s, byte[at], byte[at + 1], byte[at + 2]);
        if (byte[at] == 0x7f)
            gc_collect(gc, GC_OLDEST);
    }
    compare_all(&s);
    object_decref(s.set);
    object_decref(s.dict);
    object_decref(s.list);
    for (int i = 0; i < KEYS; i++)
        object_decref(s.key[i]);
}

/* One for each edition, for all runs: a heap is dear to make. */
static struct gc *collector(unsigned number)
{
    static const char *const name[] = { "py38", "py311", "py313" };
    static struct gc *made[3];
    number %= 3;
    if (!made[number])
        made[number] =
            gc_create(&(struct gc_config){ .edition = name[number] });
    must(made[number], "no collector");
    return made[number];
}

int LLVMFuzzerTestOneInput(const unsigned char *byte, size_t count)
{
    if (count == 0)
        return 0;
    gc = collector(byte[0] / 4);
    const char *text = (const char *)byte + 1;
    if (byte[0] % 4 == 0)
        try_utf8(text, count - 1);
    else if (byte[0] % 4 == 1)
        try_decimal(text, count - 1);
    else if (byte[0] % 4 == 2)
        run_script(byte + 1, count - 1);
    else
        fuzz_instances(gc, byte + 1, count - 1);
    must(!gc_verify(gc).what, "the collector is not sound");
    must(gc_objects(gc, GC_ALL_GENERATIONS, NULL, 0) == 0, "an object is left");
    return 0;
}
