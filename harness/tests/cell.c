/* cell.c - the cell program does what the workloads say, under any subject,
 * and sees what a subject does wrong. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cell_runner.h"
#include "subject.h"

enum { ROWS_MAX = 64, CELL_TEST_S = 120 };

TestSuite(cell, .timeout = CELL_TEST_S);

struct row_info {
    char name[64];
    char workload[64];
    double repetitions;
};

static struct row_info rows[ROWS_MAX];
static size_t row_count;

static void take_rows(const json_t *workload)
{
    const char *name = json_string_value(json_object_get(workload, "name"));
    const char *kind = json_string_value(json_object_get(workload, "kind"));
    json_t *row;
    size_t i;

    if (strcmp(kind, "malloc") != 0)
        return; /* cell_collectors.c has those */
    json_array_foreach(json_object_get(workload, "rows"), i, row)
    {
        struct row_info *info = &rows[row_count++];

        snprintf(info->name, sizeof(info->name), "%s",
                 json_string_value(json_object_get(row, "name")));
        snprintf(info->workload, sizeof(info->workload), "%s", name);
        info->repetitions =
            json_number_value(json_object_get(row, "repetitions"));
    }
}

static void read_rows(void)
{
    cell_runner_list(take_rows);
    cr_assert_geq(row_count, 10);
}

static char *path_of(const char *subject)
{
    struct subject found;
    struct failure error;

    cr_assert_eq(subject_find(subject, &found, &error), 0, "%s", error.text);
    return found.path; /* the test's process frees all at its end */
}

static char *path_of_bad(const char *library)
{
    char *path;

    if (asprintf(&path, "%s/%s.so", getenv("BAD"), library) < 0)
        abort();
    return realpath(path, NULL);
}

static struct cell_outcome run(const char *row, const char *path,
                               const char *mode, const char *seed,
                               const char *scale)
{
    const char *const words[] = { row,   "--subject", path, "--mode",
                                  mode,  "--seed",    seed, "--scale",
                                  scale, "--threads", "2",  "--quick",
                                  NULL };
    struct cell_outcome outcome;

    cr_assert_eq(cell_runner_run(&outcome, path, words), 0);
    return outcome;
}

static void expect_ok(const char *row, const struct cell_outcome *outcome)
{
    cr_assert_eq(outcome->exit_status, 0, "%s: exit %d", row,
                 outcome->exit_status);
    cr_assert(outcome->sealed, "%s: no record", row);
    cr_assert_eq(outcome->record.status, STATUS_OK, "%s: %s: %s %s", row,
                 status_word(outcome->record.status),
                 outcome->record.requirement, outcome->record.message);
}

Test(cell, every_row_passes_its_checked_run_under_glibc)
{
    char *glibc = path_of("glibc");

    read_rows();
    for (size_t i = 0; i < row_count; i++) {
        struct cell_outcome outcome =
            run(rows[i].name, glibc, "shadow", "11", "1");

        expect_ok(rows[i].name, &outcome);
    }
}

Test(cell, every_row_asks_the_same_of_every_subject)
{
    char *subjects[] = { path_of("glibc"), path_of("jemalloc"),
                         path_of("mimalloc") };

    read_rows();
    for (size_t i = 0; i < row_count; i++) {
        uint64_t digest = 0;

        for (size_t s = 0; s < 3; s++) {
            struct cell_outcome outcome =
                run(rows[i].name, subjects[s], "time", "12", "0.01");

            expect_ok(rows[i].name, &outcome);
            if (s == 0)
                digest = outcome.record.digest;
            cr_assert_eq(outcome.record.digest, digest, "%s under %s",
                         rows[i].name, subjects[s]);
        }
    }
}

Test(cell, another_seed_asks_something_else_where_something_is_drawn)
{
    char *glibc = path_of("glibc");

    read_rows();
    for (size_t i = 0; i < row_count; i++) {
        struct cell_outcome one, other;

        /* A pair, and blocks dropped in order, leave nothing to draw. */
        if (strcmp(rows[i].workload, "pair") == 0 ||
            strcmp(rows[i].name, "bulk-fifo") == 0 ||
            strcmp(rows[i].name, "bulk-lifo") == 0 ||
            strcmp(rows[i].name, "producer-consumer-64") == 0)
            continue;
        one = run(rows[i].name, glibc, "time", "13", "0.01");
        other = run(rows[i].name, glibc, "time", "14", "0.01");
        cr_assert_neq(one.record.digest, other.record.digest, "%s",
                      rows[i].name);
    }
}

#define COUNTED                                                      \
    "malloc=count_malloc,calloc=count_calloc,realloc=count_realloc," \
    "free=count_free,aligned_alloc=count_aligned_alloc"

struct counts {
    double operations, mallocs, callocs, reallocs, frees;
};

static void read_counts(struct counts *counts)
{
    char path[64];
    FILE *file;

    snprintf(path, sizeof(path), "/tmp/assay-count-%d", (int)getpid());
    file = fopen(path, "r");
    cr_assert_not_null(file, "no counts");
    cr_assert_eq(fscanf(file, "%lf %lf %lf %lf", &counts->mallocs,
                        &counts->callocs, &counts->reallocs, &counts->frees),
                 4);
    fclose(file);
    unlink(path);
}

/* Under a library that replaces malloc, or that is called by its own names and
 * so counts nothing but the row's calls. */
static struct counts count_calls(const char *row, const char *repetitions,
                                 bool own)
{
    char *path = path_of_bad(own ? "own_counting" : "counting");
    const char *const words[] = { row,         "--subject",
                                  path,        "--mode",
                                  "time",      "--seed",
                                  "15",        "--scale",
                                  "0.01",      "--threads",
                                  "2",         "--repetitions",
                                  repetitions, own ? "--functions" : NULL,
                                  COUNTED,     NULL };
    struct cell_outcome outcome;
    struct counts counts;

    cr_assert_eq(cell_runner_run(&outcome, path, words), 0);
    expect_ok(row, &outcome);
    read_counts(&counts);
    counts.operations = record_get(&outcome.record, "operations", 0);
    return counts;
}

/* Requests for memory that so many operations stand for: a malloc or a
 * realloc each, unless the workload counts otherwise. */
static void expect_requests(const struct row_info *row, double operations,
                            double mallocs, double reallocs)
{
    double seen = mallocs + reallocs;

    if (strcmp(row->workload, "bulk") == 0)
        seen = 2 * mallocs; /* a free is an operation, too */
    if (strcmp(row->workload, "realloc-grow") == 0)
        seen = reallocs;
    cr_assert_gt(operations, 0, "%s", row->name);
    cr_assert_eq(seen, operations, "%s: %.0f of %.0f operations asked",
                 row->name, seen, operations);
}

/* Two lengths of the same row: what start, live set and end cost cancels out,
 * and what is left is exactly what the repetitions ask for. */
static void expect_calls(bool own)
{
    read_rows();
    for (size_t i = 0; i < row_count; i++) {
        bool each_is_small = rows[i].repetitions > 100000;
        struct counts one =
            count_calls(rows[i].name, each_is_small ? "1000" : "1", own);
        struct counts more =
            count_calls(rows[i].name, each_is_small ? "3000" : "3", own);

        expect_requests(&rows[i], more.operations - one.operations,
                        more.mallocs - one.mallocs,
                        more.reallocs - one.reallocs);
        cr_assert_eq(more.frees - one.frees, more.mallocs - one.mallocs,
                     "%s: %.0f frees of %.0f blocks", rows[i].name,
                     more.frees - one.frees, more.mallocs - one.mallocs);
    }
}

Test(cell, every_row_makes_exactly_the_calls_it_plans)
{
    expect_calls(false);
}

Test(cell, every_row_makes_the_same_calls_of_functions_by_their_own_names)
{
    expect_calls(true);
}

static void expect_seen(const char *library, const char *row,
                        const char *requirement)
{
    struct cell_outcome outcome =
        run(row, path_of_bad(library), "shadow", "16", "1");

    cr_assert(outcome.sealed, "%s: no record", library);
    cr_assert_eq(outcome.record.status, STATUS_WRONG_OUTPUT, "%s: %s: %s",
                 library, status_word(outcome.record.status),
                 outcome.record.message);
    cr_assert_str_eq(outcome.record.requirement, requirement, "%s: %s", library,
                     outcome.record.message);
}

Test(cell, a_checked_run_names_the_requirement_that_broke)
{
    expect_seen("overlap", "churn-10k", "INT-1");
    expect_seen("misalign", "churn-10k", "ALN-2");
    expect_seen("scribble", "churn-10k", "INT-2");
    expect_seen("lose_on_realloc", "realloc-grow-x2", "RLC-1");
}

Test(cell, the_figures_of_every_row_are_there)
{
    static const char *const figures[] = {
        "operations",    "wall_ns",         "cpu_ns",
        "vm_hwm_bytes",  "live_peak_bytes", "harness_bytes",
        "thread_ns_min", "thread_ns_max",   "setup_ns",
    };
    char *glibc = path_of("glibc");

    read_rows();
    for (size_t i = 0; i < row_count; i++) {
        struct cell_outcome outcome =
            run(rows[i].name, glibc, "time", "17", "0.01");

        expect_ok(rows[i].name, &outcome);
        for (size_t f = 0; f < sizeof(figures) / sizeof(figures[0]); f++)
            cr_assert_gt(record_get(&outcome.record, figures[f], -1), 0,
                         "%s: %s", rows[i].name, figures[f]);
    }
}

Test(cell, descriptors_that_a_subject_closed_lose_no_record)
{
    struct cell_outcome outcome =
        run("pair-48", path_of_bad("close_descriptors"), "time", "18", "0.01");

    expect_ok("pair-48", &outcome);
}

Test(cell, another_subject_than_the_one_named_is_not_active)
{
    char *glibc = path_of("glibc");
    const char *const words[] = { "pair-48", "--subject", path_of("jemalloc"),
                                  "--mode",  "time",      "--seed",
                                  "1",       NULL };
    struct cell_outcome outcome;

    cr_assert_eq(cell_runner_run(&outcome, glibc, words), 0);
    cr_assert(outcome.sealed);
    cr_assert_eq(outcome.record.status, STATUS_NOT_ACTIVE);
    cr_assert_not_null(strstr(outcome.record.message, "libc.so.6"), "%s",
                       outcome.record.message);
}

/* A row under functions of own_names.so, preloaded with what is named. */
static struct cell_outcome run_named(const char *row, const char *preload,
                                     const char *functions, const char *mode,
                                     const char *extra)
{
    const char *const words[] = {
        row,           "--subject", path_of_bad("own_names"),
        "--mode",      mode,        "--seed",
        "19",          "--scale",   "0.01",
        "--functions", functions,   extra,
        NULL
    };
    struct cell_outcome outcome;

    cr_assert_eq(cell_runner_run(&outcome, preload, words), 0);
    cr_assert(outcome.sealed, "%s: no record", functions);
    return outcome;
}

static void expect_status(const struct cell_outcome *outcome,
                          enum status status, const char *says)
{
    cr_assert_eq(outcome->record.status, status, "%s: %s",
                 status_word(outcome->record.status), outcome->record.message);
    cr_assert_not_null(strstr(outcome->record.message, says), "%s",
                       outcome->record.message);
}

Test(cell, functions_of_another_object_than_the_subject_are_not_active)
{
    struct cell_outcome outcome =
        run_named("pair-48", path_of_bad("own_names"),
                  "malloc=own_malloc,free=free", "time", NULL);

    expect_status(&outcome, STATUS_NOT_ACTIVE, "free is served by");
    outcome = run_named("pair-48", path_of_bad("own_counting"),
                        "malloc=count_malloc,free=count_free", "time", NULL);
    expect_status(&outcome, STATUS_NOT_ACTIVE, "own_counting.so");
    outcome = run_named("pair-48", path_of("glibc"),
                        "malloc=own_malloc,free=own_free", "time", NULL);
    expect_status(&outcome, STATUS_NOT_ACTIVE,
                  "own_malloc is served by no object");
}

Test(cell, the_shadow_model_stands_before_functions_by_their_own_names)
{
    struct cell_outcome outcome =
        run_named("churn-10k", path_of_bad("own_names"),
                  "malloc=lap_malloc,free=lap_free", "shadow", NULL);

    expect_status(&outcome, STATUS_WRONG_OUTPUT, "");
    cr_assert_str_eq(outcome.record.requirement, "INT-1");
    outcome = run_named("churn-10k", path_of_bad("own_names"),
                        "malloc=own_malloc,free=own_free", "shadow", NULL);
    expect_status(&outcome, STATUS_OK, "");
}

Test(cell, a_row_that_asks_for_a_missing_function_is_unsupported)
{
    static const char *const modes[] = { "time", "memory", "shadow" };

    for (size_t i = 0; i < 3; i++) {
        struct cell_outcome outcome =
            run_named("realloc-grow-x2", path_of_bad("own_names"),
                      "malloc=own_malloc,free=own_free", modes[i], "--quick");

        cr_assert_eq(outcome.exit_status, 0);
        expect_status(&outcome, STATUS_UNSUPPORTED, "asks for realloc");
    }
}

Test(cell, a_subject_of_one_thread_is_asked_no_row_with_threads)
{
    char *path = path_of_bad("own_names");
    struct cell_outcome outcome =
        run_named("larson-like", path, "malloc=own_malloc,free=own_free",
                  "time", "--one-thread");

    expect_status(&outcome, STATUS_UNSUPPORTED, "contract is one thread");
    outcome = run_named("pair-48", path, "malloc=own_malloc,free=own_free",
                        "time", "--one-thread");
    expect_status(&outcome, STATUS_OK, "");
}

static int status_of(const char *const *words)
{
    struct cell_outcome outcome;

    cr_assert_eq(cell_runner_run(&outcome, NULL, words), 0);
    return outcome.exit_status;
}

Test(cell, wrong_usage_ends_with_2)
{
    static const char *const none[] = { NULL };
    static const char *const row[] = { "no-such-row", "--memory-bytes", NULL };
    static const char *const option[] = { "pair-48", "--fast", NULL };
    static const char *const no_name[] = { "pair-48", "--functions",
                                           "malloc,free", NULL };
    static const char *const no_free[] = { "pair-48", "--functions",
                                           "malloc=own_malloc", NULL };

    cr_assert_eq(status_of(none), 2);
    cr_assert_eq(status_of(row), 2);
    cr_assert_eq(status_of(option), 2);
    cr_assert_eq(status_of(no_name), 2);
    cr_assert_eq(status_of(no_free), 2);
}
