/* assay_run.h - runs the built `assay` as a user would, and keeps what it
 * said. For tests of the command line.
 *
 * Owner: outcome_free(). */
#ifndef ASSAY_RUN_H
#define ASSAY_RUN_H

#include <stdbool.h>
#include <sys/types.h>

struct outcome {
    int status;    /* exit status, or 128 + signal */
    char *out;     /* all of stdout */
    char *err;     /* all of stderr */
    char *command; /* as the shell had it */
};

/* Runs `assay COMMAND` through a shell; `command` is printf-like. $ASSAY is
 * the program, $BAD the folder of misbehaving libraries, $TMP a fresh folder
 * of the test's own. */
struct outcome assay(const char *command, ...)
    __attribute__((format(printf, 1, 2)));

/* Any shell command in the same surroundings. */
struct outcome shell(const char *command, ...)
    __attribute__((format(printf, 1, 2)));

void outcome_free(struct outcome *outcome);

/* The folder $TMP of this test process, made at the first call. */
const char *test_folder(void);
void test_folder_remove(void); /* .fini of each suite */

/* What every test of the command line may take, in seconds. */
enum { COMMAND_TEST_S = 60 };

/* How many processes go by a name that begins so (/proc/PID/comm). */
unsigned processes_named(const char *name);

/* Names and numbers of assay's processes that work in $TMP, one a line. */
#define PROCESSES_HERE                                                    \
    "for p in /proc/[0-9]*; do [ \"$(readlink $p/cwd)\" = \"$TMP\" ] && " \
    "grep -H '^assay' $p/comm; done 2>/dev/null; true"

/* ---- assertions; a message names the command ---- */

/* `wanted` is somewhere in `text`. */
void says(const char *text, const char *wanted);

/* It said that, on either stream. */
void outcome_says(const struct outcome *outcome, const char *wanted);

/* It ended with that status and said that, on either stream. Ends the
 * outcome. */
void outcome_ends(struct outcome outcome, int status, const char *wanted);

/* It ended with 2, said both on stderr, and nothing on stdout. Ends the
 * outcome. */
void outcome_refuses(struct outcome outcome, const char *one,
                     const char *other);

/* `assay WORDS` ends with that status and says that: on stdout when it did its
 * work (0 or 1), else on stderr. */
void assay_ends(const char *words, int status, const char *wanted);

/* outcome_refuses() of `assay WORDS`. */
void assay_refuses(const char *words, const char *one, const char *other);

/* The command of a shell ends with 0. */
void shell_works(const char *command);

/* The results in that folder (a word of the shell) are as the schema says. */
void schema_holds(const char *results);

/* Every timed cell in $TMP/out was of the build that the header has of its
 * subject. Not of plugin:LIBRARY, where the header has the library's. */
void builds_hold(void);

/* How many timed cells of the subject ended so, in $TMP/out. */
int cells(const char *subject, const char *status);

/* A short campaign of one synthetic row: two blocks, no memory cells, and not
 * asked first what the row needs. */
#define SHORT                                               \
    "--workloads pair-48 --quick --scale 0.001 --blocks 2 " \
    "--memory-cells 0 --timeout 2 --seed 7 --no-gate"

#endif
