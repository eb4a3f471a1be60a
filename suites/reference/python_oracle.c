/* python_oracle.c - a script that the system's python3 runs. */
#include "python_oracle.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/wait.h>

#define PYTHON    "/usr/bin/python3"
#define EXIT_NOT  77
#define EXIT_NONE 127 /* the shell's */

FILE *python_ask(const char *script, const char *words)
{
    char command[1024];
    snprintf(command, sizeof command, "%s -I -S %s %s", PYTHON, script, words);
    FILE *answer = popen(command, "r");
    cr_assert(answer);
    int first = fgetc(answer);
    if (first == EOF)
        python_finish(answer);
    ungetc(first, answer);
    return answer;
}

void python_expect_line(FILE *answer, unsigned operation, const char *ours)
{
    char theirs[1024];
    cr_assert(fgets(theirs, sizeof theirs, answer));
    theirs[strcspn(theirs, "\n")] = '\0';
    cr_assert(strcmp(ours, theirs) == 0, "operation %u: \"%s\", oracle \"%s\"",
              operation, ours, theirs);
}

void python_finish(FILE *answer)
{
    int status = pclose(answer);
    if (WIFEXITED(status) &&
        (WEXITSTATUS(status) == EXIT_NOT || WEXITSTATUS(status) == EXIT_NONE))
        cr_skip_test(PYTHON " is no CPython 3.11");
    cr_assert(status == 0, "the oracle ended with status %x", status);
}
