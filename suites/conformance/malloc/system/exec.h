/* exec.h - runs a program of its own for a check, under the subject or not.
 *
 * What a fresh process shows (constructors, the end of a process, a broken
 * environment) is tried in one: the aid beside the probe in one of its roles,
 * or any program of the machine. LD_PRELOAD is inherited as the probe has it,
 * or taken away. Output is captured into memory files, which cannot fill up
 * as a pipe does. The child is forked by _Fork(), without the subject's fork
 * handlers: nothing but system calls runs before exec.
 *
 * Threads: call from the only thread of the process.
 * Errors:  a negative errno when nothing could be started; how the program
 *          ended is in the end's `child`.
 * Owner:   check_exec_release() gives the captured output back. */
#ifndef ASSAY_EXEC_H
#define ASSAY_EXEC_H

#include "check.h"

enum exec_preload {
    EXEC_SUBJECT,   /* as the probe has it */
    EXEC_NO_SUBJECT /* none: the C library's malloc */
};

struct exec_request {
    const char *path;        /* absolute */
    const char *const *argv; /* argv[0] first, NULL at the end */
    enum exec_preload preload;
    const char *preload_before; /* a library put before the subject, or NULL */
    const char *preload_after;  /* and one put behind it, or NULL */
    bool bare;                  /* LD_PRELOAD is the whole environment */
    const char *set;            /* one more "NAME=value", or NULL */
    const char *input;          /* what stdin gives; NULL: nothing */

    /* In the child before exec, NULL for none: system calls alone; other than
     * 0 ends it with EXEC_UNPREPARED. */
    int (*prepare)(void *argument);
    void *argument;
    unsigned timeout_ms; /* as of check_await(); 0: 10 s */
};

enum { EXEC_UNPREPARED = 126, EXEC_FAILED = 127 };

struct exec_end {
    struct child_end child;
    const char *output; /* what it wrote to stdout; not terminated by zero */
    size_t output_bytes;
    const char *errors; /* and to stderr */
    size_t errors_bytes;
};

/* 0 or a negative errno. */
int check_exec(const struct exec_request *request, struct exec_end *ret_end);
void check_exec_release(struct exec_end *end);

/* The path of a file beside the probe ("assay-probe-aid"). Static storage for
 * the last four. */
const char *check_beside(const struct check_run *run, const char *name);

/* "was killed by SIGSEGV", "did not end in time", "exited with status 3", and
 * behind it the first words of its output. Static storage. */
const char *check_exec_words(const struct exec_end *end);

#endif
