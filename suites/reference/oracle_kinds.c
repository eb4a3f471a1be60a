/* oracle_kinds.c - the words of the command, and what the jobs share. */
#include "oracle_kinds.h"

#include "assay/layout.h"
#include "oracle_common.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_SKIPPED 77 /* for meson */

struct kinds_run run;

static const struct {
    const char *name;
    const char *group;
    void (*work)(void);
} jobs[] = {
    { "ints", "values", job_ints },
    { "texts", "values", job_texts },
    { "lists", "containers", job_lists },
    { "dicts", "containers", job_dicts },
    { "sets", "containers", job_sets },
    { "instances", "instances", job_instances },
    { "layouts", "layouts", job_layouts },
    { "walks", "containers", job_walks },
};
#define JOBS (sizeof jobs / sizeof jobs[0])

/* ---- what is said ---- */

void kinds_differ(const char *text, ...)
{
    va_list more;
    printf("difference: %s, seed %lu, operation %zu: ", run.job,
           (unsigned long)run.seed, run.operation);
    va_start(more, text);
    vprintf(text, more);
    va_end(more);
    putchar('\n');
    exit(EXIT_DIFFERENT);
}

void kinds_no_memory(void)
{
    fprintf(stderr, "oracle-kinds: no memory\n");
    exit(EXIT_TOOL);
}

/* ---- pairs ---- */

struct pair pair_of(struct object *ours, PyObject *real)
{
    if (!ours != !real)
        kinds_differ("made by %s alone", ours ? "us" : "CPython");
    if (!real)
        PyErr_Clear();
    return (struct pair){ ours, real };
}

void pair_end(struct pair pair)
{
    object_decref_any(pair.ours);
    Py_XDECREF(pair.real);
}

void pair_replace(struct pair *place, struct pair pair)
{
    struct pair old = *place;
    *place = pair;
    pair_end(old);
}

struct pair pair_int(int64_t value)
{
    return pair_of(int_new(run.gc, value), PyLong_FromLongLong(value));
}

struct pair pair_text(const char *utf8)
{
    return pair_of(text_of(run.gc, utf8), PyUnicode_FromString(utf8));
}

static struct pair pair_bytes(const char *text)
{
    size_t bytes = strlen(text);
    return pair_of(bytes_new(run.gc, text, bytes),
                   PyBytes_FromStringAndSize(text, (Py_ssize_t)bytes));
}

static struct pair pair_tuple(struct pair first, struct pair second)
{
    struct object *item[] = { first.ours, second.ours };
    struct pair pair = pair_of(tuple_pack(run.gc, item, 2),
                               PyTuple_Pack(2, first.real, second.real));
    pair_end(first);
    pair_end(second);
    return pair;
}

struct pair pair_key(unsigned kind, int number)
{
    char text[32];
    snprintf(text, sizeof text, kind % 2 ? "k%d" : "%d", number);
    switch (kind % PAIR_KINDS) {
    case 0:
        return pair_int(number);
    case 1:
        return pair_of(float_new(run.gc, number), PyFloat_FromDouble(number));
    case 2:
        return pair_text(text);
    case 3:
        return pair_bytes(text);
    case 4:
        return pair_tuple(pair_int(number), pair_text(text));
    default:
        return pair_int((int64_t)number << 32 | 5);
    }
}

/* ---- compared ---- */

void kinds_compare_sizes(const char *what, size_t ours, size_t real)
{
    if (!kinds_same(ours == real))
        kinds_differ("%s: %zu, CPython %zu", what, ours, real);
}

void kinds_compare_flags(const char *what, bool ours, bool real)
{
    kinds_compare_sizes(what, ours, real);
}

void kinds_compare_bytes(const struct object *ours, PyObject *real)
{
    kinds_compare_sizes("bytes", object_bytes(ours), _PySys_GetSizeOf(real));
    kinds_compare_sizes("basic size", layout_basic_bytes(ours->type),
                        (size_t)Py_TYPE(real)->tp_basicsize);
    kinds_compare_sizes("item size", layout_item_bytes(ours->type),
                        (size_t)Py_TYPE(real)->tp_itemsize);
}

static void compare_hashes(struct pair pair)
{
    intptr_t ours = 0;
    bool has_hash = object_hash(pair.ours, &ours);
    Py_hash_t real = PyObject_Hash(pair.real);
    kinds_compare_flags("has a hash", has_hash, real != -1);
    PyErr_Clear();
    if (has_hash && !kinds_same(ours == real))
        kinds_differ("hash: %ld, CPython %zd", ours, real);
}

static void compare_texts(const struct object *ours, PyObject *real)
{
    size_t length = text_length(ours);
    kinds_compare_sizes("length", length, (size_t)PyUnicode_GET_LENGTH(real));
    kinds_compare_sizes("width", text_each_bytes(ours), PyUnicode_KIND(real));
    kinds_compare_flags("ASCII", text_is_ascii(ours), PyUnicode_IS_ASCII(real));
    if (!kinds_same(memcmp(text_data(ours), PyUnicode_DATA(real),
                           (length + 1) * text_each_bytes(ours)) == 0))
        kinds_differ("characters");
}

static void compare_ints(const struct object *ours, PyObject *real)
{
    struct pair decimal = pair_of(int_print(ours), PyObject_Str(real));
    kinds_compare_sizes("sign", (size_t)(int_sign(ours) + 1),
                        (size_t)(_PyLong_Sign(real) + 1));
    if (decimal.ours)
        compare_texts(decimal.ours, decimal.real);
    pair_end(decimal);
}

void pair_compare(struct pair pair)
{
    const char *type = Py_TYPE(pair.real)->tp_name;
    if (!kinds_same(strcmp(pair.ours->type->name, type) == 0))
        kinds_differ("a %s, CPython a %s", pair.ours->type->name, type);
    kinds_compare_bytes(pair.ours, pair.real);
    compare_hashes(pair);
    if (PyLong_Check(pair.real))
        compare_ints(pair.ours, pair.real);
    else if (PyUnicode_Check(pair.real))
        compare_texts(pair.ours, pair.real);
}

/* ---- running ---- */

static void start_python(void)
{
    PyConfig config;
    if (strncmp(Py_GetVersion(), "3.11.", 5) != 0) {
        printf("oracle-kinds: this libpython is %s: nothing to compare with\n",
               Py_GetVersion());
        exit(EXIT_SKIPPED);
    }
    PyConfig_InitIsolatedConfig(&config);
    config.use_hash_seed = 1;
    config.hash_seed = 0;
    config.site_import = 0;
    PyStatus status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status))
        Py_ExitStatusException(status);
    PyGC_Disable();
}

static void do_job(size_t job, uint64_t seed)
{
    size_t compared = run.compared;
    run.gc = gc_create(NULL);
    if (!run.gc)
        kinds_no_memory();
    gc_disable(run.gc);
    run.job = jobs[job].name;
    run.seed = seed;
    run.operation = 0;
    run.random = random_stream(seed, job);
    jobs[job].work();
    gc_destroy(run.gc);
    if (run.compared == compared) {
        fprintf(stderr, "oracle-kinds: %s, seed %lu: nothing was compared\n",
                run.job, (unsigned long)seed);
        exit(EXIT_TOOL);
    }
}

/* ---- words ---- */

struct words {
    const char *jobs; /* the name of one, or of a group; NULL: all */
    uint64_t first, last;
};

static bool is_wanted(const struct words *words, size_t job)
{
    return !words->jobs || strcmp(words->jobs, jobs[job].name) == 0 ||
           strcmp(words->jobs, jobs[job].group) == 0;
}

enum { KEY_JOB = 256, KEY_SEEDS, KEY_OPERATIONS };

static const struct argp_option options[] = {
    { "job", KEY_JOB, "JOB", 0, "One, or those of a group (all)", 0 },
    { "seeds", KEY_SEEDS, "A[..B]", 0, "Streams to run (1)", 0 },
    { "operations", KEY_OPERATIONS, "N", 0,
      "Operations of each, where a job draws any (100000)", 0 },
    { 0 },
};

static void parse_job(struct argp_state *state, const char *name,
                      struct words *words)
{
    words->jobs = name;
    for (size_t job = 0; job < JOBS; job++)
        if (is_wanted(words, job))
            return;
    argp_error(state, "--job: there is no '%s'", name);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct words *words = state->input;
    switch (key) {
    case KEY_JOB:
        parse_job(state, argument, words);
        return 0;
    case KEY_SEEDS:
        oracle_seeds(state, argument, &words->first, &words->last);
        return 0;
    case KEY_OPERATIONS:
        run.operations =
            oracle_number(state, "operations", argument, 1, UINT32_MAX);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is no option", argument);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Ends with a list of the jobs. */
static char *name_jobs(int key, const char *text, void *input)
{
    char *list = NULL;
    size_t bytes = 0;
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)(uintptr_t)text;
    FILE *file = open_memstream(&list, &bytes);
    if (!file)
        kinds_no_memory();
    fprintf(file, "Jobs, and the group of each:");
    for (size_t job = 0; job < JOBS; job++)
        fprintf(file, "%s %s (%s)", job ? "," : "", jobs[job].name,
                jobs[job].group);
    fprintf(file, ".\n");
    fclose(file);
    return list;
}

static const struct argp argp = {
    options,
    parse,
    NULL,
    "Does the same to objects of the reference and to libpython's, and "
    "compares results, bytes and order. Exit status: 0 no difference, 1 a "
    "difference, 2 wrong usage, 3 no memory, or nothing was compared, 77 this "
    "libpython is no 3.11.\v",
    NULL,
    name_jobs,
    NULL
};

int main(int count, char **word)
{
    struct words words = { .first = 1, .last = 1 };
    run.operations = 100000;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, count, word, 0, NULL, &words);
    start_python();
    for (size_t job = 0; job < JOBS; job++) {
        if (!is_wanted(&words, job))
            continue;
        run.compared = 0;
        for (uint64_t seed = words.first; seed <= words.last; seed++)
            do_job(job, seed);
        printf("%s, seeds %lu to %lu: %zu comparisons, all the same\n",
               jobs[job].name, (unsigned long)words.first,
               (unsigned long)words.last, run.compared);
    }
    return EXIT_EQUAL;
}
