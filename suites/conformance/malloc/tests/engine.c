/* engine.c - scripts are reproducible, faults are found and cut down, and
 * limits of time are as long as the machine's load wants them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../engine/testing.h"
#include "../../engine/words.h"

static struct script drawn(uint64_t seed, enum script_order order)
{
    const struct script_plan plan = { .seed = seed,
                                      .operations = 5000,
                                      .slots = 100,
                                      .threads = 4,
                                      .order = order,
                                      .size_max = 100000 };
    struct script script;

    cr_assert_eq(script_draw(&script, &plan), 0);
    return script;
}

Test(engine, the_same_seed_gives_the_same_script_and_another_seed_another)
{
    for (unsigned order = 0; order < ORDERS; order++) {
        struct script one = drawn(7, order), same = drawn(7, order);
        struct script other = drawn(8, order);

        cr_expect_str_eq(text_of(&one), text_of(&same));
        cr_expect_str_neq(text_of(&one), text_of(&other));
    }
}

Test(engine, a_script_that_is_printed_and_parsed_is_the_same)
{
    struct script one = drawn(3, ORDER_MIXED), again = parsed(text_of(&one));

    cr_assert_eq(again.count, one.count);
    cr_expect_str_eq(text_of(&again), text_of(&one));
}

Test(engine, words_that_are_no_operations_are_refused)
{
    static const char *const wrong[] = { "p0=malloc(48",  "p0=malloc()",
                                         "q0=malloc(48)", "@8 free(p0)",
                                         "free(p65536)",  "frei(p0)" };

    expect_refused(wrong, sizeof(wrong) / sizeof(*wrong));
}

/* Fails where a malloc(11) comes before a free of p5: whatever is left of a
 * text has a meaning. */
static bool two_matter(void *argument, const char *text)
{
    struct script script = parsed(text);
    bool first = false;

    (void)argument;
    for (size_t i = 0; i < script.count; i++) {
        const struct operation *operation = &script.operations[i];

        first |= operation->kind == OPERATION_MALLOC && operation->size == 11;
        if (first && operation->kind == OPERATION_FREE && operation->slot == 5)
            return true;
    }
    return false;
}

Test(engine, shrinking_leaves_only_the_operations_that_matter)
{
    struct script script = drawn(1, ORDER_MIXED);
    struct words_shrinking shrinking = { .fails = two_matter,
                                         .attempts_max = 10000 };
    char *text;

    script.operations[100] =
        (struct operation){ .kind = OPERATION_MALLOC, .slot = 9, .size = 11 };
    script.operations[4000] =
        (struct operation){ .kind = OPERATION_FREE, .slot = 5 };
    text = text_of(&script);
    cr_assert_eq(words_shrink(text, &shrinking), 0);
    cr_expect_eq(shrinking.words, 2, "%s", text);
    cr_expect(two_matter(NULL, text), "%s", text);
}

/* What the probe says of that check under the faulty library. */
static const char *probe_says(const char *fault, const char *check,
                              const char *more)
{
    char command[2048];

    snprintf(command, sizeof(command),
             "FAULT=%s LD_PRELOAD=%s %s %s --subject %s %s 2>&1", fault,
             getenv("FAULTY"), getenv("PROBE"), check, getenv("FAULTY"), more);
    return probe_answer(command);
}

Test(engine, without_a_fault_the_checks_pass, .timeout = 120)
{
    cr_expect_not_null(strstr(probe_says("none", "INT-1", ""), "INT-1: ok"));
    cr_expect_not_null(strstr(probe_says("none", "XTF-2", ""), "XTF-2: ok"));
    cr_expect_not_null(strstr(probe_says("none", "TEX-1", ""), "TEX-1: ok"));
}

Test(engine, an_overlap_is_cut_down_to_a_few_operations_that_replay,
     .timeout = 120)
{
    const char *said = probe_says("overlap", "INT-1", "");
    const char *script = strstr(said, "--script '");
    char again[1024];
    unsigned words = 1;

    cr_assert_not_null(strstr(said, "overlaps"), "%s", said);
    cr_assert_not_null(script, "%s", said);
    snprintf(again, sizeof(again), "%s", script);
    again[strcspn(again, "\n")] = '\0';
    for (const char *at = again + strlen("--script "); *at != '\0'; at++)
        words += *at == ' ';
    cr_expect_leq(words, 4, "%s", again);
    said = probe_says("overlap", "INT-1", again);
    cr_expect_not_null(strstr(said, "wrong-output"), "%s", said);
    said = probe_says("none", "INT-1", again);
    cr_expect_not_null(strstr(said, "INT-1: ok"), "%s", said);
}

Test(engine, a_lost_remote_free_fails_XTF_2, .timeout = 120)
{
    const char *said = probe_says("lost", "XTF-2", "");

    cr_expect_not_null(strstr(said, "XTF-2: wrong-output"), "%s", said);
}

Test(engine, a_cache_that_is_kept_when_its_thread_ends_fails_TEX_1,
     .timeout = 120)
{
    const char *said = probe_says("cache", "TEX-1", "");

    cr_expect_not_null(strstr(said, "TEX-1: wrong-output"), "%s", said);
}

Test(engine, one_that_exits_at_the_end_of_memory_fails_OOM_8, .timeout = 120)
{
    const char *said = probe_says("exit", "OOM-8", "");

    cr_expect_not_null(strstr(said, "OOM-8: wrong-output: ended by a call of "
                                    "exit(0)"),
                       "%s", said);
}

/* Of each of the ways in which checks start children, one at least. */
Test(engine, a_child_that_exits_within_a_check_passes_none, .timeout = 120)
{
    static const char *const checks[] = { "INT-1", "FRK-1", "FRK-2", "FRK-3",
                                          "FRK-4", "FRK-9", "COV-3", "COV-4",
                                          "COV-7", "OOM-8", "OOM-9", "ERR-4" };

    for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
        const char *said = probe_says("quit", checks[i], "--repeat 1");

        cr_expect(strstr(said, "wrong-output") != NULL ||
                      strstr(said, "cannot be made to fail here") != NULL,
                  "%s", said);
        cr_expect_null(strstr(said, ": ok"), "%s", said);
    }
    cr_expect_not_null(strstr(probe_says("quit", "HRD-12", ""),
                              "DETECTED-abort: a call of exit(0)"));
}

/* No program ends in no time; and all do that are waited for. */
static void expect_limits(const char *check)
{
    const char *said = probe_says("none", check, "--patience 0");

    cr_expect_not_null(strstr(said, "wrong-output"), "%s", said);
    said = probe_says("none", check, "--patience 800");
    cr_expect_not_null(strstr(said, ": ok"), "%s", said);
}

Test(limits, of_forked_and_spawned_processes_are_as_the_patience,
     .timeout = 120)
{
    expect_limits("FRK-1");
    expect_limits("FRK-2");
    expect_limits("FRK-8");
    expect_limits("EXI-1");
}

Test(limits, of_processes_whose_calls_fail_are_as_the_patience, .timeout = 120)
{
    const char *said = probe_says("none", "ERR-4", "--patience 0");

    if (strstr(said, "unsupported") != NULL)
        cr_skip_test("%s", said);
    expect_limits("ERR-4");
}
