/* verdict.c - what bodies end with, and what they lean on. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "probe.h"

static void verdict_say(struct check_run *run, const char *format,
                        va_list arguments)
{
    /* vsnprintf of plain words and integers allocates nothing in glibc. */
    vsnprintf(run->record->message, sizeof(run->record->message), format,
              arguments);
}

#define VERDICT_WITH(run, format)            \
    do {                                     \
        va_list arguments;                   \
        va_start(arguments, format);         \
        verdict_say(run, format, arguments); \
        va_end(arguments);                   \
    } while (0)

enum verdict pass(struct check_run *run)
{
    (void)run;
    return VERDICT_PASS;
}

enum verdict fail(struct check_run *run, const char *format, ...)
{
    VERDICT_WITH(run, format);
    return VERDICT_FAIL;
}

enum verdict skip(struct check_run *run, const char *format, ...)
{
    VERDICT_WITH(run, format);
    return VERDICT_SKIP;
}

enum verdict error(struct check_run *run, const char *format, ...)
{
    VERDICT_WITH(run, format);
    return VERDICT_ERROR;
}

enum verdict outcome(struct check_run *run, const char *word,
                     const char *format, ...)
{
    VERDICT_WITH(run, format);
    snprintf(run->record->outcome, sizeof(run->record->outcome), "%s", word);
    return VERDICT_PASS;
}

void figure(struct check_run *run, const char *name, double value)
{
    record_set(run->record, name, value);
}

void probe_id(const struct check *check, char id[16])
{
    snprintf(id, 16, "%s", check->id);
    for (char *at = id; *at != '\0'; at++)
        if (*at == '_')
            *at = '-';
}

/* The record's words: a failed check is an answer that is wrong. */
void probe_seal(struct check_run *run, const struct check *check,
                enum verdict verdict)
{
    static const enum status statuses[] = {
        [VERDICT_PASS] = STATUS_OK,
        [VERDICT_FAIL] = STATUS_WRONG_OUTPUT,
        [VERDICT_SKIP] = STATUS_UNSUPPORTED,
        [VERDICT_ERROR] = STATUS_FAILED,
    };
    char message[sizeof(run->record->message)];

    probe_id(check, run->record->requirement);
    memcpy(message, run->record->message, sizeof(message));
    record_finish(run->record, statuses[verdict], "%s", message);
}

const char *check_signal_word(int signal)
{
    static char word[16];
    const char *name = sigabbrev_np(signal);

    snprintf(word, sizeof(word), "SIG%s", name != NULL ? name : "?");
    return word;
}

const char *check_end_word(const struct child_end *end)
{
    static char word[32];

    if (end->timed_out)
        return "a hang";
    if (end->signal != 0)
        return check_signal_word(end->signal);
    if (end->status >= 0)
        return NULL;
    snprintf(word, sizeof(word), "a call of exit(%d)", -1 - end->status);
    return word;
}

void check_end_left(struct child_end *end)
{
    if (!end->timed_out && end->signal == 0 && end->status >= 0)
        end->status = -1 - end->status;
}

/* `errors` takes standard error; -1 for nobody. A child that dies as it
 * should leaves no core file. */
static void verdict_silence(int errors)
{
    const struct rlimit none = { 0, 0 };
    int null = open("/dev/null", O_RDWR);

    for (int fd = 0; null >= 0 && fd <= 2; fd++)
        dup2(fd == 2 && errors >= 0 ? errors : null, fd);
    setrlimit(RLIMIT_CORE, &none);
}

/* Looks every millisecond: a child that ends is not waited for long, and no
 * signal disposition of the subject's is disturbed. */
static void verdict_wait(pid_t child, unsigned timeout_ms,
                         struct child_end *ret_end)
{
    const struct timespec rest = { 0, NS_PER_MS };
    uint64_t limit_ns = (uint64_t)check_limit_ms(timeout_ms) * NS_PER_MS;
    uint64_t deadline_ns = clock_wall_ns() + limit_ns;
    int status = 0;

    while (waitpid(child, &status, WNOHANG) == 0) {
        if (clock_wall_ns() >= deadline_ns) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            ret_end->timed_out = true;
            break;
        }
        nanosleep(&rest, NULL);
    }
    ret_end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    ret_end->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

/* What parent and child share: whether the function came to its end. */
static volatile bool *verdict_share(void)
{
    void *page = mmap(NULL, sizeof(bool), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return page == MAP_FAILED ? NULL : page;
}

static _Noreturn void verdict_run(int (*function)(void *argument),
                                  void *argument, int errors,
                                  volatile bool *returned)
{
    int status;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    verdict_silence(errors);
    status = function(argument);
    *returned = true;
    _exit(status);
}

static int verdict_child(int (*function)(void *argument), void *argument,
                         unsigned timeout_ms, int errors,
                         struct child_end *ret_end)
{
    volatile bool *returned = verdict_share();
    pid_t child = returned != NULL ? fork() : -1;

    if (child == 0)
        verdict_run(function, argument, errors, returned);
    if (child > 0) {
        *ret_end = (struct child_end){ 0 };
        verdict_wait(child, timeout_ms, ret_end);
        if (!*returned)
            check_end_left(ret_end);
    }
    if (returned != NULL)
        munmap((void *)returned, sizeof(bool));
    return child < 0 ? -1 : 0;
}

int check_child(int (*function)(void *argument), void *argument,
                unsigned timeout_ms, struct child_end *ret_end)
{
    return verdict_child(function, argument, timeout_ms, -1, ret_end);
}

/* A file in memory, not a pipe: a child that says much must not wait. */
int check_child_capture(int (*function)(void *argument), void *argument,
                        unsigned timeout_ms, struct child_end *ret_end,
                        char *ret_text, size_t text_bytes)
{
    int errors = memfd_create("stderr", MFD_CLOEXEC);
    ssize_t length;
    int result;

    if (errors < 0)
        return -1;
    result = verdict_child(function, argument, timeout_ms, errors, ret_end);
    length = pread(errors, ret_text, text_bytes - 1, 0);
    ret_text[length > 0 ? length : 0] = '\0';
    close(errors);
    return result;
}
