/* counts.c - instructions are counted, equal from run to run, and gated. */
#include <criterion/criterion.h>
#include <string.h>

#include "assay_run.h"

/* Under valgrind all takes fifty times as long. */
TestSuite(counts, .fini = test_folder_remove, .timeout = 3 * COMMAND_TEST_S);

/* The gate has tests of its own, and a count needs no long loop. */
#define BRIEF "--no-gate --scale 0.002 --workloads pair-48 "
#define COUNT "bench --counts --subjects $BAD/behave.so " BRIEF

/* Multiplies the counts of `behave` in a campaign: a planted regression. */
static void change_counts(const char *from, const char *to, const char *factor)
{
    outcome_ends(
        shell("mkdir -p \"$TMP/%s\" && /usr/bin/python3 -c '\n"
              "import json, sys\n"
              "for text in sys.stdin:\n"
              "    line = json.loads(text)\n"
              "    if line.get(\"subject\") == \"behave\" and "
              "line[\"kind\"] == \"count\":\n"
              "        line[\"figures\"][\"instructions\"] *= %s\n"
              "    print(json.dumps(line))\n"
              "' < \"$TMP/%s/results.jsonl\" > \"$TMP/%s/results.jsonl\"",
              to, factor, from, to),
        0, "");
}

/* $TMP/b is one per cent more than $TMP/a, which a campaign has left. */
static void expect_one_per_cent(void)
{
    change_counts("a", "b", "1.01");
    assay_ends("compare --counts $TMP/a $TMP/b", 1, "regression");
    assay_ends("compare --counts $TMP/b $TMP/a", 0, "improvement");
    assay_ends("compare --counts --threshold 2 $TMP/a $TMP/b", 0, "equal");
    shell_works("sed -i '1s/\"seed\": 1/\"seed\": 2/' "
                "\"$TMP/b/results.jsonl\"");
    assay_ends("compare --counts $TMP/a $TMP/b", 2, "'seed'");
}

/* In one test: each cell under valgrind takes a second. */
Test(counts, two_campaigns_count_the_same_and_one_per_cent_is_a_regression)
{
    assay_ends(COUNT "--json --out $TMP/a", 0, "\"assay-counts\"");
    schema_holds("$TMP/a");
    assay_ends(COUNT "--out $TMP/same", 0, "instructions");
    assay_ends("compare --counts --threshold 0 $TMP/a $TMP/same", 0,
               "0 over 0 % more");
    expect_one_per_cent();
}

Test(counts, a_row_with_threads_is_refused)
{
    assay_ends("bench --counts --workloads larson-like", 2, "one thread");
}

Test(counts, a_crash_is_a_finding_unless_only_valgrind_sees_it)
{
    struct outcome outcome =
        assay("bench --counts --subjects $BAD/crash_at_300.so,"
              "$BAD/crash_in_valgrind.so " BRIEF "--out $TMP/a");

    cr_assert_eq(outcome.status, 1, "status %d: %s%s", outcome.status,
                 outcome.err, outcome.out);
    cr_assert(strstr(outcome.out, "crashed: ended by signal 11") != NULL &&
                  strstr(outcome.out, "unsupported: under valgrind alone") !=
                      NULL,
              "%s%s", outcome.err, outcome.out);
    outcome_free(&outcome);
}
