/* report.c - what the page of a campaign says, and what it refuses. */
#include <criterion/criterion.h>
#include <string.h>

#include "assay_run.h"

TestSuite(report, .fini = test_folder_remove, .timeout = COMMAND_TEST_S);

static void run(const char *command, int status, const char *text)
{
    struct outcome outcome = shell("%s", command);

    cr_assert_eq(outcome.status, status, "%s: status %d: %s%s", command,
                 outcome.status, outcome.err, outcome.out);
    cr_assert(strstr(outcome.out, text) != NULL ||
                  strstr(outcome.err, text) != NULL,
              "%s: '%s' is not in: %s%s", command, text, outcome.out,
              outcome.err);
    outcome_free(&outcome);
}

#define MAKE   "/usr/bin/python3 \"$PARTS/report_campaign.py\" $TMP/a "
#define MAKE_B "/usr/bin/python3 \"$PARTS/report_campaign.py\" $TMP/b "
#define REPORT "\"$ASSAY\" report --out $TMP/out $TMP/a"
#define CHECK  "/usr/bin/python3 \"$PARTS/report_check.py\" $TMP/out $TMP/a"
#define SAYS   "cat $TMP/out/report.md"

Test(report, every_figure_of_the_page_is_that_of_the_lines_it_names)
{
    run(MAKE "subjects=mine:60,other:130", 0, "");
    run(REPORT, 0, "/out/index.html");
    run(CHECK, 0, "3 plots");
}

Test(report, a_planted_best_is_called_for_its_use_and_no_other)
{
    run(MAKE "subjects=mine:60,other:130", 0, "");
    run(REPORT, 0, "report.md");
    run(SAYS, 0, "| server | fastest | mine 0.60");
    run(SAYS, 0, ": fastest of all");
    run(SAYS, 0, "| batch job | fastest | no row of this campaign");
}

Test(report, two_that_cost_the_same_cannot_be_told_apart)
{
    run(MAKE "subjects=mine:60,other:60", 0, "");
    run(REPORT, 0, "report.md");
    run(SAYS, 0, "has the smallest figure, but cannot be told apart from");
    run("! grep -q 'fastest of all' $TMP/out/report.md", 0, "");
}

Test(report, a_subject_that_crashed_is_named_and_not_ranked)
{
    run(MAKE "subjects=mine:60,broken:0", 0, "");
    run(REPORT, 0, "report.md");
    run(SAYS, 0, "Not ranked: broken (crashed(11) on one)");
    run("cat $TMP/out/effects-1.svg", 0, "broken: crashed(11)");
    run(CHECK, 0, "lines");
}

Test(report, rows_that_all_failed_give_a_page_that_says_so)
{
    run(MAKE "status=crashed", 0, "");
    run(REPORT, 0, "report.md");
    run(SAYS, 0, "No effect could have been called");
    run(SAYS, 0, "mine on two: crashed(11)");
    run("cat $TMP/out/memory-1.svg", 0, "no memory was watched");
    run(CHECK, 0, "lines");
}

Test(report, one_block_gives_no_interval_and_no_verdict)
{
    run(MAKE "blocks=1", 0, "");
    run(REPORT, 0, "report.md");
    run(SAYS, 0, "too few blocks");
    run("! grep -q 'of all |' $TMP/out/report.md", 0, "");
    run(CHECK, 0, "lines");
}

Test(report, a_baseline_alone_is_shown_without_a_winner)
{
    run(MAKE "subjects=", 0, "");
    run(REPORT, 0, "report.md");
    run(SAYS, 0, "nothing to compare it with");
    run(CHECK, 0, "lines");
}

Test(report, names_that_are_markup_or_commands_stay_text)
{
    run(MAKE "\"rows=</script><script>alert(1)</script>,\\`touch $TMP/x\\`,"
             "it's|a\" 'subjects=<img src=x onerror=1>:60,a\"b&c:80'",
        0, "");
    run(REPORT " --title '</title><b>&'", 0, "report.md");
    run(CHECK, 0, "lines");
    run("! test -e $TMP/x", 0, "");
}

/* Some 250 plots. */
Test(report, a_thousand_rows_are_all_drawn, .timeout = 3 * COMMAND_TEST_S)
{
    run(MAKE "rows=1000 blocks=2 memory=0", 0, "");
    run(REPORT, 0, "report.md");
    run("cat $TMP/out/effects-50.svg", 0, "row-999");
    run("grep -c '^| row-' $TMP/out/report.md", 0, "4000");
}

Test(report, a_line_cut_short_is_told)
{
    run(MAKE "cut=1", 0, "");
    run(REPORT, 0, "report.md");
    run(SAYS, 0, "cut short");
    run(SAYS, 0, "stopped before its end");
}

Test(report, a_damaged_line_within_is_refused_by_number)
{
    run(MAKE, 0, "");
    run("sed -i '5s/.*/{\"kind\":/' $TMP/a/results.jsonl; " REPORT, 2,
        "results.jsonl:5: damaged line");
}

Test(report, results_of_a_newer_schema_are_refused)
{
    run(MAKE "version=2", 0, "");
    run(REPORT, 2, "results of version 2");
}

Test(report, a_folder_without_results_is_refused)
{
    run("mkdir $TMP/a; " REPORT, 2, "holds no results.jsonl");
    run("\"$ASSAY\" report $TMP/none", 2, "holds no results.jsonl");
    run("\"$ASSAY\" report", 2, "a results folder is needed");
}

Test(report, what_is_left_out_beside_others_is_named)
{
    run(MAKE, 0, "");
    run(MAKE_B "version=2", 0, "");
    run(REPORT " $TMP/b", 0, "left out");
    run(SAYS, 0, "results of version 2");
}

Test(report, campaigns_of_one_machine_become_a_trend)
{
    run(MAKE, 0, "");
    run(MAKE_B "started=2026-12-01 subjects=mine:70", 0, "");
    run("\"$ASSAY\" report --out $TMP/out $TMP", 0, "report.md");
    run(SAYS, 0, "trend-1-1.svg");
    run("cat $TMP/out/trend-1-1.svg", 0, "2026-12-01");
    run(CHECK, 0, "lines");
}

Test(report, campaigns_of_two_machines_are_never_joined)
{
    run(MAKE, 0, "");
    run(MAKE_B "started=2026-12-01 kernel=6.2", 0, "");
    run(REPORT " $TMP/b", 0, "report.md");
    run(SAYS, 0, "- Series 2: ");
    run("! ls $TMP/out | grep trend", 0, "");
}

Test(report, the_table_to_paste_says_what_the_lines_say)
{
    run(MAKE "subjects=mine:60,other:130", 0, "");
    run(REPORT, 0, "report.md");
    run("grep -c '^| ' $TMP/out/table.md", 0, "4"); /* with its head */
    run("cat $TMP/out/table.md", 0, "**0.60 [");
    run("cat $TMP/out/table.md", 0, "bold where a difference is called");
}

Test(report, the_table_of_one_block_calls_nothing)
{
    run(MAKE "blocks=1", 0, "");
    run(REPORT, 0, "report.md");
    run("cat $TMP/out/table.md", 0, "Too few blocks to call anything");
    run("! grep -q '[*][*]' $TMP/out/table.md", 0, "");
}

Test(report, a_folder_of_verdicts_adds_its_matrix_to_the_newest_campaign)
{
    run(MAKE, 0, "");
    run("mkdir $TMP/v; cp \"$PARTS/../../results/conformance-2026-11/"
        "matrix.json\" $TMP/v/",
        0, "");
    run(REPORT " $TMP/v", 0, "report.md");
    run(SAYS, 0, "matrix of requirements by subjects");
    run("cat $TMP/out/index.html", 0, "ALN-4");
}

Test(report, micro_benchmarks_have_a_section_where_there_are_any)
{
    run(MAKE, 0, "");
    run(REPORT, 0, "report.md");
    run("! grep Micro $TMP/out/report.md", 0, "");
    run(MAKE_B "micro=1", 0, "");
    run("\"$ASSAY\" report --out $TMP/out $TMP/b", 0, "report.md");
    run(SAYS, 0, "c1-micro-1.svg");
    run("cat $TMP/out/c1-micro-1.svg", 0, "aligned-64");
}

Test(report, without_gnuplot_the_pages_are_written_and_say_what_is_missing)
{
    run(MAKE, 0, "");
    run("PATH=/nonexistent " REPORT, 3, "install gnuplot");
    run(SAYS, 0, "Plots are missing");
    run(CHECK, 0, "0 plots");
}

Test(report, a_row_is_repeated_by_its_own_command_without_the_old_folder)
{
    run(MAKE, 0, "");
    run(REPORT, 0, "report.md");
    run(SAYS, 0,
        "``assay bench --subjects mine --quick --seed 7 --workloads two``");
}
