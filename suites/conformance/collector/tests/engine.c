/* engine.c - scripts are reproducible, texts are cut down to what matters, and
 * a collector that is wrong is found by a script of a few words. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../engine/testing.h"
#include "../../engine/words.h"

/* ---- what scripts need of the probe ---- */

const struct assay_collector *subject = &(const struct assay_collector){
    .generations = 3, .can = ASSAY_COLLECTOR_WEAK | ASSAY_COLLECTOR_EPHEMERON
};
struct counting_backend check_backend;

/* No script is played here: the verdict is all that is wanted of them. */
enum verdict pass(struct check_run *run)
{
    (void)run;
    return VERDICT_PASS;
}

enum verdict fail(struct check_run *run, const char *format, ...)
{
    (void)run, (void)format;
    return VERDICT_FAIL;
}

enum verdict error(struct check_run *run, const char *format, ...)
{
    (void)run, (void)format;
    return VERDICT_ERROR;
}

/* ---- scripts ---- */

static struct script drawn(uint64_t seed)
{
    const struct script_plan plan = { .seed = seed,
                                      .operations = 5000,
                                      .kinds = (1u << WORLD_KINDS) - 1,
                                      .weak = true,
                                      .automatic = 5,
                                      .refuses = true,
                                      .freezes = true };
    struct script script;

    cr_assert_eq(script_draw(&script, &plan), 0);
    return script;
}

Test(script, the_same_seed_gives_the_same_script_and_another_seed_another)
{
    struct script one = drawn(7), same = drawn(7), other = drawn(8);

    cr_expect_str_eq(text_of(&one), text_of(&same));
    cr_expect_str_neq(text_of(&one), text_of(&other));
}

Test(script, every_operation_is_drawn_but_look)
{
    struct script script = drawn(2);
    unsigned drawn_times[SCRIPT_WORDS] = { 0 };

    for (size_t i = 0; i < script.count; i++)
        drawn_times[script.operations[i].word]++;
    for (unsigned word = 0; word < SCRIPT_WORDS; word++)
        cr_expect_eq(drawn_times[word] > 0, word != SCRIPT_LOOK, "word %u",
                     word);
}

Test(script, what_is_printed_and_parsed_is_the_same)
{
    struct script one = drawn(3), again = parsed(text_of(&one));

    cr_assert_eq(again.count, one.count);
    cr_expect_eq(memcmp(again.operations, one.operations,
                        one.count * sizeof(*one.operations)),
                 0);
}

Test(script, words_may_stand_on_lines_of_their_own)
{
    struct script script = parsed("\n r0=new(2,40)\tlook()\n\nr1.2=r3 \n");

    cr_assert_eq(script.count, 3);
    cr_expect_str_eq(text_of(&script), "r0=new(2,40) look() r1.2=r3");
}

Test(script, words_that_are_no_operations_are_refused)
{
    static const char *const wrong[] = { "r0=new(1)",   "r0=new(1,2", "collect",
                                         "r0=old(1,2)", "r0.0=none",  "r=none",
                                         "x0=none",     "hold(0)" };

    expect_refused(wrong, sizeof(wrong) / sizeof(*wrong));
}

/* ---- the shadow ---- */

/* One object, which is a root, and room for no more. */
static struct world full_world(void)
{
    static struct node node;
    static int root;

    node = (struct node){ .shape = WORLD_OBJECT };
    root = 0;
    return (struct world){
        .node = &node, .count = 1, .capacity = 1, .root = &root, .places = 1
    };
}

Test(world, a_shadow_that_is_full_is_the_check_s_error)
{
    struct world full[] = { full_world(), full_world(), full_world() };

    cr_expect_eq(world_new(&full[0], 0, WORLD_PLAIN, 0, 8), WORLD_NONE);
    cr_expect_eq(world_weak(&full[1], 0, 0, false), WORLD_NONE);
    cr_expect_eq(world_ephemeron(&full[2], 0, 0, 0), WORLD_NONE);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(world_verdict(NULL, &full[i]), VERDICT_ERROR,
                     "operation %d", i);
}

Test(world, a_complaint_of_the_subject_stays_its_failure)
{
    struct world world = full_world();

    world_complain(&world, "an object ended");
    world_weak(&world, 0, 0, false);
    world_trouble(&world, "the check's shadow is full");
    cr_expect_eq(world_verdict(NULL, &world), VERDICT_FAIL);
}

/* ---- shrinking ---- */

enum { WORDS = 400 };

/* w0 w1 ... with some of them replaced: `special` at every `each`-th. */
static char *many_words(const char *special, int each)
{
    char *text = check_map((size_t)WORDS * 8);
    size_t length = 0;

    for (int i = 0; i < WORDS; i++)
        if (i % each == each - 1)
            length += (size_t)sprintf(text + length, "%s ", special);
        else
            length += (size_t)sprintf(text + length, "w%d ", i);
    return text;
}

/* Two words, the one before the other. */
static bool two_matter(void *argument, const char *text)
{
    const char *first = strstr(text, "w31 ");

    (void)argument;
    return first != NULL && strstr(first, "w377 ") != NULL;
}

Test(words, shrinking_leaves_the_words_that_matter_in_their_order)
{
    struct words_shrinking shrinking = { .fails = two_matter,
                                         .attempts_max = 10000 };
    char *text = many_words("x", 100);

    cr_assert_eq(words_count(text), WORDS);
    cr_assert_eq(words_shrink(text, &shrinking), 0);
    cr_expect_str_eq(text, "w31 w377 ");
    cr_expect_eq(shrinking.words, 2);
    cr_expect_lt(shrinking.attempts, WORDS);
}

/* Any three of a word that is there 40 times. */
static bool three_matter(void *argument, const char *text)
{
    unsigned *asked = argument, found = 0;

    (*asked)++;
    for (; (text = strchr(text, 'x')) != NULL; text++)
        found++;
    return found >= 3;
}

Test(words, no_word_can_be_left_out_of_what_is_left)
{
    unsigned asked = 0;
    struct words_shrinking shrinking = { .fails = three_matter,
                                         .argument = &asked,
                                         .attempts_max = 10000 };
    char *text = many_words("x", 10);

    cr_assert_eq(words_shrink(text, &shrinking), 0);
    cr_expect_str_eq(text, "x x x ");
    cr_expect_leq(asked, shrinking.attempts);
}

Test(words, shrinking_that_may_not_go_on_leaves_a_text_that_fails)
{
    struct words_shrinking shrinking = { .fails = two_matter,
                                         .attempts_max = 6 };
    char *text = many_words("x", 100);

    cr_assert_eq(words_shrink(text, &shrinking), 0);
    cr_expect_eq(shrinking.attempts, 6);
    cr_expect(two_matter(NULL, text));
    cr_expect_eq(words_count(text), shrinking.words);
}

/* ---- a collector that is wrong ---- */

/* What the probe says of GC-1 with that fault. */
static const char *probe_says(const char *fault, const char *more)
{
    char command[4096];

    snprintf(command, sizeof(command),
             "\"$PROBE\" GC-1 --subject \"$WRONG/wrong-%s.so\" %s 2>&1", fault,
             more);
    return probe_answer(command);
}

enum { SCRIPT_BYTES = 512, SHORTER_BYTES = 2 * SCRIPT_BYTES };

static bool plays_well(const char *fault, const char *script)
{
    char more[SHORTER_BYTES + 64];
    const char *said;

    snprintf(more, sizeof(more), "--script '%s'", script);
    said = probe_says(fault, more);
    cr_assert(strstr(said, "GC-1: ok") != NULL ||
                  strstr(said, "GC-1: wrong-output") != NULL,
              "%s", said);
    return strstr(said, "GC-1: ok") != NULL;
}

/* The script that a failure shows, and how many words it says it has. */
static void shown_script(const char *said, char script[SCRIPT_BYTES],
                         unsigned *ret_left, unsigned *ret_before)
{
    const char *begin = strstr(said, "--script '"), *end;
    const char *figures = said;

    while ((figures = strstr(figures, "; ")) != NULL &&
           sscanf(figures, "; %u words of %u", ret_left, ret_before) != 2)
        figures++;
    cr_assert_not_null(figures, "%s", said);
    cr_assert_not_null(begin, "%s", said);
    begin += strlen("--script '");
    end = strchr(begin, '\'');
    cr_assert(end != NULL && end - begin < SCRIPT_BYTES, "%s", said);
    memcpy(script, begin, (size_t)(end - begin));
    script[end - begin] = '\0';
}

Test(collector, without_a_fault_random_programs_agree_with_the_shadow,
     .timeout = 60)
{
    cr_expect_not_null(strstr(probe_says("none", "--seed 1"), "GC-1: ok"));
}

static void is_found(const char *fault)
{
    char script[SCRIPT_BYTES];
    unsigned left, before;

    shown_script(probe_says(fault, "--seed 1"), script, &left, &before);
    cr_expect_eq(words_count(script), left);
    cr_expect_geq(left, 2);
    cr_expect_leq(left, 8, "%s", script);
    cr_expect_gt(before, left);
    cr_expect_not(plays_well(fault, script), "%s", script);
    cr_expect(plays_well("none", script), "%s", script);
}

Test(collector, one_that_forgets_the_newest_root_is_found, .timeout = 60)
{
    is_found("top_root_unmarked");
}

Test(collector, one_that_forgets_what_the_caller_holds_is_found, .timeout = 60)
{
    is_found("held_unmarked");
}

/* All words but the one at [at, ...); where the next one is. */
static size_t without_word(const char *script, size_t at,
                           char shorter[SHORTER_BYTES])
{
    size_t length = strcspn(script + at, " ");

    snprintf(shorter, SHORTER_BYTES, "%.*s%s", (int)at, script,
             script + at + length);
    return at + length + strspn(script + at + length, " ");
}

Test(collector, no_operation_of_its_script_can_be_left_out, .timeout = 60)
{
    char script[SCRIPT_BYTES], shorter[SHORTER_BYTES];
    unsigned left, before;

    shown_script(probe_says("held_unmarked", "--seed 1"), script, &left,
                 &before);
    for (size_t at = 0, next; script[at] != '\0'; at = next) {
        next = without_word(script, at, shorter);
        cr_expect(words_count(shorter) == 0 ||
                      plays_well("held_unmarked", shorter),
                  "'%s' of '%s'", shorter, script);
    }
}
