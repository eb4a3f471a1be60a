/* usage.c - wrong usage is refused before anything runs, in words that say
 * what, where and what to do. */
#include <criterion/criterion.h>
#include <string.h>

#include "assay_run.h"

TestSuite(usage, .fini = test_folder_remove, .timeout = COMMAND_TEST_S);

/* assay_refuses(), and no results are left. */
static void refused(const char *words, const char *one, const char *other)
{
    assay_refuses(words, one, other);
    shell_works("! test -e \"$TMP/out/results.jsonl\"");
}

#define BENCH "bench --out $TMP/out " SHORT " "

Test(usage, an_unknown_command_offers_the_nearest)
{
    refused("banch", "unknown command 'banch'", "did you mean bench?");
}

Test(usage, an_unknown_subject_offers_the_nearest)
{
    refused(BENCH "--subjects jemaloc", "unknown subject 'jemaloc'",
            "did you mean jemalloc");
}

Test(usage, an_unknown_workload_offers_the_nearest)
{
    refused("bench --workloads chrun", "unknown workload 'chrun'",
            "did you mean churn");
}

Test(usage, a_missing_library_is_refused)
{
    refused(BENCH "--subjects ./libnone.so", "./libnone.so",
            "No such file or directory");
}

Test(usage, a_path_that_cannot_be_preloaded_is_refused)
{
    shell_works("cp $BAD/behave.so \"$TMP/of mine.so\"");
    refused(BENCH "--subjects \"$TMP/of mine.so\"", "of mine.so", "LD_PRELOAD");
}

Test(usage, a_text_file_is_no_subject)
{
    refused(BENCH "--subjects /etc/passwd", "is no ELF file",
            "A subject is a shared library");
}

Test(usage, a_program_is_no_subject)
{
    refused(BENCH "--subjects $BAD/../../cli/assay", "assay", "shared library");
}

Test(usage, zero_blocks_are_refused)
{
    refused("bench --out $TMP/out --blocks 0", "zero blocks", "--blocks");
}

Test(usage, a_number_that_is_none_is_refused)
{
    refused("bench --blocks ten", "--blocks", "'ten' is no whole number");
}

Test(usage, a_scale_of_zero_is_refused)
{
    refused("bench --scale 0", "scale", "over 0");
}

Test(usage, a_scale_that_does_not_fit_memory_is_refused)
{
    refused("bench --workloads bulk-fifo --scale 100000 --out $TMP/out",
            "bulk-fifo", "smaller --scale");
}

Test(usage, more_threads_than_can_be_are_refused)
{
    refused("bench --threads 5000 --out $TMP/out", "5000 threads",
            "at most 1024");
}

Test(usage, a_thousand_threads_are_run)
{
    assay_ends("bench --out $TMP/out --subjects jemalloc --blocks 1 "
               "--no-gate --memory-cells 0 --quick --workloads "
               "producer-consumer-64 --threads 1000 --scale 0.001",
               0, "");
    cr_expect_eq(cells("jemalloc", "ok"), 1);
    shell_works("grep '\"kind\":\"time\"' $TMP/out/results.jsonl | "
                "grep -q '\"threads\":1000'");
}

Test(usage, a_folder_that_cannot_be_made_is_refused)
{
    refused("bench " SHORT " --out /dev/null/out", "/dev/null/out", "--out");
}

Test(usage, resume_without_a_folder_is_refused)
{
    refused("bench --resume", "--resume needs --out", "campaign");
}

Test(usage, an_unknown_option_is_refused)
{
    refused("bench --fast", "--fast", "--help");
}

Test(usage, a_script_is_refused_with_its_interpreter)
{
    shell_works("printf '#!/bin/sh\\necho hi\\n' > $TMP/script; "
                "chmod +x $TMP/script");
    refused("run --subjects glibc -- $TMP/script", "script", "/bin/sh");
}

Test(usage, a_program_that_is_not_there_is_refused)
{
    refused("run --subjects glibc -- no-such-program-here",
            "no-such-program-here", "PATH");
}

Test(usage, comparing_one_folder_is_refused)
{
    refused("compare $TMP", "two or more results folders", "compare");
}

Test(usage, comparing_a_folder_without_results_is_refused)
{
    refused("compare $TMP $TMP", "results.jsonl", "assay bench");
}

Test(usage, an_unknown_field_to_allow_is_refused)
{
    refused("compare --allow wether a b", "unknown field 'wether'", "machine");
}

Test(usage, help_goes_to_stdout_and_is_good)
{
    assay_ends("--help", 0, "bench");
    assay_ends("bench --help", 0, "--resume");
}

Test(usage, every_option_of_the_help_is_documented)
{
    struct outcome outcome = assay("bench --help");

    for (const char *at = outcome.out; (at = strstr(at, "\n      --")) != NULL;
         at++)
        cr_assert_gt(strcspn(at + 9, "\n"), 20, "undocumented: %.40s", at);
    outcome_free(&outcome);
}

Test(usage, list_is_valid_json)
{
    struct outcome outcome =
        shell("\"$ASSAY\" list --json | /usr/bin/python3 -m json.tool");

    cr_assert_eq(outcome.status, 0, "%s", outcome.err);
    cr_assert_not_null(strstr(outcome.out, "\"churn-10k\""));
    cr_assert_not_null(strstr(outcome.out, "\"jemalloc\""));
    outcome_free(&outcome);
}

/* Names of the subjects of a kind, one a line. */
static struct outcome names_of(const char *kind)
{
    return shell("\"$ASSAY\" list --json --kind %s | /usr/bin/python3 -c '"
                 "import json, sys\n"
                 "for s in json.load(sys.stdin)[\"subjects\"]:"
                 "\n  print(s[\"name\"])'",
                 kind);
}

/* Of a name that is both it is the plug-in that is checked. */
Test(usage, list_tells_by_kind_what_can_be_checked)
{
    struct outcome mallocs = names_of("malloc");
    struct outcome allocators = names_of("allocator");
    struct outcome collectors = names_of("collector");

    says(mallocs.out, "glibc\n");
    says(mallocs.out, "reference\n");
    cr_expect_null(strstr(mallocs.out, "reference-heap"), "%s", mallocs.out);
    says(allocators.out, "reference-heap\n");
    says(allocators.out, "reference-pool\n");
    cr_expect_null(strstr(allocators.out, "-gc"), "%s", allocators.out);
    says(collectors.out, "reference-gc\n");
    cr_expect_null(strstr(collectors.out, "glibc"), "%s", collectors.out);
    outcome_free(&mallocs);
    outcome_free(&allocators);
    outcome_free(&collectors);
    assay_refuses("list --kind pool", "'pool' is no kind", "malloc, allocator");
}
