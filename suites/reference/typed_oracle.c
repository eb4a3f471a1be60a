/* typed_oracle.c - the lists of py311 against the real interpreter's: how many
 * objects they hold after each step, and in what order they give them back. */
#include "typed_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "python_oracle.h"

#define BOUND .timeout = 60

struct subject {
    const char *name;
    enum typed_kind kind;
    size_t items;
    const char *line; /* of _debugmallocstats(), after "n free " */
};

static const struct subject subjects[] = {
    { "list", TYPED_LIST, 0, "PyListObjects" },
    { "dict", TYPED_DICT, 0, "PyDictObjects" },
    { "float", TYPED_FLOAT, 0, "PyFloatObjects" },
    { "tuple1", TYPED_TUPLE, 1, "1-sized PyTupleObjects" },
    { "tuple7", TYPED_TUPLE, 7, "7-sized PyTupleObjects" },
    { "tuple19", TYPED_TUPLE, 19, "19-sized PyTupleObjects" },
    { "tuple20", TYPED_TUPLE, 20, "20-sized PyTupleObjects" },
};
#define SUBJECTS (sizeof subjects / sizeof subjects[0])

/* The first fills every list and leaves it full, whatever was in it. */
static const char *const steps[] = { "c",   "+2100", "-2100", "+1", "+40",
                                     "-1",  "-40",   "+79",   "+1", "+1",
                                     "+30", "-100",  "-11" };
#define STEPS (sizeof steps / sizeof steps[0])

/* The interpreter prints its lists to stderr. */
static FILE *ask(const char *how, const struct subject *s, const char *rest)
{
    char words[512];
    snprintf(words, sizeof words, "%s %s %s 2>&1", how, s->name, rest);
    return python_ask(TYPED_ORACLE, words);
}

/* The line of ours that ends as the oracle's, byte for byte. */
static void expect_line(struct fixture *f, const char *theirs,
                        const struct subject *s, size_t step)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *ours = open_memstream(&text, &bytes);
    typed_print_stats(f->lists, ours);
    fclose(ours);
    cr_expect(strstr(text, theirs), "%s, step %zu (%s): oracle says %s",
              s->name, step, steps[step], theirs);
    free(text);
}

static void run_step(struct fixture *f, const struct subject *s,
                     const char *step, void **held, size_t *used)
{
    size_t count = strtoul(step + 1, NULL, 10);
    if (step[0] == 'c')
        typed_collect(f->lists, 2);
    for (size_t i = 0; step[0] == '+' && i < count; i++)
        held[(*used)++] = typed_alloc(f->lists, s->kind, s->items);
    for (size_t i = 0; step[0] == '-' && i < count; i++)
        typed_free(f->lists, s->kind, held[--*used]);
}

static void compare_counts(const struct subject *s)
{
    static void *held[5000];
    struct fixture f;
    char line[256], rest[256] = "", wanted[64];
    size_t used = 0, step = 0;
    for (size_t i = 0; i < STEPS; i++)
        strcat(strcat(rest, steps[i]), " ");
    snprintf(wanted, sizeof wanted, " free %s ", s->line);
    fixture_begin(&f, "py311");
    FILE *answer = ask("counts", s, rest);
    while (fgets(line, sizeof line, answer)) {
        if (!strstr(line, wanted))
            continue;
        cr_assert(step < STEPS);
        run_step(&f, s, steps[step], held, &used);
        /* Before the list is full it holds what start-up dropped, too. */
        if (step >= 2)
            expect_line(&f, line, s, step);
        step++;
    }
    python_finish(answer);
    cr_assert(step == STEPS, "%s: %zu answers", s->name, step);
    while (used > 0)
        typed_free(f.lists, s->kind, held[--used]);
    fixture_end(&f);
}

Test(typed_oracle, the_lists_are_as_long_as_cpythons_after_every_step, BOUND)
{
    for (size_t i = 0; i < SUBJECTS; i++)
        compare_counts(&subjects[i]);
}

/* A new object that was none of the 40 is -1 on both sides. */
static long index_of(void *const *objects, const void *object)
{
    for (long i = 0; i < 40; i++)
        if (objects[i] == object)
            return i;
    return -1;
}

static void compare_order(const struct subject *s)
{
    struct fixture f;
    void *old[40], *new[40];
    fixture_begin(&f, "py311");
    for (size_t i = 0; i < 40; i++)
        old[i] = typed_alloc(f.lists, s->kind, s->items);
    for (size_t i = 0; i < 40; i++)
        typed_free(f.lists, s->kind, old[i * 7 % 40]);
    FILE *answer = ask("order", s, "");
    long theirs;
    size_t i = 0;
    for (; i < 40 && fscanf(answer, "%ld", &theirs) == 1; i++) {
        new[i] = typed_alloc(f.lists, s->kind, s->items);
        cr_expect(index_of(old, new[i]) == theirs, "%s %zu: %ld, oracle %ld",
                  s->name, i, index_of(old, new[i]), theirs);
    }
    python_finish(answer);
    cr_assert(i == 40);
    while (i > 0)
        typed_free(f.lists, s->kind, new[--i]);
    fixture_end(&f);
}

Test(typed_oracle, the_lists_give_back_in_cpythons_order, BOUND)
{
    for (size_t i = 0; i < SUBJECTS; i++)
        compare_order(&subjects[i]);
}
