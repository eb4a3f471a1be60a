/* micro.c - micro-benchmarks are run, kept as the schema says, and a subject
 * that misbehaves leaves a status on each of its lines. */
#include <criterion/criterion.h>
#include <string.h>

#include "assay_run.h"

TestSuite(micro, .fini = test_folder_remove, .timeout = 2 * COMMAND_TEST_S);

/* Every repetition lasts 0.2 ms. */
#define MICRO \
    "bench --micro --scale 0.01 --blocks 2 --timeout 5 --seed 7 --out $TMP/a "

/* A condition of Python on `lines`, all micro lines; `of(subject)` gives
 * those of one. */
static void expect_lines(const char *condition)
{
    outcome_ends(
        shell("/usr/bin/python3 -c '\n"
              "import json, sys\n"
              "lines = [json.loads(line) for line in sys.stdin]\n"
              "lines = [line for line in lines if line.get(\"kind\") == "
              "\"micro\"]\n"
              "def of(name):\n"
              "    return [line for line in lines if line[\"subject\"] == "
              "name]\n"
              "def statuses(name):\n"
              "    return {line[\"status\"] for line in of(name)}\n"
              "assert %s, lines\n"
              "' < \"$TMP/a/results.jsonl\"",
              condition),
        0, "");
}

Test(micro, every_benchmark_is_timed_under_every_subject)
{
    assay_ends(MICRO "--subjects $BAD/behave.so", 0, "95 % interval");
    schema_holds("$TMP/a");
    expect_lines("len({(line[\"name\"], line[\"size_bytes\"]) "
                 "for line in lines}) * 4 == len(lines)");
    expect_lines("statuses(\"glibc\") == statuses(\"glibc.twin\") == "
                 "{\"ok\"}");
    expect_lines("all(len(line[\"repetitions_ns\"]) == 2 for line in "
                 "of(\"glibc\"))");
    expect_lines("{line[\"size_bytes\"] for line in lines if line[\"name\"] "
                 "== \"pair\"} >= {1, 48, 4096, 1048576}");
    /* What the floor cannot serve is said to be so; the rest it did. */
    expect_lines("{line[\"name\"] for line in of(\"floor\") if "
                 "line[\"status\"] == \"ok\"} >= {\"pair\", \"lifo\", "
                 "\"fifo\", \"aligned-64\"}");
}

Test(micro, a_block_that_grows_past_its_neighbour_moves_and_one_byte_does_not)
{
    assay_ends(MICRO "--workloads realloc-moving,realloc-in-place "
                     "--subjects glibc",
               0, "moved");
    /* glibc's chunks are multiples of 16 bytes, 8 of them its own: a byte
     * less stays within the chunk; large ones are mapped and remapped. */
    expect_lines("all(line[\"moved_share\"] == 0 for line in of(\"glibc\") "
                 "if line[\"name\"] == \"realloc-in-place\")");
    expect_lines("all(line[\"moved_share\"] > 0.5 for line in of(\"glibc\") "
                 "if line[\"name\"] == \"realloc-moving\" and "
                 "line[\"size_bytes\"] <= 4096)");
}

Test(micro, the_json_has_medians_and_says_how_the_library_was_built)
{
    assay_ends(MICRO
               "--workloads usable-size --subjects jemalloc --json >all.json",
               0, "");
    shell_works("/usr/bin/python3 -c '\n"
                "import json, statistics\n"
                "all = json.load(open(\"all.json\"))\n"
                "assert all[\"format\"] == \"assay-micro\"\n"
                "assert all[\"library_build_type\"] in (\"debug\", "
                "\"release\")\n"
                "for one in all[\"benchmarks\"]:\n"
                "    if one[\"status\"] == \"ok\":\n"
                "        median = statistics.median("
                "one[\"repetitions_ns\"])\n"
                "        assert abs(one[\"median_ns\"] - median) < "
                "1e-6 * median\n"
                "'");
}

/* In one campaign: who stands beside whom changes nothing. */
Test(micro, who_misbehaves_has_a_status_and_no_time)
{
    static const char *const conditions[] = {
        "{line[\"status\"] for line in of(\"crash_at_300\") "
        "if line[\"name\"] == \"pair\"} == {\"crashed\"}",
        "\"timeout\" in statuses(\"hang_at_300\")",
        /* and was asked once */
        "\"not asked\" in of(\"hang_at_300\")[-1][\"message\"]",
        "statuses(\"exit_zero_at_once\") == {\"failed\"}",
        "statuses(\"nothing\") == {\"not-active\"}",
        "\"wrong-output\" in statuses(\"overlap\")",
        "{line[\"status\"] for line in of(\"dirty_calloc\") "
        "if line[\"name\"] == \"calloc-dirty\"} == "
        "{\"wrong-output\"}",
        "{line[\"status\"] for line in of(\"lose_on_realloc\") if "
        "line[\"name\"] == \"realloc-moving\"} == {\"wrong-output\"}",
    };

    assay_ends(MICRO "--workloads pair,calloc-dirty,realloc-moving,cold "
                     "--timeout 2 --subjects $BAD/crash_at_300.so,"
                     "$BAD/hang_at_300.so,$BAD/exit_zero_at_once.so,"
                     "$BAD/nothing.so,$BAD/overlap.so,$BAD/dirty_calloc.so,"
                     "$BAD/lose_on_realloc.so",
               1, "");
    schema_holds("$TMP/a");
    expect_lines("len(lines) % 10 == 0 and statuses(\"glibc\") == {\"ok\"}");
    for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++)
        expect_lines(conditions[i]);
}

Test(micro, a_subject_by_names_of_its_own_is_asked_what_it_has)
{
    assay_ends(MICRO "--workloads pair,usable-size,calloc-clean --subjects "
                     "$BAD/own_names.so@own_",
               0, "no malloc_usable_size");
    expect_lines("{line[\"status\"] for line in lines if "
                 "line[\"subject\"].startswith(\"own_names\") and "
                 "line[\"name\"] == \"pair\"} == {\"ok\"}");
}

Test(micro, a_resumed_campaign_runs_only_the_groups_that_are_missing)
{
    assay_ends(MICRO "--workloads lifo,fifo --subjects glibc", 0, "fifo");
    /* As a kill would leave it: the first group whole, the second torn. */
    shell_works("cd $TMP/a && grep -v '\"name\":\"fifo\"\\|\"kind\":"
                "\"end\"' results.jsonl >cut && "
                "grep '\"name\":\"fifo\"' results.jsonl | head -2 >>cut && "
                "grep '\"name\":\"lifo\"' cut >before && "
                "mv cut results.jsonl");
    assay_ends(MICRO "--resume --workloads lifo,fifo --subjects glibc", 0,
               "fifo");
    shell_works("cd $TMP/a && grep '\"name\":\"lifo\"' results.jsonl | "
                "cmp - before");
    expect_lines("len({(line[\"name\"], line[\"size_bytes\"], "
                 "line[\"subject\"]) for line in lines}) == 2 * 7 * 3");
    schema_holds("$TMP/a");
}

Test(micro, a_comparison_says_that_there_are_no_rows_to_compare)
{
    assay_ends(MICRO "--workloads cold --subjects glibc", 0, "cold");
    assay_ends("compare $TMP/a $TMP/a", 2, "micro-benchmarks");
}

Test(micro, what_there_is_not_is_refused_before_anything_runs)
{
    assay_ends("bench --micro --workloads pear", 2, "pair");
    assay_ends("bench --micro --counts", 2, "--counts");
    assay_ends("bench --micro --quick", 2, "--quick");
}
