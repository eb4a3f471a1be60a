/* cell.c - the cell program asks for what it plans, and tells what it meets.
 *
 * Each run is a process of its own with one library preloaded. Rows come from
 * `assay-cell --list`, so that a new workload is held to all of this. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cell_runner.h"
#include "planted/counting.h"

enum { ROWS_MAX = 128, PATH_BYTES = 1024 };

struct row_listed {
    char name[64];
    char workload[64];
    double repetitions;
};

static struct row_listed rows[ROWS_MAX];
static size_t row_count;

static void list_row(const char *workload, const json_t *row)
{
    struct row_listed *listed = &rows[row_count++];

    cr_assert(row_count <= ROWS_MAX);
    snprintf(listed->workload, sizeof(listed->workload), "%s", workload);
    snprintf(listed->name, sizeof(listed->name), "%s",
             json_string_value(json_object_get(row, "name")));
    listed->repetitions =
        json_number_value(json_object_get(row, "repetitions"));
}

/* What `assay-cell ROW OPTION` prints, unpreloaded. */
static FILE *ask(const char *row, const char *option)
{
    char *command;
    FILE *pipe;

    cr_assert(asprintf(&command, "'%s' %s %s", getenv("ASSAY_CELL"), row,
                       option) > 0);
    pipe = popen(command, "r");
    free(command);
    cr_assert(pipe != NULL);
    return pipe;
}

static void list_rows(void)
{
    FILE *pipe = ask("", "--list");
    json_t *list, *workload, *row;
    size_t i, j;

    list = json_loadf(pipe, 0, NULL);
    cr_assert(list != NULL, "the list is no JSON");
    json_array_foreach(json_object_get(list, "workloads"), i, workload)
        json_array_foreach(json_object_get(workload, "rows"), j, row)
            list_row(json_string_value(json_object_get(workload, "name")), row);
    pclose(pipe);
    json_decref(list);
    cr_assert_gt(row_count, 0);
}

TestSuite(cell, .init = list_rows, .timeout = 120);

/* The library in the folder of planted ones, or of the system. */
static const char *planted(const char *name)
{
    static char path[PATH_BYTES];

    snprintf(path, sizeof(path), "%s/lib%s.so", getenv("ASSAY_PLANTED"), name);
    return path;
}

static const char *subject(const char *variable)
{
    const char *path = getenv(variable);

    return path != NULL && access(path, R_OK) == 0 ? path : NULL;
}

static void run(struct cell_outcome *outcome, const char *path, const char *row,
                const char *mode, const char *seed)
{
    const char *arguments[] = { row,  "--subject", path, "--mode",
                                mode, "--seed",    seed, NULL };

    cr_assert(cell_runner_run(outcome, path, arguments) == 0);
}

static void expect_status(const struct cell_outcome *outcome, const char *row,
                          enum status status)
{
    cr_assert(outcome->sealed, "%s: no record; exit %d", row,
              outcome->exit_status);
    cr_assert_eq(outcome->exit_status, 0, "%s: exit %d", row,
                 outcome->exit_status);
    cr_assert_eq(outcome->record.status, (uint32_t)status, "%s: %s %s %s", row,
                 status_word(outcome->record.status),
                 outcome->record.requirement, outcome->record.message);
}

/* ---- what is asked for ---- */

static struct counting *share_counts(void)
{
    int fd = memfd_create("counts", 0);
    void *page;

    cr_assert(ftruncate(fd, sizeof(struct counting)) == 0);
    cr_assert(dup2(fd, COUNTING_FD) == COUNTING_FD);
    page = mmap(NULL, sizeof(struct counting), PROT_READ | PROT_WRITE,
                MAP_SHARED, fd, 0);
    cr_assert(page != MAP_FAILED);
    close(fd);
    return page;
}

struct counted {
    uint64_t operations, mallocs, reallocs, frees;
};

static struct counted count(struct counting *counts, const char *row,
                            uint64_t repetitions)
{
    char number[24];
    const char *path = planted("counting");
    const char *arguments[] = { row,    "--subject",     path,   "--mode",
                                "time", "--seed",        "1",    "--scale",
                                "0.1",  "--repetitions", number, NULL };
    struct cell_outcome outcome;

    snprintf(number, sizeof(number), "%llu", (unsigned long long)repetitions);
    memset(counts, 0, sizeof(*counts));
    cr_assert(cell_runner_run(&outcome, path, arguments) == 0);
    expect_status(&outcome, row, STATUS_OK);
    return (
        struct counted){ (uint64_t)record_get(&outcome.record, "operations", 0),
                         counts->mallocs, counts->reallocs, counts->frees };
}

/* Two runs of different length: what start and end cost cancels out. A row of
 * resizing counts its reallocs as operations, any other its mallocs. */
static void expect_calls(struct counting *counts, const struct row_listed *row)
{
    uint64_t least = row->repetitions > 100000 ? 1000 : 1;
    struct counted one = count(counts, row->name, least);
    struct counted more = count(counts, row->name, 3 * least);
    uint64_t operations = more.operations - one.operations;
    uint64_t mallocs = more.mallocs - one.mallocs;
    uint64_t reallocs = more.reallocs - one.reallocs;
    uint64_t frees = more.frees - one.frees;
    uint64_t asked = strcmp(row->workload, "realloc-grow") == 0
                         ? reallocs
                         : mallocs + reallocs;

    cr_expect_gt(operations, 0, "%s", row->name);
    cr_expect_eq(asked, operations, "%s: %llu requests for %llu operations",
                 row->name, (unsigned long long)asked,
                 (unsigned long long)operations);
    cr_expect_eq(frees, mallocs, "%s: %llu frees of %llu mallocs", row->name,
                 (unsigned long long)frees, (unsigned long long)mallocs);
}

Test(cell, every_row_makes_exactly_the_calls_it_plans)
{
    struct counting *counts = share_counts();

    for (size_t i = 0; i < row_count; i++)
        expect_calls(counts, &rows[i]);
}

/* ---- the stream of requests ---- */

static uint64_t digest(const char *path, const char *row, const char *seed)
{
    struct cell_outcome outcome;

    run(&outcome, path, row, "shadow", seed);
    expect_status(&outcome, row, STATUS_OK);
    cr_assert_neq(outcome.record.digest, 0);
    return outcome.record.digest;
}

static void expect_same_digest(const char *variable, const char *row,
                               uint64_t expected)
{
    const char *path = subject(variable);

    if (path != NULL)
        cr_expect_eq(digest(path, row, "1"), expected, "%s: %s", variable, row);
}

Test(cell, every_subject_is_asked_for_the_same)
{
    if (subject("ASSAY_MIMALLOC") == NULL && subject("ASSAY_JEMALLOC") == NULL)
        cr_skip_test("neither mimalloc nor jemalloc is installed");
    for (size_t i = 0; i < row_count; i++) {
        const char *row = rows[i].name;
        uint64_t expected = digest(getenv("ASSAY_GLIBC"), row, "1");

        expect_same_digest("ASSAY_MIMALLOC", row, expected);
        expect_same_digest("ASSAY_JEMALLOC", row, expected);
    }
}

/* Rows without a draw: every seed gives the same requests. */
static bool draws(const char *row)
{
    static const char *const drawless[] = {
        "pair-16",
        "pair-48",
        "pair-256",
        "pair-1024",
        "pair-32k",
        "bulk-fifo",
        "bulk-lifo",
        "realloc-byte",
        "realloc-eighth",
        "realloc-double",
        "producer-consumer-64",
    };

    for (size_t i = 0; i < sizeof(drawless) / sizeof(drawless[0]); i++)
        if (strcmp(drawless[i], row) == 0)
            return false;
    return true;
}

Test(cell, another_seed_asks_for_something_else)
{
    const char *glibc = getenv("ASSAY_GLIBC");

    for (size_t i = 0; i < row_count; i++) {
        const char *row = rows[i].name;
        bool same = digest(glibc, row, "1") == digest(glibc, row, "2");

        cr_expect_eq(same, !draws(row), "%s", row);
    }
}

/* ---- what is noticed ---- */

static void expect_caught(const char *library, const char *row,
                          const char *requirement)
{
    struct cell_outcome outcome;

    run(&outcome, planted(library), row, "shadow", "1");
    expect_status(&outcome, row, STATUS_WRONG_OUTPUT);
    cr_assert_str_eq(outcome.record.requirement, requirement, "%s",
                     outcome.record.message);
}

Test(cell, a_right_allocator_in_the_same_clothes_passes)
{
    struct cell_outcome outcome;

    run(&outcome, planted("right"), "churn-10k", "shadow", "1");
    expect_status(&outcome, "churn-10k", STATUS_OK);
}

Test(cell, an_overlap_is_INT_1)
{
    expect_caught("overlap", "churn-10k", "INT-1");
}

Test(cell, a_misaligned_block_is_ALN_2)
{
    expect_caught("misalign", "bulk-fifo", "ALN-2");
}

Test(cell, a_changed_byte_is_INT_2)
{
    expect_caught("corrupt", "churn-10k", "INT-2");
}

Test(cell, a_byte_lost_by_realloc_is_RLC_1)
{
    expect_caught("lose", "realloc-byte", "RLC-1");
}

Test(cell, refused_requests_are_a_failure_and_no_time)
{
    struct cell_outcome outcome;

    run(&outcome, planted("refuse"), "churn-10k", "shadow", "1");
    expect_status(&outcome, "churn-10k", STATUS_FAILED);
    cr_assert(strstr(outcome.record.message, "malloc returned NULL for"), "%s",
              outcome.record.message);
}

Test(cell, a_subject_that_was_not_preloaded_is_not_active)
{
    const char *arguments[] = { "pair-16", "--subject", planted("right"),
                                "--mode",  "shadow",    "--seed",
                                "1",       NULL };
    struct cell_outcome outcome;

    cr_assert(cell_runner_run(&outcome, NULL, arguments) == 0);
    expect_status(&outcome, "pair-16", STATUS_NOT_ACTIVE);
    cr_assert(strstr(outcome.record.message, "malloc is served by"), "%s",
              outcome.record.message);
}

Test(cell, the_record_names_who_served_malloc)
{
    const char *glibc = getenv("ASSAY_GLIBC");
    struct cell_outcome outcome;

    run(&outcome, glibc, "pair-16", "shadow", "1");
    expect_status(&outcome, "pair-16", STATUS_OK);
    cr_assert(strstr(outcome.record.provider, "libc.so.6"), "%s",
              outcome.record.provider);
    cr_assert_eq(strlen(outcome.record.build_id), 40);
}

Test(cell, the_floor_is_unsupported_where_contents_are_read_back)
{
    const char *glibc = getenv("ASSAY_GLIBC");
    const char *arguments[] = {
        "realloc-byte", "--subject", glibc,     "--mode", "time",
        "--seed",       "1",         "--floor", NULL
    };
    struct cell_outcome outcome;

    cr_assert(cell_runner_run(&outcome, glibc, arguments) == 0);
    expect_status(&outcome, "realloc-byte", STATUS_UNSUPPORTED);
}

Test(cell, an_unknown_row_is_wrong_usage)
{
    const char *arguments[] = { "no-such-row", "--subject", "x", NULL };
    struct cell_outcome outcome;

    cr_assert(cell_runner_run(&outcome, NULL, arguments) == 0);
    cr_assert_eq(outcome.exit_status, 2);
    cr_assert_not(outcome.sealed);
}

Test(cell, every_row_says_how_much_memory_it_needs)
{
    for (size_t i = 0; i < row_count; i++) {
        unsigned long long bytes = 0;
        FILE *pipe = ask(rows[i].name, "--memory-bytes");

        cr_expect(fscanf(pipe, "%llu", &bytes) == 1 && bytes > 0, "%s",
                  rows[i].name);
        pclose(pipe);
    }
}
