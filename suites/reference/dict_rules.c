/* dict_rules.c - dicts: sizes, tracking, order, reuse. (1.3 to 1.6) */
#include "gc_fixture.h"
#include "random.h"

#include <pthread.h>

static struct gc_fixture f;

static bool hash_by_id(void *context, struct object *object, intptr_t *ret)
{
    (void)context;
    *ret = plain_id(object);
    return true;
}

static void begin(void)
{
    gc_fixture_begin(&f, NULL);
}

static void end(void)
{
    gc_unsave(&f);
    gc_fixture_end(&f);
}

TestSuite(dict, .init = begin, .fini = end, BOUND);

static struct object_type *number_type(bool text)
{
    struct object_hooks hooks = { .hash = hash_by_id };
    return text ? plain_text_type_new(f.gc, "text", &hooks)
                : plain_type_new(f.gc, "int", &hooks);
}

/* The dict takes the only references. */
static void put_new(struct object *dict, const struct object_type *type, int id)
{
    struct object *key = plain_new(type, id);
    cr_assert(dict_set(dict, key, key));
    object_decref(key);
}

/* ---- sizes ---- */

struct step {
    int keys;
    size_t bytes;
};

/* Without the 64 bytes of the dict itself. */
static const struct step published[] = {
    { 0, 0 },        { 1, 160 },     { 6, 288 },      { 11, 568 },
    { 22, 1104 },    { 43, 2200 },   { 86, 4624 },    { 171, 9240 },
    { 342, 18448 },  { 683, 36888 }, { 1366, 73744 }, { 2731, 147480 },
    { 5462, 294928 }
};
#define PUBLISHED (sizeof published / sizeof published[0])

Test(dict, tables_grow_at_the_published_numbers_of_keys)
{
    const struct object_type *type = number_type(false);
    struct object *dict = dict_new(f.gc);
    size_t at = 0;
    for (int keys = 0; keys < 6000; keys++) {
        if (at + 1 < PUBLISHED && keys == published[at + 1].keys)
            at++;
        cr_assert(dict_bytes(dict) == 64 + published[at].bytes, "%d keys: %zu",
                  keys, dict_bytes(dict));
        put_new(dict, type, keys);
    }
    object_decref(dict);
}

static size_t bytes_of_three(const char *edition, bool text)
{
    gc_fixture_again_in(&f, edition);
    const struct object_type *type = number_type(text);
    struct object *dict = dict_new(f.gc);
    cr_expect(dict_bytes(dict) == 64);
    for (int i = 0; i < 3; i++)
        put_new(dict, type, i);
    size_t bytes = dict_bytes(dict);
    object_decref(dict);
    return bytes;
}

Test(dict, editions_have_tables_of_their_own_sizes)
{
    cr_expect(bytes_of_three("py38", false) == 232);
    cr_expect(bytes_of_three("py38", true) == 232);
    cr_expect(bytes_of_three("py311", false) == 224);
    cr_expect(bytes_of_three("py311", true) == 184);
    cr_expect(bytes_of_three("py313", false) == 224);
    cr_expect(bytes_of_three("py313", true) == 184);
}

/* 3.11.2 says 184 and 352: for three times one key it takes 16 places. */
Test(dict, a_table_of_strings_is_made_anew_for_any_other_key)
{
    struct object *dict = dict_new(f.gc);
    put_new(dict, number_type(true), 1);
    cr_expect(dict_bytes(dict) == 184);
    put_new(dict, number_type(false), 2);
    cr_expect(dict_bytes(dict) == 352 && dict_size(dict) == 2);
    put_new(dict, number_type(true), 3);
    cr_expect(dict_bytes(dict) == 352);
    object_decref(dict);
}

Test(dict, deletion_keeps_the_table_and_clearing_does_not)
{
    const struct object_type *type = number_type(false);
    struct object *dict = dict_new(f.gc), *key, *value;
    for (int i = 0; i < 100; i++)
        put_new(dict, type, i);
    while (dict_pop_item(dict, &key, &value)) {
        object_decref(key);
        object_decref(value);
    }
    cr_expect(dict_size(dict) == 0 && dict_bytes(dict) == 64 + 4624);
    dict_clear(dict);
    cr_expect(dict_bytes(dict) == 64);
    object_decref(dict);
}

/* ---- tracking ---- */

static void expect_tracked_by(struct object *key, struct object *value,
                              bool tracked)
{
    struct object *dict = dict_new(f.gc);
    cr_expect(!gc_is_tracked(dict));
    cr_assert(dict_set(dict, key, value));
    cr_expect(gc_is_tracked(dict) == tracked);
    object_decref(dict);
}

Test(dict, a_dict_is_tracked_from_its_first_key_or_value_that_can_be_in_a_cycle)
{
    struct object *number = plain_new(number_type(false), 1);
    struct object *node = node_new(f.node, 2), *empty = tuple_new(f.gc, 0);
    struct object *dict = dict_new(f.gc);
    expect_tracked_by(number, number, false);
    expect_tracked_by(node, number, true);
    expect_tracked_by(number, node, true);
    expect_tracked_by(number, empty, false);
    expect_tracked_by(number, dict, true);
    object_decref(dict);
    object_decref(empty);
    object_decref(node);
    object_decref(number);
}

Test(dict, only_a_full_collection_untracks_a_dict)
{
    struct object *number = plain_new(number_type(false), 1);
    struct object *node = node_new(f.node, 2), *dict = dict_new(f.gc);
    cr_assert(dict_set(dict, number, node) && dict_set(dict, number, number));
    gc_collect(f.gc, 0);
    gc_collect(f.gc, 1);
    cr_expect(gc_is_tracked(dict));
    gc_collect(f.gc, 2);
    cr_expect(!gc_is_tracked(dict));
    cr_assert(dict_set(dict, number, node));
    gc_collect(f.gc, 2);
    cr_expect(gc_is_tracked(dict));
    object_decref(dict);
    object_decref(node);
    object_decref(number);
}

Test(dict, cycles_through_a_key_and_through_a_value_are_collected)
{
    struct object *number = plain_new(number_type(false), 1);
    for (int i = 0; i < 2; i++) {
        struct object *dict = dict_new(f.gc), *node = node_new(f.node, 10 + i);
        node_set_slot(node, 0, dict);
        cr_assert(dict_set(dict, i ? node : number, i ? number : node));
        object_decref(node);
        object_decref(dict);
    }
    cr_expect(gc_collect(f.gc, 2) == 4);
    gc_expect_events(&f, "D10 D11 ");
    object_decref(number);
}

/* ---- order ---- */

Test(dict, a_value_is_visited_before_its_key_and_pairs_in_order)
{
    struct object *dict = dict_new(f.gc), *seen[8], *object[6];
    static const int order[] = { 3, 2, 5, 4, 1, 0 };
    for (int i = 0; i < 6; i++)
        object[i] = plain_new(f.plain, i);
    cr_assert(dict_set(dict, object[0], object[1]));
    for (int i = 2; i < 6; i += 2)
        cr_assert(dict_set(dict, object[i], object[i + 1]));
    cr_assert(dict_delete(dict, object[0]));
    cr_assert(dict_set(dict, object[0], object[1]));
    cr_assert(gc_referents(dict, seen, 8) == 6);
    for (int i = 0; i < 6; i++)
        cr_expect(plain_id(seen[i]) == order[i], "%d: %d", i,
                  plain_id(seen[i]));
    object_decref(dict);
    for (int i = 0; i < 6; i++)
        object_decref(object[i]);
}

static struct object *dict_of_four(void)
{
    struct object *dict = dict_new(f.gc);
    for (int i = 0; i < 4; i += 2) {
        struct object *key = plain_new(f.plain, i);
        struct object *value = plain_new(f.plain, i + 1);
        cr_assert(dict_set(dict, key, value));
        object_decref(key);
        object_decref(value);
    }
    return dict;
}

Test(dict, a_key_dies_before_its_value_and_pairs_in_order)
{
    object_decref(dict_of_four());
    gc_expect_events(&f, "F0 D0 F1 D1 F2 D2 F3 D3 ");
    struct object *dict = dict_of_four();
    dict_clear(dict);
    gc_expect_events(&f, "F0 D0 F1 D1 F2 D2 F3 D3 ");
    object_decref(dict);
}

static struct object *looked_at;

static void look_at(struct gc_fixture *fixture, struct object *object,
                    struct object *argument)
{
    (void)object, (void)argument;
    fixture->errors += dict_size(looked_at) != 0;
}

Test(dict, a_dict_is_empty_when_what_it_held_dies)
{
    looked_at = dict_of_four();
    f.on_finalize = look_at;
    dict_clear(looked_at);
    cr_expect(f.errors == 0);
    object_decref(looked_at);
}

/* ---- look-ups that change what they look at ---- */

static bool clear_on_equal(void *context, struct object *a, struct object *b)
{
    (void)a, (void)b;
    if (++*(int *)context == 1)
        dict_clear(looked_at);
    return true;
}

Test(dict, a_look_up_starts_again_when_a_comparison_changed_the_dict)
{
    int calls = 0;
    struct object_hooks hooks = { .context = &calls,
                                  .hash = hash_by_id,
                                  .equal = clear_on_equal };
    const struct object_type *type = plain_type_new(f.gc, "rude", &hooks);
    struct object *other = plain_new(type, 7);
    looked_at = dict_new(f.gc);
    put_new(looked_at, type, 7);
    cr_expect(!dict_get(looked_at, other) && calls == 1);
    cr_expect(dict_size(looked_at) == 0);
    put_new(looked_at, type, 7);
    cr_expect(dict_contains(looked_at, other) && calls == 2);
    object_decref(looked_at);
    object_decref(other);
}

Test(dict, what_has_no_hash_is_no_key)
{
    struct object *dict = dict_new(f.gc), *other = dict_new(f.gc);
    cr_expect(!dict_set(dict, other, other) && !dict_get(dict, other));
    cr_expect(!dict_set_default(dict, other, other));
    cr_expect(dict_size(dict) == 0 && other->references == 1);
    object_decref(dict);
    object_decref(other);
}

/* ---- reuse ---- */

#define MADE 100

static void make_and_drop(struct object *dicts[MADE])
{
    for (int i = 0; i < MADE; i++)
        dicts[i] = dict_new(f.gc);
    for (int i = 0; i < MADE; i++)
        object_decref(dicts[i]);
}

Test(dict, eighty_dead_dicts_are_kept_and_used_again_from_the_last)
{
    struct object *old[MADE], *new[80];
    make_and_drop(old);
    gc_expect_counts(&f, 80, 0, 0);
    for (int i = 0; i < 80; i++) {
        new[i] = dict_new(f.gc);
        cr_expect(new[i] == old[79 - i]);
    }
    gc_expect_counts(&f, 80, 0, 0);
    for (int i = 0; i < 80; i++)
        object_decref(new[i]);
}

Test(dict, a_full_collection_alone_empties_what_is_kept)
{
    struct object *dicts[MADE];
    struct object_type *type;
    make_and_drop(dicts);
    type = f.gc->builtin[GC_BUILTIN_DICT];
    gc_collect(f.gc, 0);
    gc_collect(f.gc, 1);
    cr_expect(type->clear_free(type) == 80);
    make_and_drop(dicts);
    gc_collect(f.gc, 2);
    cr_expect(type->clear_free(type) == 0);
}

static size_t kept_tables(const char *edition, bool text)
{
    gc_fixture_again_in(&f, edition);
    const struct object_type *type = number_type(text);
    struct object *dicts[MADE];
    for (int i = 0; i < MADE; i++) {
        dicts[i] = dict_new(f.gc);
        put_new(dicts[i], type, i);
    }
    for (int i = 0; i < MADE; i++)
        object_decref(dicts[i]);
    struct object_type *own = f.gc->builtin[GC_BUILTIN_DICT];
    return own->clear_free(own) - 80;
}

Test(dict, tables_of_eight_places_are_kept_and_since_311_those_of_strings)
{
    cr_expect(kept_tables("py38", false) == 80);
    cr_expect(kept_tables("py311", true) == 80);
    cr_expect(kept_tables("py311", false) == 0);
}

/* ---- long chains ---- */

static void *drop(void *dict)
{
    object_decref(dict);
    return NULL;
}

Test(dict, a_chain_of_a_million_dicts_falls_on_64_kib_of_stack)
{
    struct object *key = plain_new(number_type(false), 1);
    struct object *outer = dict_new(f.gc);
    pthread_attr_t attributes;
    pthread_t thread;
    for (int i = 0; i < 1000000; i++) {
        struct object *dict = dict_new(f.gc);
        cr_assert(dict_set(dict, key, outer));
        object_decref(outer);
        outer = dict;
    }
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    cr_assert(pthread_create(&thread, &attributes, drop, outer) == 0);
    pthread_join(thread, NULL);
    cr_expect(key->references == 1);
    object_decref(key);
}

/* ---- against a plain model ---- */

#define KEYS 300

struct model {
    int key[KEYS]; /* in order */
    int value[KEYS];
    int count;
};

static int model_find(const struct model *model, int key)
{
    for (int i = 0; i < model->count; i++)
        if (model->key[i] == key)
            return i;
    return -1;
}

static void model_set(struct model *model, int key, int value)
{
    int at = model_find(model, key);
    if (at < 0)
        at = model->count++;
    model->key[at] = key;
    model->value[at] = value;
}

static bool model_delete(struct model *model, int key)
{
    int at = model_find(model, key);
    if (at < 0)
        return false;
    model->count--;
    for (int i = at; i < model->count; i++) {
        model->key[i] = model->key[i + 1];
        model->value[i] = model->value[i + 1];
    }
    return true;
}

static void expect_model(const struct object *dict, const struct model *model)
{
    struct object *key, *value;
    size_t place = 0;
    cr_assert(dict_size(dict) == (size_t)model->count);
    for (int i = 0; i < model->count; i++) {
        cr_assert(dict_next(dict, &place, &key, &value));
        cr_assert(plain_id(key) == model->key[i]);
        cr_assert(plain_id(value) == model->value[i]);
    }
    cr_assert(!dict_next(dict, &place, &key, &value));
}

/* Few hashes, some with only high bits: long searches. */
static bool hash_badly(void *context, struct object *object, intptr_t *ret)
{
    (void)context;
    *ret = (intptr_t)(plain_id(object) % 5) << (plain_id(object) % 3 * 20);
    return true;
}

static void fuzz(uint64_t seed, bool text)
{
    struct object_hooks hooks = { .hash = hash_badly };
    struct object_type *type = text ? plain_text_type_new(f.gc, "t", &hooks)
                                    : plain_type_new(f.gc, "n", &hooks);
    struct random random = random_stream(seed, 0);
    struct object *number[KEYS], *dict = dict_new(f.gc);
    struct model model = { .count = 0 };
    for (int i = 0; i < KEYS; i++)
        number[i] = plain_new(type, i);
    for (int i = 0; i < 20000; i++) {
        uint64_t word = random_next(&random);
        int key = (int)(word % KEYS), value = (int)(word >> 32) % KEYS;
        value = value < 0 ? -value : value;
        if (word >> 63) {
            cr_assert(dict_set(dict, number[key], number[value]));
            model_set(&model, key, value);
        } else {
            cr_assert(dict_delete(dict, number[key]) ==
                      model_delete(&model, key));
        }
        if (i % 50 == 0)
            expect_model(dict, &model);
    }
    object_decref(dict);
    for (int i = 0; i < KEYS; i++) {
        cr_assert(number[i]->references == 1, "seed %lu, key %d",
                  (unsigned long)seed, i);
        object_decref(number[i]);
    }
}

Test(dict, random_operations_leave_what_a_plain_model_has)
{
    for (uint64_t seed = 1; seed <= 4; seed++)
        fuzz(seed, seed % 2);
}
