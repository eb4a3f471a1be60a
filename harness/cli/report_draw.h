/* report_draw.h - what the files that draw share. */
#ifndef ASSAY_REPORT_DRAW_H
#define ASSAY_REPORT_DRAW_H

#include "report.h"

/* Enters a plot that was drawn; takes `caption` over. */
void report_note_plot(struct report *report, const char *file,
                      const char *section, size_t campaign, char *caption);

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
