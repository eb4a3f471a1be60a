/* signals.c - signals arrive in the middle of malloc. (SIG) */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"
#include "system/churn.h"
#include "system/exec.h"
#include "system/share.h"

enum {
    SIGNAL_EVERY_US = 100, /* 10 kHz, or what the machine can do */
    SIGNAL_WORK_MS = 500,
};

static void signal_timer(unsigned every_us)
{
    const struct itimerval timer = { { 0, every_us }, { 0, every_us } };

    setitimer(ITIMER_REAL, &timer, NULL);
}

/* No SA_RESTART: a system call of the subject's is interrupted, too. */
static int signal_handle(void (*handler)(int))
{
    struct sigaction action = { .sa_handler = handler };

    return sigaction(SIGALRM, &action, NULL);
}

static volatile sig_atomic_t signal_count;

static void signal_count_one(int number)
{
    int before = errno;

    (void)number;
    signal_count++;
    errno = EINTR; /* what an interrupted call inside may see */
    errno = before;
}

CHECK(SIG_1, MUST, "a signal may interrupt malloc at any point",
      "POSIX.1-2024 XSH 2.4.3: a handler of async-signal-safe calls alone",
      .profiles = "c17 c23 posix2024 dropin",
      .why = "Profilers and timers interrupt programs thousands of times a "
             "second. Their handlers call no malloc, so nothing may break: but "
             "a system call of the allocator's may come back with EINTR, and "
             "code with a stack or a page of its own may be cut in half. "
             "SIGALRM at 10 kHz, without SA_RESTART, over a churn that is "
             "looked at.",
      .flags = CHECK_RANDOM)
{
    struct churn *churn = check_map(sizeof(*churn));
    uint64_t end_ns = clock_wall_ns() + (uint64_t)SIGNAL_WORK_MS * NS_PER_MS;
    bool right = true;

    if (churn == NULL || signal_handle(signal_count_one) != 0)
        return error(run, "no memory, or no signal handler");
    churn_start(churn, run->seed, 3);
    signal_timer(SIGNAL_EVERY_US);
    while (right && clock_wall_ns() < end_ns)
        right = churn_steps(churn, 200);
    right = right && churn_finish(churn);
    signal_timer(0);
    figure(run, "signals", signal_count);
    if (!right)
        return fail(run, "after %d signals: %s", (int)signal_count,
                    churn->wrong);
    if (churn->refused != 0)
        return fail(run, "%zu requests were refused under signals",
                    (size_t)churn->refused);
    return signal_count > 0 ? pass(run) : error(run, "no signal arrived");
}

/* ---- SIG-2 ---- */

static sigjmp_buf signal_place;
static volatile sig_atomic_t signal_may_jump;

static void signal_jump(int number)
{
    (void)number;
    if (signal_may_jump)
        siglongjmp(signal_place, 1);
}

CHECK(SIG_2, SHOULD, "a handler may jump out of the code between two calls",
      "POSIX.1-2024 siglongjmp(); C23 7.13.2",
      .why = "Shells and interpreters leave a loop by siglongjmp. Between two "
             "calls of malloc that is well defined, and nothing of the "
             "allocator's may depend on how the stack was left. (Jumping out "
             "of malloc is undefined and not tried.) The catalogue gives no "
             "severity; SHOULD, for no clause speaks of allocators here.",
      .flags = CHECK_RANDOM)
{
    struct churn *churn = check_map(sizeof(*churn));
    static volatile unsigned jumps;
    static volatile bool right = true;

    if (churn == NULL || signal_handle(signal_jump) != 0)
        return error(run, "no memory, or no signal handler");
    churn_start(churn, run->seed, 4);
    signal_timer(1000);
    while (right && jumps < 200) {
        if (sigsetjmp(signal_place, 1) == 0) {
            signal_may_jump = 1;
            while (signal_may_jump) /* until the next signal */
                ;
        }
        signal_may_jump = 0;
        jumps++;
        right = churn_steps(churn, 100);
    }
    signal_timer(0);
    if (!right || !churn_finish(churn))
        return fail(run, "after %u jumps: %s", jumps, churn->wrong);
    return pass(run);
}

/* ---- SIG-3 ---- */

static void signal_allocate(int number)
{
    int before = errno;
    void *block;

    (void)number;
    signal_count++;
    block = subject->malloc(64);
    subject->free(subject->calloc(1, 3000));
    subject->free(block);
    errno = before;
}

static int signal_allocate_in_child(void *given)
{
    struct churn *churn = given;
    uint64_t end_ns = clock_wall_ns() + (uint64_t)SIGNAL_WORK_MS * NS_PER_MS;
    bool right = true;

    churn_start(churn, 3, 3);
    signal_handle(signal_allocate);
    signal_timer(SIGNAL_EVERY_US);
    while (right && clock_wall_ns() < end_ns)
        right = churn_steps(churn, 100);
    signal_timer(0);
    return right && churn_finish(churn) ? 0 : 1;
}

CHECK(SIG_3, QUALITY, "what happens when a handler calls malloc",
      "undefined: POSIX.1-2024 XSH 2.4.3 does not list malloc",
      .why = "Programs do it nevertheless, and what follows is worth knowing: "
             "a deadlock, a crash, a block handed out twice, or nothing.",
      .flags = CHECK_RANDOM)
{
    struct churn *churn = check_share(sizeof(*churn));
    struct child_end end;

    if (churn == NULL)
        return error(run, "no shared memory for the model");
    if (check_child(signal_allocate_in_child, churn, 2500, &end) != 0)
        return error(run, "no child process could be started");
    if (end.timed_out)
        return outcome(run, "deadlock", "it did not end");
    if (check_end_word(&end) != NULL)
        return outcome(run, "crash", "ended by %s", check_end_word(&end));
    if (end.status != 0)
        return outcome(run, "corrupt", "%s", churn->wrong);
    return outcome(run, "ok", "nothing was found wrong in %u ms",
                   SIGNAL_WORK_MS);
}

/* ---- SIG-4 ---- */

struct signal_table {
    struct sigaction actions[NSIG];
    sigset_t mask;
    stack_t stack;
};

static void signal_read(struct signal_table *table)
{
    memset(table, 0, sizeof(*table));
    for (int number = 1; number < NSIG; number++)
        sigaction(number, NULL, &table->actions[number]);
    sigprocmask(SIG_SETMASK, NULL, &table->mask);
    sigaltstack(NULL, &table->stack);
}

/* The first signal that is handled otherwise, -1 for the mask, -2 for the
 * alternate stack, 0 for none. */
static int signal_difference(const struct signal_table *before,
                             const struct signal_table *after)
{
    for (int number = 1; number < NSIG; number++)
        if (before->actions[number].sa_handler !=
                after->actions[number].sa_handler ||
            before->actions[number].sa_flags !=
                after->actions[number].sa_flags ||
            sigismember(&before->mask, number) !=
                sigismember(&after->mask, number))
            return before->actions[number].sa_handler !=
                           after->actions[number].sa_handler
                       ? number
                       : -1;
    return before->stack.ss_flags != after->stack.ss_flags ? -2 : 0;
}

static enum verdict signal_compare(struct check_run *run)
{
    struct signal_table *tables = check_map(2 * sizeof(*tables));
    struct churn *churn = check_map(sizeof(*churn));
    int difference;

    if (tables == NULL || churn == NULL)
        return error(run, "no memory for the tables");
    signal_read(&tables[0]);
    churn_start(churn, run->seed, 6);
    churn_steps(churn, 5000);
    churn_finish(churn);
    signal_read(&tables[1]);
    difference = signal_difference(&tables[0], &tables[1]);
    if (difference > 0)
        return fail(run, "the handler of %s is another after allocating",
                    check_signal_word(difference));
    if (difference < 0)
        return fail(run, "the %s another after allocating",
                    difference == -1 ? "signal mask is"
                                     : "alternate signal stack is");
    return VERDICT_PASS;
}

CHECK(SIG_4, SHOULD, "the allocator leaves handlers, mask and stack alone",
      "quality of a library: these belong to the program",
      .why = "A library that installs a handler for SIGSEGV or leaves signals "
             "blocked breaks crash reporters, shells and language runtimes. "
             "Compared before and after allocating, and at the start of a "
             "fresh process with the same process without the subject.",
      .flags = CHECK_RANDOM)
{
    const char *aid = check_beside(run, "assay-probe-aid");
    struct exec_request request = {
        .path = aid,
        .argv = (const char *[]){ aid, "signals", NULL },
    };
    enum verdict verdict = signal_compare(run);
    struct exec_end with, without;

    if (verdict != VERDICT_PASS)
        return verdict;
    if (check_exec(&request, &with) != 0)
        return error(run, "the aid could not be started");
    request.preload = EXEC_NO_SUBJECT;
    if (check_exec(&request, &without) != 0)
        return error(run, "the aid could not be started");
    if (with.child.signal != 0 || with.child.status != 0)
        return fail(run, "a fresh process %s", check_exec_words(&with));
    if (with.output_bytes != without.output_bytes ||
        memcmp(with.output, without.output, with.output_bytes) != 0)
        return fail(run,
                    "a fresh process starts with \"%.*s\", without the "
                    "subject with \"%.*s\"",
                    (int)with.output_bytes, with.output,
                    (int)without.output_bytes, without.output);
    return pass(run);
}
