/* launch.h - what the launcher is told, and what it saw.
 *
 * The launcher is small on purpose: ru_maxrss of a process begins at what its
 * parent held when it forked, so a large parent would hide a small program.
 *
 * Threads: one.
 * Errors:  a negative errno. */
#ifndef ASSAY_PRELOAD_LAUNCH_H
#define ASSAY_PRELOAD_LAUNCH_H

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct launch {
    char *const *argv;        /* the program's; argv[0] is a path */
    const char *subject;      /* library to preload, or NULL */
    const char *witness;      /* library to preload after it, or NULL */
    const char *witness_file; /* where the witness writes, or NULL */
    const char **settings;    /* NAME=VALUE, added last */
    int setting_count;
    unsigned pad_bytes; /* of environment, to move the stack */
    const char *input;  /* NULL: /dev/null */
    const char *output; /* NULL: inherited, as `errors` */
    const char *errors;
    const char *report; /* NULL: none */
};

enum launch_kind {
    LAUNCH_EXITED,      /* code: exit status */
    LAUNCH_SIGNALLED,   /* code: signal */
    LAUNCH_NOT_STARTED, /* code: errno */
};

struct launch_end {
    enum launch_kind kind;
    int code;
    pid_t pid;
    uint64_t wall_ns;
    unsigned adopted;    /* processes it left behind that ended later */
    struct rusage usage; /* of the whole tree, as far as it was waited for */
};

/* The program's environment: the launcher's own, less LD_PRELOAD, with what
 * `launch` says. NULL when memory is short. Never freed: one process, one
 * launch. */
char **launch_environment(const struct launch *launch);

/* Runs the program and waits for it and for all that it left behind. */
int launch_run(const struct launch *launch, char *const *environment,
               struct launch_end *ret_end);

/* Writes the report: `key=value` lines, see harness/preload/README.md. */
int launch_report(const char *path, const struct launch_end *end);

#endif
