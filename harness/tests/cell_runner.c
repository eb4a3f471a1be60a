/* cell_runner.c - fork, record, preload, exec, wait. */
#include "cell_runner.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between fork and exec: the record gets its number, the cell its subject. */
static void cell_runner_exec(int fd, const char *preload,
                             const char *const *arguments)
{
    const char *program = getenv("ASSAY_CELL");
    const char *argv[CELL_ARGUMENTS_MAX + 2] = { program };
    char setting[4096];
    char *envp[] = { setting, NULL };

    for (int i = 0; i < CELL_ARGUMENTS_MAX && arguments[i] != NULL; i++)
        argv[i + 1] = arguments[i];
    snprintf(setting, sizeof(setting), "LD_PRELOAD=%s",
             preload != NULL ? preload : "");
    if (program == NULL || dup2(fd, RECORD_FD) < 0)
        _exit(126);
    execve(program, (char *const *)argv, envp);
    _exit(127);
}

int cell_runner_run(struct cell_outcome *ret_outcome, const char *preload,
                    const char *const *arguments)
{
    struct record *record;
    int fd, status;
    pid_t child;

    if (record_create(&record, &fd) != 0)
        return -1;
    child = fork();
    if (child == 0)
        cell_runner_exec(fd, preload, arguments);
    if (child < 0 || waitpid(child, &status, 0) != child) {
        record_destroy(record, fd);
        return -1;
    }
    ret_outcome->exit_status =
        WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    ret_outcome->sealed = record_is_sealed(record);
    memcpy(&ret_outcome->record, record, sizeof(*record));
    record_destroy(record, fd);
    return 0;
}

void cell_runner_list(void (*take)(const json_t *workload))
{
    char command[4096];
    json_t *list, *workload;
    FILE *pipe;
    size_t i;

    snprintf(command, sizeof(command), "'%s' --list", getenv("ASSAY_CELL"));
    pipe = popen(command, "r");
    list = json_loadf(pipe, 0, NULL);
    pclose(pipe);
    cr_assert_not_null(list, "assay-cell --list is no JSON");
    json_array_foreach(json_object_get(list, "workloads"), i, workload)
    {
        take(workload);
    }
    json_decref(list);
}
