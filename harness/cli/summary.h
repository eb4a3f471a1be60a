/* summary.h - what a campaign's lines say, computed anew from the lines.
 *
 * Errors: -1 with a message when the lines contradict their header.
 * Owner:  summary_free(); texts belong to the results. */
#ifndef ASSAY_SUMMARY_H
#define ASSAY_SUMMARY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "aside.h"
#include "failure.h"
#include "results.h"
#include "statistics.h"
#include "status.h"

/* What a subject costs, and by what it is judged. Each is a family of its own
 * in Holm's sense: one subject, one measure, all rows. */
enum measure {
    MEASURE_WALL,   /* wall time, gross: decides the verdict */
    MEASURE_NET,    /* wall time less the floor's */
    MEASURE_CPU,    /* processor time of all threads */
    MEASURE_MEMORY, /* VmHWM of a cell; largest process of a program */
    MEASURES,
};

/* One subject on one row. */
struct summary_cell {
    enum status status;      /* of all its lines: ok only if every one is */
    const char *message;     /* of the first line that was not ok */
    const char *requirement; /* that a shadow-checked run found broken */
    int code;
    size_t timed;   /* blocks with a time */
    size_t strays;  /* processes it left behind, in all cells */
    bool printed;   /* a cell wrote to stdout or stderr */
    double wall_ns; /* median of its cells; NaN without one */
    double cpu_ns;
    double operations;     /* per cell; 1 for a program */
    double memory_bytes;   /* median of the timed cells' high-water marks */
    double peak_rss_bytes; /* from the memory cell's timeline; NaN without */
    double peak_pss_bytes;
    double after_rss_bytes; /* last look, after the last free */
    double live_peak_bytes; /* requested, planned; NaN for a program */
    double floor_ratio;     /* wall time over the floor's, less 1: overhead
                             * over the lower bound; NaN without a floor */
    double aside[ASIDES];   /* medians over blocks; NaN where there is none */
    struct statistics_row effect[MEASURES];
    bool has_effect[MEASURES];

    /* The logarithms of the ratios to the baseline behind each effect, one a
     * block that has one. */
    double *log_ratios[MEASURES];
    size_t log_ratio_count[MEASURES];
    double spread;     /* standard deviation of the log-ratios of wall time */
    double detectable; /* smallest effect that would have been called */
};

struct summary_row {
    const json_t *info; /* the header's: name, question, operation, ... */
    const char *name;
    bool program;
    double allocator_share;  /* of the baseline's time above the floor; NaN */
    bool measures_allocator; /* the share is known and at least a tenth, or
                              * unknown */
    double loop_ns;          /* an operation of the loop without calls; NaN */
    struct summary_cell *cells; /* [subject] */
};

struct summary {
    const json_t *header;
    const json_t *identity;
    struct summary_row *rows;
    size_t row_count;
    const char **subjects; /* names */
    size_t subject_count;
    size_t baseline, twin, floor;
    size_t blocks;      /* asked for */
    bool complete;      /* the campaign came to its end */
    size_t twin_called; /* rows on which the twin was called, and of how */
    size_t twin_judged; /* many */
    struct statistics_summary *means; /* [subject]; ratio NaN under 5 rows */
    double worst_steal;               /* largest share stolen in a block */
    double worst_load;
    size_t disturbed;   /* timed cells of one thread that lost the
                         * processor more than 100 times a second, */
    size_t undisturbed; /* and the others */
};

int summary_make(const struct results *results, struct summary *ret_summary,
                 struct failure *ret_error);
void summary_free(struct summary *summary);

/* Whether something was found: a row of a subject (the floor left out)
 * without an honest time. Statuses `unsupported` do not count. */
bool summary_has_finding(const struct summary *summary);

/* "crashed(11)", "unsupported", ... into `text`; returns it. */
const char *summary_status(const struct summary_cell *cell, char *text,
                           size_t room);

/* Peak memory that a line of kind "time" tells, in bytes: a cell's high-water
 * mark less the harness's own buffers, which are the same for every subject;
 * of a program the largest process of its tree. NaN without. */
double summary_memory_of(const json_t *line);

/* The summary for machines. */
json_t *summary_to_json(const struct summary *summary);

#endif
