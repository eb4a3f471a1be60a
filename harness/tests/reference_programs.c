/* reference_programs.c - real programs run on the reference and give the
 * answers that they give under glibc. */
#include <criterion/criterion.h>

#include "assay_run.h"

TestSuite(reference, .fini = test_folder_remove, .timeout = 2 * COMMAND_TEST_S);

Test(reference, programs_answer_on_it_as_they_do_under_glibc)
{
    /* wrong-output, a crash, a process without it: each would end with 1. */
    assay_ends(
        "bench --subjects reference --blocks 1 --memory-cells 1 --seed 5 "
        "--out $TMP/out --workloads "
        "python-json,python-objects,gcc-large,sqlite-index,"
        "redis-set-get,lua-tables",
        0, "");
    /* Every program's cells were under it: gcc's three processes, too. */
    shell_works("test 12 -eq $(grep -c '\"subject\":\"reference\","
                "\"status\":\"ok\"' $TMP/out/results.jsonl)");
    schema_holds("$TMP/out");
}
