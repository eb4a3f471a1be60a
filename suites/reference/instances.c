/* instances.c - instances without slots. (1.4, 1.6) */
#include "assay/values.h"
#include "gc_fixture.h"

static struct gc_fixture f;
static struct object_type *type;
static struct object *name;
static int finalized, died;

static bool hash_by_id(void *context, struct object *object, intptr_t *ret)
{
    (void)context;
    *ret = plain_id(object);
    return true;
}

static void on_finalize(void *context, struct object *object)
{
    (void)context;
    finalized++;
    if (f.on_finalize)
        f.on_finalize(&f, object, NULL);
}

static void on_dealloc(void *context, struct object *object)
{
    (void)context, (void)object;
    died++;
}

static void begin_edition(const char *edition)
{
    struct gc_config config = { .edition = edition };
    struct object_hooks text = { .hash = hash_by_id };
    struct object_hooks hooks = { .finalize = on_finalize,
                                  .dealloc = on_dealloc };
    gc_fixture_begin(&f, &config);
    finalized = died = 0;
    type = instance_type_new(f.gc, "A", &hooks);
    name = plain_new(plain_text_type_new(f.gc, "str", &text), 1);
}

static void begin(void)
{
    begin_edition(NULL);
}

static void end(void)
{
    gc_unsave(&f);
    object_decref(name);
    gc_fixture_end(&f);
}

TestSuite(instances, .init = begin, .fini = end, BOUND);

static void expect_bytes(const char *edition, size_t bytes)
{
    end();
    begin_edition(edition);
    struct object *a = instance_new(type);
    cr_expect(object_bytes(a) == bytes, "%s: %zu", edition, object_bytes(a));
    struct object *ref = weak_ref(a, NULL);
    cr_assert(instance_set(a, name, name) && ref);
    cr_expect(instance_get(a, name) == name && weak_target(ref) == a);
    gc_fixture_verify(&f);
    gc_collect(f.gc, 2);
    object_decref(a);
    cr_expect(died == 1 && !weak_target(ref));
    object_decref(ref);
}

Test(instances, instances_have_the_published_sizes_of_their_edition)
{
    expect_bytes("py38", 48);
    expect_bytes("py311", 56);
    expect_bytes("py313", 48);
}

Test(instances, the_dict_is_made_when_it_is_asked_for)
{
    struct object *a = instance_new(type);
    cr_expect(!instance_dict_if_any(a) && !instance_get(a, name));
    cr_expect(!instance_delete(a, name) && !instance_dict_if_any(a));
    cr_assert(instance_set(a, name, name) && instance_get(a, name) == name);
    cr_expect(!instance_dict_if_any(a));
    struct object *dict = instance_dict(a);
    cr_assert(dict && instance_dict_if_any(a) == dict);
    cr_expect(!gc_is_tracked(dict) && dict_get(dict, name) == name);
    cr_expect(instance_delete(a, name) && dict_size(dict) == 0);
    object_decref(a);
}

Test(instances, up_to_310_the_first_attribute_makes_the_dict)
{
    end();
    begin_edition("py38");
    struct object *a = instance_new(type);
    cr_expect(!instance_dict_if_any(a) && !instance_get(a, name));
    cr_assert(instance_set(a, name, name));
    cr_expect(instance_dict_if_any(a) && instance_get(a, name) == name);
    object_decref(a);
}

Test(instances, an_instance_refers_to_its_values_or_to_its_dict)
{
    struct object *a = instance_new(type), *seen[2];
    cr_expect(gc_referents(a, seen, 2) == 0);
    cr_assert(instance_set(a, name, a));
    cr_expect(gc_referents(a, seen, 2) == 1 && seen[0] == a);
    cr_expect(gc_referents(instance_dict(a), seen, 2) == 1 && seen[0] == a);
    cr_expect(gc_referents(a, seen, 2) == 1 && seen[0] == instance_dict(a));
    object_decref(a);
    cr_expect(gc_collect(f.gc, 2) == 2 && died == 1 && finalized == 1);
    a = instance_new(type);
    cr_assert(instance_set(a, name, a));
    object_decref(a);
    cr_expect(gc_collect(f.gc, 2) == 1 && died == 2 && finalized == 2);
}

/* ---- names that are shared ---- */

#define NAMES 40

static struct object *names[NAMES];

/* The collector and the type are of the edition, of names nobody has one. */
static void begin_names(const char *edition)
{
    end();
    begin_edition(edition);
    for (int i = 0; i < NAMES; i++) {
        char text[16];
        snprintf(text, sizeof text, "name%d", i);
        names[i] = text_of(f.gc, text);
    }
}

static void end_names(void)
{
    for (int i = 0; i < NAMES; i++)
        object_decref(names[i]);
}

static struct object *instance_with(int first, int count)
{
    struct object *a = instance_new(type);
    for (int i = first; i < first + count; i++)
        cr_assert(instance_set(a, names[i], names[i]));
    return a;
}

static size_t bytes_of_dict(struct object *instance)
{
    return dict_bytes(instance_dict(instance));
}

/* 296 is what the guide prints, 288 what 3.12 and 3.13 do of a second one. */
static void expect_shrinking_room(const char *edition)
{
    begin_names(edition);
    struct object *a = instance_with(0, 3);
    cr_expect(bytes_of_dict(a) == 64 + 29 * 8);
    struct object *b = instance_with(0, 3);
    cr_expect(bytes_of_dict(b) == 64 + 28 * 8);
    cr_expect(bytes_of_dict(a) == bytes_of_dict(b));
    for (int i = 0; i < 100; i++)
        object_decref(instance_with(0, 3));
    cr_expect(bytes_of_dict(a) == 64 + 4 * 8);
    object_decref(a);
    object_decref(b);
    end_names();
}

Test(instances, each_instance_leaves_less_room_for_names_that_are_new)
{
    expect_shrinking_room("py311");
    expect_shrinking_room("py313");
}

Test(instances, a_name_too_many_gives_the_dict_a_table_of_its_own)
{
    begin_names("py311");
    struct object *a = instance_with(0, 29);
    cr_expect(!instance_dict_if_any(a));
    cr_assert(instance_set(a, names[29], names[29]));
    struct object *dict = instance_dict_if_any(a), *key, *value;
    cr_assert(dict);
    cr_expect(dict_bytes(dict) == 64 + 32 + 128 + 85 * 16);
    size_t place = 0;
    for (int i = 0; i < 30; i++)
        cr_expect(dict_next(dict, &place, &key, &value) && key == names[i]);
    object_decref(a);
    end_names();
}

Test(instances, values_keep_the_order_they_came_in)
{
    begin_names("py311");
    struct object *a = instance_with(0, 3), *b = instance_new(type);
    struct object *key, *value;
    size_t place = 0;
    for (int i = 2; i >= 0; i--)
        cr_assert(instance_set(b, names[i], names[0]));
    cr_assert(instance_delete(b, names[1]));
    cr_assert(instance_set(b, names[1], names[0]));
    struct object *dict = instance_dict(b);
    static const int order[] = { 2, 0, 1 };
    for (int i = 0; i < 3; i++)
        cr_expect(dict_next(dict, &place, &key, &value) &&
                  key == names[order[i]]);
    cr_expect(!dict_next(dict, &place, &key, &value));
    object_decref(a);
    object_decref(b);
    end_names();
}

Test(instances, a_dict_outlives_its_instance_with_the_names)
{
    begin_names("py311");
    struct object *a = instance_with(0, 3);
    struct object *dict = object_incref(instance_dict(a));
    object_decref(a);
    cr_expect(died == 1 && dict_get(dict, names[2]) == names[2]);
    dict_clear(dict);
    cr_expect(dict_bytes(dict) == 64);
    object_decref(dict);
    end_names();
}

/* Names that another instance has are none of the own ones. */
Test(instances, an_instance_has_not_what_another_was_given)
{
    begin_names("py311");
    struct object *a = instance_with(0, 3), *b = instance_with(1, 1);
    cr_expect(!instance_get(b, names[0]) && !instance_delete(b, names[2]));
    const struct object *dict = instance_dict(b);
    cr_expect(dict_size(dict) == 1 && !dict_contains(dict, names[0]));
    cr_expect(instance_get(a, names[0]) == names[0]);
    object_decref(a);
    object_decref(b);
    end_names();
}

/* 104 and 144 bytes are those of 3.8, 232 a table of 8 of its own. */
Test(instances, up_to_310_names_are_shared_in_one_order)
{
    begin_names("py38");
    struct object *a = instance_with(0, 3), *b = instance_with(0, 2);
    cr_expect(bytes_of_dict(a) == 104 && bytes_of_dict(b) == 104);
    struct object *c = instance_with(1, 1);
    cr_expect(bytes_of_dict(c) == 232);
    object_decref(a);
    object_decref(b);
    object_decref(c);
    end_names();
}

Test(instances, up_to_310_only_instance_makes_the_shared_table_grow)
{
    begin_names("py38");
    struct object *a = instance_with(0, 6);
    cr_expect(bytes_of_dict(a) == 144);
    struct object *b = instance_with(0, 10);
    cr_expect(bytes_of_dict(b) == 144);
    cr_assert(instance_set(b, names[10], names[0]));
    cr_expect(bytes_of_dict(b) == 64 + 40 + 32 + 21 * 24);
    struct object *c = instance_with(0, 1);
    cr_expect(bytes_of_dict(c) == 232);
    object_decref(a);
    object_decref(b);
    object_decref(c);
    end_names();
}

Test(instances, up_to_310_a_deletion_ends_the_sharing)
{
    begin_names("py38");
    struct object *a = instance_with(0, 3);
    cr_assert(instance_delete(a, names[1]));
    cr_expect(bytes_of_dict(a) == 232 && !instance_get(a, names[1]));
    cr_expect(instance_get(a, names[2]) == names[2]);
    struct object *b = instance_with(0, 3);
    cr_expect(bytes_of_dict(b) == 232);
    object_decref(a);
    object_decref(b);
    end_names();
}

static struct object *to_clear;

static void clear_once(struct gc_fixture *fixture, struct object *object,
                       struct object *argument)
{
    (void)fixture, (void)object, (void)argument;
    struct object *instance = to_clear;
    to_clear = NULL;
    if (instance)
        dict_clear(instance_dict(instance));
}

/* What dies when it is replaced clears the dict, which shared its names. */
Test(instances, up_to_310_a_dict_that_is_cleared_meanwhile_shares_nothing)
{
    begin_names("py38");
    struct object *a = instance_new(type), *b = instance_new(type);
    cr_assert(instance_set(a, names[0], b));
    object_decref(b);
    f.on_finalize = clear_once;
    to_clear = a;
    cr_expect(instance_set(a, names[0], names[0]));
    cr_expect(!to_clear && !instance_get(a, names[0]));
    struct object *dict = dict_new(f.gc);
    cr_expect(dict_bytes(dict) == 64 && bytes_of_dict(a) == 64);
    cr_expect(instance_set(a, names[1], names[0]));
    cr_expect(bytes_of_dict(a) == 232);
    object_decref(dict);
    object_decref(a);
    end_names();
}

/* ---- death ---- */

static void resurrect(struct gc_fixture *fixture, struct object *object,
                      struct object *argument)
{
    (void)argument;
    gc_save(fixture, object);
}

Test(instances, a_resurrected_instance_has_its_values_still)
{
    struct object *a = instance_new(type);
    cr_assert(instance_set(a, name, a));
    f.on_finalize = resurrect;
    object_decref(a);
    cr_expect(gc_collect(f.gc, 2) == 0 && finalized == 1 && died == 0);
    cr_expect(instance_get(a, name) == a);
    gc_unsave(&f);
    cr_expect(gc_collect(f.gc, 2) == 1 && finalized == 1 && died == 1);
}

Test(instances, a_chain_of_instances_falls_in_one_go)
{
    struct object *last = instance_new(type);
    for (int i = 0; i < 200000; i++) {
        struct object *next = instance_new(type);
        cr_assert(instance_set(next, name, last));
        object_decref(last);
        last = next;
    }
    object_decref(last);
    cr_expect(died == 200001 && name->references == 2); /* one is the type's */
}
