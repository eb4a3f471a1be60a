/* cell.h - one subject on one row, in a fresh process: what came of it.
 *
 * The same result stands behind a synthetic row and a real program, so that
 * campaign, results and tables need not know which it was.
 *
 * Owner: plain data; the timeline is the caller's. */
#ifndef ASSAY_CELL_H
#define ASSAY_CELL_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"
#include "status.h"

struct memory_timeline;
struct subject;

/* What a cell is run for; time and memory are never taken together. */
enum cell_kind {
    CELL_TIME,   /* clocks run; nobody looks at its memory from outside */
    CELL_MEMORY, /* a timeline is taken; its times are not published */
    CELL_SHADOW, /* small and checked against the shadow model: the gate */
    CELL_COUNT,  /* under valgrind: instructions and simulated misses */
};

struct cell_result {
    enum status status;
    int code; /* signal or exit status, as the status says */
    char message[512];
    char requirement[16]; /* the id that a shadow-checked run found broken */
    char provider[512];
    char build_id[64];
    uint64_t digest;      /* of the requests of a synthetic row */
    char digest_text[65]; /* the same in hexadecimal; a program: SHA-256 */
    uint32_t strays;
    uint32_t output_bytes; /* printed by a cell that should print nothing */
    uint32_t figure_count;
    struct record_figure figures[RECORD_FIGURES];
};

/* One synthetic cell to run. */
struct cell_request {
    const char *row;
    const struct subject *subject;
    enum cell_kind kind;
    uint64_t seed;     /* of the requests */
    uint64_t pad_seed; /* of the environment's pad */
    double scale;
    unsigned threads;
    bool quick;        /* the row's quick number of repetitions */
    bool other_layout; /* the same program, linked in another order */
    uint32_t timeout_ms;
    const char *capture;              /* file for what it prints */
    struct memory_timeline *timeline; /* CELL_MEMORY only, else NULL */
};

/* Runs it to its end, whatever the subject does. 0, or -1 when the tool
 * itself failed (it has said why on stderr). */
int cell_run(const struct cell_request *request,
             struct cell_result *ret_result);

/* The same for any program that leaves a record: `arguments` begins with its
 * absolute path, and what it prints goes to the file `capture`. */
int cell_run_program(char *const *arguments, char *const *settings,
                     const char *capture, uint32_t timeout_ms,
                     struct cell_result *ret_result);

/* "time", "memory", "shadow" or "count". Static storage. */
const char *cell_kind_word(enum cell_kind kind);

double cell_figure(const struct cell_result *result, const char *name,
                   double otherwise);
void cell_set_figure(struct cell_result *result, const char *name,
                     double value);

#endif
