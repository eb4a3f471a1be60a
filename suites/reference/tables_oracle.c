/* tables_oracle.c - dicts and sets against the real interpreter's: bytes,
 * length, tracking, what is popped, and the order of what they refer to.
 *
 * Operations are drawn from a seed, here and in tables_oracle.py alike.
 * Skipped, and said so, where the system's python3 is no CPython 3.11. */
#include "gc_fixture.h"
#include "python_oracle.h"

#define SPAN_MAX 4096
#define ROOM     (4 * SPAN_MAX)

static struct gc_fixture f;

/* One script, and what it works on. */
struct run {
    bool is_set;
    bool is_text;
    unsigned span;
    uint64_t state;
    struct object *table;
    struct object *number[SPAN_MAX + 32]; /* keys and values, by id */
};

static struct run run;

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
    gc_fixture_end(&f);
}

TestSuite(tables_oracle, .init = begin, .fini = end, .timeout = 120);

static unsigned draw(unsigned below)
{
    run.state = run.state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((run.state >> 33) % below);
}

/* ---- operations ---- */

static void put(struct object *key)
{
    struct object *value;
    if (run.is_set) {
        cr_assert(set_add(run.table, key));
        return;
    }
    value = draw(40) == 0 ? list_new(f.gc, 0)
                          : object_incref(run.number[draw(1000)]);
    cr_assert(dict_set(run.table, key, value));
    object_decref(value);
}

static void take(struct object *key)
{
    if (run.is_set)
        set_discard(run.table, key);
    else
        dict_delete(run.table, key);
}

static int pop(void)
{
    struct object *key, *value = NULL;
    if (run.is_set) {
        key = set_pop(run.table);
        if (!key)
            return -1;
    } else if (!dict_pop_item(run.table, &key, &value)) {
        return -1;
    }
    int id = plain_id(key);
    object_decref(key);
    object_decref_any(value);
    return id;
}

static void update(void)
{
    unsigned first = draw(run.span), count = draw(20);
    struct object *other = set_new(f.gc);
    for (unsigned i = 0; i < count; i++) {
        struct object *key = run.number[first + i];
        if (run.is_set)
            cr_assert(set_add(other, key));
        else
            cr_assert(dict_set_default(run.table, key, run.number[i]));
    }
    if (run.is_set)
        cr_assert(set_update(run.table, other));
    object_decref(other);
}

static int operate(unsigned bias)
{
    unsigned what = draw(1000);
    if (what < 2) {
        run.is_set ? set_clear(run.table) : dict_clear(run.table);
    } else if (what < 12) {
        gc_collect(f.gc, GC_OLDEST);
    } else if (what < 22) {
        update();
    } else if (what < 80) {
        return pop();
    } else if (draw(100) < bias) {
        put(run.number[draw(run.span)]);
    } else {
        take(run.number[draw(run.span)]);
    }
    return -1;
}

/* ---- comparing ---- */

static void expect_line(FILE *answer, unsigned operation, int popped)
{
    char ours[64];
    struct object *t = run.table;
    snprintf(ours, sizeof ours, "%zu %zu %d %d",
             run.is_set ? set_bytes(t) : dict_bytes(t),
             run.is_set ? set_size(t) : dict_size(t), gc_is_tracked(t), popped);
    python_expect_line(answer, operation, ours);
}

static void expect_referents(FILE *answer, unsigned operation)
{
    static struct object *item[ROOM];
    size_t count = gc_referents(run.table, item, ROOM);
    cr_assert(count <= ROOM && fgetc(answer) == '=');
    for (size_t i = 0; i < count; i++) {
        int theirs, ours = plain_is(item[i]) ? plain_id(item[i]) : -1;
        cr_assert(fscanf(answer, "%d", &theirs) == 1);
        cr_assert(ours == theirs, "operation %u, referent %zu: %d, oracle %d",
                  operation, i, ours, theirs);
    }
    cr_assert(fgetc(answer) == '\n');
}

static void make_run(const char *kind, unsigned seed, unsigned span)
{
    struct object_hooks hooks = { .hash = hash_by_id };
    run = (struct run){ .is_set = strcmp(kind, "set") == 0,
                        .is_text = strcmp(kind, "text") == 0,
                        .span = span,
                        .state = seed };
    struct object_type *type = run.is_text
                                   ? plain_text_type_new(f.gc, "text", &hooks)
                                   : plain_type_new(f.gc, "int", &hooks);
    for (unsigned i = 0; i < SPAN_MAX + 32; i++)
        run.number[i] = plain_new(type, (int)i);
    run.table = run.is_set ? set_new(f.gc) : dict_new(f.gc);
}

static void compare(const char *kind, unsigned seed, unsigned span)
{
    unsigned bias = 80, operations = 4096;
    char words[64];
    make_run(kind, seed, span);
    snprintf(words, sizeof words, "%s %u %u %u", kind, seed, operations, span);
    FILE *answer = python_ask(TABLES_ORACLE, words);
    for (unsigned i = 0; i < operations; i++) {
        if (i % 256 == 0)
            bias = 20 + draw(80);
        expect_line(answer, i, operate(bias));
        if (i % 64 == 63)
            expect_referents(answer, i);
    }
    python_finish(answer);
    gc_fixture_verify(&f);
    object_decref(run.table);
    for (unsigned i = 0; i < SPAN_MAX + 32; i++)
        object_decref(run.number[i]);
}

static void compare_all(const char *kind)
{
    for (unsigned seed = 1; seed <= 4; seed++) {
        compare(kind, seed, 12);
        compare(kind, seed, 150);
        compare(kind, seed, SPAN_MAX);
    }
}

Test(tables_oracle, dicts_of_any_keys_are_as_cpythons_after_every_operation)
{
    compare_all("dict");
}

Test(tables_oracle, dicts_of_strings_are_as_cpythons_after_every_operation)
{
    compare_all("text");
}

Test(tables_oracle, sets_are_as_cpythons_after_every_operation)
{
    compare_all("set");
}
