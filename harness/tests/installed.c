/* installed.c - what `meson install` puts somewhere else works there. */
#include <criterion/criterion.h>
#include <string.h>

#include "assay_run.h"

TestSuite(installed, .fini = test_folder_remove, .timeout = COMMAND_TEST_S);

Test(installed, an_installed_tree_may_be_moved_and_still_finds_its_parts)
{
    struct outcome outcome =
        shell("DESTDIR=$TMP/tree meson install -C \"$BUILD\" --no-rebuild "
              "--quiet && mv $TMP/tree $TMP/moved");

    cr_assert_eq(outcome.status, 0, "%s%s", outcome.out, outcome.err);
    outcome_free(&outcome);
    outcome = shell("$(find $TMP/moved -name assay -type f) bench --subjects "
                    "reference --out $TMP/out " SHORT);
    cr_assert_eq(outcome.status, 0, "%s", outcome.err);
    outcome_free(&outcome);
    outcome = shell("grep -c \"$TMP/moved.*libassay-malloc.so\" "
                    "$TMP/out/results.jsonl");
    cr_assert_eq(outcome.status, 0, "the reference came from elsewhere");
    outcome_free(&outcome);
    outcome = shell(
        "cd $TMP && PKG_CONFIG_PATH=$(dirname $(find $TMP/moved -name "
        "assay.pc)) && export PKG_CONFIG_PATH && cc -Wall -Werror -shared "
        "-fPIC $(pkg-config --define-prefix --cflags assay) -o bump.so "
        "$PARTS/../../suites/conformance/allocator/example/bump.c && "
        "$(find $TMP/moved -name assay -type f) check ./bump.so --filter "
        "OBJ-1,OBJ-8");
    cr_assert_eq(outcome.status, 0, "%s%s", outcome.out, outcome.err);
    outcome_free(&outcome);
}
