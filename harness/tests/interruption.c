/* interruption.c - a campaign that is stopped loses nothing, and goes on. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "assay_run.h"

TestSuite(interruption, .fini = test_folder_remove, .timeout = COMMAND_TEST_S);

#define COUNT_TIMES "grep -c '\"kind\":\"time\"' $TMP/out/results.jsonl"

static int number_from(const char *command)
{
    struct outcome outcome = shell("%s", command);
    int number = atoi(outcome.out);

    outcome_free(&outcome);
    return number;
}

static void good(const char *words)
{
    struct outcome outcome = assay("%s", words);

    cr_assert_eq(outcome.status, 0, "status %d: %s", outcome.status,
                 outcome.err);
    outcome_free(&outcome);
}

#define BEHAVES "bench --subjects $BAD/behave.so --out $TMP/out "

Test(interruption, a_torn_line_is_cut_off_and_its_cell_run_again)
{
    struct outcome outcome;
    int before;

    good(BEHAVES SHORT);
    before = number_from(COUNT_TIMES);
    outcome = shell("truncate -s -120 $TMP/out/results.jsonl; cut -c1-60 "
                    "$TMP/out/results.jsonl | tail -n 1");
    outcome_free(&outcome);
    outcome = assay(BEHAVES SHORT " --resume");
    cr_assert_eq(outcome.status, 0, "%s", outcome.err);
    cr_assert_not_null(strstr(outcome.err, "cut short"), "%s", outcome.err);
    cr_assert_eq(number_from(COUNT_TIMES), before);
    outcome_free(&outcome);
    outcome = shell("$SCHEMA $TMP/out/results.jsonl");
    cr_assert_eq(outcome.status, 0, "%s", outcome.out);
    outcome_free(&outcome);
}

Test(interruption, results_of_another_version_are_refused)
{
    struct outcome outcome;

    good(BEHAVES SHORT);
    outcome = shell("sed -i '1s/\"version\":1/\"version\":99/' "
                    "$TMP/out/results.jsonl");
    outcome_free(&outcome);
    outcome = assay(BEHAVES SHORT " --resume");
    cr_assert_eq(outcome.status, 2, "%s", outcome.err);
    cr_assert_not_null(strstr(outcome.err, "version 99"), "%s", outcome.err);
    outcome_free(&outcome);
}

Test(interruption, a_damaged_line_in_the_middle_is_refused_by_its_number)
{
    struct outcome outcome;

    good(BEHAVES SHORT);
    outcome = shell("sed -i '3s/^.\\{20\\}/x/' $TMP/out/results.jsonl");
    outcome_free(&outcome);
    outcome = assay(BEHAVES SHORT " --resume");
    cr_assert_eq(outcome.status, 2, "%s", outcome.err);
    cr_assert_not_null(strstr(outcome.err, "results.jsonl:3"), "%s",
                       outcome.err);
    outcome_free(&outcome);
}

Test(interruption, another_campaign_does_not_resume_and_names_the_field)
{
    struct outcome outcome;

    good(BEHAVES SHORT);
    outcome = assay(BEHAVES SHORT " --resume --blocks 3");
    cr_assert_eq(outcome.status, 2, "%s", outcome.err);
    cr_assert_not_null(strstr(outcome.err, "'blocks'"), "%s", outcome.err);
    outcome_free(&outcome);
}

Test(interruption, results_are_never_overwritten)
{
    struct outcome outcome;

    good(BEHAVES SHORT);
    outcome = assay(BEHAVES SHORT);
    cr_assert_eq(outcome.status, 2, "%s", outcome.err);
    cr_assert_not_null(strstr(outcome.err, "--resume"), "%s", outcome.err);
    outcome_free(&outcome);
}

Test(interruption, a_full_disk_keeps_whole_lines_and_says_so)
{
    struct outcome outcome =
        shell("(ulimit -f 8; \"$ASSAY\" " BEHAVES SHORT " --blocks 20)");

    cr_assert_eq(outcome.status, 3, "status %d: %s", outcome.status,
                 outcome.err);
    cr_assert_not_null(strstr(outcome.err, "results.jsonl"), "%s", outcome.err);
    outcome_free(&outcome);
    outcome = shell("$SCHEMA $TMP/out/results.jsonl");
    cr_assert_eq(outcome.status, 0, "%s", outcome.out);
    outcome_free(&outcome);
    good(BEHAVES SHORT " --blocks 20 --resume");
}

/* Interrupts a campaign as ^C does, some cells into it. */
#define INTERRUPTED                                                           \
    "\"$ASSAY\" bench --subjects $BAD/behave.so --workloads pair-48 --quick " \
    "--blocks 10 --no-gate --memory-cells 0 --seed 7 --scale 0.02 --out "     \
    "$TMP/out & "                                                             \
    "for i in $(seq 200); do sleep 0.05; [ \"$(" COUNT_TIMES ")\" -ge 3 ] "   \
    "&& break; done 2>/dev/null; kill -INT $!; wait $!"

Test(interruption, an_interrupt_kills_the_children_and_keeps_the_cells)
{
    /* A shell starts background work with SIGINT ignored; assay takes the
     * signal all the same, as it sets its own handler. */
    struct outcome outcome = shell(INTERRUPTED);
    int kept = number_from(COUNT_TIMES);

    cr_assert_eq(outcome.status, 130, "status %d: %s", outcome.status,
                 outcome.err);
    cr_assert_not_null(strstr(outcome.err, "--resume"), "%s", outcome.err);
    cr_assert_geq(kept, 3);
    cr_assert_lt(kept, 40);
    outcome_free(&outcome);
    outcome = shell(PROCESSES_HERE);
    cr_assert_str_empty(outcome.out, "left behind: %s", outcome.out);
    outcome_free(&outcome);
    good("bench --subjects $BAD/behave.so --workloads pair-48 --quick --blocks "
         "10 --no-gate --memory-cells 0 --scale 0.02 --out $TMP/out --resume");
    cr_assert_eq(number_from(COUNT_TIMES), 40);
}
