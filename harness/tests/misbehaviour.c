/* misbehaviour.c - whatever a subject does becomes one honest row.
 *
 * Each test runs a short campaign of one row with a library that does one
 * thing wrong, and reads the row as a user would. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "assay_run.h"

TestSuite(misbehaviour, .fini = test_folder_remove, .timeout = COMMAND_TEST_S);

/* The row's line of the table for this subject is what `verdict` says, and
 * the campaign ends with `status`. */
static void expect_on(const char *row, const char *library, const char *verdict,
                      int status)
{
    struct outcome outcome =
        assay("bench --subjects \"$BAD/%s.so\" --out \"$TMP/out\" " SHORT
              " --workloads %s",
              library, row);
    char line[256] = "";
    const char *at = strstr(outcome.out, "\n  glibc ");
    const char *own;
    char start[64];

    cr_assert_eq(outcome.status, status, "status %d, wanted %d; %s%s",
                 outcome.status, status, outcome.err, outcome.out);
    cr_assert_not_null(at, "no glibc row: %s", outcome.out);
    snprintf(start, sizeof(start), "\n  %s ", library);
    own = strstr(at, start);
    cr_assert_not_null(own, "no row of %s: %s", library, outcome.out);
    snprintf(line, sizeof(line), "%.*s", (int)strcspn(own + 1, "\n"), own + 1);
    cr_assert_not_null(strstr(line, verdict), "'%s' is not in '%s'; %s",
                       verdict, line, outcome.out);
    /* The baseline's own row is never harmed. */
    snprintf(line, sizeof(line), "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
    cr_assert_not_null(strstr(line, "baseline"), "%s", outcome.out);
    outcome_free(&outcome);
}

static void expect(const char *library, const char *verdict, int status)
{
    expect_on("pair-48", library, verdict, status);
}

/* Without this, all others could pass for another reason. */
Test(misbehaviour, a_library_that_behaves_gets_a_time)
{
    expect("behave", "too few blocks", 0);
}

Test(misbehaviour, a_crash_before_main_is_crashed)
{
    expect("crash_before_main", "crashed(6)", 1);
}

Test(misbehaviour, a_crash_in_the_middle_is_crashed)
{
    expect("crash_at_300", "crashed(11)", 1);
}

Test(misbehaviour, a_crash_at_exit_is_crashed_though_the_work_was_done)
{
    expect("crash_at_exit", "crashed(11)", 1);
}

Test(misbehaviour, a_hang_is_timeout)
{
    expect("hang_at_300", "timeout", 1);
}

Test(misbehaviour, a_hang_at_exit_is_timeout)
{
    expect("hang_at_exit", "timeout", 1);
}

Test(misbehaviour, exit_zero_inside_malloc_is_failed)
{
    expect("exit_zero", "failed(0)", 1);
}

Test(misbehaviour, closed_descriptors_lose_no_result)
{
    expect("close_descriptors", "too few blocks", 0);
}

Test(misbehaviour, what_it_prints_is_kept_out_of_the_table_and_told)
{
    expect("print", "printed", 0);
}

Test(misbehaviour, a_forked_child_is_killed_and_told)
{
    expect("fork", "left", 0);
    cr_assert_eq(processes_named("assay-stray"), 0);
}

Test(misbehaviour, a_child_in_a_session_of_its_own_is_killed_and_told)
{
    expect("fork_into_session", "left", 0);
    cr_assert_eq(processes_named("assay-stray"), 0);
}

Test(misbehaviour, overlapping_blocks_give_no_time)
{
    /* A pair never has two blocks alive; a churn has thousands. */
    expect_on("churn-10k", "overlap", "wrong-output", 1);
}

Test(misbehaviour, null_in_the_middle_gives_no_time)
{
    expect("return_null", "failed", 1);
}

Test(misbehaviour, a_library_that_replaces_nothing_is_not_active)
{
    expect("nothing", "not-active", 1);
}

Test(misbehaviour, a_library_that_replaces_half_is_not_active)
{
    expect("partial", "not-active", 1);
}
