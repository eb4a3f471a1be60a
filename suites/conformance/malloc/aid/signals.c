/* signals.c - tells how a fresh process handles its signals. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "aid.h"

int aid_signals(char **arguments)
{
    sigset_t mask;
    stack_t stack;

    (void)arguments;
    if (aid_work(NULL) != AID_GOOD)
        return AID_WRONG;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    sigaltstack(NULL, &stack);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;

        if (sigaction(number, NULL, &action) != 0)
            continue;
        if (action.sa_handler != SIG_DFL || sigismember(&mask, number) == 1)
            dprintf(STDOUT_FILENO, "signal %d: %s%s; ", number,
                    action.sa_handler == SIG_DFL   ? "default"
                    : action.sa_handler == SIG_IGN ? "ignored"
                                                   : "handled",
                    sigismember(&mask, number) == 1 ? ", blocked" : "");
    }
    if (!(stack.ss_flags & SS_DISABLE))
        dprintf(STDOUT_FILENO, "an alternate stack");
    return AID_GOOD;
}
