/* debug_oracle.c - dressed blocks and reports beside those of the real
 * libpython: one script, built twice, run twice. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { LINE = 16 << 10, TEXT = 16 << 10 };

static FILE *run(const char *variable, const char *argument)
{
    char command[4096];
    const char *program = getenv(variable);
    if (!program || !*program)
        cr_skip_test("libpython3.11-dev is not installed: there is nothing "
                     "to compare with");
    /* A sanitizer would make an exit status of a crash. */
    snprintf(command, sizeof command,
             "ASAN_OPTIONS=\"$ASAN_OPTIONS:handle_segv=0\" exec '%s' %s%s%s "
             "2>&1",
             program, argument ? "'" : "", argument ? argument : "",
             argument ? "'" : "");
    FILE *output = popen(command, "r");
    cr_assert(output);
    return output;
}

Test(debug_oracle, every_byte_of_a_dressed_block_is_as_in_cpython,
     .timeout = 60)
{
    static char theirs[LINE], ours[LINE];
    FILE *real = run("DEBUG_SCRIPT_CPYTHON", NULL);
    FILE *reference = run("DEBUG_SCRIPT_OURS", NULL);
    unsigned lines = 0;

    while (fgets(theirs, sizeof theirs, real)) {
        cr_assert(fgets(ours, sizeof ours, reference), "ours ends at line %u",
                  lines);
        lines++;
        cr_assert_str_eq(ours, theirs, "line %u", lines);
    }
    cr_assert_null(fgets(ours, sizeof ours, reference));
    cr_assert(pclose(real) == 0 && pclose(reference) == 0);
    cr_assert_gt(lines, 1500);
}

/* The shell may have made an exit status of the signal. */
static bool was_killed(int status)
{
    return WIFSIGNALED(status) ||
           (WIFEXITED(status) && WEXITSTATUS(status) > 128);
}

/* What was wrong, after "Fatal ... error: function: ". */
static char *phrase(const char *variable, const char *misuse, char text[TEXT])
{
    FILE *output = run(variable, misuse);
    size_t length = fread(text, 1, TEXT - 1, output);
    text[length] = '\0';
    cr_assert(was_killed(pclose(output)), "%s lives on after %s", variable,
              misuse);
    char *at = strstr(text, "Fatal ");
    for (int i = 0; at && i < 2; i++) {
        at = strstr(at, ": ");
        at = at ? at + 2 : NULL;
    }
    if (at)
        at[strcspn(at, "\n")] = '\0';
    return at;
}

Test(debug_oracle, misuse_is_reported_in_the_words_of_cpython, .timeout = 60)
{
    static const char *const misuses[] = {
        "overflow", "underflow",  "underflow far", "id",
        "api",      "api of raw", "lock",
    };
    char text_theirs[TEXT], text_ours[TEXT];

    for (unsigned i = 0; i < sizeof misuses / sizeof misuses[0]; i++) {
        char *theirs = phrase("DEBUG_SCRIPT_CPYTHON", misuses[i], text_theirs);
        char *ours = phrase("DEBUG_SCRIPT_OURS", misuses[i], text_ours);
        cr_assert(theirs && ours, "%s", misuses[i]);
        cr_assert(*ours && strstr(theirs, ours), "%s: '%s', CPython '%s'",
                  misuses[i], ours, theirs);
    }
}

/* CPython's dump follows the size of a freed block, and may die of it. */
Test(debug_oracle, a_block_freed_twice_ends_both, .timeout = 60)
{
    char text[TEXT];
    phrase("DEBUG_SCRIPT_CPYTHON", "freed", text);
    cr_assert(strstr(text, "Debug memory block at address"));
    char *ours = phrase("DEBUG_SCRIPT_OURS", "freed", text);
    cr_assert(ours && strstr(ours, "freed already"), "%s", ours);
}
