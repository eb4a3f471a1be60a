/* fresh.c - this program once more, in a process that nothing has touched. */
#include <string.h>
#include <unistd.h>

#include "../check.h"

struct fresh {
    const struct check_run *run;
    const char *id;
    const char *script; /* NULL: the check's bare part */
    bool preloaded;
};

/* In the forked child, whose standard error is what the parent reads. */
static int fresh_exec(void *argument)
{
    const struct fresh *fresh = argument;
    const char *words[] = { fresh->run->probe_path,
                            fresh->id,
                            "--subject",
                            fresh->run->subject_path,
                            fresh->script != NULL ? "--script" : "--bare",
                            fresh->script,
                            NULL };
    char *environment[512];
    size_t count = 0;

    for (char **word = environ; *word != NULL && count < 511; word++)
        if (fresh->preloaded || strncmp(*word, "LD_PRELOAD=", 11) != 0)
            environment[count++] = *word;
    environment[count] = NULL;
    dup2(STDERR_FILENO, STDOUT_FILENO);
    execve(fresh->run->probe_path, (char *const *)words, environment);
    return 255;
}

/* The program took the function's place: what it ends with is its own. */
static void fresh_end(struct child_end *end)
{
    if (end->status < 0)
        end->status = -1 - end->status;
}

int check_bare(struct check_run *run, const char *id, bool preloaded,
               unsigned timeout_ms, struct child_end *ret_end)
{
    struct fresh fresh = { run, id, NULL, preloaded };

    if (check_child(fresh_exec, &fresh, timeout_ms, ret_end) != 0)
        return -1;
    fresh_end(ret_end);
    return 0;
}

int check_script(struct check_run *run, const char *id, const char *script,
                 unsigned timeout_ms, struct child_end *ret_end, char *ret_text,
                 size_t text_bytes)
{
    struct fresh fresh = { run, id, script, true };

    if (check_child_capture(fresh_exec, &fresh, timeout_ms, ret_end, ret_text,
                            text_bytes) != 0)
        return -1;
    fresh_end(ret_end);
    return 0;
}
