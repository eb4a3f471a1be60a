/* gc_behaviour_finalize.c - what CPython's own tests assert of finalizers,
 * said of the reference. (test_finalization.py, and test_gc.py in part)
 *
 * A chain is a ring linked both ways: slot 0 the next one, slot 1 the one
 * before. Its letters say what each finalizer does: p nothing, r resurrects
 * its object, s cuts both links of it. */
#include "gc_fixture.h"

#define CHAIN_MAX 6

static struct gc_fixture f;
static struct object_type *both; /* with a finalizer of each kind */

static const char *letters;
static struct object *chain[CHAIN_MAX];

static void check_finalize(void *context, struct object *object);

static void both_finalize(void *context, struct object *object)
{
    (void)object;
    strcat(((struct gc_fixture *)context)->events, "f ");
}

static void both_del(void *context, struct object *object)
{
    struct gc_fixture *g = context;
    strcat(g->events, "l ");
    if (g->on_legacy)
        g->on_legacy(g, object, NULL);
}

static struct object_type *link_type;

static void begin(void)
{
    gc_fixture_begin(&f, NULL);
    struct node_kind kind = {
        .name = "both",
        .hooks = { .context = &f, .finalize = both_finalize, .del = both_del },
    };
    both = node_type_new(f.gc, &kind);
    kind = (struct node_kind){
        .name = "link",
        .hooks = { .context = &f, .finalize = check_finalize },
    };
    link_type = node_type_new(f.gc, &kind);
}

static void end(void)
{
    gc_unsave(&f);
    gc_fixture_end(&f);
}

TestSuite(gc_behaviour_finalize, .init = begin, .fini = end, BOUND);

/* --- by count --- */

Test(gc_behaviour_finalize, at_the_end_of_a_plain_life_a_weak_reference_is_dead)
{
    struct object *node = node_new(f.finalized, 1);
    struct object *weak = weak_ref(node, NULL);
    object_decref(node);
    gc_expect_events(&f, "F1 D1 ");
    cr_expect(weak_target(weak) == NULL);
    cr_expect(gc_collect(f.gc, 2) == 0);
    gc_expect_events(&f, "");
    object_decref(weak);
}

Test(gc_behaviour_finalize, of_both_kinds_the_legacy_one_is_called_last)
{
    struct object *node = node_new(both, 1);
    struct object *weak = weak_ref(node, NULL);
    object_decref(node);
    gc_expect_events(&f, "f l ");
    cr_expect(weak_target(weak) == NULL);
    object_decref(weak);
}

Test(gc_behaviour_finalize, at_a_second_death_only_the_legacy_one_is_called)
{
    struct object *node = node_new(both, 1);
    f.on_legacy = gc_do_save;
    object_decref(node);
    gc_expect_events(&f, "f l ");
    f.on_legacy = NULL;
    gc_unsave(&f);
    gc_expect_events(&f, "l ");
}

/* --- a self cycle --- */

static struct object *self_cycle(const struct object_type *type)
{
    struct object *node = node_new(type, 1);
    struct object *weak = weak_ref(node, NULL);
    gc_link(node, 0, node);
    object_decref(node);
    return weak;
}

Test(gc_behaviour_finalize, a_self_cycle_is_finalized_once_and_weakly_dead)
{
    struct object *weak = self_cycle(f.finalized);
    cr_expect(gc_collect(f.gc, 2) == 1);
    gc_expect_events(&f, "F1 D1 ");
    cr_expect(weak_target(weak) == NULL);
    object_decref(weak);
}

Test(gc_behaviour_finalize, a_resurrected_self_cycle_lives_and_is_weakly_dead)
{
    struct object *weak = self_cycle(f.finalized);
    f.on_finalize = gc_do_save;
    cr_expect(gc_collect(f.gc, 2) == 0);
    cr_assert(f.saved_count == 1 && weak_target(weak) == NULL);
    cr_expect(node_slot(f.saved[0], 0) == f.saved[0]);
    gc_unsave(&f);
    gc_collect(f.gc, 2);
    gc_expect_events(&f, "F1 D1 ");
    object_decref(weak);
}

Test(gc_behaviour_finalize, a_self_cycle_that_cuts_itself_dies_at_once)
{
    struct object *weak = self_cycle(f.finalized);
    f.on_finalize = gc_do_cut;
    cr_expect(gc_collect(f.gc, 2) == 0);
    gc_expect_events(&f, "F1 D1 ");
    cr_expect(weak_target(weak) == NULL);
    object_decref(weak);
}

Test(gc_behaviour_finalize, a_legacy_self_cycle_stays_garbage_until_it_is_cut)
{
    struct object *weak = self_cycle(both);
    cr_expect(gc_collect(f.gc, 2) == 1);
    gc_expect_events(&f, "");
    struct object *node = weak_target(weak);
    cr_assert(node && gc_garbage_count(f.gc) == 1);
    cr_expect(gc_garbage_item(f.gc, 0) == node);
    gc_link(node, 0, NULL);
    gc_garbage_clear(f.gc);
    gc_expect_events(&f, "f l ");
    cr_expect(weak_target(weak) == NULL);
    object_decref(weak);
}

/* --- chains --- */

/* Each neighbour that is linked to links back. */
static void check_neighbours(const struct object *object)
{
    const struct object *next = node_slot(object, 0),
                        *before = node_slot(object, 1);
    cr_expect(!next || !node_slot(next, 1) || node_slot(next, 1) == object);
    cr_expect(!before || !node_slot(before, 0) ||
              node_slot(before, 0) == object);
}

static void check_finalize(void *context, struct object *object)
{
    struct gc_fixture *g = context;
    int id = node_id(object);
    check_neighbours(object);
    cr_expect(object == chain[id]);
    snprintf(g->events + strlen(g->events), 8, "F%d ", id);
    if (letters[id] == 'r')
        gc_save(g, object);
    if (letters[id] == 's') {
        node_set_slot(object, 0, NULL);
        node_set_slot(object, 1, NULL);
    }
}

/* In the order of the letters; `ret_weak` are plain references to each. */
static int make_chain(const char *given, struct object *ret_weak[CHAIN_MAX])
{
    int count = (int)strlen(given);
    letters = given;
    for (int i = 0; i < count; i++) {
        chain[i] = node_new(link_type, i);
        ret_weak[i] = weak_ref(chain[i], NULL);
    }
    for (int i = 0; i < count; i++) {
        gc_link(chain[i], 0, chain[(i + 1) % count]);
        gc_link(chain[(i + 1) % count], 1, chain[i]);
    }
    for (int i = 0; i < count; i++)
        object_decref(chain[i]);
    return count;
}

static void expect_finalized_once(int count)
{
    for (int i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "F%d ", i);
        const char *first = strstr(f.events, name);
        cr_expect(first && !strstr(first + 1, name), "%s in %s", name,
                  f.events);
    }
}

static void expect_resurrectors_saved(void)
{
    size_t resurrectors = 0;
    for (const char *l = letters; *l; l++)
        resurrectors += *l == 'r';
    cr_assert(f.saved_count == resurrectors);
    for (size_t i = 0; i < f.saved_count; i++)
        cr_expect(letters[node_id(f.saved[i])] == 'r');
}

/* Everyone is finalized once in all, all weak references die, and nothing is
 * left when the resurrected have been let go. */
static void expect_chain_ends(const char *given)
{
    struct object *weak[CHAIN_MAX];
    int count = make_chain(given, weak);
    f.events[0] = '\0';
    gc_collect(f.gc, 2);
    expect_finalized_once(count);
    expect_resurrectors_saved();
    for (int i = 0; i < count; i++) {
        cr_expect(weak_target(weak[i]) == NULL);
        object_decref(weak[i]);
    }
    gc_fixture_verify(&f);
    gc_unsave(&f);
    gc_collect(f.gc, 2);
    expect_finalized_once(count);
    cr_expect(gc_objects(f.gc, GC_ALL_GENERATIONS, NULL, 0) == 0, "%s", given);
}

Test(gc_behaviour_finalize, a_chain_is_finalized_each_once_and_ends)
{
    expect_chain_ends("ppp");
    expect_chain_ends("pppp");
    expect_chain_ends("pppppp");
}

Test(gc_behaviour_finalize, a_chain_that_resurrects_ends_when_it_is_let_go)
{
    expect_chain_ends("rrr");
    expect_chain_ends("rrrrr");
    expect_chain_ends("rrrrrr");
}

Test(gc_behaviour_finalize, a_chain_that_cuts_itself_ends)
{
    expect_chain_ends("sss");
    expect_chain_ends("ssss");
    expect_chain_ends("ssssss");
}

Test(gc_behaviour_finalize, a_chain_with_one_that_cuts_itself_ends)
{
    expect_chain_ends("sps");
    expect_chain_ends("pspp");
    expect_chain_ends("psppsp");
}

Test(gc_behaviour_finalize, of_a_chain_those_that_resurrect_are_those_saved)
{
    expect_chain_ends("rpr");
    expect_chain_ends("ppr");
    expect_chain_ends("rpprpp");
}

Test(gc_behaviour_finalize, a_chain_may_resurrect_cut_and_do_nothing)
{
    expect_chain_ends("rsp");
    expect_chain_ends("srps");
    expect_chain_ends("rprsps");
}

/* --- what else a finalizer does --- */

Test(gc_behaviour_finalize, is_finalized_tells_of_the_resurrected_alone)
{
    struct object *plain = plain_new(f.plain, 3);
    cr_expect(!gc_is_finalized(plain));
    struct object *node = node_new(f.finalized, 1);
    gc_link(node, 0, node);
    cr_expect(!gc_is_finalized(node));
    f.on_finalize = gc_do_save;
    object_decref(node);
    gc_collect(f.gc, 2);
    cr_assert(f.saved_count == 1);
    cr_expect(gc_is_finalized(f.saved[0]));
    f.on_finalize = NULL;
    object_decref(plain);
}

static void relink(struct gc_fixture *g, struct object *object,
                   struct object *o)
{
    (void)g, (void)o;
    node_set_slot(object, 0, NULL);
}

/* test_bug21435: 1 <-> 2, and 2 holds 3; the finalizer of 2 lets 1 go, which
 * dies within the walk over all finalizers. */
Test(gc_behaviour_finalize, one_may_end_others_of_its_cycle_meanwhile)
{
    struct object *a = node_new(f.node, 1), *b = node_new(f.finalized, 2),
                  *inner = node_new(f.node, 3);
    gc_link(a, 0, b);
    gc_link(b, 0, a);
    gc_link(b, 1, inner);
    gc_link(inner, 0, inner);
    object_decref(a);
    object_decref(b);
    object_decref(inner);
    f.on_finalize = relink;
    cr_expect(gc_collect(f.gc, 2) == 1);
    gc_expect_events(&f, "F2 D1 D2 D3 ");
    cr_expect(gc_objects(f.gc, GC_ALL_GENERATIONS, NULL, 0) == 0);
}

/* 1 is the cyclic one, which holds the function 2 and the late one 3; 2 holds
 * 1. What the test holds of 3 is let go when 1 is finalized. */
static void refer_to_what_is_cleared(struct gc_fixture *g,
                                     struct object *object, struct object *o)
{
    (void)o;
    struct object *late = node_slot(object, 1);
    if (node_id(object) == 1) {
        struct object *weak = weak_ref(node_slot(object, 0), NULL);
        gc_link(late, 0, weak);
        object_decref(weak);
        gc_unsave(g);
    } else {
        gc_save(g, weak_target(node_slot(object, 0)));
    }
}

/* test_function_tp_clear_leaves_consistent_state */
Test(gc_behaviour_finalize, what_is_being_cleared_may_be_saved_in_sound_state)
{
    struct object *late = node_new(f.finalized, 3);
    struct object *function = node_new(f.node, 2);
    struct object *cyclic = node_new(f.finalized, 1);
    gc_link(cyclic, 0, function);
    gc_link(cyclic, 1, late);
    gc_link(function, 0, cyclic);
    gc_save(&f, late);
    object_decref(late);
    object_decref(function);
    object_decref(cyclic);
    f.on_finalize = refer_to_what_is_cleared;
    gc_collect(f.gc, 2);
    gc_expect_events(&f, "F1 D1 F3 D3 ");
    cr_assert(f.saved_count == 1 && f.saved[0] == function);
    cr_expect(node_id(function) == 2 && node_slot(function, 0) == NULL);
    gc_fixture_verify(&f);
}
