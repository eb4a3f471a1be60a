/* child.c - what the tests of preload and programs share. */
#include "child.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "places.h"
#include "text.h"

enum { OPEN_FOLDERS = 8 };

static pid_t child_fork(const char *const *argv, const char *preload, int out)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    if (out >= 0) {
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
    }
    if (preload != NULL)
        setenv("LD_PRELOAD", preload, 1);
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

struct child_end child_run(const char *const *argv, const char *preload)
{
    struct child_end end = { 0 };
    int fds[2], status = 0;
    size_t length = 0;
    ssize_t got;
    cr_assert(pipe2(fds, O_CLOEXEC) == 0);
    pid_t pid = child_fork(argv, preload, fds[1]);
    close(fds[1]);
    while (length < sizeof(end.output) - 1 &&
           (got = read(fds[0], end.output + length,
                       sizeof(end.output) - 1 - length)) > 0)
        length += (size_t)got;
    close(fds[0]);
    cr_assert(waitpid(pid, &status, 0) == pid);
    end.status =
        WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return end;
}

pid_t child_start(const char *const *argv)
{
    return child_fork(argv, NULL, -1);
}

const char *child_file(const char *path)
{
    static char text[1 << 16];
    FILE *file = fopen(path, "re");
    size_t got = file != NULL ? fread(text, 1, sizeof(text) - 1, file) : 0;
    if (file != NULL)
        fclose(file);
    text[got] = '\0';
    return text;
}

static char folder[256];

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

const char *child_folder(void)
{
    if (folder[0] == '\0') {
        const char *parent = getenv("TMPDIR");
        snprintf(folder, sizeof(folder), "%s/assay-test-XXXXXX",
                 parent != NULL ? parent : "/tmp");
        cr_assert(mkdtemp(folder) != NULL);
        atexit(remove_folder);
    }
    return folder;
}

const char *child_path(const char *name)
{
    return text_format("%s/%s", child_folder(), name); /* lives with the test */
}

const char *child_tool(const char *name)
{
    char *path = place_of_program(name);
    cr_assert(path != NULL, "%s is not built", name);
    return path;
}

double child_figure(const char *report, const char *key)
{
    char *line = text_format("%s=", key);
    const char *found = strstr(report, line);
    double value = found != NULL ? strtod(found + strlen(line), NULL) : -1;
    free(line);
    return value;
}
