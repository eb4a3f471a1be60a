/* exit.c - the end of a process, with threads still in malloc. (EXI) */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "system/exec.h"

enum { EXIT_STATUS = 5, EXIT_LIMIT_MS = 5000 };

static int exit_start(const struct check_run *run, const char *role,
                      const char *argument, enum exec_preload preload,
                      struct exec_end *ret_end)
{
    const char *aid = check_beside(run, "assay-probe-aid");
    const struct exec_request request = {
        .path = aid,
        .argv = (const char *[]){ aid, role, argument, NULL },
        .preload = preload,
        .timeout_ms = EXIT_LIMIT_MS,
    };

    return check_exec(&request, ret_end);
}

/* The role `times` times; each must end with that signal or status. */
static enum verdict exit_often(struct check_run *run, const char *role,
                               unsigned times, int signal, int status)
{
    for (unsigned i = 0; i < times; i++) {
        struct exec_end end;

        if (exit_start(run, role, NULL, EXEC_SUBJECT, &end) != 0)
            return error(run, "the aid could not be started");
        if (end.child.timed_out || end.child.signal != signal ||
            (signal == 0 && end.child.status != status))
            return fail(run, "%s, run %u of %u: the process %s", role, i + 1,
                        times, check_exec_words(&end));
        check_exec_release(&end);
    }
    return VERDICT_PASS;
}

CHECK(EXI_1, MUST, "malloc works to the very end, other threads running",
      "C23 7.24.4.4 exit(): handlers are called; POSIX.1-2024 exit(): threads "
      "end with the process",
      .why = "Handlers of atexit and on_exit and destructors free what they "
             "hold and allocate anew, while threads that nobody joined are in "
             "the middle of malloc. An allocator that tears itself down in a "
             "destructor of its own pulls the floor away (filed: "
             "mjansson/rpmalloc 98, wolfpld/tracy 422). 40 processes by "
             "default, 200 with --repeat.",
      .flags = CHECK_THREADS, .timeout_s = 60)
{
    enum verdict verdict =
        exit_often(run, "end-churn", run->repeat != 0 ? 200 : 40, 0,
                   EXIT_STATUS);

    return verdict == VERDICT_PASS ? pass(run) : verdict;
}

CHECK(EXI_2, SHOULD, "output and exit status stay, and nothing is added",
      "quality of a library: the streams belong to the program",
      .why = "A banner or a leak report on a stream changes what the next "
             "program of a pipe reads, and shell scripts look at stderr and at "
             "the status. Compared byte for byte with the process without the "
             "subject.")
{
    static const char *const statuses[] = { "0", "1", "42", "255" };

    for (size_t i = 0; i < 4; i++) {
        struct exec_end with, without;

        if (exit_start(run, "end-print", statuses[i], EXEC_SUBJECT, &with) !=
                0 ||
            exit_start(run, "end-print", statuses[i], EXEC_NO_SUBJECT,
                       &without) != 0)
            return error(run, "the aid could not be started");
        if (with.child.timed_out || with.child.signal != 0 ||
            with.child.status != without.child.status)
            return fail(run,
                        "the process %s; without the subject the status "
                        "is %d",
                        check_exec_words(&with), without.child.status);
        if (with.errors_bytes != without.errors_bytes)
            return fail(run, "stderr carries \"%.*s\"",
                        (int)(with.errors_bytes > 160 ? 160
                                                      : with.errors_bytes),
                        with.errors);
        if (with.output_bytes != without.output_bytes ||
            memcmp(with.output, without.output, with.output_bytes) != 0)
            return fail(run,
                        "stdout carries %zu bytes, without the subject "
                        "%zu: \"%.*s\"...",
                        with.output_bytes, without.output_bytes,
                        (int)(with.output_bytes > 100 ? 100
                                                      : with.output_bytes),
                        with.output);
        check_exec_release(&with);
        check_exec_release(&without);
    }
    return pass(run);
}

CHECK(EXI_3, MUST, "every other way out ends the process, and as it says",
      "C23 7.24.4.1 abort, 7.24.4.5 _Exit, 7.24.4.7 quick_exit; POSIX.1-2024 "
      "pthread_exit()",
      .why = "quick_exit runs its own handlers, _exit none, abort must reach "
             "its signal though threads hold the allocator's locks, and after "
             "pthread_exit in main the last thread ends the process.",
      .flags = CHECK_THREADS, .timeout_s = 60)
{
    static const struct {
        const char *role;
        int signal, status;
    } ways[] = {
        { "end-quick", 0, EXIT_STATUS },
        { "end-at-once", 0, EXIT_STATUS },
        { "end-abort", SIGABRT, 0 },
        { "end-thread", 0, 0 },
    };
    unsigned times = run->repeat != 0 ? 50 : 10;

    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        enum verdict verdict = exit_often(run, ways[i].role, times,
                                          ways[i].signal, ways[i].status);

        if (verdict != VERDICT_PASS)
            return verdict;
    }
    return pass(run);
}
