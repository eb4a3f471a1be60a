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

#define BEHAVES "bench --subjects $BAD/behave.so --out $TMP/out "

Test(interruption, a_torn_line_is_cut_off_and_its_cell_run_again)
{
    struct outcome outcome;
    int before;

    assay_ends(BEHAVES SHORT, 0, "");
    before = number_from(COUNT_TIMES);
    shell_works("truncate -s -120 $TMP/out/results.jsonl");
    outcome = assay(BEHAVES SHORT " --resume");
    says(outcome.err, "cut short");
    outcome_ends(outcome, 0, "");
    cr_assert_eq(number_from(COUNT_TIMES), before);
    schema_holds("$TMP/out");
}

/* A campaign that ran, and was changed by this command, does not go on. */
static void does_not_resume(const char *change, const char *more,
                            const char *wanted)
{
    assay_ends(BEHAVES SHORT, 0, "");
    shell_works(change);
    outcome_ends(assay(BEHAVES SHORT "%s", more), 2, wanted);
}

Test(interruption, results_of_another_version_are_refused)
{
    does_not_resume("sed -i '1s/\"version\":1/\"version\":99/' "
                    "$TMP/out/results.jsonl",
                    " --resume", "version 99");
}

Test(interruption, a_damaged_line_in_the_middle_is_refused_by_its_number)
{
    does_not_resume("sed -i '3s/^.\\{20\\}/x/' $TMP/out/results.jsonl",
                    " --resume", "results.jsonl:3");
}

Test(interruption, another_campaign_does_not_resume_and_names_the_field)
{
    does_not_resume("true", " --resume --blocks 3", "'blocks'");
}

Test(interruption, results_are_never_overwritten)
{
    does_not_resume("true", "", "--resume");
}

Test(interruption, a_full_disk_keeps_whole_lines_and_says_so)
{
    outcome_ends(shell("(ulimit -f 8; \"$ASSAY\" " BEHAVES SHORT
                       " --blocks 20)"),
                 3, "results.jsonl");
    schema_holds("$TMP/out");
    assay_ends(BEHAVES SHORT " --blocks 20 --resume", 0, "");
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
    assay_ends(
        "bench --subjects $BAD/behave.so --workloads pair-48 --quick --blocks "
        "10 --no-gate --memory-cells 0 --scale 0.02 --out $TMP/out --resume",
        0, "");
    cr_assert_eq(number_from(COUNT_TIMES), 40);
}
