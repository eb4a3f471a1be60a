/* report.c - what the page of a campaign says, and what it refuses. */
#include <criterion/criterion.h>

#include "assay_run.h"

TestSuite(report, .fini = test_folder_remove, .timeout = COMMAND_TEST_S);

#define MADE   "/usr/bin/python3 \"$PARTS/report_campaign.py\" "
#define REPORT "\"$ASSAY\" report --out $TMP/out "

/* Campaigns $TMP/a and $TMP/b, in the words of report_campaign.py. */
static void make(const char *words)
{
    outcome_ends(shell(MADE "$TMP/a %s", words), 0, "");
}

static void make_another(const char *words)
{
    outcome_ends(shell(MADE "$TMP/b %s", words), 0, "");
}

/* The page of these folders, in $TMP/out. */
static void report(const char *folders)
{
    outcome_ends(shell(REPORT "%s", folders), 0, "/out/index.html");
}

static void file_says(const char *file, const char *text)
{
    outcome_ends(shell("cat \"$TMP/out/%s\"", file), 0, text);
}

static void file_never_says(const char *file, const char *pattern)
{
    outcome_ends(shell("! grep '%s' \"$TMP/out/%s\"", pattern, file), 0, "");
}

/* Every figure of the page is that of the lines of $TMP/a it names. */
static void figures_hold(const char *text)
{
    outcome_ends(shell("/usr/bin/python3 \"$PARTS/report_check.py\" $TMP/out "
                       "$TMP/a"),
                 0, text);
}

/* One campaign and its page, as a table. */
struct page {
    const char *made;    /* words for report_campaign.py */
    const char *says[3]; /* each is in report.md */
    const char *never;   /* a pattern that no line of it matches */
    struct {
        const char *name, *says;
    } file[2];           /* others beside it */
    const char *figures; /* what figures_hold() says; NULL: not asked */
};

static void page_is(const struct page *page)
{
    make(page->made);
    report("$TMP/a");
    for (size_t i = 0; i < 3 && page->says[i] != NULL; i++)
        file_says("report.md", page->says[i]);
    if (page->never != NULL)
        file_never_says("report.md", page->never);
    for (size_t i = 0; i < 2 && page->file[i].name != NULL; i++)
        file_says(page->file[i].name, page->file[i].says);
    if (page->figures != NULL)
        figures_hold(page->figures);
}

Test(report, every_figure_of_the_page_is_that_of_the_lines_it_names)
{
    page_is(&(struct page){ .made = "subjects=mine:60,other:130",
                            .figures = "3 plots" });
}

Test(report, a_planted_best_is_called_for_its_use_and_no_other)
{
    page_is(&(struct page){
        .made = "subjects=mine:60,other:130",
        .says = { "| server | fastest | mine 0.60", ": fastest of all",
                  "| batch job | fastest | no row of this campaign" } });
}

Test(report, two_that_cost_the_same_cannot_be_told_apart)
{
    page_is(&(struct page){
        .made = "subjects=mine:60,other:60",
        .says = { "has the smallest figure, but cannot be told apart from" },
        .never = "fastest of all" });
}

Test(report, a_subject_that_crashed_is_named_and_not_ranked)
{
    page_is(
        &(struct page){ .made = "subjects=mine:60,broken:0",
                        .says = { "Not ranked: broken (crashed(11) on one)" },
                        .file = { { "effects-1.svg", "broken: crashed(11)" } },
                        .figures = "lines" });
}

Test(report, rows_that_all_failed_give_a_page_that_says_so)
{
    page_is(
        &(struct page){ .made = "status=crashed",
                        .says = { "No effect could have been called",
                                  "mine on two: crashed(11)" },
                        .file = { { "memory-1.svg", "no memory was watched" } },
                        .figures = "lines" });
}

Test(report, one_block_gives_no_interval_and_no_verdict)
{
    page_is(&(struct page){ .made = "blocks=1",
                            .says = { "too few blocks" },
                            .never = "of all |",
                            .figures = "lines" });
}

Test(report, a_baseline_alone_is_shown_without_a_winner)
{
    page_is(&(struct page){ .made = "subjects=",
                            .says = { "nothing to compare it with" },
                            .figures = "lines" });
}

Test(report, the_table_to_paste_says_what_the_lines_say)
{
    page_is(&(struct page){
        .made = "subjects=mine:60,other:130",
        .file = { { "table.md", "**0.60 [" },
                  { "table.md", "bold where a difference is called" } } });
    outcome_ends(shell("grep -c '^| ' $TMP/out/table.md"), 0,
                 "4"); /* with its head */
}

Test(report, the_table_of_one_block_calls_nothing)
{
    page_is(&(struct page){
        .made = "blocks=1",
        .file = { { "table.md", "Too few blocks to call anything" } } });
    file_never_says("table.md", "[*][*]");
}

Test(report, a_line_cut_short_is_told)
{
    page_is(&(struct page){
        .made = "cut=1", .says = { "cut short", "stopped before its end" } });
}

Test(report, a_row_is_repeated_by_its_own_command_without_the_old_folder)
{
    page_is(&(struct page){
        .made = "",
        .says = { "``assay bench --subjects mine --quick --seed 7 "
                  "--workloads two``" } });
}

/* Some 250 plots. */
Test(report, a_thousand_rows_are_all_drawn, .timeout = 3 * COMMAND_TEST_S)
{
    page_is(&(struct page){ .made = "rows=1000 blocks=2 memory=0",
                            .file = { { "effects-50.svg", "row-999" } } });
    outcome_ends(shell("grep -c '^| row-' $TMP/out/report.md"), 0, "4000");
}

Test(report, names_that_are_markup_or_commands_stay_text)
{
    make(
        "\"rows=</script><script>alert(1)</script>,\\`touch $TMP/x\\`,it's|a\" "
        "'subjects=<img src=x onerror=1>:60,a\"b&c:80'");
    report("$TMP/a --title '</title><b>&'");
    figures_hold("lines");
    shell_works("! test -e $TMP/x");
}

Test(report, a_damaged_line_within_is_refused_by_number)
{
    make("");
    outcome_ends(shell(
                     "sed -i '5s/.*/{\"kind\":/' $TMP/a/results.jsonl; " REPORT
                     "$TMP/a"),
                 2, "results.jsonl:5: damaged line");
}

Test(report, results_of_a_newer_schema_are_refused)
{
    make("version=2");
    outcome_ends(shell(REPORT "$TMP/a"), 2, "results of version 2");
}

Test(report, a_folder_without_results_is_refused)
{
    shell_works("mkdir $TMP/a");
    outcome_ends(shell(REPORT "$TMP/a"), 2, "holds no results.jsonl");
    assay_ends("report $TMP/none", 2, "holds no results.jsonl");
    assay_ends("report", 2, "a results folder is needed");
}

Test(report, what_is_left_out_beside_others_is_named)
{
    struct outcome outcome;

    make("");
    make_another("version=2");
    outcome = shell(REPORT "$TMP/a $TMP/b");
    outcome_says(&outcome, "left out");
    outcome_ends(outcome, 0, "");
    file_says("report.md", "results of version 2");
}

Test(report, campaigns_of_one_machine_become_a_trend)
{
    make("");
    make_another("started=2026-12-01 subjects=mine:70");
    report("$TMP");
    file_says("report.md", "trend-1-1.svg");
    file_says("trend-1-1.svg", "2026-12-01");
    figures_hold("lines");
}

Test(report, campaigns_of_two_machines_are_never_joined)
{
    make("");
    make_another("started=2026-12-01 kernel=6.2");
    report("$TMP/a $TMP/b");
    file_says("report.md", "- Series 2: ");
    shell_works("! ls $TMP/out | grep trend");
}

Test(report, a_folder_of_verdicts_adds_its_matrix_to_the_newest_campaign)
{
    make("");
    shell_works("mkdir $TMP/v; cp \"$PARTS/../../results/conformance-2026-11/"
                "matrix.json\" $TMP/v/");
    report("$TMP/a $TMP/v");
    file_says("report.md", "matrix of requirements by subjects");
    file_says("index.html", "ALN-4");
}

Test(report, micro_benchmarks_have_a_section_where_there_are_any)
{
    page_is(&(struct page){ .made = "", .never = "Micro" });
    make_another("micro=1");
    report("$TMP/b");
    file_says("report.md", "c1-micro-1.svg");
    file_says("c1-micro-1.svg", "aligned-64");
}

Test(report, without_gnuplot_the_pages_are_written_and_say_what_is_missing)
{
    make("");
    outcome_ends(shell("PATH=/nonexistent " REPORT "$TMP/a"), 3,
                 "install gnuplot");
    file_says("report.md", "Plots are missing");
    figures_hold("0 plots");
}

/* A gnuplot in front of the one that is installed. */
static void gnuplot_is(const char *script)
{
    outcome_ends(shell("mkdir -p bin && printf '#!/bin/sh\\n%%s\\n' '%s' "
                       ">bin/gnuplot && chmod +x bin/gnuplot",
                       script),
                 0, "");
}

Test(report, one_gnuplot_draws_all_plots)
{
    make("rows=21 blocks=2 memory=0");
    gnuplot_is("echo started >>starts; exec /usr/bin/gnuplot \"$@\"");
    outcome_ends(shell("PATH=$PWD/bin:$PATH " REPORT "$TMP/a"), 0, "");
    file_says("effects-2.svg", "row-20");
    outcome_ends(shell("ls out/*.svg | wc -l"), 0, "7\n");
    outcome_ends(shell("grep -c started starts"), 0, "1\n");
}

/* It is given the lines up to the name of the second. */
Test(report, a_plot_that_is_not_drawn_is_named_and_those_before_it_stay)
{
    make("rows=21 blocks=2 memory=0");
    gnuplot_is("sed -un \"/effects-2/q;p\" | /usr/bin/gnuplot -; exit 7");
    outcome_ends(shell("PATH=$PWD/bin:$PATH " REPORT "$TMP/a"), 3,
                 "/out/effects-2.svg (exit status 7)");
    file_says("report.md", "effects-1.svg");
    file_never_says("report.md", "effects-2.svg)");
    figures_hold("1 plots");
}
