/* oracle_kinds.h - the kinds of objects beside the real interpreter's: every
 * value is made twice, and every operation is done to both.
 *
 * The real one runs in this process (libpython 3.11), with a hash seed of 0.
 *
 * Threads: one.
 * Errors:  a difference is printed with job, seed and operation, and ends the
 *          program with status 1; want of memory with 3.
 * Owner:   pair_end() ends both objects of a pair. */
#ifndef ASSAY_SUITES_ORACLE_KINDS_H
#define ASSAY_SUITES_ORACLE_KINDS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>

#include "assay/types.h"
#include "assay/values.h"
#include "random.h"

struct pair {
    struct object *ours;
    PyObject *real;
};

struct kinds_run {
    struct gc *gc;
    const char *job;
    struct random random;
    uint64_t seed;
    size_t operation;
    size_t operations;
    size_t compared; /* values, bytes, flags: each was the same */
};

extern struct kinds_run run;

__attribute__((noreturn, format(printf, 1, 2))) void kinds_differ(
    const char *text, ...);
__attribute__((noreturn)) void kinds_no_memory(void);

/* Counts a comparison; the caller tells of a difference. */
static inline bool kinds_same(bool same)
{
    run.compared++;
    return same;
}

static inline unsigned draw(unsigned below)
{
    return random_below(&run.random, below);
}

/* Both or neither; of neither the error of the real one is cleared. */
struct pair pair_of(struct object *ours, PyObject *real);
void pair_end(struct pair pair);
void pair_replace(struct pair *place, struct pair pair);

struct pair pair_int(int64_t value);
struct pair pair_text(const char *utf8);

/* Of kind `kind` % PAIR_KINDS and number `number`; those of the first two
 * kinds and the same number are equal. */
#define PAIR_KINDS 6
struct pair pair_key(unsigned kind, int number);

/* Type, bytes, hash, and the value where it is a number or text. */
void pair_compare(struct pair pair);
void kinds_compare_bytes(const struct object *ours,
                         PyObject *real); /* and those of the type */
void kinds_compare_flags(const char *what, bool ours, bool real);
void kinds_compare_sizes(const char *what, size_t ours, size_t real);

/* The jobs: `run.operations` operations each; layouts draws none. */
void job_ints(void);
void job_texts(void);
void job_lists(void);
void job_dicts(void);
void job_sets(void);
void job_instances(void);
void job_layouts(void);
void job_walks(void);

#endif
