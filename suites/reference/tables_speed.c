/* tables_speed.c - keys put into a dict and a set, and looked up, beside the
 * functions of libpython: ratios, for whoever works on the tables.
 *
 * Usage: tables-speed [KEYS [ROUNDS]]
 *
 * Both sides are in one process and take turns. A look-up is of the key that
 * is there (same), of another that equals it (equal), and of one that is not
 * there (absent). No test: times decide nothing here. */
#include "oracle_kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS_MAX 100

struct kinds_run run;

void kinds_differ(const char *text, ...)
{
    fprintf(stderr, "tables-speed: %s\n", text);
    exit(1);
}

void kinds_no_memory(void)
{
    fprintf(stderr, "tables-speed: no memory\n");
    exit(3);
}

static size_t keys = 1000000;

/* Keys that are put in, their equals, and others. */
static struct pair *same, *equal, *absent;

static struct pair make(bool text, long number)
{
    char name[32];
    snprintf(name, sizeof name, "key %ld", number);
    struct pair pair =
        text
            ? (struct pair){ text_of(run.gc, name), PyUnicode_FromString(name) }
            : (struct pair){ int_new(run.gc, number), PyLong_FromLong(number) };
    if (!pair.ours || !pair.real)
        kinds_no_memory();
    return pair;
}

/* Memory in the order in which it was made, keys in another. */
static struct pair *make_all(bool text, long first)
{
    struct pair *pair = malloc(keys * sizeof *pair);
    if (!pair)
        kinds_no_memory();
    for (size_t i = 0; i < keys; i++)
        pair[i] = make(text, first + (long)i);
    for (size_t i = keys; i > 1; i--) {
        size_t other = random_below(&run.random, (uint32_t)i);
        struct pair kept = pair[i - 1];
        pair[i - 1] = pair[other];
        pair[other] = kept;
    }
    return pair;
}

static void end_all(struct pair *pair)
{
    for (size_t i = 0; i < keys; i++) {
        object_decref(pair[i].ours);
        Py_DECREF(pair[i].real);
    }
    free(pair);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* ---- what is timed ---- */

static size_t our_dict_set(struct object *table)
{
    for (size_t i = 0; i < keys; i++)
        dict_set(table, same[i].ours, same[i].ours);
    return dict_size(table);
}

static size_t real_dict_set(PyObject *table)
{
    for (size_t i = 0; i < keys; i++)
        PyDict_SetItem(table, same[i].real, same[i].real);
    return (size_t)PyDict_GET_SIZE(table);
}

static size_t our_set_add(struct object *table)
{
    for (size_t i = 0; i < keys; i++)
        set_add(table, same[i].ours);
    return set_size(table);
}

static size_t real_set_add(PyObject *table)
{
    for (size_t i = 0; i < keys; i++)
        PySet_Add(table, same[i].real);
    return (size_t)PySet_GET_SIZE(table);
}

static size_t our_look(struct object *table, const struct pair *pair)
{
    size_t found = 0;
    if (dict_is(table))
        for (size_t i = 0; i < keys; i++)
            found += dict_get(table, pair[i].ours) != NULL;
    else
        for (size_t i = 0; i < keys; i++)
            found += set_contains(table, pair[i].ours);
    return found;
}

static size_t real_look(PyObject *table, const struct pair *pair)
{
    size_t found = 0;
    if (PyDict_Check(table))
        for (size_t i = 0; i < keys; i++)
            found += PyDict_GetItemWithError(table, pair[i].real) != NULL;
    else
        for (size_t i = 0; i < keys; i++)
            found += PySet_Contains(table, pair[i].real) == 1;
    return found;
}

/* ---- rounds ---- */

enum { PUT, SAME, EQUAL, ABSENT, WHATS };

static const char *const what_name[] = { "put", "same", "equal", "absent" };

static double side[2][WHATS][ROUNDS_MAX]; /* seconds: ours, CPython's */

static void time_ours(bool is_set, int round)
{
    struct pair *with[] = { NULL, same, equal, absent };
    struct object *table = is_set ? set_new(run.gc) : dict_new(run.gc);
    for (int what = 0; what < WHATS; what++) {
        double start = now();
        size_t count = what != PUT ? our_look(table, with[what])
                       : is_set    ? our_set_add(table)
                                   : our_dict_set(table);
        side[0][what][round] = now() - start;
        if (count != (what == ABSENT ? 0 : keys))
            kinds_differ("ours found another number of keys");
    }
    object_decref(table);
}

static void time_real(bool is_set, int round)
{
    struct pair *with[] = { NULL, same, equal, absent };
    PyObject *table = is_set ? PySet_New(NULL) : PyDict_New();
    for (int what = 0; what < WHATS; what++) {
        double start = now();
        size_t count = what != PUT ? real_look(table, with[what])
                       : is_set    ? real_set_add(table)
                                   : real_dict_set(table);
        side[1][what][round] = now() - start;
        if (count != (what == ABSENT ? 0 : keys))
            kinds_differ("CPython found another number of keys");
    }
    Py_DECREF(table);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

static void show(bool is_set, bool text, int rounds)
{
    for (int what = 0; what < WHATS; what++) {
        double ratio[ROUNDS_MAX];
        for (int i = 0; i < rounds; i++)
            ratio[i] = side[0][what][i] / side[1][what][i];
        printf("%-4s %-3s %-6s  ratio %.2f  (%.0f ns, CPython %.0f ns)\n",
               is_set ? "set" : "dict", text ? "str" : "int", what_name[what],
               median(ratio, rounds),
               median(side[0][what], rounds) / (double)keys * 1e9,
               median(side[1][what], rounds) / (double)keys * 1e9);
    }
}

int main(int count, char **word)
{
    int rounds = count > 2 ? atoi(word[2]) : 7;
    if (count > 1)
        keys = strtoull(word[1], NULL, 10);
    if (keys == 0 || keys > 100000000 || rounds < 1 || rounds > ROUNDS_MAX)
        return 2;
    Py_InitializeEx(0);
    PyGC_Disable();
    run.random = random_stream(1, 0);
    for (int text = 0; text < 2; text++) {
        run.gc = gc_create(NULL);
        same = make_all(text, 1000);
        equal = make_all(text, 1000);
        absent = make_all(text, 1000000000);
        for (int is_set = 0; is_set < 2; is_set++) {
            for (int round = 0; round < rounds; round++) {
                round % 2 ? time_ours(is_set, round) : time_real(is_set, round);
                round % 2 ? time_real(is_set, round) : time_ours(is_set, round);
            }
            show(is_set, text, rounds);
        }
        end_all(same);
        end_all(equal);
        end_all(absent);
        gc_destroy(run.gc);
    }
    return 0;
}
