/* bench_collectors.c - a campaign of collectors, as a user meets it: statuses
 * and refusals. Of times nothing is asked. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "assay_run.h"

TestSuite(bench_collectors, .fini = test_folder_remove,
          .timeout = COMMAND_TEST_S);

#define SMALL                                                            \
    "bench --out \"$TMP/out\" --blocks 1 --memory-cells 0 --scale 0.01 " \
    "--seed "                                                            \
    "1 --no-gate "

static void says(const char *text, const char *wanted)
{
    cr_assert_not_null(strstr(text, wanted), "'%s' is not in: %s", wanted,
                       text);
}

/* How many timed cells of the subject ended so. */
static int cells(const char *subject, const char *status)
{
    int count = -1;
    struct outcome outcome =
        shell("grep '\"kind\":\"time\"' \"$TMP/out/results.jsonl\" | "
              "grep '\"subject\":\"%s\"' | grep -c '\"status\":\"%s\"'",
              subject, status);

    cr_assert_eq(sscanf(outcome.out, "%d", &count), 1);
    outcome_free(&outcome);
    return count;
}

static void refused(const char *words, const char *wanted)
{
    struct outcome outcome = assay("%s", words);

    cr_assert_eq(outcome.status, 2, "status %d: %s", outcome.status,
                 outcome.err);
    says(outcome.err, wanted);
    cr_assert_str_empty(outcome.out);
    outcome_free(&outcome);
}

Test(bench_collectors, a_campaign_has_a_baseline_a_twin_and_a_floor)
{
    struct outcome outcome = assay(SMALL "--subjects reference-gc --baseline "
                                         "reference-gc --workloads "
                                         "refcount,build,cascade,pauses");

    cr_assert_eq(outcome.status, 0, "%s%s", outcome.err, outcome.out);
    says(outcome.out, "reference-gc.twin");
    cr_expect_eq(cells("reference-gc", "ok"), 10);
    cr_expect_eq(cells("reference-gc.twin", "ok"), 10);
    cr_expect_eq(cells("floor", "ok"), 10);
    outcome_free(&outcome);
    outcome = shell("\"$SCHEMA\" \"$TMP/out/results.jsonl\"");
    cr_expect_eq(outcome.status, 0, "%s%s", outcome.out, outcome.err);
    outcome_free(&outcome);
}

Test(bench_collectors, one_that_loses_references_gets_no_time)
{
    struct outcome outcome = assay(SMALL "--subjects $BAD/lose_stores.so "
                                         "--baseline reference-gc --workloads "
                                         "build,roots");

    cr_assert_eq(outcome.status, 1, "%s%s", outcome.err, outcome.out);
    cr_expect_eq(cells("lose_stores", "ok"), 2);
    says(outcome.out, "wrong-output");
    outcome_free(&outcome);
}

Test(bench_collectors, kinds_are_not_mixed)
{
    refused("bench --subjects reference-gc",
            "reference-gc is a collector, and the baseline glibc is a malloc");
    refused("bench --subjects reference-gc --baseline reference-gc "
            "--workloads pair-48",
            "row pair-48 is for subjects of the kind malloc");
    refused("bench --subjects glibc --workloads binary-trees",
            "row binary-trees is for subjects of the kind collector");
    refused("bench --micro --subjects reference-gc --baseline reference-gc",
            "--micro is for mallocs");
    refused("run --subjects reference-gc --baseline reference-gc -- /bin/true",
            "can be asked of a subject of the kind collector");
}

/* The example claims STATS and nothing else; the reference is asked all. */
static void unclaimed(const char *row, const char *why)
{
    struct outcome outcome = shell("rm -rf \"$TMP/out\"");

    outcome_free(&outcome);
    outcome = assay(SMALL "--subjects $EXAMPLE --baseline reference-gc "
                          "--workloads %s",
                    row);
    cr_assert_eq(outcome.status, 0, "%s%s", outcome.err, outcome.out);
    says(outcome.out, why);
    cr_expect_eq(cells("marker", "ok"), 0, "%s", row);
    cr_expect_eq(cells("reference-gc", "ok"), 1, "%s", row);
    outcome_free(&outcome);
}

Test(bench_collectors, a_row_that_wants_what_is_not_claimed_is_unsupported)
{
    unclaimed("refcount-hot", "marker: the row counts references, and the "
                              "collector does not");
    unclaimed("pauses-10k", "marker: the row needs collections that begin by "
                            "themselves, and the collector has none");
    unclaimed("build-700", "marker: the row sets a threshold, and the "
                           "collector has none");
    unclaimed("weak-clear", "marker: the row makes weak references, and the "
                            "collector has none");
    unclaimed("weak-callback", "marker: the row makes weak references that "
                               "call back, and the collector has none");
    unclaimed("finalize-run", "marker: the row needs finalizers, and the "
                              "collector has none");
}

Test(bench_collectors, one_that_claims_next_to_nothing_runs_what_wants_nothing)
{
    struct outcome outcome =
        assay(SMALL "--subjects $EXAMPLE --baseline reference-gc --workloads "
                    "roots,cascade,full");

    cr_assert_eq(outcome.status, 0, "%s%s", outcome.err, outcome.out);
    cr_expect_eq(cells("marker", "ok"), 13);
    outcome_free(&outcome);
}
