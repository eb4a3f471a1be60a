/* guide_blocks.c - each code block of the guide that prints something: the
 * reference (edition py313) prints the same. */
#include "guide.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(guide, .timeout = 60);

static void expect_row(const struct guide_row *row)
{
    char *answer = guide_answer(row, "py313");
    const char *right = row->instead ? row->instead : row->text;
    cr_expect(strcmp(answer, right) == 0, "%s: %s is %s, expected %s",
              row->block, row->expression, answer, right);
    free(answer);
}

static void expect_block(const char *block)
{
    const struct guide_row *row;
    size_t rows = 0;
    for (size_t i = 0; (row = guide_row(i)); i++)
        if (strcmp(row->block, block) == 0) {
            expect_row(row);
            rows++;
        }
    cr_expect(rows > 0, "no block is called %s", block);
}

Test(guide, instances_have_the_guides_sizes)
{
    expect_block("10.2 class");
}

Test(guide, instances_with_slots_have_the_guides_sizes)
{
    expect_block("10.3 slots");
}

Test(guide, ints_have_the_guides_sizes)
{
    expect_block("10.4 int");
}

Test(guide, bools_are_two_ints_that_are_shared)
{
    expect_block("10.4 bool");
}

Test(guide, strings_have_the_guides_sizes)
{
    expect_block("10.4 str");
}

Test(guide, lists_have_the_guides_sizes)
{
    expect_block("10.4 list");
}

Test(guide, lists_grow_as_the_guide_prints)
{
    expect_block("10.4 list growth");
}

Test(guide, tuples_have_the_guides_sizes)
{
    expect_block("10.4 tuple");
}

Test(guide, sets_have_the_guides_sizes)
{
    expect_block("10.4 set");
}

Test(guide, sets_grow_as_the_guide_prints)
{
    expect_block("10.4 set growth");
}

Test(guide, dicts_have_the_guides_sizes)
{
    expect_block("10.4 dict");
}

Test(guide, dicts_grow_as_the_guide_prints)
{
    expect_block("10.4 dict growth");
}

Test(guide, equal_values_are_one_object_where_the_guide_says)
{
    expect_block("11.3 identity");
}

Test(guide, a_weak_reference_gives_none_after_the_death)
{
    expect_block("11.4 weak references");
}

Test(guide, a_debugged_cycle_is_found_and_finalized)
{
    expect_block("11.5 debug flags");
}

Test(guide, an_exception_unwinds_to_the_function_that_catches_it)
{
    expect_block("11.6 exceptions");
}

Test(guide, a_new_list_may_have_the_address_of_a_dead_one)
{
    expect_block("12.2 free lists");
}

Test(guide, interned_strings_are_one_object)
{
    expect_block("12.3 interning");
}

Test(guide, thresholds_are_those_of_the_guide)
{
    expect_block("12.4 thresholds");
}

Test(guide, callbacks_hear_of_start_and_stop)
{
    expect_block("12.6 callbacks");
}
