/* await.c - waits for one child, and no longer than it may take. */
#include "await.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

static bool await_is_over(uint64_t deadline_ns)
{
    return clock_wall_ns() >= deadline_ns;
}

/* At most that long, less when the child ends. */
static void await_sleep(int process_fd, uint64_t deadline_ns)
{
    const struct timespec rest = { 0, NS_PER_MS };
    struct pollfd look = { .fd = process_fd, .events = POLLIN };
    uint64_t now_ns = clock_wall_ns();

    if (process_fd < 0)
        nanosleep(&rest, NULL);
    else if (now_ns < deadline_ns)
        poll(&look, 1, (int)((deadline_ns - now_ns) / NS_PER_MS) + 1);
}

static void await_kill(pid_t child)
{
    if (getpgid(child) == child)
        kill(-child, SIGKILL);
    kill(child, SIGKILL);
}

void check_await_until(pid_t child, uint64_t deadline_ns,
                       struct child_end *ret_end)
{
    int process_fd = (int)syscall(SYS_pidfd_open, child, 0), status = 0;
    pid_t ended;

    *ret_end = (struct child_end){ 0 };
    while ((ended = waitpid(child, &status, WNOHANG)) == 0 ||
           (ended < 0 && errno == EINTR)) {
        if (await_is_over(deadline_ns)) {
            ret_end->timed_out = true;
            await_kill(child);
            while (waitpid(child, &status, 0) < 0 && errno == EINTR)
                ;
            break;
        }
        await_sleep(process_fd, deadline_ns);
    }
    if (process_fd >= 0)
        close(process_fd);
    ret_end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    ret_end->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

void check_await(pid_t child, unsigned timeout_ms, struct child_end *ret_end)
{
    uint64_t limit_ns = (uint64_t)check_limit_ms(timeout_ms) * NS_PER_MS;

    check_await_until(child, clock_wall_ns() + limit_ns, ret_end);
}

void check_silence(void)
{
    int null = open("/dev/null", O_RDWR);

    for (int fd = 0; null >= 0 && fd <= 2; fd++)
        dup2(null, fd);
}
