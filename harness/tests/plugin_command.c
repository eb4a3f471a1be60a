/* plugin_command.c - what `assay check` says of plug-ins: refusals that say
 * what to change, skips that are shown, and no pass that was not earned. */
#include <criterion/criterion.h>
#include <string.h>

#include "assay_run.h"

TestSuite(plugin_command, .fini = test_folder_remove, .timeout = 120);

/* `assay check PLUG-IN WORDS` ends with that status and says that. */
static void expect(const char *plugin, const char *words, int status,
                   const char *text)
{
    outcome_ends(assay("check \"$BAD/plugin_%s.so\" --seed 1 %s", plugin,
                       words),
                 status, text);
}

#define FEW "--filter OBJ-1,OBJ-3,OBJ-8,OBJ-21"

Test(plugin_command, what_behaves_meets_its_contract)
{
    expect("behaves", FEW, 0, "meets profile contract");
}

Test(plugin_command, another_abi_is_refused)
{
    expect("old_abi", FEW, 1,
           "has ABI 0, and assay/allocator.h of this Assay is ABI 1: compile "
           "it anew with that header");
}

Test(plugin_command, a_null_that_is_promised_is_refused)
{
    expect("promises_null", FEW, 1,
           "claims FREE and its free() is NULL: set it, or leave the bit out "
           "of `can`");
    expect("lacks_alloc", FEW, 1, "its alloc() is NULL, which every plug-in");
}

Test(plugin_command, a_table_without_sense_is_refused)
{
    expect("nameless", FEW, 1, "has no name: set `name`");
    expect("aligns_to_3", FEW, 1, "both must be powers of two");
}

Test(plugin_command, nothing_of_what_is_refused_passes)
{
    struct outcome outcome = assay("check $BAD/plugin_old_abi.so --json -");

    cr_assert_eq(outcome.status, 1, "%s", outcome.err);
    cr_assert_null(strstr(outcome.out, "\"pass\""), "%s", outcome.out);
    outcome_free(&outcome);
}

Test(plugin_command, an_entry_that_is_not_claimed_is_noticed)
{
    expect("hides_reset", FEW, 1,
           "has a reset() and does not claim RESET: add the bit");
}

Test(plugin_command, what_gives_nothing_passes_nothing_that_is_asked_of_it)
{
    expect("gives_null", "--filter OBJ-1", 1, "the backend refused nothing");
}

Test(plugin_command, what_is_not_given_back_is_noticed)
{
    expect("leaks", "--filter OBJ-8", 1, "destroy() kept ");
}

Test(plugin_command, a_crash_on_loading_is_a_crash_of_each_check)
{
    expect("crashes", "--filter OBJ-1", 1, "OBJ-1 crash");
}

Test(plugin_command, what_is_not_claimed_is_skipped_in_sight)
{
    expect("behaves", "--filter OBJ-1,OBJ-5", 0,
           "unclaimed: the plug-in does not claim RESET");
    expect("behaves", "--filter OBJ-1,OBJ-5", 0, "not claimed: 1");
    expect("behaves", "--filter OBJ-1,OBJ-5 --json -", 0,
           "\"finding\":\"not claimed\"");
}

Test(plugin_command, who_claims_nothing_of_what_is_asked_does_not_pass)
{
    expect("behaves", "--filter OBJ-5,OBJ-6", 1, "does not meet");
}

Test(plugin_command, a_malloc_is_checked_behind_a_prefix_and_by_its_path)
{
    assay_ends("check plugin:$BAD/own_names.so@own_ --filter OBJ-1", 1,
               "has no own_posix_memalign");
    assay_ends("check plugin:reference --filter OBJ-1,OBJ-17", 0, "");
    assay_ends("check plugin:pyobject", 2, "");
}

/* GC-1 plays in a child of the probe's, GC-35 all others in one each. */
Test(plugin_command, an_exit_within_a_check_of_a_collector_is_no_pass)
{
    struct outcome outcome = assay("check \"$BAD/exit_on_store.so\" --seed 1 "
                                   "--filter GC-1,GC-2,GC-35b,GC-38 --json -");

    cr_assert_eq(outcome.status, 1, "%s%s", outcome.out, outcome.err);
    cr_assert_null(strstr(outcome.out, "\"pass\""), "%s", outcome.out);
    cr_assert_not_null(strstr(outcome.out, "something called exit()"), "%s",
                       outcome.out);
    cr_assert_not_null(strstr(outcome.out, "a call of exit(0)"), "%s",
                       outcome.out);
    outcome_free(&outcome);
}
