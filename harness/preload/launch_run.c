/* launch_run.c - starts the program and waits for its whole tree.
 *
 * The launcher is the subreaper: what the program leaves behind (a daemon that
 * forked twice) becomes the launcher's child, and its use is added. */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SECOND_NS = 1000000000 };

/* The program while it runs, else 0: no signal may reach a later process that
 * was given the same id. */
static volatile sig_atomic_t launch_pid;
static volatile sig_atomic_t launch_ended_by;

static void launch_forward(int signal)
{
    int errno_kept = errno;
    launch_ended_by = signal;
    if (launch_pid > 0)
        kill(launch_pid, signal);
    errno = errno_kept;
}

static void launch_catch(sigset_t *ret_mask)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, ret_mask);
    /* No SA_RESTART: the wait for what was left behind must end. */
    struct sigaction action = { .sa_handler = launch_forward };
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

static int launch_redirect(const char *path, int flags, int to)
{
    int fd = open(path, flags, 0644);
    if (fd < 0)
        return -1;
    if (fd == to)
        return 0;
    int moved = dup2(fd, to);
    close(fd);
    return moved < 0 ? -1 : 0;
}

static int launch_redirect_all(const struct launch *launch)
{
    const int out = O_WRONLY | O_CREAT | O_TRUNC;
    const char *input = launch->input != NULL ? launch->input : "/dev/null";
    if (launch_redirect(input, O_RDONLY, STDIN_FILENO) < 0)
        return -1;
    if (launch->output != NULL &&
        launch_redirect(launch->output, out, STDOUT_FILENO) < 0)
        return -1;
    if (launch->errors != NULL &&
        launch_redirect(launch->errors, out, STDERR_FILENO) < 0)
        return -1;
    return 0;
}

/* In the child. Comes back only when the program could not be started. */
static void launch_exec(const struct launch *launch, char *const *environment,
                        const sigset_t *mask, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        errno = ESRCH;
        return;
    }
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    if (launch_redirect_all(launch) == 0)
        execve(launch->argv[0], launch->argv, environment);
}

/* The pipe closes when the exec succeeds; else it carries the errno. */
static int launch_start(const struct launch *launch, char *const *environment,
                        const sigset_t *mask, pid_t *ret_pid)
{
    int fds[2], error = 0;
    pid_t parent = getpid();
    if (pipe2(fds, O_CLOEXEC) < 0)
        return errno;
    pid_t pid = fork();
    if (pid < 0)
        return errno;
    if (pid == 0) {
        launch_exec(launch, environment, mask, parent);
        error = errno;
        ssize_t written = write(fds[1], &error, sizeof(error));
        _exit(written == sizeof(error) ? 127 : 126);
    }
    close(fds[1]);
    *ret_pid = pid;
    ssize_t length;
    do
        length = read(fds[0], &error, sizeof(error));
    while (length < 0 && errno == EINTR);
    close(fds[0]);
    return length == sizeof(error) ? error : 0;
}

static void usage_add_time(struct timeval *sum, const struct timeval *more)
{
    sum->tv_sec += more->tv_sec;
    sum->tv_usec += more->tv_usec;
}

/* The kernel adds up what the program waited for; this adds what it left. */
static void usage_add(struct rusage *sum, const struct rusage *more)
{
    usage_add_time(&sum->ru_utime, &more->ru_utime);
    usage_add_time(&sum->ru_stime, &more->ru_stime);
    if (more->ru_maxrss > sum->ru_maxrss)
        sum->ru_maxrss = more->ru_maxrss;
    sum->ru_minflt += more->ru_minflt;
    sum->ru_majflt += more->ru_majflt;
    sum->ru_nvcsw += more->ru_nvcsw;
    sum->ru_nivcsw += more->ru_nivcsw;
}

static void launch_note_end(int status, struct launch_end *end)
{
    launch_pid = 0;
    end->kind = WIFSIGNALED(status) ? LAUNCH_SIGNALLED : LAUNCH_EXITED;
    end->code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

/* Ends when no child is left; after a signal, when the program has ended:
 * the rest is for whoever sent it. Children end, or the watchdog above ends
 * us, so the loop is bounded by what the program started. */
static void launch_wait(struct launch_end *end)
{
    for (;;) {
        int status;
        struct rusage usage;
        pid_t pid = wait4(-1, &status, 0, &usage);
        if (pid < 0 && errno == EINTR) {
            if (launch_pid == 0)
                return;
            continue;
        }
        if (pid < 0)
            return;
        usage_add(&end->usage, &usage);
        if (pid == end->pid)
            launch_note_end(status, end);
        else
            end->adopted++;
        if (launch_pid == 0 && launch_ended_by != 0)
            return;
    }
}

static uint64_t launch_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

int launch_run(const struct launch *launch, char *const *environment,
               struct launch_end *ret_end)
{
    sigset_t mask;
    struct launch_end end = { 0 };
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return -errno;
    launch_catch(&mask);
    uint64_t start_ns = launch_now_ns();
    int error = launch_start(launch, environment, &mask, &end.pid);
    if (end.pid == 0)
        return -error;
    launch_pid = end.pid;
    sigprocmask(SIG_SETMASK, &mask, NULL);
    launch_wait(&end);
    end.wall_ns = launch_now_ns() - start_ns;
    if (error != 0) {
        end.kind = LAUNCH_NOT_STARTED;
        end.code = error;
    }
    *ret_end = end;
    return 0;
}
