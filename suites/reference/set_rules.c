/* set_rules.c - sets: sizes, order, death. (1.4 to 1.7) */
#include "gc_fixture.h"
#include "random.h"

static struct gc_fixture f;
static struct object_type *number;

static bool hash_by_id(void *context, struct object *object, intptr_t *ret)
{
    (void)context;
    *ret = plain_id(object);
    return true;
}

static void note_death(void *context, struct object *object)
{
    struct gc_fixture *fixture = context;
    size_t used = strlen(fixture->events);
    if (used + 16 < sizeof fixture->events)
        snprintf(fixture->events + used, 16, "D%d ", plain_id(object));
}

static void begin(void)
{
    gc_fixture_begin(&f, NULL);
    struct object_hooks hooks = { .context = &f,
                                  .hash = hash_by_id,
                                  .dealloc = note_death };
    number = plain_type_new(f.gc, "int", &hooks);
}

static void end(void)
{
    gc_unsave(&f);
    gc_fixture_end(&f);
}

TestSuite(set, .init = begin, .fini = end, BOUND);

static void put_new(struct object *set, int id)
{
    struct object *key = plain_new(number, id);
    cr_assert(set_add(set, key));
    object_decref(key);
}

static struct object *set_of_range(int first, int count)
{
    struct object *set = set_new(f.gc);
    for (int i = 0; i < count; i++)
        put_new(set, first + i);
    return set;
}

/* ---- sizes ---- */

Test(set, tables_grow_at_the_published_numbers_of_keys)
{
    static const struct {
        int keys;
        size_t places;
    } published[] = {
        { 5, 32 },         { 19, 128 },       { 77, 512 },
        { 307, 2048 },     { 1229, 8192 },    { 4915, 32768 },
        { 19661, 131072 }, { 78643, 262144 }, { 157286, 524288 }
    };
    struct object *set = set_new(f.gc);
    size_t places = 0, at = 0;
    for (int keys = 1; keys <= 160000; keys++) {
        put_new(set, keys);
        if (at < sizeof published / sizeof published[0] &&
            keys == published[at].keys)
            places = published[at++].places;
        cr_assert(set_bytes(set) == 216 + 16 * places, "%d keys: %zu", keys,
                  set_bytes(set));
    }
    object_decref(set);
}

/* What a display of constants does: one update of an empty set. */
Test(set, an_update_makes_room_for_twice_what_comes)
{
    struct object *five = set_of_range(1, 5), *set = set_new(f.gc);
    cr_expect(set_bytes(five) == 728);
    cr_assert(set_update(set, five));
    cr_expect(set_bytes(set) == 472 && set_size(set) == 5);
    object_decref(five);
    object_decref(set);
}

Test(set, taking_out_keeps_the_table_and_clearing_does_not)
{
    struct object *set = set_of_range(0, 100), *key;
    cr_expect(set_bytes(set) == 216 + 16 * 512);
    while ((key = set_pop(set)))
        object_decref(key);
    cr_expect(set_size(set) == 0 && set_bytes(set) == 216 + 16 * 512);
    set_clear(set);
    cr_expect(set_bytes(set) == 216);
    object_decref(set);
}

Test(set, a_key_takes_the_place_of_one_taken_out)
{
    struct object *set = set_of_range(0, 4), *gone = plain_new(number, 0);
    struct object *key = NULL;
    size_t place = 0;
    cr_assert(set_next(set, &place, &key) && plain_id(key) == 0);
    cr_expect(!set_discard(set, gone), "equal by identity only");
    cr_expect(set_discard(set, key));
    put_new(set, 8);
    cr_expect(set_bytes(set) == 216);
    place = 0;
    cr_assert(set_next(set, &place, &key) && plain_id(key) == 8);
    object_decref(set);
    object_decref(gone);
}

/* ---- the collector ---- */

Test(set, a_set_is_always_tracked)
{
    struct object *set = set_new(f.gc);
    cr_expect(gc_is_tracked(set));
    put_new(set, 1);
    gc_collect(f.gc, 2);
    cr_expect(gc_is_tracked(set));
    object_decref(set);
    gc_expect_counts(&f, 0, 0, 0);
}

Test(set, cycles_through_a_set_are_collected)
{
    struct object *set = set_new(f.gc), *node = node_new(f.node, 5);
    node_set_slot(node, 0, set);
    cr_assert(set_add(set, node));
    object_decref(node);
    object_decref(set);
    cr_expect(gc_collect(f.gc, 2) == 2);
    gc_expect_events(&f, "D5 ");
}

Test(set, keys_are_visited_and_die_in_the_order_of_the_table)
{
    static const int ids[] = { 3, 11, 6, 1 };
    static const int order[] = { 11, 1, 3, 6 };
    struct object *set = set_new(f.gc), *seen[4];
    for (int i = 0; i < 4; i++)
        put_new(set, ids[i]);
    cr_assert(gc_referents(set, seen, 4) == 4);
    for (int i = 0; i < 4; i++)
        cr_expect(plain_id(seen[i]) == order[i], "%d: %d", i,
                  plain_id(seen[i]));
    object_decref(set);
    gc_expect_events(&f, "D11 D1 D3 D6 ");
}

Test(set, weak_references_to_a_set_die_before_its_keys)
{
    struct object *set = set_of_range(1, 1), *c = node_new(f.callback, 2);
    struct object *ref = weak_ref(set, c);
    object_decref(set);
    gc_expect_events(&f, "C2 D1 ");
    cr_expect(!weak_target(ref));
    object_decref(ref);
    object_decref(c);
}

static struct object *looked_at;

static void look_at(struct gc_fixture *fixture, struct object *object,
                    struct object *argument)
{
    (void)object, (void)argument;
    fixture->errors += set_size(looked_at) != 0;
}

Test(set, a_set_is_empty_when_what_it_held_dies)
{
    looked_at = set_new(f.gc);
    for (int i = 0; i < 10; i++) {
        struct object *node = node_new(f.finalized, i);
        cr_assert(set_add(looked_at, node));
        object_decref(node);
        if (i == 2 || i == 9) {
            f.on_finalize = look_at;
            set_clear(looked_at);
        }
    }
    cr_expect(f.errors == 0 && set_size(looked_at) == 0);
    object_decref(looked_at);
}

/* ---- look-ups that change what they look at ---- */

static bool clear_on_equal(void *context, struct object *a, struct object *b)
{
    (void)a, (void)b;
    if (++*(int *)context == 1)
        set_clear(looked_at);
    return true;
}

Test(set, a_look_up_starts_again_when_a_comparison_changed_the_set)
{
    int calls = 0;
    struct object_hooks hooks = { .context = &calls,
                                  .hash = hash_by_id,
                                  .equal = clear_on_equal };
    const struct object_type *type = plain_type_new(f.gc, "rude", &hooks);
    struct object *other = plain_new(type, 7), *key = plain_new(type, 7);
    looked_at = set_new(f.gc);
    cr_assert(set_add(looked_at, key));
    cr_expect(set_add(looked_at, other) && calls == 1);
    cr_expect(set_size(looked_at) == 1 && key->references == 1);
    cr_expect(set_contains(looked_at, key) && calls == 2);
    object_decref(looked_at);
    object_decref(other);
    object_decref(key);
}

/* ---- against a plain model ---- */

#define KEYS 300

static bool hash_badly(void *context, struct object *object, intptr_t *ret)
{
    (void)context;
    *ret = (intptr_t)(plain_id(object) % 5) << (plain_id(object) % 3 * 20);
    return true;
}

static void expect_model(const struct object *set, const bool *in)
{
    struct object *key;
    size_t count = 0, place = 0;
    while (set_next(set, &place, &key)) {
        cr_assert(in[plain_id(key)]);
        count++;
    }
    cr_assert(count == set_size(set));
    for (int i = 0; i < KEYS; i++)
        count -= in[i];
    cr_assert(count == 0);
}

/* One step; the two others only ever hold what `in` is. */
static void step(struct object *set, struct object *const *key, bool *in,
                 uint64_t word)
{
    int id = (int)(word % KEYS);
    if (word >> 32 & 1) {
        cr_assert(set_add(set, key[id]));
        in[id] = true;
    } else if (word >> 33 & 7) {
        cr_assert(set_discard(set, key[id]) == in[id]);
        in[id] = false;
    } else {
        struct object *gone = set_pop(set);
        if (gone) {
            cr_assert(in[plain_id(gone)]);
            in[plain_id(gone)] = false;
            object_decref(gone);
        }
    }
    cr_assert(set_contains(set, key[id]) == in[id]);
}

static void fuzz(uint64_t seed)
{
    struct object_hooks hooks = { .hash = hash_badly };
    struct object_type *type = plain_type_new(f.gc, "n", &hooks);
    struct random random = random_stream(seed, 0);
    struct object *key[KEYS], *set = set_new(f.gc), *copy = set_new(f.gc);
    bool in[KEYS] = { false };
    for (int i = 0; i < KEYS; i++)
        key[i] = plain_new(type, i);
    for (int i = 0; i < 20000; i++) {
        step(set, key, in, random_next(&random));
        if (i % 50 == 0)
            expect_model(set, in);
    }
    cr_assert(set_update(copy, set) && set_update(copy, set));
    expect_model(copy, in);
    object_decref(copy);
    object_decref(set);
    for (int i = 0; i < KEYS; i++) {
        cr_assert(key[i]->references == 1, "seed %lu, key %d",
                  (unsigned long)seed, i);
        object_decref(key[i]);
    }
}

Test(set, random_operations_leave_what_a_plain_model_has)
{
    for (uint64_t seed = 1; seed <= 4; seed++)
        fuzz(seed);
}
