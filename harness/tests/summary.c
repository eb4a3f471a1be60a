/* summary.c - effects are those that were put into the lines. */
#include "summary.h"

#include <criterion/criterion.h>
#include <string.h>

enum { BLOCKS = 12 };

/* glibc takes 100, the subject 60, the floor 20; a block's mood scales all. */
static const double costs[] = { 100, 60, 100, 20 };
static const char *const names[] = { "glibc", "mine", "glibc.twin", "floor" };

static json_t *header(void)
{
    json_t *subjects = json_array();

    for (int i = 0; i < 4; i++)
        json_array_append_new(subjects,
                              json_pack("{s:s, s:b, s:b}", "name", names[i],
                                        "twin", i == 2, "floor", i == 3));
    return json_pack("{s:{s:o, s:[{s:s, s:b}, {s:s, s:b}], s:s, s:i}}",
                     "identity", "subjects", subjects, "rows", "name", "one",
                     "program", 0, "name", "two", "program", 0, "baseline",
                     "glibc", "blocks", (int)BLOCKS);
}

static json_t *line(const char *row, int subject, int block, const char *status)
{
    double mood = 1 + 0.001 * (block % 5) + 0.0001 * subject * (block % 3);
    double wall = costs[subject] * mood;

    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:i, s:s, s:{s:f, s:f, s:f, "
                     "s:f, s:f}}",
                     "kind", "time", "block", block, "row", row, "subject",
                     names[subject], "status", status, "code", 11, "message",
                     "it says so", "figures", "wall_ns", wall, "cpu_ns", wall,
                     "operations", 10.0, "vm_hwm_bytes", 5e6, "harness_bytes",
                     1e6);
}

static struct results results_made(void)
{
    struct results results = { .header = header(), .lines = json_array() };

    for (int block = 1; block <= BLOCKS; block++)
        for (int subject = 0; subject < 4; subject++) {
            /* On row two the subject crashes once, in the last block. */
            int crash = subject == 1 && block == BLOCKS;

            json_array_append_new(results.lines,
                                  line("one", subject, block, "ok"));
            json_array_append_new(results.lines,
                                  line("two", subject, block,
                                       crash ? "crashed" : "ok"));
        }
    return results;
}

static struct summary made(struct results *ret_results)
{
    struct summary summary;
    struct failure failure;

    *ret_results = results_made();
    cr_assert_eq(summary_make(ret_results, &summary, &failure), 0);
    return summary;
}

Test(summary, gross_and_net_effects_are_those_of_the_lines)
{
    struct results results;
    struct summary summary = made(&results);
    const struct summary_cell *mine = &summary.rows[0].cells[1];

    cr_expect_float_eq(mine->effect[MEASURE_WALL].ratio, 0.6, 0.001);
    cr_expect_float_eq(mine->effect[MEASURE_NET].ratio, 0.5, 0.001);
    cr_expect_float_eq(mine->floor_ratio, 2.0, 0.01);
    cr_expect_float_eq(mine->memory_bytes, 4e6, 1);
    cr_expect_eq(mine->effect[MEASURE_WALL].verdict, STATISTICS_FASTER);
    cr_expect_float_eq(summary.rows[0].allocator_share, 0.8, 0.001);
    cr_expect_eq(summary.twin_judged, 2);
    cr_expect_eq(summary.twin_called, 0);
    summary_free(&summary);
    results_free(&results);
}

Test(summary, one_crash_in_the_last_block_takes_the_row_its_time)
{
    struct results results;
    struct summary summary = made(&results);
    const struct summary_cell *mine = &summary.rows[1].cells[1];

    cr_expect_eq(mine->status, STATUS_CRASHED);
    cr_expect_eq(mine->code, 11);
    cr_expect_not(mine->has_effect[MEASURE_WALL]);
    cr_expect(summary_has_finding(&summary));
    summary_free(&summary);
    results_free(&results);
}

Test(summary, a_line_of_a_row_that_the_header_lacks_is_refused)
{
    struct results results = results_made();
    struct summary summary;
    struct failure failure;

    json_array_append_new(results.lines, line("three", 1, 1, "ok"));
    cr_assert_eq(summary_make(&results, &summary, &failure), -1);
    cr_assert_not_null(strstr(failure.text, "three"));
    results_free(&results);
}

/* Medians of 1, 2, ... over the blocks; the floor says nothing. */
Test(summary, pauses_and_garbage_are_medians_over_the_blocks)
{
    struct results results = results_made();
    struct summary summary;
    struct failure failure;
    const json_t *at;
    size_t i;
    char text[ASIDE_ROOM];

    json_array_foreach(results.lines, i, at)
    {
        double block = json_number_value(json_object_get(at, "block"));
        json_t *figures = json_object_get(at, "figures");

        if (strcmp(json_string_value(json_object_get(at, "subject")), "mine"))
            continue;
        json_object_set_new(figures, "gap_count", json_real(7));
        json_object_set_new(figures, "gap_p50_ns", json_real(30e3));
        json_object_set_new(figures, "gap_p99_ns", json_real(900e3));
        json_object_set_new(figures, "gap_max_ns", json_real(block * 1e6));
        json_object_set_new(figures, "utilisation_10ms_share", json_real(0.25));
        json_object_set_new(figures, "live_end_objects", json_real(120));
        json_object_set_new(figures, "reachable_end_objects", json_real(100));
    }
    cr_assert_eq(summary_make(&results, &summary, &failure), 0);
    cr_expect(aside_text(summary.rows[0].cells[1].aside, text, sizeof(text)));
    cr_expect_str_eq(text,
                     "7 pauses, p50 30 us, p99 900 us, longest 6.50 ms; of the "
                     "worst 10 ms the program had 25 %; 20 objects of garbage "
                     "at the end, beside 100 that could be reached");
    cr_expect_not(
        aside_text(summary.rows[0].cells[0].aside, text, sizeof(text)));
    cr_expect_str_empty(text);
    summary_free(&summary);
    results_free(&results);
}
