/* results.h - raw lines of a campaign: appended, flushed, read back.
 *
 * A results folder holds `results.jsonl`: a header line, then one line a cell.
 * A line is written with one call and never changed, so that a campaign that
 * is interrupted loses at most the line under way. Whatever is derived is
 * computed from these lines. The schema is results/schema.json.
 *
 * Errors: -1 with a message for people in `ret_error`.
 * Owner:  results_close() and results_free() end what the others make. */
#ifndef ASSAY_RESULTS_H
#define ASSAY_RESULTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "failure.h"

enum { RESULTS_VERSION = 1 };

#define RESULTS_FORMAT "assay-results"
#define RESULTS_FILE   "results.jsonl"

/* What was read of a folder. */
struct results {
    json_t *header;
    json_t *lines;          /* array of all complete lines behind the header */
    long long intact_bytes; /* the file up to its last complete line */
    bool torn;              /* it ended in the middle of a line */
};

int results_load(const char *folder, struct results *ret_results,
                 struct failure *ret_error);
void results_free(struct results *results);

/* Where lines go. */
struct results_writer {
    int fd;
    char *path;
};

/* Starts a campaign in a folder, made if missing. A folder that already holds
 * results is refused: they are not overwritten. */
int results_create(const char *folder, const json_t *header,
                   struct results_writer *ret_writer,
                   struct failure *ret_error);

/* Goes on with a campaign: a torn last line is cut off. The header's identity
 * must equal the file's; the first field that differs is named. *ret_results
 * holds the lines already there. */
int results_resume(const char *folder, const json_t *header,
                   struct results_writer *ret_writer,
                   struct results *ret_results, struct failure *ret_error);

/* Appends a line and hands it to the kernel. -1 when it could not be written
 * whole (a full disk); the file is then cut back to its last whole line. */
int results_append(struct results_writer *writer, const json_t *line,
                   struct failure *ret_error);

void results_close(struct results_writer *writer);

#endif
