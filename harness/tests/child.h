/* child.h - runs a program from a test and reads what it printed. */
#ifndef ASSAY_TESTS_CHILD_H
#define ASSAY_TESTS_CHILD_H

#include <stddef.h>
#include <sys/types.h>

struct child_end {
    int status;        /* exit status, or 128 and the signal */
    char output[8192]; /* stdout and stderr */
};

/* Runs argv[0] with these settings added to the environment (NULL: none) and
 * waits for it. Only the child is preloaded, never the test. */
struct child_end child_run(const char *const *argv, const char *preload);

/* The same, without waiting; its output is inherited. */
pid_t child_start(const char *const *argv);

/* A file's text in static storage, "" when it is not there. */
const char *child_file(const char *path);

/* A fresh folder under TMPDIR, removed when the test's process ends. */
const char *child_folder(void);

/* "FOLDER/name" of the fresh folder, in static storage of its own. */
const char *child_path(const char *name);

/* The path of one of our programs or libraries; fails the test without. */
const char *child_tool(const char *name);

/* The number behind "key=" in a launcher's report, or -1. */
double child_figure(const char *report, const char *key);

#endif
