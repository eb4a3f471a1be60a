/* report.h - the page of one or several campaigns: Markdown with plots, and
 * one HTML file.
 *
 * All of it is computed from raw lines. A folder is one campaign, or holds
 * folders of campaigns. What cannot be shown is left out by name and with its
 * reason, never silently.
 *
 * Errors: -1 with a message for people.
 * Owner:  report_free(); texts belong to the report. */
#ifndef ASSAY_REPORT_H
#define ASSAY_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "failure.h"
#include "results.h"
#include "summary.h"

struct plotter;

struct report_campaign {
    char *folder; /* as given */
    struct results results;
    struct summary summary; /* without rows in a campaign of micro lines */
    bool has_summary;
    json_t *micro;  /* lines of kind "micro"; empty without */
    json_t *matrix; /* requirements by subjects; NULL without */
    json_t *glance; /* see report_glance.h */
};

struct report {
    const char *title;
    struct report_campaign *list; /* newest first */
    size_t count;
    char **left_out;         /* "folder: why", ended by NULL */
    json_t *plots;           /* [{file, section, campaign, caption}] */
    char **notes;            /* what went wrong while drawing; ended by NULL */
    struct plotter *plotter; /* while it is drawn */
};

/* Reads every campaign of the folders; one that holds a matrix.json and no
 * campaign adds its requirements by subjects. -1 when there is none to show.
 * Each line gets its number in results.jsonl as "line". */
int report_read(char *const *folders, struct report *ret_report,
                struct failure *ret_error);
void report_free(struct report *report);

/* The document that the HTML page shows. New reference. */
json_t *report_data(const struct report *report);

/* The command that repeats a row of a campaign alone. The caller frees. */
char *report_repeat(const json_t *header, const char *row);

/* Draws into `folder` and fills report->plots. -1 when gnuplot is not there
 * or refuses; what was drawn before stays. */
int report_draw(struct report *report, const char *folder,
                struct failure *ret_error);

/* Writes report.md and index.html into `folder`. */
int report_write_markdown(const struct report *report, const char *folder,
                          struct failure *ret_error);

/* table.md: what people paste, of the newest campaign that has rows; nothing
 * without one. */
int report_write_table(const struct report *report, const char *folder,
                       struct failure *ret_error);
int report_write_html(const struct report *report, const char *folder,
                      struct failure *ret_error);

/* Campaigns that may be drawn on one line: of one machine, baseline, scale
 * and threads. Their numbers in report->list, oldest first; series by series.
 * New reference: [[..], ..]. */
json_t *report_series(const struct report *report);

/* Whether a subject is shown: neither twin nor floor. */
bool report_shows(const struct summary *summary, size_t subject);

#endif
