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
