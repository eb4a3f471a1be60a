/* trace_speed.c - what tracing costs for each block, beside CPython's own.
 *
 * Usage: trace-speed [--check] [ROUNDS]
 *
 * Both sides run in one process, in rounds by turns: each serves and frees the
 * same sizes from its own heap, plain and traced with one frame, and tracks
 * blocks of a domain of its own without any heap. A row's figure is the median
 * over the rounds in nanoseconds of processor time a block, served and freed;
 * the cost of tracing is traced less plain of the same round. --check takes no
 * times: both must have traced the same bytes. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/trace.h"
#include "clock.h"
#include "random.h"

/* In 3.11 declared for the interpreter alone, and exported. */
PyAPI_FUNC(int)
    PyTraceMalloc_Track(unsigned int domain, uintptr_t block, size_t bytes);
PyAPI_FUNC(int) PyTraceMalloc_Untrack(unsigned int domain, uintptr_t block);

enum { BLOCKS = 2000, REPEATS = 50, ROUNDS_MAX = 1001, DOMAIN_OWN = 7 };

static size_t sizes[BLOCKS];
static void *blocks[BLOCKS];

/* ---- the sides ---- */

struct side {
    const char *name;
    void *(*serve)(size_t bytes);
    void (*release)(void *block);
    void (*track)(uintptr_t block, size_t bytes);
    void (*untrack)(uintptr_t block);
    bool (*trace)(bool on);
    size_t (*traced)(void);
};

static void *cpython_serve(size_t bytes)
{
    return PyObject_Malloc(bytes);
}

static void cpython_release(void *block)
{
    PyObject_Free(block);
}

static void cpython_track(uintptr_t block, size_t bytes)
{
    PyTraceMalloc_Track(DOMAIN_OWN, block, bytes);
}

static void cpython_untrack(uintptr_t block)
{
    PyTraceMalloc_Untrack(DOMAIN_OWN, block);
}

static bool cpython_trace(bool on)
{
    return PyRun_SimpleString(on ? "import tracemalloc; tracemalloc.start(1)"
                                 : "tracemalloc.stop()") == 0;
}

static size_t cpython_traced(void)
{
    PyObject *module = PyImport_ImportModule("tracemalloc");
    PyObject *pair = PyObject_CallMethod(module, "get_traced_memory", NULL);
    size_t bytes = PyLong_AsSize_t(PyTuple_GetItem(pair, 0));
    Py_DECREF(pair);
    Py_DECREF(module);
    return bytes;
}

static struct memory_domains *domains;
static struct tracer *tracer;

static void *ours_serve(size_t bytes)
{
    return memory_malloc(domains, MEMORY_OBJ, bytes);
}

static void ours_release(void *block)
{
    memory_free(domains, MEMORY_OBJ, block);
}

static void ours_track(uintptr_t block, size_t bytes)
{
    tracer_track(tracer, DOMAIN_OWN, block, bytes);
}

static void ours_untrack(uintptr_t block)
{
    tracer_untrack(tracer, DOMAIN_OWN, block);
}

static bool ours_trace(bool on)
{
    const struct tracer_config config = { .frame_limit = 1 };
    if (!on)
        tracer_stop(tracer);
    return !on || tracer_start(tracer, domains, &config) == 0;
}

static size_t ours_traced(void)
{
    size_t now, peak;
    tracer_traced_bytes(tracer, &now, &peak);
    return now;
}

static const struct side sides[2] = {
    { "cpython", cpython_serve, cpython_release, cpython_track, cpython_untrack,
      cpython_trace, cpython_traced },
    { "reference", ours_serve, ours_release, ours_track, ours_untrack,
      ours_trace, ours_traced },
};

/* ---- the work ---- */

static void serve_all(const struct side *side)
{
    TRACE_FUNCTION();
    for (unsigned i = 0; i < BLOCKS; i++)
        blocks[i] = side->serve(sizes[i]);
}

static void release_all(const struct side *side)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        side->release(blocks[i * 7 % BLOCKS]);
}

static void track_all(const struct side *side)
{
    TRACE_FUNCTION();
    for (unsigned i = 0; i < BLOCKS; i++)
        side->track(0x10000 + 64 * (uintptr_t)i, sizes[i]);
    for (unsigned i = 0; i < BLOCKS; i++)
        side->untrack(0x10000 + 64 * (uintptr_t)(i * 7 % BLOCKS));
}

enum row { PLAIN, TRACED, TRACKED, ROWS };

/* Nanoseconds a block. */
static double one_row(const struct side *side, enum row row)
{
    if (row != PLAIN && !side->trace(true))
        exit(3);
    uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    for (unsigned i = 0; i < REPEATS; i++) {
        if (row == TRACKED) {
            track_all(side);
            continue;
        }
        serve_all(side);
        release_all(side);
    }
    uint64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    if (row != PLAIN)
        side->trace(false);
    return (double)(end - start) / (BLOCKS * REPEATS);
}

/* ---- inside a frame of the interpreter ---- */

static int rounds;
static double taken[2][ROWS][ROUNDS_MAX];

static PyObject *run_rounds(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    for (int round = 0; round < rounds; round++)
        for (int turn = 0; turn < 2; turn++)
            for (int row = 0; row < ROWS; row++) {
                int side = (round + turn) % 2;
                taken[side][row][round] = one_row(&sides[side], (enum row)row);
            }
    Py_RETURN_NONE;
}

/* Bytes that a row leaves, and what is left when they are gone. */
static bool same_work(void)
{
    size_t traced[2][2];
    for (int i = 0; i < 2; i++) {
        sides[i].trace(true);
        size_t before = sides[i].traced();
        serve_all(&sides[i]);
        traced[i][0] = sides[i].traced() - before;
        release_all(&sides[i]);
        track_all(&sides[i]);
        traced[i][1] = sides[i].traced() - before;
        sides[i].trace(false);
    }
    printf("%zu and %zu bytes traced, %zu and %zu left\n", traced[0][0],
           traced[1][0], traced[0][1], traced[1][1]);
    /* The interpreter makes a few objects of its own meanwhile. */
    return traced[1][1] == 0 && traced[0][1] < 2048 && traced[1][0] > 2048 &&
           traced[0][0] - traced[1][0] < 2048;
}

static bool works_alike;

static PyObject *run_check(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    works_alike = same_work();
    Py_RETURN_NONE;
}

/* From a Python function, so that there is a frame. */
static bool run_in_frame(PyCFunction function)
{
    static PyMethodDef method = { "run", NULL, METH_NOARGS, NULL };
    method.ml_meth = function;
    PyObject *module = PyImport_AddModule("__main__");
    PyObject *made = PyCFunction_New(&method, NULL);
    return made && PyObject_SetAttrString(module, "run", made) == 0 &&
           PyRun_SimpleString("def f():\n    run()\nf()\n") == 0;
}

/* ---- the table ---- */

static int order_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values)
{
    qsort(values, (size_t)rounds, sizeof values[0], order_doubles);
    return values[rounds / 2];
}

static void print_table(void)
{
    static double cost[2][ROUNDS_MAX], ratio[2][ROUNDS_MAX];
    double of_cost[2];
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < 2; i++)
            cost[i][round] = taken[i][TRACED][round] - taken[i][PLAIN][round];
        ratio[0][round] = cost[1][round] / cost[0][round];
        ratio[1][round] = taken[1][TRACKED][round] / taken[0][TRACKED][round];
    }
    printf("%-10s %8s %8s %8s %8s   ns a block, %d rounds\n", "", "plain",
           "traced", "cost", "track", rounds);
    for (int i = 0; i < 2; i++) {
        of_cost[i] = median(cost[i]);
        double plain = median(taken[i][PLAIN]);
        double traced = median(taken[i][TRACED]);
        printf("%-10s %8.1f %8.1f %8.1f %8.1f\n", sides[i].name, plain, traced,
               of_cost[i], median(taken[i][TRACKED]));
    }
    printf("%-10s %17s %8.2f %8.2f\n", "ratio", "", median(ratio[0]),
           median(ratio[1]));
}

int main(int argc, char **argv)
{
    bool check = argc > 1 && strcmp(argv[1], "--check") == 0;
    struct random drawn = random_stream(1, 0);
    rounds = argc > 1 && !check ? atoi(argv[1]) : 101;
    if (rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "trace-speed: rounds are 1 to %d\n", ROUNDS_MAX);
        return 2;
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        sizes[i] = 1 + random_below(&drawn, 512);
    Py_InitializeEx(0);
    domains = memory_domains_create(NULL);
    tracer = tracer_create();
    if (!domains || !tracer || !run_in_frame(check ? run_check : run_rounds))
        return 3;
    if (!check)
        print_table();
    tracer_destroy(tracer);
    memory_domains_destroy(domains);
    Py_FinalizeEx();
    return check && !works_alike;
}
