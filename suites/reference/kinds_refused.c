/* kinds_refused.c - dicts, sets and instances when memory is refused.
 *
 * Each is grown key by key. Before each key, the same is tried with the n-th
 * request for memory refused, for each n that there is: what can be seen of
 * the object must be what it was. */
#include "gc_fixture.h"

#include <stdlib.h>

#define KEYS     200
#define REFUSALS 8 /* more requests than any one of them makes */

static struct gc_fixture f;
static struct object_type *key_type, *text_type, *instance_type;
static struct object *key[KEYS], *text[KEYS];
static int refuse_in; /* requests; 0: none is refused */

/* ---- memory ---- */

static bool is_refused(void)
{
    return refuse_in > 0 && --refuse_in == 0;
}

static void *refusing_malloc(void *context, size_t bytes)
{
    (void)context;
    return is_refused() ? NULL : malloc(bytes);
}

static void *refusing_calloc(void *context, size_t count, size_t bytes)
{
    (void)context;
    return is_refused() ? NULL : calloc(count, bytes);
}

static void *refusing_realloc(void *context, void *block, size_t bytes)
{
    (void)context;
    return is_refused() ? NULL : realloc(block, bytes);
}

static void refusing_free(void *context, void *block)
{
    (void)context;
    free(block);
}

/* ---- the fixture ---- */

static bool hash_of_id(void *context, struct object *object, intptr_t *ret)
{
    (void)context;
    *ret = plain_is(object) ? plain_id(object) : node_id(object);
    return true;
}

static void begin_edition(const char *edition)
{
    static const struct memory_allocator memory = {
        NULL, refusing_malloc, refusing_calloc, refusing_realloc, refusing_free
    };
    struct gc_config config = { .edition = edition, .memory = &memory };
    struct object_hooks hooks = { .hash = hash_of_id };
    struct node_kind kind = { .name = "key", .hooks = hooks };
    refuse_in = 0;
    gc_fixture_begin(&f, &config);
    key_type = node_type_new(f.gc, &kind);
    text_type = plain_text_type_new(f.gc, "str", &hooks);
    instance_type = instance_type_new(f.gc, "A", NULL);
    for (int i = 0; i < KEYS; i++) {
        key[i] = node_new(key_type, i);
        text[i] = plain_new(text_type, i);
    }
}

static void begin(void)
{
    begin_edition(NULL);
}

static void end(void)
{
    for (int i = 0; i < KEYS; i++) {
        object_decref(key[i]);
        object_decref(text[i]);
    }
    gc_fixture_end(&f);
}

TestSuite(kinds_refused, .init = begin, .fini = end, BOUND);

/* ---- dicts ---- */

struct seen {
    size_t size, bytes;
    bool is_tracked;
    intptr_t references; /* of all keys */
};

static intptr_t references_to_keys(void)
{
    intptr_t sum = 0;
    for (int i = 0; i < KEYS; i++)
        sum += key[i]->references + text[i]->references;
    return sum;
}

static struct seen dict_see(const struct object *dict)
{
    return (struct seen){ dict_size(dict), dict_bytes(dict),
                          gc_is_tracked(dict), references_to_keys() };
}

static void expect_same(struct seen a, struct seen b)
{
    cr_assert_eq(a.size, b.size);
    cr_assert_eq(a.bytes, b.bytes);
    cr_assert_eq(a.is_tracked, b.is_tracked);
    cr_assert_eq(a.references, b.references);
}

static bool set_default(struct object *dict, struct object *k,
                        struct object *value)
{
    return dict_set_default(dict, k, value);
}

typedef bool dict_entering(struct object *dict, struct object *key,
                           struct object *value);

/* How many refusals there were. */
static int dict_refuse(struct object *dict, dict_entering *enter,
                       struct object *k, struct object *value)
{
    int refusals = 0;
    for (int n = 1; n < REFUSALS; n++) {
        struct seen before = dict_see(dict);
        refuse_in = n;
        bool good = enter(dict, k, value);
        bool was_refused = refuse_in == 0;
        refuse_in = 0;
        cr_assert_eq(good, !was_refused);
        if (good)
            return refusals;
        expect_same(dict_see(dict), before);
        cr_assert_not(dict_contains(dict, k));
        gc_fixture_verify(&f);
        refusals++;
    }
    cr_assert_fail("a key takes no end of requests");
    return refusals;
}

/* Grows a dict; how many times memory was refused. */
static int dict_grow(dict_entering *enter, struct object *const *keys,
                     struct object *value)
{
    struct object *dict = dict_new(f.gc);
    int refusals = 0;
    for (int i = 0; i < KEYS; i++) {
        refusals += dict_refuse(dict, enter, keys[i], value);
        cr_assert_eq(dict_size(dict), (size_t)i + 1);
        cr_assert_eq(dict_get(dict, keys[i]), value);
    }
    object_decref(dict);
    return refusals;
}

Test(kinds_refused, a_dict_that_cannot_grow_is_as_it_was)
{
    cr_assert_gt(dict_grow(dict_set, text, text[0]), 4);
    cr_assert_gt(dict_grow(dict_set, key, text[0]), 4);
    cr_assert_gt(dict_grow(set_default, text, text[0]), 3);
    cr_assert_gt(dict_grow(set_default, key, text[0]), 4);
}

Test(kinds_refused, a_dict_of_strings_that_cannot_take_another_key_is_as_it_was)
{
    struct object *dict = dict_new(f.gc);
    for (int i = 0; i < 4; i++)
        cr_assert(dict_set(dict, text[i], text[0]));
    cr_assert_eq(dict_refuse(dict, dict_set, key[9], text[0]), 1);
    cr_assert(gc_is_tracked(dict));
    object_decref(dict);
}

Test(kinds_refused, an_empty_dict_is_not_tracked_for_what_it_was_refused)
{
    struct object *dict = dict_new(f.gc);
    refuse_in = 1;
    cr_assert_not(dict_set(dict, text[0], key[0]));
    cr_assert_not(gc_is_tracked(dict));
    refuse_in = 1;
    cr_assert_null(dict_set_default(dict, text[0], key[0]));
    cr_assert_not(gc_is_tracked(dict));
    cr_assert(dict_set(dict, text[0], key[0]));
    cr_assert(gc_is_tracked(dict));
    object_decref(dict);
}

/* insertdict() of CPython tracks before it looks for room. */
Test(kinds_refused, a_full_dict_is_tracked_for_what_it_was_refused)
{
    struct object *dict = dict_new(f.gc);
    for (int i = 0; i < 5; i++)
        cr_assert(dict_set(dict, text[i], text[0]));
    cr_assert_not(gc_is_tracked(dict));
    refuse_in = 1;
    cr_assert_not(dict_set(dict, text[5], key[0]));
    cr_assert(gc_is_tracked(dict));
    cr_assert_eq(dict_size(dict), 5);
    object_decref(dict);
}

/* ---- sets ---- */

/* set_add_entry() of CPython: the key is in before the table is made anew. The
 * next key makes room; a set that is refused it again and again fills up. */
Test(kinds_refused, a_set_that_cannot_grow_has_the_key_all_the_same)
{
    struct object *set = set_new(f.gc);
    int refusals = 0;
    bool good = true;
    for (int i = 0; i < KEYS; i++) {
        size_t bytes = set_bytes(set);
        refuse_in = good;
        good = set_add(set, key[i]);
        refuse_in = 0;
        refusals += !good;
        cr_assert(set_contains(set, key[i]));
        cr_assert_eq(set_size(set), (size_t)i + 1);
        cr_assert(good || set_bytes(set) == bytes);
        gc_fixture_verify(&f);
    }
    cr_assert_gt(refusals, 2);
    object_decref(set);
}

Test(kinds_refused, a_set_that_cannot_take_in_another_is_as_it_was)
{
    struct object *to = set_new(f.gc), *from = set_new(f.gc);
    for (int i = 0; i < KEYS; i++)
        cr_assert(set_add(i < 3 ? to : from, key[i]));
    intptr_t references = references_to_keys();
    size_t bytes = set_bytes(to);
    refuse_in = 1;
    cr_assert_not(set_update(to, from));
    cr_assert_eq(set_size(to), 3);
    cr_assert_eq(set_bytes(to), bytes);
    cr_assert_eq(references_to_keys(), references);
    cr_assert(set_update(to, from));
    cr_assert_eq(set_size(to), KEYS);
    object_decref(from);
    object_decref(to);
}

/* ---- instances ---- */

/* Up to 3.10 the type does without sharing where that alone is refused. */
static void expect_others_kept(bool may_do_without)
{
    struct object *instance = instance_new(instance_type);
    for (int i = 0; i < KEYS; i++) {
        for (int n = 1; n < REFUSALS; n++) {
            refuse_in = n;
            bool good = instance_set(instance, text[i], key[i]);
            cr_assert(refuse_in > 0 ? good : !good || may_do_without);
            refuse_in = 0;
            for (int j = 0; j < KEYS; j++)
                cr_assert_eq(instance_get(instance, text[j]),
                             j < i || (j == i && good) ? key[j] : NULL);
            gc_fixture_verify(&f);
            if (good)
                break;
        }
        cr_assert_eq(instance_get(instance, text[i]), key[i]);
    }
    object_decref(instance);
}

Test(kinds_refused, an_instance_that_is_refused_an_attribute_has_the_others)
{
    static const char *const names[] = { "py38", "py311", "py313" };
    for (int i = 0; i < 3; i++) {
        end();
        begin_edition(names[i]);
        expect_others_kept(i == 0);
    }
}

/* Of a dict, or of a table of its own. */
static void expect_deletion_refused(struct object *instance)
{
    for (int n = 1; n < REFUSALS; n++) {
        refuse_in = n;
        bool good = instance_delete(instance, text[1]);
        cr_assert_eq(good, refuse_in > 0);
        refuse_in = 0;
        cr_assert_eq(instance_get(instance, text[1]), good ? NULL : key[1]);
        cr_assert_eq(instance_get(instance, text[0]), key[0]);
        cr_assert_eq(instance_get(instance, text[2]), key[2]);
        gc_fixture_verify(&f);
        if (good)
            return;
    }
    cr_assert_fail("nothing is deleted");
}

Test(kinds_refused, up_to_310_what_cannot_be_deleted_is_there)
{
    end();
    begin_edition("py38");
    struct object *instance = instance_new(instance_type);
    for (int i = 0; i < 3; i++)
        cr_assert(instance_set(instance, text[i], key[i]));
    expect_deletion_refused(instance);
    object_decref(instance);
}

static size_t bytes_of_new_dict(void)
{
    struct object *instance = instance_new(instance_type);
    for (int i = 0; i < 3; i++)
        cr_assert(instance_set(instance, text[i], key[i]));
    size_t bytes = dict_bytes(instance_dict(instance));
    object_decref(instance);
    return bytes;
}

/* 104 bytes where the table is shared, 232 where it is not: _PyObjectDict_
 * SetItem() of 3.8 is over where the dict is refused. */
Test(kinds_refused, up_to_310_a_deletion_without_a_dict_ends_no_sharing)
{
    end();
    begin_edition("py38");
    cr_assert_eq(bytes_of_new_dict(), 104);
    struct object *empty = instance_new(instance_type);
    refuse_in = 1;
    cr_assert_not(instance_delete(empty, text[1]));
    cr_assert_eq(refuse_in, 0);
    cr_assert_eq(bytes_of_new_dict(), 104);
    cr_assert_not(instance_delete(empty, text[1]));
    cr_assert_eq(bytes_of_new_dict(), 232);
    object_decref(empty);
}

Test(kinds_refused, values_stay_where_a_dict_is_refused)
{
    struct object *instance = instance_new(instance_type);
    cr_assert(instance_set(instance, text[0], key[0]));
    refuse_in = 1;
    cr_assert_null(instance_dict(instance));
    cr_assert_null(instance_dict_if_any(instance));
    cr_assert_eq(instance_get(instance, text[0]), key[0]);
    cr_assert_eq(dict_get(instance_dict(instance), text[0]), key[0]);
    object_decref(instance);
}

Test(kinds_refused, a_class_whose_table_of_names_is_refused_is_none)
{
    refuse_in = 1;
    cr_assert_null(instance_type_new(f.gc, "B", NULL));
    cr_assert_not_null(instance_type_new(f.gc, "B", NULL));
}

/* ---- new ones ---- */

static struct object *make(int kind)
{
    switch (kind) {
    case 0:
        return dict_new(f.gc);
    case 1:
        return set_new(f.gc);
    default:
        return instance_new(instance_type);
    }
}

Test(kinds_refused, what_is_refused_is_neither_counted_nor_listed)
{
    int before[GC_GENERATIONS], after[GC_GENERATIONS];
    for (int kind = 0; kind < 4; kind++) {
        size_t objects = gc_objects(f.gc, GC_ALL_GENERATIONS, NULL, 0);
        gc_counts(f.gc, before);
        refuse_in = kind < 3 ? 1 : 2; /* an instance, and its values */
        cr_assert_null(make(kind));
        gc_counts(f.gc, after);
        cr_assert_eq(after[0], before[0]);
        cr_assert_eq(gc_objects(f.gc, GC_ALL_GENERATIONS, NULL, 0), objects);
        struct object *object = make(kind);
        cr_assert_not_null(object);
        object_decref(object);
    }
}
