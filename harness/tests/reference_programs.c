/* reference_programs.c - real programs run on the reference and give the
 * answers that they give under glibc. $PROGRAMS names them, parted by commas.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "assay_run.h"

TestSuite(reference, .fini = test_folder_remove, .timeout = 2 * COMMAND_TEST_S);

static int programs_count(void)
{
    int count = 1;

    for (const char *at = getenv("PROGRAMS"); (at = strchr(at, ',')) != NULL;
         at++)
        count++;
    return count;
}

Test(reference, programs_answer_on_it_as_they_do_under_glibc)
{
    /* wrong-output, a crash, a process without it: each would end with 1. */
    assay_ends(
        "bench --subjects reference --blocks 1 --memory-cells 1 --seed 5 "
        "--out $TMP/out --workloads $PROGRAMS",
        0, "");
    /* Every program's cells were under it: gcc's three processes, too. */
    cr_expect_eq(cells("reference", "ok"), programs_count());
    outcome_ends(shell("grep -c '\"subject\":\"reference\",\"status\":"
                       "\"ok\"' $TMP/out/results.jsonl | xargs test %d -eq",
                       2 * programs_count()),
                 0, "");
    schema_holds("$TMP/out");
}
