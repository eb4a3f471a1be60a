/* guide.h - what a guide to Python's memory prints, against the reference.
 *
 * A row is one value that a code block of the guide prints: the expression,
 * what the text says, and a function that asks the reference for it.
 *
 * Threads: one.
 * Errors:  a row that cannot be asked has the answer "no memory".
 * Owner:   guide_answer() gives text that the caller frees. */
#ifndef ASSAY_SUITES_GUIDE_H
#define ASSAY_SUITES_GUIDE_H

#include <stdio.h>

#include "assay/layout.h"
#include "assay/types.h"
#include "assay/values.h"

struct guide {
    struct gc *gc;
    FILE *answer;
};

struct guide_row {
    const char *block;      /* chapter and subject */
    const char *expression; /* as Python would be asked */
    const char *text;       /* what the guide prints */

    /* Where the reference says another thing: what, and why. */
    const char *instead;
    const char *why;
    void (*ask)(struct guide *guide);
};

struct guide_part {
    const struct guide_row *rows;
    size_t count;
};

/* NULL: there are not so many. */
const struct guide_row *guide_row(size_t number);

char *guide_answer(const struct guide_row *row, const char *edition);

#endif
