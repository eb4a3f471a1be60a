/* manual.c - there is a manual page for every command, and it says what --help
 * says, where people look for it. */
#include <criterion/criterion.h>
#include <string.h>

#include "assay_run.h"

TestSuite(manual, .fini = test_folder_remove, .timeout = COMMAND_TEST_S);

/* Runs `body` for each command: $name, and $page, its file, are set. The
 * commands are those that `assay --help` shows. */
static void for_each_command(const char *body)
{
    outcome_ends(
        shell(
            "set -e; names=$(\"$ASSAY\" --help | sed -n '/^  assay/q; "
            "s/^  \\([a-z]*\\)  *[a-z].*/\\1/p'); test $(echo $names | wc -w) "
            "-ge 6; for name in $names; do "
            "page=\"$BUILD/harness/cli/assay-$name.1\"; %s; done",
            body),
        0, "");
}

/* What a reader sees, unjustified: long lines, and plain hyphens. */
#define RENDER "MANWIDTH=1000 man -Tascii -l \"$page\" | col -bx"

Test(manual, every_command_has_a_page_that_renders_without_warnings)
{
    for_each_command("test -s \"$page\"; "
                     "man --warnings -l \"$page\" >text 2>warnings; "
                     "test -s text; if grep . warnings; then exit 1; fi");
}

Test(manual, the_page_of_assay_names_every_command)
{
    for_each_command("page=\"$BUILD/harness/cli/assay.1\"; " RENDER " | "
                     "grep -q \"^ *assay-$name(1)\" || "
                     "{ echo $name; exit 1; }");
}

Test(manual, every_page_has_the_sections_that_people_look_for)
{
    for_each_command(RENDER " >text; for title in NAME SYNOPSIS DESCRIPTION "
                            "OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do "
                            "grep -qx \"$title\" text || "
                            "{ echo $name: $title; exit 1; }; done");
}

Test(manual, every_option_of_the_help_is_an_entry_of_the_page)
{
    for_each_command(
        RENDER
        " | sed -n '/^OPTIONS/,/^EXIT/p' >text; "
        "\"$ASSAY\" $name --help | "
        "grep -o '^  \\+-[^ ]*\\( --[^ ]*\\)*' | tr -s ' ' "
        "'\\n' | sed 's/,$//' | grep . >options; test $(wc -l <options) -ge 3; "
        "while read -r option; do "
        "grep -qE -- \"^ +(-., )?$option( |,|\\$)\" text || "
        "{ echo $name: $option; exit 1; }; done <options");
}

/* Every word of the help stands in the page, the options' words included. */
Test(manual, no_sentence_of_the_help_is_lost)
{
    for_each_command(
        RENDER " | tr -s ' \\n' '\\n' | tr -d \"'.,;\" | sort -u >text; "
               "\"$ASSAY\" $name --help | "
               "grep -v '^Usage:\\|^Exit status' | tr -s ' \\n' '\\n' | "
               "tr -d \"'.,;\" | grep '^[A-Za-z]\\{4,\\}$' | "
               "tr A-Z a-z | sort -u >words; tr A-Z a-z <text | sort -u >page; "
               "comm -23 words page >lost; if grep . lost; then echo $name; "
               "exit 1; fi");
}
