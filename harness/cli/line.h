/* line.h - one result line: how a cell is written and read.
 *
 * The schema is results/schema.json; these are the only functions that know
 * its field names.
 *
 * Owner: new references and fresh strings are the caller's. */
#ifndef ASSAY_LINE_H
#define ASSAY_LINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cell.h"
#include "results.h"

struct line_place {
    enum cell_kind kind;
    unsigned block;
    const char *row;
    const char *subject;
    uint64_t seed;
    uint64_t pad_bytes;
};

/* The line of a finished cell; `timeline` may be NULL. */
json_t *line_of_cell(const struct line_place *place,
                     const struct cell_result *result,
                     const struct memory_timeline *timeline);

/* The last line of a campaign that came to its end, with the time now; and
 * whether such a campaign is the one that is resumed (or NULL). */
json_t *line_of_end(void);
bool line_has_end(const struct results *results);

/* What names a cell within its campaign. */
char *line_key(const char *kind, unsigned block, const char *row,
               const char *subject);

/* All cell lines of a campaign by line_key(); empty for NULL. */
json_t *line_index(const struct results *results);

enum status line_status(const json_t *line);
/* A text field, "" when it is not there. */
const char *line_text(const json_t *line, const char *field);
double line_figure(const json_t *line, const char *name, double otherwise);

#endif
