/* compare.c - what is called between two campaigns is what was put there. */
#include "compare.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCKS = 12, SUBJECTS = 4 };

static const char *const names[] = { "glibc", "mine", "glibc.twin", "floor" };
static const char *const rows[] = { "one", "two", "three" };

/* A campaign as a folder holds it: glibc takes 100 ns, mine what is said. */
struct made {
    double mine[3]; /* on each row; 0: it crashes */
    double machine; /* scales all times: a slower day */
    double scale;
    unsigned blocks;
    unsigned version; /* of the workloads */
    const char *kernel;
};

static const struct made plain = {
    .mine = { 60, 60, 60 },
    .machine = 1,
    .scale = 1,
    .blocks = BLOCKS,
    .version = 1,
    .kernel = "6.1",
};

static json_t *header(const struct made *made)
{
    json_t *subjects = json_array(), *list = json_array();

    for (int i = 0; i < SUBJECTS; i++)
        json_array_append_new(subjects,
                              json_pack("{s:s, s:b, s:b, s:s, s:s}", "name",
                                        names[i], "twin", i == 2, "floor",
                                        i == 3, "sha256", "00", "version",
                                        "1"));
    for (int i = 0; i < 3; i++)
        json_array_append_new(list, json_pack("{s:s, s:b, s:i}", "name",
                                              rows[i], "program", 0, "version",
                                              (int)made->version));
    return json_pack(
        "{s:s, s:i, s:s, s:{s:o, s:o, s:s, s:i, s:f, s:i, s:b, s:[], s:s, "
        "s:s, s:{s:s}}}",
        "format", "assay-results", "version", RESULTS_VERSION, "started",
        "2026-11-21T00:00:00Z", "identity", "subjects", subjects, "rows", list,
        "baseline", "glibc", "blocks", (int)made->blocks, "scale", made->scale,
        "threads", 2, "quick", 1, "allocator_options", "cell_sha256", "11",
        "cell_b_sha256", "22", "machine", "kernel", made->kernel);
}

static json_t *line(const struct made *made, int row, int subject, int block)
{
    const double costs[SUBJECTS] = { 100, made->mine[row], 100, 20 };
    /* A mood of the block, and a spread of half a per cent of each cell. */
    double mood = 1 + 0.05 * (block % 4);
    double spread = 1 + 0.005 * ((block * 7 + subject * 3 + row) % 5 - 2);
    double wall = costs[subject] * mood * spread * made->machine;
    bool crash = costs[subject] == 0;

    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:i, s:s, s:{s:f, s:f, s:f, "
                     "s:f}}",
                     "kind", "time", "block", block, "row", rows[row],
                     "subject", names[subject], "status",
                     crash ? "crashed" : "ok", "code", crash ? 11 : 0,
                     "message", "", "figures", "wall_ns", wall, "cpu_ns", wall,
                     "operations", 10.0, "vm_hwm_bytes", 5e6);
}

static void campaign(const struct made *made, struct campaign_read *ret_read)
{
    char folder[] = "/tmp/assay-compare-XXXXXX";
    struct results_writer writer;
    struct failure failure;
    json_t *value = header(made);

    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(results_create(folder, value, &writer, &failure), 0, "%s",
                 failure.text);
    json_decref(value);
    for (int block = 1; block <= (int)made->blocks; block++)
        for (int row = 0; row < 3; row++)
            for (int subject = 0; subject < SUBJECTS; subject++) {
                value = line(made, row, subject, block);
                results_append(&writer, value, &failure);
                json_decref(value);
            }
    results_close(&writer);
    cr_assert_eq(campaign_read(folder, ret_read, &failure), 0, "%s",
                 failure.text);
    ret_read->folder = "folder";
    value = json_pack("s", folder);
    cr_assert_eq(unlink(
                     strcat(strcpy((char[64]){ 0 }, folder), "/" RESULTS_FILE)),
                 0);
    rmdir(json_string_value(value));
    json_decref(value);
}

static struct campaign_read before, after;

/* Compares the plain campaign with `made`, at 5 % on wall time. */
static struct comparison compared_with(const struct made *made)
{
    struct compare_request request = { .threshold = 0.05 };
    struct comparison comparison;
    struct failure failure;

    request.measures[MEASURE_WALL] = true;
    campaign(&plain, &before);
    campaign(made, &after);
    cr_assert_eq(comparison_make(&before, &after, &request, &comparison,
                                 &failure),
                 0, "%s", failure.text);
    return comparison;
}

static void end(struct comparison *comparison)
{
    comparison_free(comparison);
    campaign_read_free(&before);
    campaign_read_free(&after);
}

static const struct compared *found(const struct comparison *comparison,
                                    const char *subject, const char *row)
{
    for (size_t i = 0; i < comparison->count; i++)
        if (strcmp(comparison->list[i].subject, subject) == 0 &&
            strcmp(comparison->list[i].row, row) == 0)
            return &comparison->list[i];
    cr_assert(false, "%s on %s was not compared", subject, row);
    return NULL;
}

Test(compare, a_row_that_takes_a_tenth_more_is_a_regression)
{
    struct made slower = plain;
    struct comparison comparison;
    const struct compared *one;

    slower.mine[1] = 66;
    comparison = compared_with(&slower);
    one = found(&comparison, "mine", "two");
    cr_expect_eq(one->change, CHANGE_REGRESSION, "%s",
                 change_word(one->change));
    cr_expect_float_eq(one->ratio, 1.1, 0.005);
    cr_expect(one->low < 1.1 && one->high > 1.1);
    cr_expect_eq(found(&comparison, "mine", "one")->change, CHANGE_NONE);
    cr_expect(comparison_has_regression(&comparison));
    end(&comparison);
}

Test(compare, a_faster_row_is_an_improvement_and_no_finding)
{
    struct made faster = plain;
    struct comparison comparison;

    faster.mine[0] = 50;
    comparison = compared_with(&faster);
    cr_expect_eq(found(&comparison, "mine", "one")->change, CHANGE_IMPROVEMENT);
    cr_expect_not(comparison_has_regression(&comparison));
    end(&comparison);
}

Test(compare, a_significant_change_under_the_threshold_is_none)
{
    struct made slower = plain;
    struct comparison comparison;
    const struct compared *one;

    slower.mine[2] = 62;
    comparison = compared_with(&slower);
    one = found(&comparison, "mine", "three");
    cr_expect_eq(one->change, CHANGE_NONE);
    cr_expect_lt(one->p_adjusted, 0.05);
    cr_expect_not(comparison_has_regression(&comparison));
    end(&comparison);
}

Test(compare, a_slower_day_of_the_whole_machine_falls_out)
{
    struct made slow_day = plain;
    struct comparison comparison;

    slow_day.machine = 1.7;
    comparison = compared_with(&slow_day);
    for (size_t i = 0; i < comparison.count; i++)
        cr_expect_float_eq(comparison.list[i].ratio, 1, 1e-9, "%s",
                           comparison.list[i].row);
    cr_expect_not(comparison_has_regression(&comparison));
    end(&comparison);
}

Test(compare, a_row_that_crashes_now_is_broken_and_a_finding)
{
    struct made crashing = plain;
    struct comparison comparison;

    crashing.mine[0] = 0;
    comparison = compared_with(&crashing);
    cr_expect_eq(found(&comparison, "mine", "one")->change, CHANGE_BROKEN);
    cr_expect(comparison_has_regression(&comparison));
    end(&comparison);
}

Test(compare, two_blocks_are_too_few_for_any_call)
{
    struct made few = plain;
    struct comparison comparison;

    few.mine[0] = 600;
    few.blocks = 2;
    comparison = compared_with(&few);
    cr_expect_eq(found(&comparison, "mine", "one")->change, CHANGE_TOO_FEW);
    end(&comparison);
}

Test(compare, the_twin_is_the_control_and_is_never_a_finding)
{
    struct comparison comparison = compared_with(&plain);

    cr_expect(found(&comparison, "glibc.twin", "one")->control);
    cr_expect_not(found(&comparison, "mine", "one")->control);
    end(&comparison);
}

static void refused(const struct made *made, const char *field)
{
    char *allowed[] = { (char *)field, NULL };
    struct failure failure = { "" };

    campaign(&plain, &before);
    campaign(made, &after);
    cr_assert_eq(compare_refusal(&before, &after, NULL, &failure), -1);
    cr_expect_not_null(strstr(failure.text, field), "%s", failure.text);
    cr_expect_not_null(strstr(failure.text, "--allow"), "%s", failure.text);
    cr_expect_eq(compare_refusal(&before, &after, allowed, &failure), 0);
    campaign_read_free(&before);
    campaign_read_free(&after);
}

Test(compare, another_machine_is_refused_unless_allowed)
{
    struct made other = plain;

    other.kernel = "6.2";
    refused(&other, "machine");
}

Test(compare, another_scale_is_refused_unless_allowed)
{
    struct made other = plain;

    other.scale = 2;
    refused(&other, "scale");
}

Test(compare, another_version_of_a_workload_is_refused_unless_allowed)
{
    struct made other = plain;

    other.version = 2;
    refused(&other, "workloads");
}

Test(compare, json_and_dashboard_hold_every_compared_row)
{
    struct comparison comparison = compared_with(&plain);
    json_t *all = comparison_to_json(&comparison);
    json_t *entries = comparison_to_entries(&comparison);

    cr_assert_not_null(all);
    cr_expect_eq(json_array_size(json_object_get(all, "rows")),
                 comparison.count);
    cr_expect_eq(json_array_size(entries), 3, "one a row of `mine`");
    cr_expect_float_eq(
        json_number_value(json_object_get(json_array_get(entries, 0), "value")),
        0.6, 0.005);
    json_decref(entries);
    json_decref(all);
    end(&comparison);
}
