/* functions.c - subjects that lie behind names of their own.
 *
 * own_names.so holds several: own_ behaves, null_ returns NULL in the middle,
 * half_ is malloc and free alone, and far_malloc leads to glibc's malloc. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "assay_run.h"

TestSuite(functions, .fini = test_folder_remove, .timeout = COMMAND_TEST_S);

#define NAMES "$BAD/own_names.so"
#define BENCH "bench --out \"$TMP/out\" " SHORT " --subjects "
#define RUN   "run --out \"$TMP/out\" --subjects "

/* `assay WORDS` ends with `status`, and its table says each of the texts. */
static void expect(const char *words, int status, const char *one,
                   const char *other)
{
    struct outcome outcome = assay("%s", words);

    cr_assert_eq(outcome.status, status, "status %d: %s%s", outcome.status,
                 outcome.err, outcome.out);
    says(outcome.out, one);
    says(outcome.out, other);
    outcome_free(&outcome);
}

/* The verdict of a subject on the first row, by the results in $TMP/out. */
static void status_is(const char *subject, const char *status)
{
    struct outcome outcome =
        shell("grep '\"subject\":\"%s\"' \"$TMP/out/results.jsonl\" | tail -1",
              subject);
    char wanted[64];

    snprintf(wanted, sizeof(wanted), "\"status\":\"%s\"", status);
    says(outcome.out, wanted);
    outcome_free(&outcome);
}

Test(functions, what_behaves_gets_a_time_and_no_warning)
{
    struct outcome outcome =
        assay(BENCH NAMES "@own_ --workloads pair-48,realloc-grow-x2");

    cr_assert_eq(outcome.status, 0, "%s%s", outcome.err, outcome.out);
    says(outcome.out, "\n  own_names@own_ ");
    cr_assert_null(strstr(outcome.out, "asks for"), "%s", outcome.out);
    cr_assert_null(strstr(outcome.err, "exports no malloc"), "%s", outcome.err);
    outcome_free(&outcome);
    status_is("own_names@own_", "ok");
}

Test(functions, two_sets_in_one_file_are_two_subjects)
{
    expect(BENCH NAMES "@own_," NAMES "@null_", 1, "own_names@own_ ",
           "own_names@null_ ");
    status_is("own_names@own_", "ok");
    status_is("own_names@null_", "failed");
}

Test(functions, the_same_set_given_twice_is_one_subject)
{
    struct outcome outcome = assay(BENCH NAMES "@own_," NAMES "@own_");

    cr_assert_eq(outcome.status, 0, "%s", outcome.err);
    cr_assert_null(strstr(outcome.out, "own_names@own_-2"), "%s", outcome.out);
    outcome_free(&outcome);
}

Test(functions, a_baseline_has_a_twin_with_the_same_functions)
{
    expect(BENCH "glibc --baseline " NAMES "@own_", 0, "own_names@own_.twin ",
           "\n  glibc ");
    status_is("own_names@own_.twin", "ok");
    status_is("glibc", "ok");
}

Test(functions, a_name_that_leads_to_another_object_is_not_active)
{
    expect(BENCH NAMES "@far_", 1, "not-active",
           "own_names@far_: far_malloc is served by /");
}

Test(functions, a_library_that_lacks_some_is_refused_with_their_names)
{
    assay_refuses(BENCH NAMES "@half_",
                  "own_names.so exports no half_calloc, "
                  "half_realloc\n",
                  "has them all");
    assay_refuses(BENCH NAMES "@none_", "none_malloc", "none_free");
    /* What it only calls is another object's. */
    assay_refuses(BENCH NAMES "@__libc_", "__libc_malloc", "__libc_free");
}

Test(functions, a_prefix_that_is_none_is_refused)
{
    assay_refuses(BENCH NAMES "@", "no prefix stands behind the @", "PATH@my_");
    assay_refuses(BENCH NAMES "@my-", "letters, digits and underscores",
                  "PATH@my_");
    assay_refuses(BENCH "./libnone.so@my_", "./libnone.so@my_", "No such file");
}

Test(functions, a_file_whose_name_has_the_sign_is_that_file)
{
    shell_works("cp $BAD/behave.so \"$TMP/be@have.so\"");
    expect(BENCH "$TMP/be@have.so", 0, "\n  be@have ", "too few blocks");
}

Test(functions, one_thread_alone_is_asked_where_that_is_the_contract)
{
    expect(BENCH NAMES "@own_:one-thread --workloads pair-48,transfer", 0,
           "own_names@own_: the row calls from several threads",
           "Contracts: own_names@own_ (own_malloc): one thread; the others "
           "are thread-safe mallocs.");
    status_is("own_names@own_", "ok"); /* pair-48, the last it was asked */
}

Test(functions, rows_with_threads_are_run_where_nothing_forbids_it)
{
    expect(BENCH NAMES "@own_ --workloads transfer", 0, "\n  own_names@own_ ",
           "(own_malloc): thread-safe;");
    status_is("own_names@own_", "ok");
}

Test(functions, a_real_program_beside_rows_is_unsupported)
{
    expect(BENCH NAMES "@own_ --timeout 30 --workloads pair-48,sqlite-index", 0,
           "\n  own_names@own_ ",
           "own_names@own_: a real program calls malloc, which the subject "
           "does not replace");
}

Test(functions, a_program_alone_is_refused)
{
    assay_refuses(
        RUN NAMES "@own_ -- sort /etc/passwd",
        "own_names@own_ replaces no malloc (it is called as own_malloc)",
        "assay bench");
}

Test(functions, results_carry_functions_and_contract_as_the_schema_says)
{
    struct outcome outcome;

    assay_ends(BENCH "jemalloc," NAMES "@own_:one-thread", 0, "");
    schema_holds("$TMP/out");
    outcome = shell("head -1 $TMP/out/results.jsonl | /usr/bin/python3 -c '"
                    "import json, sys\n"
                    "for s in json.load(sys.stdin)[\"identity\"][\"subjects\"]:"
                    "\n  print(s[\"name\"], s.get(\"functions\"), "
                    "s.get(\"contract\"), s.get(\"threads\"))'");
    says(outcome.out, "jemalloc None None None\n");
    says(outcome.out, "own_names@own_ {'malloc': 'own_malloc', 'calloc': "
                      "'own_calloc', 'realloc': 'own_realloc', 'free': "
                      "'own_free', 'aligned_alloc': 'own_aligned_alloc'} "
                      "one thread 1\n");
    outcome_free(&outcome);
}

Test(functions, a_campaign_goes_on_only_with_the_same_functions)
{
    assay_ends(BENCH NAMES "@own_", 0, "");
    assay_refuses(BENCH NAMES "@lap_ --resume", "another 'subjects'", "--out");
    assay_ends(BENCH NAMES "@own_ --resume", 0, "");
}

/* A list of our own: $TMP/places stands for every folder of the tree. */
static void make_list(const char *functions)
{
    outcome_ends(
        shell(
            "mkdir -p places/programs && "
            "ln -sf $BUILD/suites/workloads/assay-cell* "
            "$BUILD/suites/conformance/malloc/assay-probe "
            "$BUILD/suites/conformance/allocator/assay-probe-allocator "
            "$BUILD/suites/conformance/collector/assay-probe-collector "
            "$BUILD/harness/preload/*.so places/ && "
            "echo '[{\"name\": \"glibc\", \"libraries\": "
            "[\"/lib/*-linux-gnu*/libc.so.6\"], \"package\": \"\"}, "
            "{\"name\": \"listed\", \"libraries\": [\"'$BAD'/own_names.so\"], "
            "\"package\": \"\", \"functions\": %s, "
            "\"contract\": \"whose it is\"}]' > places/subjects.json",
            functions),
        0, "");
}

static struct outcome listed(const char *words)
{
    return shell("ASSAY_PLACES=$TMP/places \"$ASSAY\" %s", words);
}

Test(functions, a_listed_subject_is_called_by_the_names_of_the_list)
{
    struct outcome outcome;

    make_list("{\"malloc\": \"own_malloc\", \"free\": \"own_free\"}");
    outcome = listed(BENCH "listed --workloads pair-48,realloc-grow-x2");
    cr_assert_eq(outcome.status, 0, "%s%s", outcome.err, outcome.out);
    says(outcome.out, "Contracts: listed (own_malloc): whose it is;");
    says(outcome.out, "listed: the row asks for realloc, and the subject has "
                      "no function for it");
    outcome_free(&outcome);
}

Test(functions, a_listed_subject_that_lacks_some_is_told_and_refused)
{
    struct outcome outcome;

    make_list("{\"malloc\": \"half_malloc\", \"free\": \"half_free\", "
              "\"calloc\": \"half_calloc\", \"realloc\": \"far_variable\"}");
    outcome = listed("list");
    says(outcome.out, "half_malloc, half_free, half_calloc, far_variable; "
                      "contract: whose it is");
    says(outcome.out, "this library has no half_calloc, far_variable");
    outcome_free(&outcome);
    outcome_refuses(listed(BENCH "listed"), "subject listed: ",
                    "own_names.so exports no half_calloc, far_variable\n");
}

Test(functions, a_list_that_names_what_is_no_function_is_refused)
{
    make_list("{\"malloc\": \"own_malloc\", \"realloc\": \"own_realloc\"}");
    outcome_refuses(listed(BENCH "listed"),
                    "listed: there is no function for free", "");
    make_list("{\"reallocarray\": \"own_malloc\"}");
    outcome_refuses(listed(BENCH "listed"), "what is renamed is malloc, calloc",
                    "");
}

Test(functions, object_heaps_are_compared_with_mallocs)
{
    struct outcome outcome = assay("list");
    bool is_there =
        strstr(outcome.out, "pyobject             not installed") == NULL;

    says(outcome.out, "PyObject_Malloc, PyObject_Calloc, PyObject_Realloc, "
                      "PyObject_Free; contract: one heap, one thread");
    outcome_free(&outcome);
    if (!is_there)
        cr_skip_test("the library is not installed");
    expect(BENCH "pyobject,reference-heap,reference-heap-front,mimalloc", 0,
           "\n  pyobject ",
           "Contracts: pyobject (PyObject_Malloc), reference-heap "
           "(obmalloc_malloc), reference-heap-front (obmalloc_front_malloc): "
           "one heap, one thread; the others are thread-safe mallocs.");
    status_is("pyobject", "ok");
    status_is("reference-heap", "ok");
    status_is("reference-heap-front", "ok");
}
