/* reference_programs.c - real programs run on the reference and give the
 * answers that they give under glibc. */
#include <criterion/criterion.h>

#include "assay_run.h"

TestSuite(reference, .fini = test_folder_remove, .timeout = 2 * COMMAND_TEST_S);

Test(reference, programs_answer_on_it_as_they_do_under_glibc)
{
    /* wrong-output, a crash, a process without it: each would end with 1. */
    struct outcome outcome =
        assay("bench --subjects reference --blocks 1 --memory-cells 1 --seed 5 "
              "--out $TMP/out --workloads "
              "python-json,python-objects,gcc-large,sqlite-index,"
              "redis-set-get,lua-tables");

    cr_assert_eq(outcome.status, 0, "%s%s", outcome.err, outcome.out);
    outcome_free(&outcome);
    /* Every program's cells were under it: gcc's three processes, too. */
    outcome = shell("grep -c '\"subject\":\"reference\",\"status\":\"ok\"' "
                    "$TMP/out/results.jsonl");
    cr_assert_str_eq(outcome.out, "12\n", "%s", outcome.out);
    outcome_free(&outcome);
    outcome = shell("$SCHEMA $TMP/out/results.jsonl");
    cr_assert_eq(outcome.status, 0, "%s", outcome.out);
    outcome_free(&outcome);
}
