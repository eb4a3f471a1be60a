/* sequence_rules.c - lists and tuples against a plain model; walks; what is
 * refused leaves all as it was. (1.5) */
#include "gc_fixture.h"
#include "random.h"

#include "assay/values.h"

static struct gc_fixture f;

static void begin(void)
{
    gc_fixture_begin(&f, NULL);
}

static void end(void)
{
    gc_fixture_end(&f);
}

TestSuite(sequences, .init = begin, .fini = end, BOUND);

static struct object *number(int value)
{
    struct object *made = int_new(f.gc, value);
    cr_assert(made);
    return made;
}

static struct object *list_of(int count)
{
    struct object *list = list_new(f.gc, 0);
    for (int i = 0; i < count; i++) {
        struct object *item = number(i);
        cr_assert(list_append(list, item));
        object_decref(item);
    }
    return list;
}

static int64_t value_at(const struct object *list, size_t index)
{
    int64_t value = -1;
    cr_assert(int_value(list_item(list, index), &value));
    return value;
}

/* ---- the law of growth ---- */

/* Of each edition: the room after so many appends (list_resize). */
static void expect_rooms(const char *edition, const size_t *room, size_t count)
{
    size_t at = 0;
    gc_fixture_end(&f);
    struct gc_config config = { .edition = edition };
    gc_fixture_begin(&f, &config);
    struct object *list = list_new(f.gc, 0), *item = number(1);
    while (at + 1 < count) {
        cr_expect(list_room(list) == room[at], "%s: room %zu, expected %zu",
                  edition, list_room(list), room[at]);
        while (list_size(list) < room[at])
            cr_assert(list_append(list, item));
        cr_assert(list_append(list, item));
        at++;
    }
    object_decref(item);
    object_decref(list);
}

Test(sequences, a_list_grows_by_the_published_steps)
{
    static const size_t old[] = { 0, 4, 8, 16, 25, 35, 46, 58, 72, 88 };
    static const size_t new[] = { 0,  4,  8,   16,  24,  32,  40,  52,  64,
                                  76, 92, 108, 128, 148, 172, 200, 232, 268 };
    expect_rooms("py38", old, sizeof old / sizeof old[0]);
    expect_rooms("py311", new, sizeof new / sizeof new[0]);
    expect_rooms("py313", new, sizeof new / sizeof new[0]);
}

/* ---- against a plain model ---- */

#define MODEL_MAX 400

struct model {
    int item[MODEL_MAX];
    size_t size;
};

static void model_replace(struct model *model, size_t from, size_t to,
                          const int *items, size_t count)
{
    memmove(model->item + from + count, model->item + to,
            (model->size - to) * sizeof(int));
    for (size_t i = 0; i < count; i++)
        model->item[from + i] = items[i];
    model->size += count - (to - from);
}

static void expect_model(const struct object *list, const struct model *model)
{
    cr_assert(list_size(list) == model->size, "%zu items, expected %zu",
              list_size(list), model->size);
    for (size_t i = 0; i < model->size; i++)
        cr_assert(value_at(list, i) == model->item[i]);
}

static void step(struct random *random, struct object *list,
                 struct model *model)
{
    size_t from = random_below(random, (uint32_t)model->size + 1);
    size_t to = from + random_below(random, (uint32_t)(model->size - from) + 1);
    size_t count = model->size > MODEL_MAX / 2 ? 0 : random_below(random, 20);
    struct object *made[20], *taken;
    int item[20];
    for (size_t i = 0; i < count; i++) {
        item[i] = (int)random_below(random, 100000);
        made[i] = number(item[i]);
    }
    switch (random_below(random, 3)) {
    case 0:
        to = from;
        for (size_t i = count; i-- > 0;)
            cr_assert(list_insert(list, from, made[i]));
        model_replace(model, from, from, item, count);
        break;
    case 1:
        taken = list_take(list, from);
        cr_assert(!taken == (from == model->size));
        if (taken)
            model_replace(model, from, from + 1, NULL, 0);
        object_decref_any(taken);
        break;
    default:
        cr_assert(list_replace(list, from, to, made, count));
        model_replace(model, from, to, item, count);
    }
    for (size_t i = 0; i < count; i++)
        object_decref(made[i]);
}

Test(sequences, random_changes_of_a_list_leave_what_a_plain_model_has)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct random random = random_stream(seed, 0);
        struct object *list = list_new(f.gc, 0);
        struct model model = { .size = 0 };
        for (int i = 0; i < 2000; i++) {
            step(&random, list, &model);
            expect_model(list, &model);
        }
        object_decref(list);
    }
}

/* ---- edges ---- */

Test(sequences, a_place_outside_of_a_list_is_none)
{
    struct object *list = list_of(3), *empty = list_of(0), *item = number(9);
    cr_expect(!list_take(list, 3) && !list_take(empty, 0));
    cr_expect(!list_item(list, 3) && !list_pop(empty));
    cr_expect(list_size(list) == 3);
    cr_expect(list_insert(list, SIZE_MAX, item) && value_at(list, 3) == 9);
    cr_expect(list_replace(list, 2, 1, &item, 1) && value_at(list, 2) == 9);
    cr_expect(list_size(list) == 5);
    cr_expect(list_delete(list, 0, SIZE_MAX) && list_room(list) == 0);
    object_decref(item);
    object_decref(empty);
    object_decref(list);
}

Test(sequences, a_list_can_be_put_into_itself)
{
    struct object *list = list_of(4);
    struct object *all = list_slice(list, 0, 4), *item[4];
    for (size_t i = 0; i < 4; i++)
        item[i] = list_item(all, i);
    cr_assert(list_replace(list, 1, 3, item, 4) && list_extend(list, list));
    static const int expected[] = { 0, 0, 1, 2, 3, 3, 0, 0, 1, 2, 3, 3 };
    cr_assert(list_size(list) == 12);
    for (size_t i = 0; i < 12; i++)
        cr_expect(value_at(list, i) == expected[i], "%zu", i);
    object_decref(all);
    object_decref(list);
}

Test(sequences, a_slice_of_all_of_a_tuple_is_the_tuple)
{
    struct object *item[] = { number(1000), number(2000) };
    struct object *tuple = tuple_pack(f.gc, item, 2);
    struct object *all = tuple_slice(tuple, 0, 9),
                  *one = tuple_slice(tuple, 1, 2);
    struct object *none = tuple_slice(tuple, 2, 0), *empty = tuple_new(f.gc, 0);
    struct object *both = tuple_join(one, tuple);
    cr_expect(all == tuple && none == empty && tuple_size(one) == 1);
    cr_expect(tuple_size(both) == 3 && tuple_item(both, 0) == item[1]);
    object_decref(both);
    object_decref(empty);
    object_decref(none);
    object_decref(one);
    object_decref(all);
    object_decref(tuple);
    object_decref(item[0]);
    object_decref(item[1]);
}

Test(sequences, equal_tuples_have_one_hash_and_a_list_in_one_has_none)
{
    struct object *item[] = { number(1000), number(2000) };
    struct object *a = tuple_pack(f.gc, item, 2),
                  *b = tuple_pack(f.gc, item, 2);
    struct object *list = list_of(1), *c = tuple_pack(f.gc, &list, 1);
    intptr_t hash_a, hash_b;
    cr_assert(object_hash(a, &hash_a) && object_hash(b, &hash_b));
    cr_expect(hash_a == hash_b && object_equal(a, b) && !object_equal(a, c));
    cr_expect(!object_hash(c, &hash_a));
    object_decref(c);
    object_decref(list);
    object_decref(b);
    object_decref(a);
    object_decref(item[0]);
    object_decref(item[1]);
}

/* ---- walks ---- */

static struct object *table_of(bool is_set, int count)
{
    struct object *table = is_set ? set_new(f.gc) : dict_new(f.gc);
    for (int i = 0; i < count; i++) {
        struct object *key = number(i * 1000);
        cr_assert(is_set ? set_add(table, key) : dict_set(table, key, key));
        object_decref(key);
    }
    return table;
}

static void add_to(struct object *table, bool is_set, int value)
{
    struct object *key = number(value);
    cr_assert(is_set ? set_add(table, key) : dict_set(table, key, key));
    object_decref(key);
}

Test(sequences, a_walk_says_that_a_table_changed_its_size)
{
    for (int is_set = 0; is_set < 2; is_set++) {
        struct object *table = table_of(is_set, 3), *key;
        struct walk walk;
        cr_assert(walk_begin(&walk, table));
        cr_assert(walk_next(&walk, &key) == WALK_ITEM);
        object_decref(key);
        add_to(table, is_set, 7);
        cr_expect(walk_next(&walk, &key) == WALK_CHANGED);
        struct object *taken = number(7);
        is_set ? set_discard(table, taken) : dict_delete(table, taken);
        object_decref(taken);
        cr_expect(walk_next(&walk, &key) == WALK_CHANGED);
        cr_expect(table->references == 2);
        walk_end(&walk);
        walk_end(&walk);
        cr_expect(table->references == 1);
        object_decref(table);
    }
}

/* As many as before, but one of them comes a second time. */
Test(sequences, a_walk_says_once_that_keys_of_a_dict_changed)
{
    struct object *table = table_of(false, 2), *key, *first;
    struct walk walk;
    cr_assert(walk_begin(&walk, table));
    cr_assert(walk_next(&walk, &first) == WALK_ITEM);
    cr_assert(dict_delete(table, first) && dict_set(table, first, first));
    cr_assert(walk_next(&walk, &key) == WALK_ITEM && key != first);
    object_decref(key);
    cr_expect(walk_next(&walk, &key) == WALK_CHANGED);
    cr_expect(walk_next(&walk, &key) == WALK_END && table->references == 1);
    object_decref(first);
    object_decref(table);
}

Test(sequences, a_walk_over_a_list_sees_what_is_appended_meanwhile)
{
    struct object *list = list_of(2), *item;
    struct walk walk;
    int seen = 0;
    cr_assert(walk_begin(&walk, list));
    while (walk_next(&walk, &item) == WALK_ITEM) {
        if (++seen < 10)
            cr_assert(list_append(list, item));
        object_decref(item);
    }
    cr_expect(seen == 11 && walk_next(&walk, &item) == WALK_END);
    cr_expect(list->references == 1);
    object_decref(list);
}

Test(sequences, nobody_walks_over_a_number)
{
    struct object *one = number(1);
    struct walk walk;
    cr_expect(!walk_begin(&walk, one));
    object_decref(one);
}

/* ---- want of memory ---- */

/* Its heap knows what a collector leaves behind. */
struct mean {
    size_t left; /* requests that are granted */
    struct obheap *heap;
    struct memory_allocator below;
};

static bool grants(struct mean *mean)
{
    if (mean->left == 0)
        return false;
    mean->left--;
    return true;
}

static void *mean_malloc(void *context, size_t bytes)
{
    struct mean *mean = context;
    return grants(mean) ? mean->below.malloc(mean->below.context, bytes) : NULL;
}

static void *mean_calloc(void *context, size_t count, size_t each)
{
    struct mean *mean = context;
    return grants(mean) ? mean->below.calloc(mean->below.context, count, each)
                        : NULL;
}

static void *mean_realloc(void *context, void *block, size_t bytes)
{
    struct mean *mean = context;
    return grants(mean) ? mean->below.realloc(mean->below.context, block, bytes)
                        : NULL;
}

static void mean_free(void *context, void *block)
{
    struct mean *mean = context;
    mean->below.free(mean->below.context, block);
}

/* What is done with a list and numbers; false: refused. */
static bool work(struct gc *gc, struct object *list)
{
    struct object *a = int_new(gc, 1000), *b = a ? int_multiply(a, a) : NULL;
    struct object *text = b ? int_print(b) : NULL;
    struct object *known = text ? text_intern(text) : NULL;
    bool good = known && list_insert(list, 1, known) &&
                list_replace(list, 0, 1, &b, 1) && list_extend(list, list);
    object_decref_any(known);
    object_decref_any(text);
    object_decref_any(b);
    object_decref_any(a);
    return good;
}

Test(sequences, what_is_refused_for_want_of_memory_loses_nothing)
{
    struct mean mean = { .left = SIZE_MAX };
    struct memory_allocator memory = { .context = &mean,
                                       .malloc = mean_malloc,
                                       .calloc = mean_calloc,
                                       .realloc = mean_realloc,
                                       .free = mean_free };
    struct gc_config config = { .memory = &memory };
    bool good = false;
    for (size_t granted = 0; !good; granted++) {
        cr_assert(granted < 100);
        mean.left = SIZE_MAX;
        mean.heap = obheap_create(&(struct obheap_config){ 0 });
        mean.below = obheap_allocator(mean.heap);
        struct gc *gc = gc_create(&config);
        struct object *list = list_new(gc, 0), *item = int_new(gc, 3);
        for (int i = 0; i < 4; i++)
            cr_assert(list_append(list, item));
        object_decref(item);
        mean.left = granted;
        good = work(gc, list);
        mean.left = SIZE_MAX;
        size_t size = list_size(list);
        cr_expect(good ? size == 10 : size == 4 || size == 5);
        cr_expect(!gc_verify(gc).what);
        object_decref(list);
        gc_destroy(gc);
        cr_expect(obheap_allocated_blocks(mean.heap) == 0);
        obheap_destroy(mean.heap);
    }
}
