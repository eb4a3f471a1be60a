/* supervisor.c - the keeper that stands between the tool and what it runs. */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "record.h"
#include "timeline.h"
#include "tree.h"

enum {
    KEEPER_LOOK_MS = 1000, /* the longest sleep between two looks */
    SWEEP_LIMIT_MS = 5000, /* for killing what was left behind */
    EXEC_FAILED = 127,
};

static volatile sig_atomic_t cancelled;
static volatile pid_t keeper_pid;

struct keeper {
    const struct supervised *what;
    pid_t child;
    uint64_t start_ns;
};

static uint64_t elapsed_ms(uint64_t since_ns)
{
    return (clock_wall_ns() - since_ns) / 1000000u;
}

/* ---- in the measured process, between fork and exec ---- */

static void child_redirect(const struct supervised *what)
{
    const char *to = what->capture != NULL ? what->capture : "/dev/null";
    int in = open("/dev/null", O_RDONLY);
    int out = open(to, O_WRONLY | O_CREAT | O_APPEND, 0644);

    if (in < 0 || out < 0)
        _exit(EXEC_FAILED);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    close(in);
    close(out);
}

static void child_limits(const struct supervised *what)
{
    struct rlimit core = { 0, 0 };
    struct rlimit space = { what->address_space_bytes,
                            what->address_space_bytes };

    setrlimit(RLIMIT_CORE, &core);
    if (what->address_space_bytes != 0)
        setrlimit(RLIMIT_AS, &space);
}

static void child_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
}

static void child_exec(const struct supervised *what, int failure_fd)
{
    int error;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    child_redirect(what);
    child_limits(what);
    child_signals();
    if (what->record_fd >= 0)
        dup2(what->record_fd, RECORD_FD);
    if (what->directory == NULL || chdir(what->directory) == 0)
        execve(what->path, what->argv, what->envp);
    error = errno;
    (void)!write(failure_fd, &error, sizeof(error));
    _exit(EXEC_FAILED);
}

/* ---- in the keeper ---- */

static volatile sig_atomic_t keeper_stopped;

static void keeper_on_stop(int number)
{
    (void)number;
    keeper_stopped = 1;
}

static void keeper_on_child(int number)
{
    (void)number; /* only to interrupt the sleep */
}

static void keeper_handlers(void)
{
    struct sigaction stop = { .sa_handler = keeper_on_stop };
    struct sigaction child = { .sa_handler = keeper_on_child };

    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGHUP, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGCHLD, &child, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Kills every descendant until none is left. Whoever forks on is found again
 * in the next round: orphans come to the keeper, which is their subreaper. */
static uint32_t keeper_sweep(pid_t child)
{
    pid_t found[256];
    uint64_t start = clock_wall_ns();
    uint32_t killed = 0;

    kill(-child, SIGKILL);
    while (elapsed_ms(start) < SWEEP_LIMIT_MS) {
        size_t count = tree_descendants(getpid(), found, 256);
        pid_t reaped;

        for (size_t i = 0; i < count; i++)
            kill(found[i], SIGKILL);
        while ((reaped = waitpid(-1, NULL, WNOHANG)) > 0)
            killed++;
        if (reaped < 0 && errno == ECHILD)
            break;
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    return killed;
}

static void keeper_sample(const struct keeper *keeper)
{
    const struct supervised *what = keeper->what;

    timeline_look(what->timeline, getpid(), what->sample_below, what->record,
                  (uint32_t)elapsed_ms(keeper->start_ns));
}

/* How long to sleep: until the watchdog, or the next look at memory. */
static uint64_t keeper_sleep_ms(const struct keeper *keeper, uint64_t gone_ms)
{
    const struct supervised *what = keeper->what;
    uint64_t left = KEEPER_LOOK_MS;

    if (what->timeout_ms != 0 && what->timeout_ms - gone_ms < left)
        left = what->timeout_ms - gone_ms;
    if (what->timeline != NULL && what->sample_interval_ms < left)
        left = what->sample_interval_ms;
    return left;
}

static void keeper_sleep(uint64_t milliseconds, const sigset_t *open_mask)
{
    struct timespec time = {
        .tv_sec = (time_t)(milliseconds / 1000),
        .tv_nsec = (long)(milliseconds % 1000) * 1000000,
    };

    ppoll(NULL, 0, &time, open_mask);
}

/* Waits for the child itself, reaping strays that end before it. */
static struct supervised_end keeper_wait(const struct keeper *keeper,
                                         const sigset_t *open_mask)
{
    for (;;) {
        uint64_t gone = elapsed_ms(keeper->start_ns);
        int status;
        pid_t ended;

        while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
            if (ended == keeper->child)
                return (struct supervised_end){
                    .ending =
                        WIFSIGNALED(status) ? ENDING_SIGNALLED : ENDING_EXITED,
                    .code = WIFSIGNALED(status) ? WTERMSIG(status)
                                                : WEXITSTATUS(status),
                };
        if (keeper_stopped)
            return (struct supervised_end){ .ending = ENDING_CANCELLED };
        if (keeper->what->timeout_ms != 0 && gone >= keeper->what->timeout_ms)
            return (struct supervised_end){ .ending = ENDING_TIMEOUT };
        if (keeper->what->timeline != NULL)
            keeper_sample(keeper);
        keeper_sleep(keeper_sleep_ms(keeper, gone), open_mask);
    }
}

struct keeper_report {
    int error; /* errno of a program that could not be started, or 0 */
    struct supervised_end end;
};

/* Starts the child. A pipe that closes at exec carries exec's own error. */
static pid_t keeper_start(const struct supervised *what, int *ret_error)
{
    int pipe_fd[2];
    pid_t child;

    *ret_error = 0;
    if (pipe2(pipe_fd, O_CLOEXEC) != 0) {
        *ret_error = errno;
        return -1;
    }
    child = fork();
    if (child == 0)
        child_exec(what, pipe_fd[1]);
    if (child < 0)
        *ret_error = errno;
    close(pipe_fd[1]);
    if (child > 0) {
        setpgid(child, child);
        if (read(pipe_fd[0], ret_error, sizeof(*ret_error)) <= 0)
            *ret_error = 0;
    }
    close(pipe_fd[0]);
    return child;
}

static void keeper_main(const struct supervised *what, int report_fd,
                        pid_t parent)
{
    struct keeper keeper = { .what = what };
    struct keeper_report report = { 0 };
    sigset_t blocked, open_mask;

    sigfillset(&blocked);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    sigemptyset(&open_mask);
    keeper_handlers();
    setpgid(0, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) /* it died before the signal was asked for */
        _exit(EXEC_FAILED);
    keeper.start_ns = clock_wall_ns();
    keeper.child = keeper_start(what, &report.error);
    if (report.error == 0) {
        report.end = keeper_wait(&keeper, &open_mask);
        report.end.wall_ns = clock_wall_ns() - keeper.start_ns;
        if (report.end.ending == ENDING_TIMEOUT && what->on_timeout != NULL)
            what->on_timeout(keeper.child, what->on_timeout_context);
        report.end.strays = keeper_sweep(keeper.child);
        if (report.end.ending >= ENDING_TIMEOUT && report.end.strays > 0)
            report.end.strays--; /* the child itself was killed, too */
    }
    (void)!write(report_fd, &report, sizeof(report));
    _exit(0);
}

/* ---- in the tool ---- */

static int supervisor_collect(pid_t keeper, int report_fd,
                              struct supervised_end *ret_end)
{
    struct keeper_report report;
    ssize_t got;

    do
        got = read(report_fd, &report, sizeof(report));
    while (got < 0 && errno == EINTR);
    while (waitpid(keeper, NULL, 0) < 0 && errno == EINTR)
        ;
    if (got != (ssize_t)sizeof(report))
        return -ECHILD; /* somebody killed the keeper */
    if (report.error != 0)
        return -report.error;
    *ret_end = report.end;
    return 0;
}

int supervisor_run(const struct supervised *what,
                   struct supervised_end *ret_end)
{
    int pipe_fd[2], result;
    pid_t parent = getpid(), keeper;

    if (cancelled) {
        *ret_end = (struct supervised_end){ .ending = ENDING_CANCELLED };
        return 0;
    }
    if (pipe2(pipe_fd, O_CLOEXEC) != 0)
        return -errno;
    keeper = fork();
    if (keeper == 0)
        keeper_main(what, pipe_fd[1], parent);
    result = keeper < 0 ? -errno : 0;
    close(pipe_fd[1]);
    if (result == 0) {
        keeper_pid = keeper;
        if (cancelled) /* between the look above and here */
            kill(keeper, SIGTERM);
        result = supervisor_collect(keeper, pipe_fd[0], ret_end);
        keeper_pid = 0;
    }
    close(pipe_fd[0]);
    return result;
}

void supervisor_cancel(void)
{
    cancelled = 1;
    if (keeper_pid > 0)
        kill(keeper_pid, SIGTERM);
}

int supervisor_is_cancelled(void)
{
    return cancelled;
}
