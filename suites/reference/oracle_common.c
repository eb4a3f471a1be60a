/* oracle_common.c - options and ends of the oracles beside libpython. */
#include "oracle_common.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

uint64_t oracle_number(struct argp_state *state, const char *option,
                       const char *text, uint64_t low, uint64_t high)
{
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 0);
    if (errno != 0 || end == text || *end != '\0' || *text == '-' ||
        value < low || value > high)
        argp_error(state, "--%s: '%s' is no number from %llu to %llu", option,
                   text, (unsigned long long)low, (unsigned long long)high);
    return value;
}

void oracle_seeds(struct argp_state *state, char *text, uint64_t *ret_first,
                  uint64_t *ret_last)
{
    char *dots = strstr(text, "..");

    if (dots != NULL)
        *dots = '\0';
    *ret_first = oracle_number(state, "seeds", text, 0, UINT32_MAX);
    *ret_last = dots == NULL ? *ret_first
                             : oracle_number(state, "seeds", dots + 2,
                                             *ret_first, UINT32_MAX);
}

void oracle_explain_end(int status, char *ret_text, size_t room)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_TOOL)
        exit(EXIT_TOOL); /* it said why */
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(ret_text, room, "the run does not end");
    else if (WIFSIGNALED(status))
        snprintf(ret_text, room, "the run crashed with signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(ret_text, room, "the run exited with status %d",
                 WEXITSTATUS(status));
}
