/* python_oracle.c - a script that the system's python3 runs. */
#include "python_oracle.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>
#include <sys/wait.h>

#define PYTHON    "/usr/bin/python3"
#define EXIT_NOT  77  /* a script's */
#define EXIT_NONE 127 /* the shell's */

/* Only these two say that there is nobody to ask: whatever else ends a script
 * is a fault of the script. */
static void end(FILE *answer)
{
    int status = pclose(answer);
    if (WIFEXITED(status) &&
        (WEXITSTATUS(status) == EXIT_NOT || WEXITSTATUS(status) == EXIT_NONE))
        cr_skip_test(PYTHON " is no CPython 3.11");
    cr_assert(status == 0, "the oracle ended with status %x", status);
}

void python_want(void)
{
    FILE *answer = popen(PYTHON " -I -S -c 'import sys;"
                                " sys.exit(sys.version_info[:2] != (3, 11)"
                                " and 77)'",
                         "r");
    cr_assert(answer);
    end(answer);
}

FILE *python_ask(const char *script, const char *words)
{
    char command[2048];
    int length = snprintf(command, sizeof command, "%s -I -S %s %s", PYTHON,
                          script, words);
    cr_assert(length < (int)sizeof command);
    FILE *answer = popen(command, "r");
    cr_assert(answer);
    int first = fgetc(answer);
    if (first == EOF) {
        end(answer);
        cr_assert_fail("the oracle said nothing");
    }
    ungetc(first, answer);
    return answer;
}

void python_expect_line(FILE *answer, unsigned operation, const char *ours)
{
    char theirs[1024];
    cr_assert(fgets(theirs, sizeof theirs, answer),
              "operation %u: \"%s\", the oracle says no more", operation, ours);
    theirs[strcspn(theirs, "\n")] = '\0';
    cr_assert(strcmp(ours, theirs) == 0, "operation %u: \"%s\", oracle \"%s\"",
              operation, ours, theirs);
}

void python_finish(FILE *answer)
{
    int more;
    do
        more = fgetc(answer);
    while (isspace(more));
    if (more == EOF)
        end(answer);
    else
        cr_assert_fail("the oracle says more: %c...", more);
}
