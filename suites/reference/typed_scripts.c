/* typed_scripts.c - random scripts against a plain model, layers that fail,
 * and a walker that must see what is wrong. */
#include "seed.h"
#include "typed_fixture.h"

SEED_OF_RUN(NULL)

#define BOUND       .timeout = 120
#define HELD        600
#define STEPS       3000
#define KINDS_EACH  2u
#define LENGTHS     23u
#define MODEL_LIMIT 2000

/* --- the model: a stack of addresses for each list --- */

struct stack {
    void *object[MODEL_LIMIT];
    size_t count;
};

struct held {
    void *object;
    enum typed_kind kind;
    size_t items;
    bool subclass;
};

struct model {
    unsigned edition;
    struct stack stack[TYPED_KINDS];
    struct stack tuple[LENGTHS];
    size_t numbers[TYPED_KINDS]; /* used ones in blocks */
    size_t young;
    unsigned first_kind; /* a script makes this kind and the next */
    struct held held[HELD];
};

static struct model model;

static bool is_tuple_served(unsigned edition, size_t items)
{
    return items >= 1 && items <= (edition == 4 ? 20u : 19u);
}

static bool is_tuple_kept(unsigned edition, size_t items)
{
    return items >= 1 && items <= (edition >= 3 ? 20u : 19u);
}

static struct stack *stack_of(enum typed_kind kind, size_t items)
{
    if (kind == TYPED_TUPLE)
        return &model.tuple[items];
    if (kind == TYPED_KEYS_GENERAL && model.edition == 2)
        kind = TYPED_KEYS;
    return &model.stack[kind];
}

static bool model_may_take(const struct held *h)
{
    return expected_limit(model.edition, h->kind) > 0 && !h->subclass &&
           (h->kind != TYPED_TUPLE || is_tuple_served(model.edition, h->items));
}

static void model_alloc(const struct held *h)
{
    struct stack *stack = stack_of(h->kind, h->items);
    if (expected_limit(model.edition, h->kind) == BLOCKED && !h->subclass) {
        model.numbers[h->kind]++;
    } else if (model_may_take(h) && stack->count > 0) {
        stack->count--;
        cr_assert(h->object == stack->object[stack->count] ||
                      h->kind == TYPED_FRAME,
                  "%s is not the one dropped last", kind_name[h->kind]);
    } else {
        model.young += expected_gc(h->kind);
    }
}

static void model_free(const struct held *h)
{
    long limit = expected_limit(model.edition, h->kind);
    struct stack *stack = stack_of(h->kind, h->items);
    bool kept =
        limit > 0 && !h->subclass && stack->count < (size_t)limit &&
        (h->kind != TYPED_TUPLE || is_tuple_kept(model.edition, h->items));
    if (limit == BLOCKED && !h->subclass)
        model.numbers[h->kind]--;
    else if (kept)
        stack->object[stack->count++] = h->object;
    else if (expected_gc(h->kind) && model.young > 0)
        model.young--;
}

static size_t model_clear(enum typed_kind kind)
{
    size_t count = stack_of(kind, 0)->count;
    for (size_t i = 1; kind == TYPED_TUPLE && i < LENGTHS; i++) {
        count += model.tuple[i].count;
        model.tuple[i].count = 0;
    }
    stack_of(kind, 0)->count = 0;
    size_t lost = expected_gc(kind) ? count : 0;
    model.young -= lost < model.young ? lost : model.young;
    return count;
}

/* --- scripts --- */

/* Kinds whose objects have no part or one that no list keeps. A dict takes no
 * items here, so that its keys are only those asked for by name. */
static void script_alloc(struct fixture *f, struct held *h, uint64_t *random)
{
    h->kind = (enum typed_kind)(model.first_kind + draw(random) % KINDS_EACH);
    h->items = draw(random) % LENGTHS;
    if (h->kind == TYPED_TUPLE && h->items == 0)
        h->items = 1;
    if (typed_is_keys(h->kind) || h->kind == TYPED_DICT)
        h->items = 0;
    h->subclass = draw(random) % 8 == 0 && !typed_is_keys(h->kind);
    h->object = h->subclass ? typed_alloc_subclass(f->lists, h->kind, h->items)
                            : typed_alloc(f->lists, h->kind, h->items);
    if (h->object)
        model_alloc(h);
}

static void script_free(struct fixture *f, struct held *h)
{
    typed_free(f->lists, h->kind, h->object);
    model_free(h);
    h->object = NULL;
}

static void script_clear(struct fixture *f, uint64_t *random)
{
    enum typed_kind kind = (enum typed_kind)(draw(random) % TYPED_KINDS);
    size_t expected;
    if (expected_limit(model.edition, kind) == BLOCKED)
        expected =
            model.numbers[kind] + (kind == TYPED_INT ? TYPED_SMALL_INTS : 0);
    else if (kind == TYPED_DICT || kind == TYPED_KEYS ||
             (kind == TYPED_KEYS_GENERAL && model.edition == 2))
        expected = model_clear(TYPED_DICT) + model_clear(TYPED_KEYS);
    else if (kind == TYPED_ASYNC_VALUE || kind == TYPED_ASYNC_SEND)
        expected =
            model_clear(TYPED_ASYNC_VALUE) + model_clear(TYPED_ASYNC_SEND);
    else
        expected = model_clear(kind);
    size_t found = typed_clear(f->lists, kind);
    cr_assert(found == expected, "clearing %s: %zu, expected %zu",
              kind_name[kind], found, expected);
}

static void assert_as_model(struct fixture *f)
{
    struct typed_stats stats;
    typed_stats(f->lists, &stats);
    cr_assert(stats.young_count == model.young, "young: %zu, expected %zu",
              stats.young_count, model.young);
    for (unsigned kind = 0; kind < TYPED_KINDS; kind++)
        if (expected_limit(model.edition, kind) >= 0 && kind != TYPED_TUPLE)
            cr_assert(stats.free[kind] == model.stack[kind].count, "%s",
                      kind_name[kind]);
    for (size_t i = 1; i <= TYPED_TUPLE_MAX; i++)
        cr_assert(stats.free_tuples[i] == model.tuple[i].count);
}

/* Waves of making and dropping, so that lists fill and empty. */
static void run_script(unsigned edition, unsigned first_kind, uint64_t seed)
{
    struct fixture f;
    uint64_t random = seed * 7919 + 1;
    memset(&model, 0, sizeof model);
    model.edition = edition;
    model.first_kind = first_kind;
    fixture_begin(&f, edition_name[edition]);
    for (size_t step = 0; step < STEPS; step++) {
        struct held *h = &model.held[draw(&random) % HELD];
        bool growing = step / 1000 % 2 == 0;
        if (draw(&random) % 500 == 0)
            script_clear(&f, &random);
        else if (h->object)
            script_free(&f, h);
        else if (growing || draw(&random) % 4 == 0)
            script_alloc(&f, h, &random);
        fixture_verify(&f, edition_name[edition], step);
        assert_as_model(&f);
    }
    for (size_t i = 0; i < HELD; i++)
        if (model.held[i].object)
            script_free(&f, &model.held[i]);
    assert_as_model(&f);
    fixture_end(&f);
}

Test(typed_scripts, random_scripts_do_what_a_plain_model_does, BOUND)
{
    uint64_t seed = seed_of_run();
    for (unsigned edition = 0; edition < EDITIONS; edition++)
        for (unsigned kind = 0; kind < TYPED_KINDS; kind += KINDS_EACH)
            run_script(edition, kind, seed + kind);
}

/* --- failure --- */

struct snapshot {
    struct typed_stats stats;
    size_t object_out;
    size_t raw_out;
};

static struct snapshot snap(const struct fixture *f)
{
    struct snapshot s = { .object_out = f->object.out, .raw_out = f->raw.out };
    typed_stats(f->lists, &s.stats);
    return s;
}

/* A script with one failing request in each layer. Returns whether one did
 * fail: the allocation then must have changed nothing. */
static void run_failing(unsigned edition, size_t nth, bool in_raw)
{
    static struct held held[200];
    struct fixture f;
    uint64_t random = nth * 31 + edition + 1;
    memset(held, 0, sizeof held);
    fixture_begin(&f, edition_name[edition]);
    struct layer *layer = in_raw ? &f.raw : &f.object;
    layer->fail_at = layer->calls + nth;
    for (size_t step = 0; step < 400; step++) {
        struct held *h = &held[draw(&random) % 200];
        if (h->object) {
            typed_free(f.lists, h->kind, h->object);
            h->object = NULL;
            continue;
        }
        h->kind = (enum typed_kind)(draw(&random) % TYPED_KINDS);
        h->items = 1 + draw(&random) % 40;
        struct snapshot before = snap(&f);
        h->object = typed_alloc(f.lists, h->kind, h->items);
        struct snapshot after = snap(&f);
        if (!h->object)
            cr_assert(memcmp(&before, &after, sizeof before) == 0,
                      "%s: failing request %zu changed the lists (%s)",
                      edition_name[edition], nth, kind_name[h->kind]);
        fixture_verify(&f, "failure", step);
    }
    for (size_t i = 0; i < 200; i++)
        typed_free(f.lists, held[i].kind, held[i].object);
    fixture_end(&f);
}

Test(typed_scripts, a_failing_request_leaves_the_lists_as_they_were, BOUND)
{
    for (unsigned edition = 0; edition < EDITIONS; edition++)
        for (size_t nth = 1; nth <= 100; nth++) {
            run_failing(edition, nth, false);
            run_failing(edition, nth, true);
        }
}

/* What a list gave, and could not be completed, is the next one given. */
Test(typed_scripts, a_header_without_its_part_goes_back_to_the_front)
{
    static const enum typed_kind kinds[] = { TYPED_LIST, TYPED_DICT, TYPED_SET,
                                             TYPED_UNICODE, TYPED_FRAME };
    for (size_t k = 0; k < 5; k++) {
        struct fixture f;
        fixture_begin(&f, "classic-256");
        void *object = typed_alloc(f.lists, kinds[k], 0);
        typed_free(f.lists, kinds[k], object);
        f.object.fail_at = f.object.calls + 1;
        f.raw.fail_at = f.raw.calls + 1;
        cr_expect(!typed_alloc(f.lists, kinds[k], 50), "%s",
                  kind_name[kinds[k]]);
        cr_expect(typed_alloc(f.lists, kinds[k], 0) == object);
        typed_free(f.lists, kinds[k], object);
        fixture_end(&f);
    }
}

Test(typed_scripts, creating_may_fail_at_any_request)
{
    for (size_t nth = 1; nth <= 8; nth++) {
        struct layer layer = { .fail_at = nth };
        struct memory_allocator a = layer_allocator(&layer);
        cr_expect(!typed_create("classic-512", &a, &a), "%zu", nth);
        cr_expect(layer.out == 0);
    }
}

Test(typed_scripts, absurd_lengths_are_refused)
{
    for (unsigned edition = 0; edition < EDITIONS; edition++) {
        struct fixture f;
        fixture_begin(&f, edition_name[edition]);
        static const enum typed_kind kinds[] = { TYPED_TUPLE, TYPED_LIST,
                                                 TYPED_DICT,  TYPED_SET,
                                                 TYPED_FRAME, TYPED_UNICODE };
        for (size_t k = 0; k < 6; k++)
            cr_expect(!typed_alloc(f.lists, kinds[k], SIZE_MAX / 2));
        fixture_end(&f);
    }
}

/* --- the walker --- */

static void expect_fault(struct fixture *f, const char *what)
{
    struct fault fault = typed_verify(f->lists);
    cr_expect(fault.what && strcmp(fault.what, what) == 0, "%s, not %s",
              fault.what ? fault.what : "no fault", what);
}

static void begin_with_two_lists(struct fixture *f)
{
    fixture_begin(f, "classic-256");
    void *a = typed_alloc(f->lists, TYPED_LIST, 0);
    void *b = typed_alloc(f->lists, TYPED_LIST, 0);
    typed_free(f->lists, TYPED_LIST, a);
    typed_free(f->lists, TYPED_LIST, b);
}

Test(typed_scripts, the_walker_sees_a_miscount)
{
    struct fixture f;
    begin_with_two_lists(&f);
    struct typed_list *list = &f.lists->list[TYPED_LIST];
    list->count = 3;
    expect_fault(&f, "list is shorter than its count");
    list->count = 1;
    expect_fault(&f, "list is longer than its count");
    list->count = 81;
    expect_fault(&f, "list is longer than its limit");
    list->count = 2;
    fixture_end(&f);
}

Test(typed_scripts, the_walker_sees_an_object_twice)
{
    struct fixture f;
    begin_with_two_lists(&f);
    struct typed_list *list = &f.lists->list[TYPED_LIST];
    struct typed_object *last = (struct typed_object *)list->first->type;
    last->type = list->first;
    expect_fault(&f, "list is longer than its count");
    list->count = 3;
    expect_fault(&f, "object is in the lists twice");
    list->count = 2;
    last->type = NULL;
    f.lists->list[TYPED_SLICE] = (struct typed_list){ last, 1 };
    expect_fault(&f, "object is in the lists twice");
    f.lists->list[TYPED_SLICE] = (struct typed_list){ NULL, 0 };
    list->first->references = 1;
    expect_fault(&f, "object of a list is in use");
    list->first->references = 0;
    fixture_end(&f);
}

Test(typed_scripts, the_walker_sees_what_is_wrong_with_blocks)
{
    struct fixture f;
    begin_with_two_lists(&f);
    struct typed_blocks *ints = &f.lists->ints;
    struct typed_object *lost = ints->free;
    ints->free = (struct typed_object *)lost->type;
    ints->free_count--;
    expect_fault(&f, "object of a block is neither used nor free");
    struct typed_object stray = { 0, ints->free };
    ints->free = &stray;
    ints->free_count++;
    lost->references = 1;
    const void *link = lost->type;
    lost->type = &f.lists->exact[TYPED_INT];
    expect_fault(&f, "free object lies in no block");
    ints->free = lost;
    lost->references = 0;
    lost->type = link;
    ints->block_count++;
    expect_fault(&f, "blocks are not as many as counted");
    ints->block_count--;
    f.lists->small_int[9]->head.references = 0;
    expect_fault(&f, "object of a block is neither used nor free");
    f.lists->small_int[9]->head.references = 1;
    f.lists->small_int[9]->value = 99;
    expect_fault(&f, "small int has died");
    f.lists->small_int[9]->value = 4;
    fixture_end(&f);
}

Test(typed_scripts, the_walker_sees_a_tuple_of_another_length)
{
    struct fixture f;
    fixture_begin(&f, "py311");
    void *tuple = typed_alloc(f.lists, TYPED_TUPLE, 3);
    typed_free(f.lists, TYPED_TUPLE, tuple);
    f.lists->tuple[4] = f.lists->tuple[3];
    f.lists->tuple[3] = (struct typed_list){ NULL, 0 };
    expect_fault(&f, "tuple is in the list of another length");
    f.lists->tuple[3] = f.lists->tuple[4];
    f.lists->tuple[4] = (struct typed_list){ NULL, 0 };
    fixture_end(&f);
}
