/* installed.c - what `meson install` puts somewhere else works there. */
#include <criterion/criterion.h>
#include <string.h>

#include "assay_run.h"

TestSuite(installed, .fini = test_folder_remove, .timeout = COMMAND_TEST_S);

Test(installed, an_installed_tree_may_be_moved_and_still_finds_its_parts)
{
    shell_works("DESTDIR=$TMP/tree meson install -C \"$BUILD\" --no-rebuild "
                "--quiet && mv $TMP/tree $TMP/moved");
    shell_works("$(find $TMP/moved -name assay -type f) bench --subjects "
                "reference --out $TMP/out " SHORT);
    /* The reference comes from there. */
    shell_works("grep -c \"$TMP/moved.*libassay-malloc.so\" "
                "$TMP/out/results.jsonl");
    shell_works(
        "cd $TMP && PKG_CONFIG_PATH=$(dirname $(find $TMP/moved -name "
        "assay.pc)) && export PKG_CONFIG_PATH && cc -Wall -Werror -shared "
        "-fPIC $(pkg-config --define-prefix --cflags assay) -o bump.so "
        "$PARTS/../../suites/conformance/allocator/example/bump.c && "
        "$(find $TMP/moved -name assay -type f) check ./bump.so --filter "
        "OBJ-1,OBJ-8");
}
