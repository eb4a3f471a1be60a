/* bench_collectors.c - a campaign of collectors, as a user meets it: statuses
 * and refusals. Of times nothing is asked. */
#include <criterion/criterion.h>

#include "assay_run.h"

TestSuite(bench_collectors, .fini = test_folder_remove,
          .timeout = COMMAND_TEST_S);

#define SMALL                                                            \
    "bench --out \"$TMP/out\" --blocks 1 --memory-cells 0 --scale 0.01 " \
    "--seed "                                                            \
    "1 --no-gate "

Test(bench_collectors, a_campaign_has_a_baseline_a_twin_and_a_floor)
{
    assay_ends(SMALL "--subjects reference-gc --baseline reference-gc "
                     "--workloads refcount,build,cascade,pauses",
               0, "reference-gc.twin");
    cr_expect_eq(cells("reference-gc", "ok"), 10);
    cr_expect_eq(cells("reference-gc.twin", "ok"), 10);
    cr_expect_eq(cells("floor", "ok"), 10);
    schema_holds("$TMP/out");
    builds_hold();
}

Test(bench_collectors, one_that_loses_references_gets_no_time)
{
    assay_ends(SMALL "--subjects $BAD/lose_stores.so --baseline reference-gc "
                     "--workloads build,roots",
               1, "wrong-output");
    cr_expect_eq(cells("lose_stores", "ok"), 2);
}

Test(bench_collectors, kinds_are_not_mixed)
{
    assay_refuses(
        "bench --subjects reference-gc",
        "reference-gc is a collector, and the baseline glibc is a malloc", "");
    assay_refuses("bench --subjects reference-gc --baseline reference-gc "
                  "--workloads pair-48",
                  "row pair-48 is for subjects of the kind malloc", "");
    assay_refuses("bench --subjects glibc --workloads binary-trees",
                  "row binary-trees is for subjects of the kind collector", "");
    assay_refuses(
        "bench --micro --subjects reference-gc --baseline reference-gc",
        "--micro is for mallocs", "");
    assay_refuses(
        "run --subjects reference-gc --baseline reference-gc -- /bin/true",
        "can be asked of a subject of the kind collector", "");
}

/* The example claims STATS and nothing else; the reference is asked all. */
static void unclaimed(const char *row, const char *why)
{
    shell_works("rm -rf \"$TMP/out\"");
    outcome_ends(assay(SMALL "--subjects $EXAMPLE --baseline reference-gc "
                             "--workloads %s",
                       row),
                 0, why);
    cr_expect_eq(cells("marker", "ok"), 0, "%s", row);
    cr_expect_eq(cells("reference-gc", "ok"), 1, "%s", row);
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
    assay_ends(SMALL "--subjects $EXAMPLE --baseline reference-gc "
                     "--workloads roots,cascade,full",
               0, "marker");
    cr_expect_eq(cells("marker", "ok"), 13);
}
