/* exec.c - runs a program of its own for a check, its output captured. */
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "await.h"

enum { EXEC_TIMEOUT_MS = 10000, EXEC_VARIABLES = 512 };

extern char **environ;

struct exec_files {
    int input, output, errors;
};

static const char *exec_inherited_preload(void)
{
    for (char **entry = environ; *entry != NULL; entry++)
        if (strncmp(*entry, "LD_PRELOAD=", 11) == 0)
            return *entry + 11;
    return "";
}

/* "LD_PRELOAD=before:subject:after", or "" for none. */
static void exec_preload(const struct exec_request *request, char *text,
                         size_t bytes)
{
    const char *parts[] = { request->preload_before,
                            request->preload == EXEC_SUBJECT
                                ? exec_inherited_preload()
                                : NULL,
                            request->preload_after };
    size_t used = (size_t)snprintf(text, bytes, "LD_PRELOAD=");

    for (size_t i = 0; i < 3; i++)
        if (parts[i] != NULL && *parts[i] != '\0' && used < bytes)
            used +=
                (size_t)snprintf(text + used, bytes - used, "%s%s",
                                 text[used - 1] == '=' ? "" : ":", parts[i]);
    if (text[used - 1] == '=')
        text[0] = '\0';
}

static void exec_environment(const struct exec_request *request,
                             const char *preload, const char **ret_environment)
{
    size_t count = 0;

    for (char **entry = environ;
         !request->bare && *entry != NULL && count < EXEC_VARIABLES - 3;
         entry++)
        if (strncmp(*entry, "LD_PRELOAD=", 11) != 0)
            ret_environment[count++] = *entry;
    if (*preload != '\0')
        ret_environment[count++] = preload;
    if (request->set != NULL)
        ret_environment[count++] = request->set;
    ret_environment[count] = NULL;
}

static void exec_close(const struct exec_files *files)
{
    const int all[] = { files->input, files->output, files->errors };

    for (size_t i = 0; i < 3; i++)
        if (all[i] >= 0)
            close(all[i]);
}

static int exec_open(const struct exec_request *request,
                     struct exec_files *ret_files)
{
    struct exec_files files = {
        .input = memfd_create("input", MFD_CLOEXEC),
        .output = memfd_create("output", MFD_CLOEXEC),
        .errors = memfd_create("errors", MFD_CLOEXEC),
    };
    const char *text = request->input != NULL ? request->input : "";
    size_t bytes = strlen(text);

    if (files.input < 0 || files.output < 0 || files.errors < 0 ||
        pwrite(files.input, text, bytes, 0) != (ssize_t)bytes) {
        exec_close(&files);
        return -errno;
    }
    *ret_files = files;
    return 0;
}

/* As a program is started by a shell: whatever the subject did to this
 * process's signals is not inherited. */
static void exec_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
}

static void exec_child(const struct exec_request *request,
                       const char *const *environment,
                       const struct exec_files *files)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    exec_signals();
    dup2(files->input, STDIN_FILENO);
    dup2(files->output, STDOUT_FILENO);
    dup2(files->errors, STDERR_FILENO);
    if (request->prepare != NULL && request->prepare(request->argument) != 0)
        _exit(EXEC_UNPREPARED);
    execve(request->path, (char *const *)request->argv,
           (char *const *)environment);
    _exit(EXEC_FAILED);
}

static const char *exec_map(int fd, size_t *ret_bytes)
{
    struct stat file;
    void *text;

    *ret_bytes = 0;
    if (fstat(fd, &file) != 0 || file.st_size == 0)
        return "";
    text = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (text == MAP_FAILED)
        return "";
    *ret_bytes = (size_t)file.st_size;
    return text;
}

int check_exec(const struct exec_request *request, struct exec_end *ret_end)
{
    static char preload[2048];
    static const char *environment[EXEC_VARIABLES];
    unsigned timeout_ms =
        request->timeout_ms != 0 ? request->timeout_ms : EXEC_TIMEOUT_MS;
    struct exec_files files = { -1, -1, -1 };
    int result = exec_open(request, &files);
    pid_t child;

    if (result != 0)
        return result;
    exec_preload(request, preload, sizeof(preload));
    exec_environment(request, preload, environment);
    *ret_end = (struct exec_end){ 0 };
    child = _Fork();
    if (child == 0)
        exec_child(request, environment, &files);
    if (child > 0) {
        check_await(child, timeout_ms, &ret_end->child);
        ret_end->output = exec_map(files.output, &ret_end->output_bytes);
        ret_end->errors = exec_map(files.errors, &ret_end->errors_bytes);
    }
    exec_close(&files);
    return child > 0 ? 0 : -EAGAIN;
}

void check_exec_release(struct exec_end *end)
{
    if (end->output_bytes != 0)
        munmap((void *)end->output, end->output_bytes);
    if (end->errors_bytes != 0)
        munmap((void *)end->errors, end->errors_bytes);
    *end = (struct exec_end){ 0 };
}

const char *check_beside(const struct check_run *run, const char *name)
{
    static char paths[4][768];
    static unsigned next;
    char *path = paths[next++ % 4];
    const char *slash = strrchr(run->probe_path, '/');
    int folder = slash != NULL ? (int)(slash - run->probe_path) : 0;

    snprintf(path, sizeof(paths[0]), "%.*s/%s", folder, run->probe_path, name);
    return path;
}

const char *check_exec_words(const struct exec_end *end)
{
    static char words[256];
    const char *text = end->errors_bytes != 0 ? end->errors : end->output;
    size_t bytes =
        end->errors_bytes != 0 ? end->errors_bytes : end->output_bytes;
    size_t used;

    if (end->child.timed_out)
        used = (size_t)snprintf(words, sizeof(words), "did not end in time");
    else if (end->child.signal != 0)
        used = (size_t)snprintf(words, sizeof(words), "was killed by %s",
                                check_signal_word(end->child.signal));
    else
        used = (size_t)snprintf(words, sizeof(words), "exited with status %d",
                                end->child.status);
    while (bytes > 0 && text[bytes - 1] == '\n')
        bytes--;
    if (bytes > 0)
        snprintf(words + used, sizeof(words) - used, " (\"%.*s\")",
                 bytes > 160 ? 160 : (int)bytes, text);
    return words;
}
