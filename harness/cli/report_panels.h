/* report_panels.h - plots of many panels, a few to a page, each page with a
 * legend in its last place.
 *
 * Errors: -1 with a message for people.
 * Owner:  nothing changes hands. */
#ifndef ASSAY_REPORT_PANELS_H
#define ASSAY_REPORT_PANELS_H

#include "report.h"
#include "report_plot.h"

struct panels {
    struct report *report; /* where each page is entered */
    const char *section;
    size_t campaign;
    const char *folder;
    const char *stem;          /* of files: "memory" gives memory-1.svg, ... */
    const char *const *titles; /* of the panels */
    size_t count;
    const char *const *subjects;
    const bool *shown; /* [subject]; NULL: all */
    size_t subject_count;
    bool points;        /* the legend shows points, not lines */
    const char *area;   /* in the legend; NULL: none */
    const char *before; /* the first title in the caption, */
    const char *behind; /* and behind it and "and the next" */

    /* Draws one of them. */
    void (*draw)(const void *context, struct plot *plot, size_t number);
    const void *context;
};

int panels_draw(const struct panels *panels, struct failure *ret_error);

/* Title and axes of a panel; what another one set is taken back. */
void panel_frame(struct plot *plot, const char *title, const char *x,
                 const char *y);

/* In place of a panel that has nothing to show. */
void panel_empty(struct plot *plot, const char *why);

#endif
