/* plan.h - what a campaign will do, settled and checked before it starts.
 *
 * Errors: -1 with a message for people: wrong usage, exit status 2.
 * Owner:  plan_free() ends what plan_make() made; the catalogue must outlive
 *         the plan. */
#ifndef ASSAY_PLAN_H
#define ASSAY_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "catalogue.h"
#include "micro_list.h"
#include "subject.h"

enum { PLAN_THREADS_MAX = 1024 };

/* What the user asked for. Texts are the caller's. */
struct plan_options {
    char *const *subjects;  /* names or paths, ended by NULL */
    const char *baseline;   /* name or path */
    char *const *workloads; /* NULL: all, or the quick ones */
    bool quick;
    bool strict;  /* refuse a busy machine */
    bool no_gate; /* times though a requirement may not be met */
    bool counts;  /* rows of one thread, under valgrind; no times */
    bool micro;   /* micro-benchmarks, and no rows; `workloads` are theirs */
    unsigned blocks;
    unsigned memory_cells; /* a subject and row */
    unsigned threads;      /* 0: the usable processors */
    unsigned timeout_s;    /* a cell */
    uint64_t seed;
    double scale;
    const char *command; /* as typed, for the header */
};

struct plan {
    struct subject *subjects; /* baseline, others, twin, floor */
    size_t subject_count;
    size_t baseline; /* index; the twin's is twin, the floor's floor */
    size_t twin;
    size_t floor;
    const struct catalogue_row **rows;
    size_t row_count;
    struct micro_list micro;     /* empty unless they were asked for */
    struct plan_options options; /* with defaults filled in */
    char *busy;                  /* why the machine is not quiet, or NULL */
    json_t *header;              /* the first line of the results */
};

int plan_make(const struct catalogue *catalogue,
              const struct plan_options *options, struct plan *ret_plan,
              struct failure *ret_error);
void plan_free(struct plan *plan);

/* The seed of one row in one block: equal for all subjects, so that all serve
 * the same requests. */
uint64_t plan_cell_seed(const struct plan *plan, size_t row, unsigned block);

/* The numbers below `count` in an order drawn from the state. */
void plan_shuffle(size_t *ret_order, size_t count, uint64_t *state);

#endif
