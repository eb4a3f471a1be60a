/* run_command.c - `assay run` on programs of the user's. */
#include <criterion/criterion.h>
#include <string.h>

#include "assay_run.h"

TestSuite(run_command, .fini = test_folder_remove, .timeout = COMMAND_TEST_S);

#define RUN "run --blocks 2 --timeout 5 --seed 3 --out $TMP/out --subjects "

Test(run_command, a_program_on_the_path_is_timed_under_each_subject)
{
    assay_ends(RUN "jemalloc,mimalloc -- sort /etc/passwd", 0, "mimalloc ");
}

Test(run_command, its_results_are_as_the_schema_says)
{
    assay_ends(RUN "jemalloc -- sort /etc/passwd", 0, "jemalloc ");
    schema_holds("$TMP/out");
}

Test(run_command, an_answer_that_depends_on_the_subject_is_wrong_output)
{
    assay_ends(RUN "jemalloc -- /usr/bin/python3 -c "
                   "'print(\"jemalloc\" in open(\"/proc/self/maps\").read())'",
               1, "wrong-output");
}

Test(run_command, a_program_that_fails_is_failed_with_its_status)
{
    assay_ends(RUN "jemalloc -- sort /nonexistent", 1, "failed(2)");
}

Test(run_command, a_program_that_hangs_is_timeout)
{
    assay_ends(RUN "jemalloc --timeout 1 -- sleep 30", 1, "timeout");
}

Test(run_command, options_behind_the_program_are_the_programs)
{
    assay_ends(RUN "jemalloc -- sort --reverse --seed /etc/passwd", 1,
               "failed(2)");
}

Test(run_command, a_library_that_replaces_nothing_is_not_active)
{
    assay_ends(RUN "$BAD/nothing.so -- sort /etc/passwd", 1, "not-active");
}

Test(run_command, a_library_that_crashes_is_crashed)
{
    assay_ends(RUN "$BAD/crash_at_300.so -- /usr/bin/python3 -c 1", 1,
               "crashed(11)");
}

Test(run_command, json_on_stdout_is_json_alone)
{
    struct outcome outcome =
        shell("\"$ASSAY\" " RUN "jemalloc --json -- sort /etc/passwd | "
              "/usr/bin/python3 -c 'import json,sys; d=json.load(sys.stdin); "
              "print(d[\"rows\"][0][\"subjects\"][\"jemalloc\"][\"status\"])'");

    cr_assert_str_eq(outcome.out, "ok\n", "%s%s", outcome.out, outcome.err);
    outcome_free(&outcome);
}
