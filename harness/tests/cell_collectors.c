/* cell_collectors.c - rows of collectors do what they say under every collector
 * plug-in, and see what one does wrong.
 *
 * $COLLECTORS names the plug-ins, parted by colons; the second one is the
 * floor. Runs are small; of times nothing is asked. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell_runner.h"

enum { ROWS_MAX = 64, PLUGINS_MAX = 16, CELL_TEST_S = 150 };

TestSuite(cell_collectors, .timeout = CELL_TEST_S);

static struct asked_row {
    char name[64];
    size_t subjects_min; /* that can be asked it, of any two */
} rows[ROWS_MAX];
static size_t row_count;
static char *plugin[PLUGINS_MAX];
static size_t plugin_count;

static void take_rows(const json_t *workload)
{
    const char *kind = json_string_value(json_object_get(workload, "kind"));
    const char *name = json_string_value(json_object_get(workload, "name"));
    bool floorless = strcmp(name, "weak") == 0 || strcmp(name, "finalize") == 0;
    json_t *row;
    size_t i;

    if (strcmp(kind, "collector") != 0)
        return;
    json_array_foreach(json_object_get(workload, "rows"), i, row)
    {
        cr_assert_lt(row_count, ROWS_MAX);
        rows[row_count].subjects_min = floorless ? 1 : 2;
        snprintf(rows[row_count++].name, sizeof(rows[0].name), "%s",
                 json_string_value(json_object_get(row, "name")));
    }
}

static void read_list(void)
{
    cell_runner_list(take_rows);
    cr_assert_geq(row_count, 15);
    char *names = strdup(getenv("COLLECTORS"));
    for (char *at = strtok(names, ":"); at != NULL; at = strtok(NULL, ":"))
        plugin[plugin_count++] = at;
    cr_assert_geq(plugin_count, 2);
}

static struct cell_outcome run(const char *row, const char *path,
                               const char *mode, const char *scale)
{
    const char *const words[] = { row,   "--subject", path,          "--mode",
                                  mode,  "--seed",    "21",          "--scale",
                                  scale, "--quick",   "--collector", NULL };
    struct cell_outcome outcome;

    cr_assert_eq(cell_runner_run(&outcome, NULL, words), 0);
    cr_assert(outcome.sealed, "%s under %s: no record, exit %d", row, path,
              outcome.exit_status);
    return outcome;
}

/* The only reason for not being asked is a capability that is not claimed. */
static bool is_asked(const char *row, const char *path,
                     const struct cell_outcome *outcome)
{
    if (outcome->record.status == STATUS_UNSUPPORTED) {
        cr_assert_not_null(strstr(outcome->record.message, "the collector "),
                           "%s", outcome->record.message);
        return false;
    }
    cr_assert_eq(outcome->record.status, STATUS_OK, "%s under %s: %s: %s", row,
                 path, status_word(outcome->record.status),
                 outcome->record.message);
    return true;
}

static void expect_the_same(const char *mode, const char *scale)
{
    read_list();
    for (size_t i = 0; i < row_count; i++) {
        uint64_t digest = 0;
        size_t asked = 0;

        for (size_t p = 0; p < plugin_count; p++) {
            struct cell_outcome outcome =
                run(rows[i].name, plugin[p], mode, scale);

            if (!is_asked(rows[i].name, plugin[p], &outcome))
                continue;
            cr_assert_gt(record_get(&outcome.record, "operations", 0), 0);
            if (asked++ == 0)
                digest = outcome.record.digest;
            cr_assert_eq(outcome.record.digest, digest, "%s under %s",
                         rows[i].name, plugin[p]);
        }
        cr_assert_geq(asked, rows[i].subjects_min, "%s", rows[i].name);
    }
}

Test(cell_collectors, every_row_passes_its_checked_run_under_every_collector)
{
    expect_the_same("shadow", "1");
}

/* A checked run is cut to its bounds; this one is not. */
Test(cell_collectors, every_row_asks_the_same_of_every_collector)
{
    expect_the_same("time", "0.002");
}

Test(cell_collectors, the_reference_is_asked_every_row)
{
    read_list();
    for (size_t i = 0; i < row_count; i++) {
        const char *row = rows[i].name;
        struct cell_outcome outcome = run(row, plugin[0], "shadow", "1");

        cr_assert(is_asked(row, plugin[0], &outcome), "%s", row);
    }
}

static void expect(const char *library, const char *row, enum status status)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s.so", getenv("BAD"), library);
    struct cell_outcome outcome = run(row, path, "shadow", "1");
    cr_expect_eq(outcome.record.status, status, "%s under %s: %s: %s", row,
                 library, status_word(outcome.record.status),
                 outcome.record.message);
}

/* full keeps handles of what the stores keep: a lost one would end in a crash,
 * which is no answer either. */
Test(cell_collectors, a_graph_that_is_not_what_was_built_is_a_wrong_output)
{
    static const char *const graphs[] = { "cascade-list", "cascade-tree",
                                          "gcbench-like", "binary-trees",
                                          "build",        "pauses-10k" };

    for (size_t i = 0; i < sizeof(graphs) / sizeof(graphs[0]); i++) {
        expect("lose_stores", graphs[i], STATUS_WRONG_OUTPUT);
        expect("share_payloads", graphs[i], STATUS_WRONG_OUTPUT);
    }
    expect("share_payloads", "full-live-random", STATUS_WRONG_OUTPUT);
    expect("share_payloads", "full-dead-pairs", STATUS_WRONG_OUTPUT);
    expect("share_payloads", "refcount-cold", STATUS_WRONG_OUTPUT);
    expect("share_payloads", "quads", STATUS_WRONG_OUTPUT);
    expect("share_payloads", "full-live-tree", STATUS_WRONG_OUTPUT);
    expect("share_payloads", "full-dead-ring", STATUS_WRONG_OUTPUT);
}

Test(cell_collectors, a_dead_referent_and_a_lost_finalizer_are_wrong_outputs)
{
    expect("keep_referents", "weak-clear", STATUS_WRONG_OUTPUT);
    expect("keep_referents", "weak-callback", STATUS_WRONG_OUTPUT);
    expect("lose_referents", "weak-get", STATUS_WRONG_OUTPUT);
    expect("lose_referents", "weak-make", STATUS_WRONG_OUTPUT);
    expect("lose_callbacks", "weak-callback", STATUS_WRONG_OUTPUT);
    expect("swap_callbacks", "weak-callback", STATUS_WRONG_OUTPUT);
    expect("lose_finalizers", "finalize-run", STATUS_WRONG_OUTPUT);
    expect("finalize_twice", "finalize-run", STATUS_WRONG_OUTPUT);
    expect("lose_finalizers", "finalize-resurrect", STATUS_WRONG_OUTPUT);
    expect("share_payloads", "finalize-resurrect", STATUS_WRONG_OUTPUT);
    expect("lose_stores", "finalize-make", STATUS_WRONG_OUTPUT);
}

Test(cell_collectors, one_without_memory_has_failed)
{
    expect("refuse_objects", "build", STATUS_FAILED);
    expect("refuse_objects", "full-live-list", STATUS_FAILED);
}

Test(cell_collectors, a_table_of_another_abi_is_not_active)
{
    expect("old_table", "roots", STATUS_NOT_ACTIVE);
}

Test(cell_collectors, a_malloc_and_a_collector_are_asked_rows_of_their_own)
{
    read_list();
    struct cell_outcome outcome = run("pair-48", plugin[0], "time", "0.01");

    cr_expect_eq(outcome.record.status, STATUS_UNSUPPORTED);
}
