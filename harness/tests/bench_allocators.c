/* bench_allocators.c - a campaign of object allocators, as a user meets it:
 * statuses, reasons and refusals. Of times nothing is asked. */
#include <criterion/criterion.h>
#include <string.h>

#include "assay_run.h"

TestSuite(bench_allocators, .fini = test_folder_remove,
          .timeout = COMMAND_TEST_S);

#define GATED                                                            \
    "bench --out \"$TMP/out\" --blocks 1 --memory-cells 0 --scale 0.01 " \
    "--seed 1 "
#define SMALL GATED "--no-gate "
#define NULLS "$BUILD/impl/plugins/assay-null-allocator.so"

/* A campaign ends so. What another one of the test left is removed. */
static void bench(const char *words, int status, const char *wanted)
{
    shell_works("rm -rf \"$TMP/out\"");
    assay_ends(words, status, wanted);
}

Test(bench_allocators, a_campaign_has_a_baseline_a_twin_and_a_floor)
{
    static const char *const all[] = { "plugin:glibc", "plugin:glibc.twin",
                                       "plugin:reference", "reference-heap",
                                       "floor" };

    bench(SMALL "--subjects plugin:reference,reference-heap,reference-heap "
                "--baseline plugin:glibc "
                "--workloads pair-48,pair-256,bulk,churn-10k",
          0, "plugin:glibc.twin");
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        cr_expect_eq(cells(all[i], "ok"), 6, "%s", all[i]);
    schema_holds("$TMP/out");
    builds_hold();
}

Test(bench_allocators, without_names_all_rows_of_one_heap_are_asked)
{
    bench(SMALL "--quick --subjects reference-freelist --baseline "
                "reference-freelist",
          0, "churn-10k");
    cr_expect_eq(cells("reference-freelist", "ok"), 3);
    cr_expect_eq(cells("floor", "ok"), 4);
}

Test(bench_allocators, what_cannot_serve_a_row_is_unsupported_and_says_why)
{
    bench(SMALL "--subjects reference-pool --baseline plugin:glibc "
                "--workloads pair-48,bulk-fifo,churn-10k",
          0,
          "reference-pool: the row asks for blocks of 16 to 512 bytes, and "
          "the allocator has one size (FIXED)");
    cr_expect_eq(cells("reference-pool", "ok"), 2);
    cr_expect_eq(cells("plugin:glibc", "ok"), 3);
    bench(SMALL "--subjects reference-region --baseline plugin:glibc "
                "--workloads bulk-fifo",
          0,
          "reference-region: the row frees blocks one by one, and the "
          "allocator does not claim FREE");
    cr_expect_eq(cells("reference-region", "ok"), 0);
}

Test(bench_allocators, those_around_systems_are_asked_as_the_others)
{
    bench(SMALL "--subjects pyobject,talloc --baseline plugin:glibc "
                "--workloads pair-48,bulk-fifo,churn-10k",
          0, "talloc");
    cr_expect_eq(cells("pyobject", "ok"), 3);
    cr_expect_eq(cells("talloc", "ok"), 3);
}

Test(bench_allocators, blocks_that_share_bytes_get_no_time)
{
    bench(SMALL "--subjects " NULLS " --baseline plugin:glibc "
                "--workloads bulk-fifo",
          1, "wrong-output");
    cr_expect_eq(cells("assay-null-allocator", "ok"), 0);
    cr_expect_eq(cells("floor", "ok"), 1);
    struct outcome outcome =
        shell("grep -c '\"requirement\":\"OBJ-2\"' \"$TMP/out/results.jsonl\"");
    cr_expect_eq(outcome.status, 0, "OBJ-2 is in no line");
    outcome_free(&outcome);
}

Test(bench_allocators, what_the_rows_need_is_asked_first)
{
    bench(GATED "--subjects " NULLS " --baseline reference-freelist "
                "--workloads bulk-fifo",
          1, ": this row needs OBJ-");
    cr_expect_eq(cells("reference-freelist", "ok"), 1);
    cr_expect_eq(cells("assay-null-allocator", "ok"), 0);
}

Test(bench_allocators, a_table_that_is_none_is_not_active)
{
    bench(SMALL "--subjects $BAD/plugin_old_abi.so --baseline "
                "reference-freelist --workloads pair-48",
          1, "has ABI 0, and assay/allocator.h of this Assay is ABI 1");
    bench(SMALL "--subjects $BAD/plugin_promises_null.so --baseline "
                "reference-freelist --workloads pair-48",
          1, "claims FREE and its free() is NULL");
    cr_expect_eq(cells("plugin_promises_null", "ok"), 0);
}

Test(bench_allocators, kinds_are_not_mixed)
{
    assay_refuses(
        "bench --subjects reference-pool",
        "reference-pool is an allocator, and the baseline glibc is a "
        "malloc\nGive a --baseline of the same kind; plugin:NAME makes an "
        "allocator of a malloc, as in --baseline plugin:glibc.",
        "");
    assay_refuses("bench --subjects glibc --baseline reference-pool",
                  "glibc is a malloc, and the baseline reference-pool is an "
                  "allocator",
                  "");
    assay_refuses(
        "bench --subjects reference-gc --baseline reference-pool",
        "reference-gc is a collector, and the baseline reference-pool is "
        "an allocator",
        "");
    assay_refuses("bench --subjects reference-pool --baseline reference-pool "
                  "--workloads pair-48,realloc-grow-x2",
                  "row realloc-grow-x2 is for subjects of the kind malloc, and "
                  "these are of the kind allocator",
                  "");
    assay_refuses(
        "bench --micro --subjects reference-pool --baseline reference-pool",
        "--micro is for mallocs", "");
    assay_refuses("run --subjects reference-pool --baseline reference-pool -- "
                  "/bin/true",
                  "can be asked of a subject of the kind allocator", "");
}

Test(bench_allocators, a_name_of_both_is_what_the_baseline_is)
{
    bench(SMALL "--subjects reference-heap --workloads pair-48", 0,
          "Contracts: reference-heap (obmalloc_malloc)");
    cr_expect_eq(cells("reference-heap", "ok"), 1);
}

Test(bench_allocators, the_list_says_whom_a_row_is_asked_of_and_names_it_once)
{
    struct outcome outcome = assay("list");
    const char *row = strstr(outcome.out, "\n    pair-48 ");

    says(outcome.out, "(of mallocs and object allocators; one thread;");
    says(outcome.out, "(of collectors; ");
    cr_assert_not_null(row);
    cr_expect_null(strstr(row + 1, "\n    pair-48 "));
    outcome_free(&outcome);
}

/* A plug-in of the folder of misbehaving ones, on these rows. One that fails
 * does so in the checked run, of 4,000 blocks. */
#define ONE(name, rows)                                                 \
    SMALL "--subjects $BAD/plugin_" name ".so --baseline plugin:glibc " \
          "--workloads " rows

Test(bench_allocators, one_that_merges_is_given_room_for_the_row)
{
    bench(ONE("merges", "pair-48,pair-32k,bulk-fifo,churn-10k"), 0,
          "plugin_merges");
    cr_expect_eq(cells("plugin_merges", "ok"), 4);
}

Test(bench_allocators, one_that_merges_and_makes_no_heap_has_failed)
{
    bench(ONE("merges_small", "pair-48,bulk-fifo"), 1,
          "create() made no heap for 4000 blocks of up to 32 bytes");
    cr_expect_eq(cells("plugin_merges_small", "ok"), 1);
}

Test(bench_allocators, a_row_of_larger_blocks_than_it_has_is_unsupported)
{
    bench(ONE("small_blocks", "pair-1024,pair-32k,churn-10k"), 0,
          "the row asks for blocks of 32768 bytes, and the allocator's "
          "size_max is 1024");
    cr_expect_eq(cells("plugin_small_blocks", "ok"), 2);
}

Test(bench_allocators, a_capacity_that_it_does_not_make_is_unsupported)
{
    bench(ONE("few_blocks", "pair-48,bulk-fifo"), 0,
          "create() made no heap for 4000 blocks of up to 32 bytes");
    cr_expect_eq(cells("plugin_few_blocks", "ok"), 1);
}
