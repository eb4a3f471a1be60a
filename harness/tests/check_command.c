/* check_command.c - whatever a subject does, `assay check` gives an honest
 * verdict, and never a pass that was not earned.
 *
 * Libraries that do one thing wrong are checked as a user would; controls show
 * that the same checks pass where nothing is wrong. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay_run.h"

TestSuite(check_command, .fini = test_folder_remove, .timeout = 120);

/* `assay check LIBRARY WORDS` ends with that status and says that. */
static void expect(const char *library, const char *words, int status,
                   const char *text)
{
    outcome_ends(assay("check \"$BAD/%s.so\" --seed 1 --timeout 2 %s", library,
                       words),
                 status, text);
}

/* Whether the probe has that check; a family may not be built. */
static void needs(const char *id)
{
    struct outcome outcome = assay("explain %s", id);
    int status = outcome.status;

    outcome_free(&outcome);
    if (status != 0)
        cr_skip_test("there is no check of %s", id);
}

/* ---- the control ---- */

Test(check_command, what_behaves_passes)
{
    expect("behave", "--filter ZER-1,ZER-2", 0, "behave meets profile dropin");
}

/* ---- what does not ---- */

Test(check_command, a_wrong_answer_fails_with_its_figures)
{
    expect("dirty_calloc", "--filter ZER-2", 1, "ZER-2 fail (MUST, not met)");
    expect("dirty_calloc", "--filter ZER-2", 1, "C23 7.24.3.2");
}

Test(check_command, a_crash_before_main_is_a_crash_with_the_signals_name)
{
    expect("crash_before_main", "--filter ZER-2", 1,
           "SIGABRT (Aborted) before it left a verdict");
}

Test(check_command, a_crash_in_the_middle_is_a_crash)
{
    expect("crash_at_300", "--filter ZER-2", 1, "ZER-2 crash");
}

Test(check_command, a_crash_at_exit_is_a_crash_though_the_verdict_was_a_pass)
{
    expect("crash_at_exit", "--filter ZER-2", 1, "after its verdict (pass)");
    expect("crash_at_exit", "--filter ZER-2", 1, "ZER-2 crash");
}

Test(check_command, a_hang_is_a_hang_and_says_where)
{
    expect("hang_at_300", "--filter ZER-2", 1, "ZER-2 hang");
    expect("hang_at_300", "--filter ZER-2", 1, "hung in");
}

Test(check_command, a_hang_at_exit_is_a_hang)
{
    expect("hang_at_exit", "--filter ZER-2", 1, "ZER-2 hang");
}

Test(check_command, exit_zero_inside_malloc_is_an_error_and_no_pass)
{
    expect("exit_zero", "--filter ZER-2", 1, "ZER-2 error");
    expect("exit_zero_at_once", "--filter ZER-2", 1,
           "exit status 0 before it left a verdict");
}

/* A load of none is 100 percent, and no load makes it more than 800. */
Test(check_command, a_check_is_told_how_long_to_wait_on_this_machine)
{
    struct outcome outcome =
        assay("check $BAD/tell_patience.so --filter ZER-2 --seed 1");
    const char *word = strstr(outcome.out, ": patience ");
    unsigned percent = 0;

    cr_assert_not_null(word, "%s%s", outcome.out, outcome.err);
    cr_assert_eq(sscanf(word, ": patience %u", &percent), 1, "%s", word);
    cr_expect(percent >= 100 && percent <= 800, "%u", percent);
    outcome_free(&outcome);
}

Test(check_command, what_prints_does_not_meet_a_profile)
{
    expect("print", "--filter ZER-2", 1, "18 bytes: hello from malloc");
}

Test(check_command, closed_descriptors_lose_no_verdict)
{
    expect("close_descriptors", "--filter ZER-2", 0, "meets profile");
}

Test(check_command, what_forks_leaves_nobody_behind)
{
    expect("fork_into_session", "--filter ZER-2", 0, "meets profile");
    cr_assert_eq(processes_named("assay-stray"), 0);
}

Test(check_command, one_malloc_in_a_thousand_that_fails_is_noticed)
{
    needs("API-1");
    expect("null_at_times", "--filter API-1", 1, "API-1 fail");
}

Test(check_command, a_changed_signal_mask_is_noticed)
{
    needs("SIG-4");
    expect("behave", "--filter SIG-4", 0, "meets profile");
    expect("change_mask", "--filter SIG-4", 1, "SIG-4 fail");
}

Test(check_command, what_replaces_half_of_malloc_is_not_active_and_never_passes)
{
    struct outcome outcome = assay("check $BAD/partial.so --json -");

    cr_assert_eq(outcome.status, 1, "%s", outcome.err);
    outcome_says(&outcome, "calloc is served by");
    outcome_says(&outcome, "is not active");
    cr_assert_null(strstr(outcome.out, "\"pass\""), "%s", outcome.out);
    outcome_free(&outcome);
}

Test(check_command, what_replaces_no_malloc_is_refused)
{
    expect("nothing", "", 2, "exports no malloc");
    expect("own_names", "", 2, "exports no malloc");
}

/* ---- known deviations ---- */

/* Lists the library as the subject "listed", version 0.1.0, with deviations
 * of ours: $TMP/places stands for every folder of the tree. */
static struct outcome check_listed(const char *library, const char *deviations)
{
    outcome_ends(
        shell(
            "mkdir -p places/deviations && "
            "ln -sf $BUILD/suites/conformance/malloc/assay-probe places/ && "
            "echo '[{\"name\": \"listed\", \"libraries\": [\"'$BAD'/%s.so\"], "
            "\"package\": \"\"}]' > places/subjects.json && "
            "echo '%s' > places/deviations/listed.json",
            library, deviations),
        0, "");
    return shell("ASSAY_PLACES=$TMP/places \"$ASSAY\" check listed --filter "
                 "ZER-2");
}

#define DEVIATION(bounds, verdict)                                        \
    "[{\"requirement\": \"ZER-2\", " bounds ", \"verdicts\": [\"" verdict \
    "\"], \"reason\": \"forgets\", "                                      \
    "\"link\": \"https://example.org/1\"}]"

static void expect_listed(const char *library, const char *deviations,
                          int status, const char *text)
{
    outcome_ends(check_listed(library, deviations), status, text);
}

Test(check_command, a_known_deviation_is_told_and_fails_nothing)
{
    expect_listed("dirty_calloc", DEVIATION("\"from\": \"0.1\"", "fail"), 0,
                  "ZER-2 fail (MUST, known deviation)");
    expect_listed("dirty_calloc", DEVIATION("\"from\": \"0.1\"", "fail"), 0,
                  "https://example.org/1");
}

Test(check_command, a_deviation_that_no_longer_occurs_fails_the_run)
{
    expect_listed("behave", DEVIATION("\"from\": \"0.1\"", "fail"), 1,
                  "ZER-2 pass (MUST, deviation gone)");
}

Test(check_command, a_deviation_of_another_version_or_kind_excuses_nothing)
{
    expect_listed("dirty_calloc", DEVIATION("\"from\": \"0.2\"", "fail"), 1,
                  "ZER-2 fail (MUST, not met)");
    expect_listed("dirty_calloc",
                  DEVIATION("\"from\": \"0.0.9\", \"below\": \"0.1.0\"",
                            "fail"),
                  1, "ZER-2 fail (MUST, not met)");
    expect_listed("dirty_calloc", DEVIATION("\"from\": \"0.1\"", "crash"), 1,
                  "ZER-2 fail (MUST, not met)");
}

Test(check_command, a_list_of_deviations_that_is_damaged_is_refused)
{
    expect_listed("behave", "[{\"requirement\": \"ZER-2\"}]", 3,
                  "entry 1 needs");
    expect_listed("behave", DEVIATION("\"from\": \"0.1\"", "pass"), 3,
                  "entry 1 needs");
    expect_listed("behave", "{", 3, "listed.json:");
}

Test(check_command, a_deviation_of_no_requirement_is_refused)
{
    expect_listed("behave",
                  "[{\"requirement\": \"ZER-99\", \"from\": \"9.0\", "
                  "\"verdicts\": [\"fail\"], \"reason\": \"forgets\", "
                  "\"link\": \"https://example.org/1\"}]",
                  3, "entry 1 is of 'ZER-99', which is no requirement");
}

Test(check_command, every_listed_deviation_is_well_formed)
{
    shell_works(
        "for name in glibc jemalloc mimalloc tcmalloc tbb scudo; do "
        "\"$ASSAY\" check $name --filter ZER-1; [ $? = 3 ] && echo bad; "
        "done >out; ! grep bad out");
}

/* ---- conformance gates the comparison ---- */

#define GATED                                                     \
    "bench --workloads pair-48 --quick --scale 0.001 --blocks 2 " \
    "--memory-cells 0 --timeout 5 --seed 7 --out $TMP/out"

/* With a memory of what passed that is this test's alone. Options of allocators
 * would change what is asked. */
static struct outcome gated(const char *subjects)
{
    return shell("rm -rf $TMP/out && XDG_CACHE_HOME=$TMP env -u "
                 "MALLOC_PERTURB_ \"$ASSAY\" " GATED
                 " --baseline $BAD/behave.so --subjects %s",
                 subjects);
}

Test(check_command, what_passed_is_remembered_and_what_a_row_needs_is_asked)
{
    struct outcome outcome;

    needs("API-1");
    outcome_ends(gated("$BAD/behave.so"), 0, "");
    shell_works("grep -l API-1 $TMP/assay/gate-$(sha256sum $BAD/behave.so "
                "| cut -c1-32)-*");
    outcome = gated("$BAD/null_at_times.so");
    cr_assert_eq(outcome.status, 1, "%s%s", outcome.out, outcome.err);
    outcome_says(&outcome, "which it does not meet (fail)");
    outcome_says(&outcome, "wrong-output: this row needs A");
    outcome_free(&outcome);
}

/* ---- reports ---- */

#define ONE_LINE                                                      \
    "/usr/bin/python3 -c 'import json, sys; line, = map(json.loads, " \
    "sys.stdin); print(%s)'"

/* What an expression over the one verdict of that library gives. */
static void line_gives(const char *library, const char *expression,
                       const char *value)
{
    struct outcome outcome =
        shell("\"$ASSAY\" check $BAD/%s.so --filter ZER-2 --seed 9 --json - "
              "| " ONE_LINE,
              library, expression);

    outcome.out[strcspn(outcome.out, "\n")] = '\0';
    cr_assert_str_eq(outcome.out, value, "%s", outcome.err);
    outcome_free(&outcome);
}

Test(check_command, a_json_line_has_the_verdict_and_who_it_is_about)
{
    line_gives("behave", "line[\"requirement\"], line[\"verdict\"]",
               "ZER-2 pass");
    line_gives("dirty_calloc", "line[\"verdict\"], line[\"finding\"]",
               "fail not met");
    line_gives("behave", "line[\"seed\"], len(line[\"subject\"][\"sha256\"])",
               "9 64");
}

Test(check_command, every_json_line_is_as_the_schema_says)
{
    shell_works("\"$ASSAY\" check $BAD/dirty_calloc.so --filter ZER --json "
                "$TMP/v; $SCHEMA --verdicts $TMP/v");
}

Test(check_command, junit_names_requirement_and_subject)
{
    struct outcome outcome =
        shell("\"$ASSAY\" check $BAD/dirty_calloc.so --filter ZER-2 --junit "
              "$TMP/j; /usr/bin/python3 -c 'import sys; from "
              "xml.etree.ElementTree import parse; case, = "
              "parse(sys.argv[1]).iter(\"testcase\"); "
              "print(case.get(\"classname\"), case.get(\"name\"), "
              "case[0].tag)' $TMP/j");

    outcome_says(&outcome, "dirty_calloc.ZER ZER-2 failure");
    outcome_free(&outcome);
}

Test(check_command, tap_says_not_ok_for_what_is_not_met)
{
    expect("dirty_calloc", "--filter ZER-2 --tap", 1, "\nnot ok 1 - ZER-2 ");
    expect("behave", "--filter ZER-2 --tap", 0, "\nok 1 - ZER-2 ");
}

Test(check_command, the_command_that_repeats_it_repeats_it)
{
    struct outcome outcome =
        shell("eval \"$(\"$ASSAY\" check $BAD/dirty_calloc.so --filter ZER-2 | "
              "sed -n 's/^ *again *gdb --args //p')\"");

    outcome_says(&outcome, "ZER-2: wrong-output: ");
    outcome_free(&outcome);
}

Test(check_command, repeated_runs_tell_how_many_passed)
{
    expect("dirty_calloc", "--filter ZER-2 --repeat 3", 1,
           "0 of 3 runs passed");
    line_gives("behave", "line[\"runs\"]", "1");
}

/* ---- the Criterion suite over the same checks ---- */

/* A runner within a runner would take itself for one of its tests. */
#define SUITE_APART "env -u BXFI_MAP $SUITE --tap "

/* It is the suite that is asked here, and not all of its checks. */
#define ALL_BUT_ZER_2 \
    "\"$($ASSAY explain --list | sed '/^ZER-2 /d; s/ .*//' | tr '\\n' ' ')\" "

Test(check_command, the_suite_fails_where_its_subject_does)
{
    struct outcome outcome = shell("LEFT_OUT=" ALL_BUT_ZER_2
                                   "SUBJECT=$BAD/dirty_calloc.so " SUITE_APART
                                   "--filter '*/@(ZER_2|the_profile_is_met)'");

    cr_assert_eq(outcome.status, 1, "%s%s", outcome.out, outcome.err);
    outcome_says(&outcome, "not ok - malloc::ZER_2");
    outcome_says(&outcome, "not ok - run::the_profile_is_met");
    outcome_free(&outcome);
    outcome_ends(shell("SUBJECT=./none.so " SUITE_APART), 1, "");
}

/* ---- wrong usage ---- */

static void refused(const char *words, const char *text)
{
    outcome_refuses(assay("check %s", words), text, "");
}

Test(check_command, wrong_usage_is_refused_with_a_sentence)
{
    refused("", "no subject given");
    refused("glibc reference", "one subject at a time");
    refused("glibcc", "did you mean glibc?");
    refused("./none.so", "No such file or directory");
    refused("/etc/passwd", "is no ELF file");
    refused("reference-heap-bare", "replaces no malloc");
    refused("$BUILD/impl/plugins/assay-reference-pool.so --kind malloc",
            "exports no malloc");
    refused("glibc --kind allocator", "exports no data symbol assay_allocator");
    refused("glibc --kind arena", "is no kind");
    refused("reference-pool --filter ZER-1", "no requirement matches 'ZER-1'");
    refused("glibc --profile c24", "unknown profile 'c24'");
    refused("glibc --severity may", "is no severity");
    refused("glibc --filter ZZZ-1", "no requirement matches 'ZZZ-1'");
    refused("glibc --filter ZER-1 --severity QUALITY", "of that severity");
    refused("glibc --jobs 0", "out of range");
    refused("glibc --repeat none", "is no whole number");
    refused("glibc --json /dev/null/x", "cannot write /dev/null/x");
    refused("glibc --tap --json -", "both want stdout");
}

Test(check_command, explain_tells_what_is_wanted_and_where_it_stands)
{
    struct outcome outcome = assay("explain zer_2");

    cr_assert_eq(outcome.status, 0, "%s", outcome.err);
    outcome_says(&outcome, "calloc zeroes memory that was used and freed");
    outcome_says(&outcome, "suites/conformance/malloc/zeroing.c");
    outcome_free(&outcome);
    assay_refuses("explain ZER-99", "ZER-99", "");
}

/* ---- interruption ---- */

Test(check_command, what_was_decided_before_an_interrupt_is_written)
{
    struct outcome outcome =
        shell("\"$ASSAY\" check $BAD/hang_at_exit.so --filter ZER --jobs 1 "
              "--timeout 1 --json $TMP/v & for i in $(seq 400); do sleep 0.05; "
              "[ -s $TMP/v ] && break; done; kill -INT $!; wait $!; status=$?; "
              "$SCHEMA --verdicts $TMP/v || exit 1; exit $status");

    cr_assert_eq(outcome.status, 130, "status %d: %s%s", outcome.status,
                 outcome.out, outcome.err);
    outcome_says(&outcome, "What was decided by then is in");
    outcome_free(&outcome);
}

Test(check_command, an_interrupt_ends_everything)
{
    struct outcome outcome =
        shell("\"$ASSAY\" check $BAD/hang_at_exit.so --filter ZER & "
              "for i in $(seq 100); do sleep 0.05; [ -n \"$(" PROCESSES_HERE
              " | grep probe)\" ] && break; done; kill -INT $!; wait $!");

    cr_assert_eq(outcome.status, 130, "status %d: %s", outcome.status,
                 outcome.err);
    outcome_free(&outcome);
    outcome = shell(PROCESSES_HERE);
    cr_assert_str_empty(outcome.out, "left behind: %s", outcome.out);
    outcome_free(&outcome);
}
