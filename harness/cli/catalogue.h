/* catalogue.h - every row that can be run: synthetic rows, asked of the cell
 * program, and real programs, read from their folder.
 *
 * Errors: -1 with a message for people.
 * Owner:  rows belong to the catalogue; catalogue_free() ends all. */
#ifndef ASSAY_CATALOGUE_H
#define ASSAY_CATALOGUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "kind.h"
#include "program.h"

struct catalogue_row {
    const char *name;     /* "churn-10k", "python-json" */
    const char *workload; /* "churn"; a program is its own workload */
    const char *question;
    const char *operation; /* what one operation is; a program: "run" */
    const char *contract;
    json_t *needs;      /* requirement ids; NULL for a program */
    json_int_t version; /* of the requests: results of two do not compare */
    enum kind kind;     /* of the subjects that can be asked it */
    bool one_heap;      /* a row of the same name is for object allocators */
    bool quick;
    bool threads;    /* runs as many threads as the campaign says */
    bool reads_back; /* no floor can serve it */
    const struct program *program; /* NULL: a synthetic row */
};

struct catalogue {
    struct catalogue_row *rows;
    size_t count;
    json_t *workloads; /* as the cell program lists them */
    struct program *programs;
    size_t program_count;
};

int catalogue_load(struct catalogue *ret_catalogue, struct failure *ret_error);

/* A catalogue of one program of the user's. Takes `program` over. */
int catalogue_of_program(struct program *program,
                         struct catalogue *ret_catalogue);

/* The rows that a list of names asks for (rows, workloads or programs), all of
 * which must be for that kind of subjects; NULL asks for all of the kind, or
 * for the quick ones. Ended by NULL; free() the array. */
int catalogue_choose(const struct catalogue *catalogue, char *const *names,
                     enum kind kind, bool quick,
                     const struct catalogue_row ***ret_rows,
                     struct failure *ret_error);

/* Bytes of memory one cell of a synthetic row needs; 0 when unknown. */
uint64_t catalogue_memory_bytes(const struct catalogue_row *row, double scale,
                                unsigned threads);

void catalogue_free(struct catalogue *catalogue);

#endif
