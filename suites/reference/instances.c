/* instances.c - instances without slots. (1.4, 1.6) */
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
    cr_expect(instance_bytes(a) == bytes, "%s: %zu", edition,
              instance_bytes(a));
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

Test(instances, the_dict_is_made_when_it_is_first_wanted)
{
    struct object *a = instance_new(type);
    cr_expect(!instance_dict_if_any(a) && !instance_get(a, name));
    cr_expect(!instance_delete(a, name) && !instance_dict_if_any(a));
    cr_assert(instance_set(a, name, name));
    struct object *dict = instance_dict_if_any(a);
    cr_assert(dict && instance_dict(a) == dict);
    cr_expect(!gc_is_tracked(dict) && dict_bytes(dict) == 184);
    cr_expect(instance_delete(a, name) && dict_size(dict) == 0);
    object_decref(a);
}

Test(instances, an_instance_refers_to_its_dict_alone)
{
    struct object *a = instance_new(type), *seen[2];
    cr_expect(gc_referents(a, seen, 2) == 0);
    cr_assert(instance_set(a, name, a));
    cr_expect(gc_referents(a, seen, 2) == 1 && seen[0] == instance_dict(a));
    object_decref(a);
    cr_expect(gc_collect(f.gc, 2) == 2 && died == 1 && finalized == 1);
}

static void resurrect(struct gc_fixture *fixture, struct object *object,
                      struct object *argument)
{
    (void)argument;
    gc_save(fixture, object);
}

Test(instances, a_resurrected_instance_has_its_dict_still)
{
    struct object *a = instance_new(type);
    cr_assert(instance_set(a, name, a));
    f.on_finalize = resurrect;
    object_decref(a);
    cr_expect(gc_collect(f.gc, 2) == 0 && finalized == 1 && died == 0);
    cr_expect(instance_get(a, name) == a);
    gc_unsave(&f);
    cr_expect(gc_collect(f.gc, 2) == 2 && finalized == 1 && died == 1);
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
    cr_expect(died == 200001 && name->references == 1);
}
