/* python_oracle.h - a script of this folder, run by the system's python3,
 * whose lines a test compares with its own.
 *
 * Threads: one.
 * Errors:  a Criterion assertion; the test is skipped, and says so, where the
 *          script ends with 77 (no CPython 3.11) or there is no python3.
 * Owner:   python_finish() ends what python_ask() began. */
#ifndef ASSAY_SUITES_PYTHON_ORACLE_H
#define ASSAY_SUITES_PYTHON_ORACLE_H

#include <stdio.h>

/* Skips the test where there is no CPython 3.11, as python_ask() does: for one
 * that leaves something behind when it is skipped later. */
void python_want(void);

/* The answer of the script at a path, with these words of a shell as its
 * arguments. */
FILE *python_ask(const char *script, const char *words);

/* Asserts that the next line of the answer is this one. `operation` is named
 * when it is not. */
void python_expect_line(FILE *answer, unsigned operation, const char *ours);

/* Asserts that there is no more of the answer than white space, and that the
 * script ended well. */
void python_finish(FILE *answer);

#endif
