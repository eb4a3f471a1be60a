/* fault.c - system calls made to fail, by seccomp's user notification. */
#include "fault.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "await.h"
#include "clock.h"
#include "share.h"

enum { FAULT_LOOK_MS = 50 };

static const struct {
    unsigned call;
    int number;
} fault_numbers[] = {
    { FAULT_MMAP, SYS_mmap },       { FAULT_MUNMAP, SYS_munmap },
    { FAULT_MREMAP, SYS_mremap },   { FAULT_MPROTECT, SYS_mprotect },
    { FAULT_MADVISE, SYS_madvise }, { FAULT_MADVISE, SYS_process_madvise },
    { FAULT_BRK, SYS_brk },         { FAULT_PRCTL, SYS_prctl },
};

enum { FAULT_NUMBERS = sizeof(fault_numbers) / sizeof(*fault_numbers) };

/* Shared with the child. */
static volatile struct fault_shared {
    bool armed;    /* its calls count now */
    bool returned; /* its function came to its end */
} * fault_shared;

/* What the child tells once, with the listening descriptor. */
struct fault_hello {
    int error; /* errno of a filter that was refused, or 0 */
    uint64_t program_break;
};

struct fault_watch {
    const struct fault_plan *plan;
    pid_t child;
    int listener;
    uint64_t program_break; /* the child's, as far as it was let go on */
    struct fault_end *end;
};

void fault_arm(bool armed)
{
    fault_shared->armed = armed;
}

/* ---- in the child ---- */

/* Loads the call's number and asks about those of the plan. */
static size_t fault_filter(unsigned calls, struct sock_filter *code)
{
    size_t size = 0;

    code[size++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                     offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < FAULT_NUMBERS; i++) {
        if (!(fault_numbers[i].call & calls))
            continue;
        code[size++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                         (unsigned)fault_numbers[i].number, 0,
                                         1);
        code[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
                                                    SECCOMP_RET_USER_NOTIF);
    }
    code[size++] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    return size;
}

static int fault_listen(unsigned calls)
{
    struct sock_filter code[2 + 2 * FAULT_NUMBERS];
    struct sock_fprog program = { (unsigned short)fault_filter(calls, code),
                                  code };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                        SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static void fault_say_hello(int socket, struct fault_hello hello, int listener)
{
    char room[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec text = { &hello, sizeof(hello) };
    struct msghdr message = { .msg_iov = &text, .msg_iovlen = 1 };

    if (listener >= 0) {
        struct cmsghdr *carried;

        message.msg_control = room;
        message.msg_controllen = sizeof(room);
        carried = CMSG_FIRSTHDR(&message);
        carried->cmsg_level = SOL_SOCKET;
        carried->cmsg_type = SCM_RIGHTS;
        carried->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(carried), &listener, sizeof(int));
    }
    sendmsg(socket, &message, 0);
}

static void fault_child(int (*function)(void *argument), void *argument,
                        unsigned calls, int socket)
{
    struct fault_hello hello = { .program_break =
                                     (uint64_t)syscall(SYS_brk, 0) };
    int listener, status;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    check_silence();
    listener = fault_listen(calls);
    hello.error = listener < 0 ? errno : 0;
    fault_say_hello(socket, hello, listener);
    close(socket);
    if (listener < 0)
        _exit(0);
    close(listener);
    status = function(argument);
    fault_shared->returned = true;
    _exit(status);
}

/* ---- in the parent ---- */

static int fault_hear_hello(int socket, struct fault_hello *ret_hello)
{
    char room[CMSG_SPACE(sizeof(int))];
    struct iovec text = { ret_hello, sizeof(*ret_hello) };
    struct msghdr message = { .msg_iov = &text,
                              .msg_iovlen = 1,
                              .msg_control = room,
                              .msg_controllen = sizeof(room) };
    struct cmsghdr *carried;
    int listener = -1;

    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != sizeof(*ret_hello))
        return -ECHILD;
    if (ret_hello->error != 0)
        return -ret_hello->error;
    carried = CMSG_FIRSTHDR(&message);
    if (carried == NULL || carried->cmsg_type != SCM_RIGHTS)
        return -ECHILD;
    memcpy(&listener, CMSG_DATA(carried), sizeof(int));
    return listener;
}

/* Counts the call and says whether it is one of those that fail. */
static bool fault_decide(struct fault_watch *watch,
                         const struct seccomp_data *call)
{
    const struct fault_plan *plan = watch->plan;
    unsigned number;

    if (!fault_shared->armed || (call->nr == SYS_brk && call->args[0] == 0))
        return false;
    number = ++watch->end->seen;
    if (plan->first == 0 || number < plan->first)
        return false;
    if (plan->count != 0 && number >= plan->first + plan->count)
        return false;
    watch->end->failed++;
    return true;
}

static void fault_answer(struct fault_watch *watch)
{
    struct seccomp_notif call = { 0 };
    struct seccomp_notif_resp answer = { 0 };

    if (ioctl(watch->listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0)
        return; /* it was killed meanwhile */
    answer.id = call.id;
    if (!fault_decide(watch, &call.data)) {
        answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        if (call.data.nr == SYS_brk && call.data.args[0] != 0)
            watch->program_break = call.data.args[0];
    } else if (call.data.nr == SYS_brk) {
        answer.val = (int64_t)watch->program_break;
    } else {
        answer.error = -watch->plan->error;
    }
    ioctl(watch->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

/* Until nobody is left under the filter, or the time is over. */
static void fault_serve(struct fault_watch *watch, uint64_t deadline_ns)
{
    struct pollfd look = { .fd = watch->listener, .events = POLLIN };

    while (clock_wall_ns() < deadline_ns) {
        siginfo_t ended = { 0 };

        if (poll(&look, 1, FAULT_LOOK_MS) > 0 && look.revents & POLLIN)
            fault_answer(watch);
        else if (look.revents & (POLLHUP | POLLERR | POLLNVAL))
            return;
        else if (waitid(P_PID, (id_t)watch->child, &ended,
                        WEXITED | WNOHANG | WNOWAIT) == 0 &&
                 ended.si_pid != 0)
            return;
    }
}

static int fault_watch_child(struct fault_watch *watch, int socket,
                             unsigned timeout_ms)
{
    struct fault_hello hello;
    int listener = fault_hear_hello(socket, &hello);

    if (listener >= 0) {
        uint64_t limit_ns = (uint64_t)check_limit_ms(timeout_ms) * NS_PER_MS;
        uint64_t deadline_ns = clock_wall_ns() + limit_ns;

        watch->listener = listener;
        watch->program_break = hello.program_break;
        fault_serve(watch, deadline_ns);
        check_await_until(watch->child, deadline_ns, &watch->end->child);
        if (!fault_shared->returned)
            check_end_left(&watch->end->child);
        close(listener);
        return 0;
    }
    check_await(watch->child, 0, &watch->end->child);
    return listener;
}

int fault_run(int (*function)(void *argument), void *argument,
              const struct fault_plan *plan, unsigned timeout_ms,
              struct fault_end *ret_end)
{
    struct fault_watch watch = { .plan = plan, .end = ret_end };
    int sockets[2], result;

    if (fault_shared == NULL)
        fault_shared = check_share(sizeof(*fault_shared));
    if (fault_shared == NULL ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        return -ENOMEM;
    *ret_end = (struct fault_end){ 0 };
    *fault_shared = (struct fault_shared){ 0 };
    watch.child = fork();
    if (watch.child == 0)
        fault_child(function, argument, plan->calls, sockets[1]);
    close(sockets[1]);
    result = watch.child < 0
                 ? -EAGAIN
                 : fault_watch_child(&watch, sockets[0], timeout_ms);
    close(sockets[0]);
    return result;
}
