/* report_draw.h - what the files that draw share.
 *
 * Errors: -1 with a message for people; what was drawn before stays. */
#ifndef ASSAY_REPORT_DRAW_H
#define ASSAY_REPORT_DRAW_H

#include "report.h"
#include "report_panels.h"
#include "report_plot.h"

/* A campaign that is drawn. */
struct drawing {
    struct report *report;
    const struct report_campaign *campaign;
    size_t number; /* of the campaign in the report */
    const char *folder;
    const bool *shown; /* [subject] */
};

/* Starts a plot that will be FOLDER/FILE, so many pixels high. */
void report_plot_begin(struct plot *plot, const char *folder, const char *file,
                       int height);

/* Enters a plot that was drawn; takes `caption` over. */
void report_note_plot(struct report *report, const char *file,
                      const char *section, size_t campaign, char *caption);

/* How the files of a section begin: "memory"; of the second campaign
 * "c2-memory". The caller frees. */
char *report_plot_stem(const struct drawing *drawing, const char *section);

/* Effects on synthetic rows or on real programs, one below the other. */
int report_draw_forest(const struct drawing *drawing, bool programs,
                       struct failure *ret_error);

/* Time against memory; memory over time, where it was watched. */
int report_draw_frontier(const struct drawing *drawing,
                         struct failure *ret_error);
int report_draw_timeline(const struct drawing *drawing,
                         struct failure *ret_error);

/* A panel a row of the campaign, as `model` has it: what is not filled in is
 * the campaign's. */
int report_draw_rows(const struct drawing *drawing, struct panels model,
                     struct failure *ret_error);

/* Micro-benchmarks over size; effects over dated campaigns. */
int report_draw_micro(struct report *report, size_t campaign,
                      const char *folder, struct failure *ret_error);
int report_draw_trend(struct report *report, const char *folder,
                      struct failure *ret_error);

/* Whether no other subject shown is at least as good in time and memory, and
 * better in one of them. */
bool report_on_frontier(const struct summary *summary,
                        const struct summary_row *row, size_t subject);

#endif
