/* instances_cleared.c - an instance that is looked at while the collector
 * clears it.
 *
 * As in gc_behaviour_finalize.c
 * (test_function_tp_clear_leaves_consistent_state): the finalizer of the
 * instance has a late object refer to it weakly, and lets go of that; the late
 * one then dies of the clearing, and finds the instance alive with what is not
 * cleared yet. */
#include "assay/values.h"
#include "gc_fixture.h"

#define NAMES 40 /* more than a table has room for */

static struct gc_fixture f;
static struct object_type *type;
static struct object *names[NAMES];
static int finalized, died;
static gc_action *look; /* at the instance that is being cleared */

static void let_late_one_go(struct gc_fixture *fixture, struct object *instance)
{
    struct object *weak = weak_ref(instance, NULL);
    gc_link(instance_get(instance, names[0]), 0, weak);
    object_decref(weak);
    gc_unsave(fixture);
}

static void on_finalize(void *context, struct object *object)
{
    finalized++;
    let_late_one_go(context, object);
}

static void on_dealloc(void *context, struct object *object)
{
    (void)context, (void)object;
    died++;
}

static void meet_again(struct gc_fixture *fixture, struct object *late,
                       struct object *argument)
{
    (void)argument;
    struct object *instance = weak_target(node_slot(late, 0));
    cr_assert(instance);
    gc_save(fixture, instance);
    look(fixture, instance, NULL);
}

static void begin_names(const char *edition)
{
    struct gc_config config = { .edition = edition };
    struct object_hooks hooks = { .context = &f,
                                  .finalize = on_finalize,
                                  .dealloc = on_dealloc };
    gc_fixture_begin(&f, &config);
    finalized = died = 0;
    type = instance_type_new(f.gc, "A", &hooks);
    for (int i = 0; i < NAMES; i++) {
        char text[16];
        snprintf(text, sizeof text, "name%d", i);
        names[i] = text_of(f.gc, text);
    }
}

/* Of three names that the class knows it has two: the late one, and itself. */
static struct object *make_garbage(void)
{
    struct object *late = node_new(f.finalized, 3), *a = instance_new(type);
    cr_assert(instance_set(a, names[0], late));
    cr_assert(instance_set(a, names[1], a));
    cr_assert(instance_set(a, names[2], names[2]));
    cr_assert(instance_delete(a, names[2]));
    gc_save(&f, late);
    object_decref(late);
    object_decref(a);
    return a;
}

/* The instance, saved, after it was cleared and `action` had looked at it. */
static struct object *clear_looked_at(const char *edition, gc_action *action)
{
    begin_names(edition);
    struct object *a = make_garbage();
    f.on_finalize = meet_again;
    look = action;
    gc_collect(f.gc, 2);
    f.on_finalize = NULL;
    gc_expect_events(&f, "F3 D3 ");
    cr_assert(f.saved_count > 0 && f.saved[0] == a);
    cr_assert(finalized == 1 && died == 0);
    gc_fixture_verify(&f);
    return a;
}

/* These names, each once and with a value, in this order. */
static void expect_names(const struct object *dict, struct object *const *sole,
                         size_t count)
{
    struct object *key, *value;
    size_t place = 0;
    cr_assert(dict_size(dict) == count);
    for (size_t i = 0; i < count; i++) {
        cr_assert(dict_next(dict, &place, &key, &value));
        cr_expect(key == sole[i] && value && dict_get(dict, key) == value);
    }
    cr_expect(!dict_next(dict, &place, &key, &value));
}

/* Empty, as good as a new one, and the last reference to it is the test's. */
static void expect_sound(struct object *a)
{
    for (int i = 0; i < NAMES; i++)
        cr_expect(!instance_get(a, names[i]));
    for (int i = 2; i >= 0; i--)
        cr_assert(instance_set(a, names[i], names[i]));
    struct object *const backward[] = { names[2], names[1], names[0] };
    expect_names(instance_dict(a), backward, 3);
    gc_unsave(&f);
    cr_expect(died == 1 && finalized == 1);
    for (int i = 0; i < NAMES; i++)
        object_decref(names[i]);
    gc_fixture_end(&f);
}

TestSuite(instances_cleared, BOUND);

static void set_third(struct gc_fixture *fixture, struct object *a,
                      struct object *argument)
{
    (void)fixture, (void)argument;
    cr_expect(!instance_get(a, names[0]) && instance_get(a, names[1]) == a);
    cr_assert(instance_set(a, names[2], names[2]));
    cr_expect(instance_get(a, names[2]) == names[2]);
}

Test(instances_cleared, what_is_set_where_the_clearing_comes_is_cleared)
{
    expect_sound(clear_looked_at("py311", set_third));
    expect_sound(clear_looked_at("py313", set_third));
}

static void set_first(struct gc_fixture *fixture, struct object *a,
                      struct object *argument)
{
    (void)fixture, (void)argument;
    cr_assert(instance_set(a, names[0], names[2]));
}

/* _PyObject_ClearInstanceAttributes() goes through the table once. */
static void expect_first_alone(struct object *a)
{
    cr_expect(instance_get(a, names[0]) == names[2]);
    expect_names(instance_dict(a), names, 1);
    cr_expect(instance_delete(a, names[0]));
    expect_sound(a);
}

Test(instances_cleared, what_is_set_where_the_clearing_has_been_stays)
{
    expect_first_alone(clear_looked_at("py311", set_first));
    expect_first_alone(clear_looked_at("py313", set_first));
}

static void delete_second(struct gc_fixture *fixture, struct object *a,
                          struct object *argument)
{
    (void)fixture, (void)argument;
    cr_expect(!instance_delete(a, names[0]));
    cr_expect(instance_delete(a, names[1]) && !instance_get(a, names[1]));
}

Test(instances_cleared, what_is_not_cleared_yet_can_be_deleted)
{
    expect_sound(clear_looked_at("py311", delete_second));
    expect_sound(clear_looked_at("py313", delete_second));
}

static void make_dict(struct gc_fixture *fixture, struct object *a,
                      struct object *argument)
{
    (void)fixture, (void)argument;
    const struct object *dict = instance_dict(a);
    cr_assert(dict && dict_get(dict, names[1]) == a);
    expect_names(dict, &names[1], 1);
}

Test(instances_cleared, a_dict_that_is_made_meanwhile_goes_with_what_is_left)
{
    expect_sound(clear_looked_at("py311", make_dict));
    expect_sound(clear_looked_at("py313", make_dict));
}

static void save_dict(struct gc_fixture *fixture, struct object *a,
                      struct object *argument)
{
    make_dict(fixture, a, argument);
    gc_save(fixture, instance_dict(a));
    for (int i = 2; i < NAMES; i++)
        cr_assert(instance_set(a, names[i], names[i]));
}

static void expect_dict_whole(struct object *a)
{
    struct object *dict = f.saved[1];
    cr_assert(f.saved_count == 2 && !instance_dict_if_any(a));
    cr_expect(dict_get(dict, names[1]) == a);
    expect_names(dict, &names[1], NAMES - 1);
    dict_clear(dict);
    expect_sound(a);
}

Test(instances_cleared, a_dict_that_is_taken_meanwhile_has_what_is_left)
{
    expect_dict_whole(clear_looked_at("py311", save_dict));
    expect_dict_whole(clear_looked_at("py313", save_dict));
}
