/* compare.h - what changed between two campaigns.
 *
 * A subject of each campaign is compared with itself in the other, by its
 * effect: its ratio to the baseline of the same block. What made the whole
 * machine slower between the campaigns stands on both sides of each ratio and
 * falls out; an absolute time would carry it. The blocks of two campaigns are
 * not paired, so the test is the exact rank-sum test, corrected by Holm over
 * the rows of a subject.
 *
 * Errors: -1 with a message for people.
 * Owner:  comparison_free(); texts belong to the campaigns. */
#ifndef ASSAY_COMPARE_H
#define ASSAY_COMPARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "failure.h"
#include "results.h"
#include "summary.h"

enum change {
    CHANGE_REGRESSION,  /* significant, and over the threshold */
    CHANGE_IMPROVEMENT, /* likewise, the other way */
    CHANGE_NONE,        /* indistinguishable, or under the threshold */
    CHANGE_TOO_FEW,     /* no effect could be significant: more blocks */
    CHANGE_BROKEN,      /* had an honest time, and has none now: counts as a
                         * regression */
    CHANGE_MENDED,      /* had none, and has one now */
    CHANGE_NO_TIME,     /* has none in either */
};

/* "regression", "improvement", "indistinguishable", ... Static storage. */
const char *change_word(enum change change);

/* One subject on one row by one measure. */
struct compared {
    const char *row;
    const char *subject;
    enum measure measure;
    bool control; /* the twin: what is called of it is a false alarm */
    const struct summary_cell *before;
    const struct summary_cell *after;
    double ratio; /* of the effects, after over before; NaN without times */
    double low;   /* 95 % interval of this row alone; 0 and INFINITY when the */
    double high;  /* blocks are too few for one */
    double p_adjusted; /* Holm over the rows of the subject and measure */
    enum change change;
};

struct campaign_read {
    const char *folder;
    struct results results;
    struct summary summary;
};

struct comparison {
    const struct campaign_read *before;
    const struct campaign_read *after;
    double threshold; /* 0.05: a ratio over 1.05 or under 1 / 1.05 */
    struct compared *list;
    size_t count;
    char **only_before; /* "row" or "subject on row" that the other lacks; */
    char **only_after;  /* ended by NULL */
};

int campaign_read(const char *folder, struct campaign_read *ret_campaign,
                  struct failure *ret_error);
void campaign_read_free(struct campaign_read *campaign);

/* What two campaigns must have in common; `allowed` names fields that may
 * differ ("machine", "scale", ...), ended by NULL. The first other field that
 * differs is named with both values. */
int compare_refusal(const struct campaign_read *before,
                    const struct campaign_read *after, char *const *allowed,
                    struct failure *ret_error);

/* The names that `allowed` may hold, ended by NULL. */
extern const char *const compare_fields[];

struct compare_request {
    char *const *subjects; /* NULL: all that both have */
    bool measures[MEASURES];
    double threshold;
};

int comparison_make(const struct campaign_read *before,
                    const struct campaign_read *after,
                    const struct compare_request *request,
                    struct comparison *ret_comparison,
                    struct failure *ret_error);
void comparison_free(struct comparison *comparison);

/* Whether a row got worse; the twin does not count. */
bool comparison_has_regression(const struct comparison *comparison);

/* For a terminal; and for the text of a pull request. */
void comparison_print(const struct comparison *comparison, FILE *out);
void comparison_print_markdown(const struct comparison *comparison, FILE *out);

/* For machines; and the entries that github-action-benchmark reads (its tool
 * `customSmallerIsBetter`): the effects of `after`. */
json_t *comparison_to_json(const struct comparison *comparison);
json_t *comparison_to_entries(const struct comparison *comparison);

/* "wall", "net", "cpu", "memory". Static storage. */
const char *measure_word(enum measure measure);

#endif
