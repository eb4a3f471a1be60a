/* aside.h - what rows of collectors say beside their time: how long the
 * program stood still, and how much garbage was there at the end.
 *
 * Figures of timed cells (suites/workloads/README.md), each the median over
 * blocks; NaN where a row has none. */
#ifndef ASSAY_ASIDE_H
#define ASSAY_ASIDE_H

#include <stdbool.h>
#include <stddef.h>

enum aside {
    ASIDE_GAPS,
    ASIDE_GAP_P50,
    ASIDE_GAP_P99,
    ASIDE_GAP_MAX,
    ASIDE_HEARD_MAX,
    ASIDE_RAN_10MS,
    ASIDE_LIVE_END,
    ASIDE_REACHABLE_END,
    ASIDES,
};

/* Room for what aside_text() says. */
enum { ASIDE_ROOM = 320 };

/* The figure's name in a line. */
extern const char *const aside_figures[ASIDES];

/* One sentence without its full stop into `text`; false, and nothing, where
 * there is nothing to say. */
bool aside_text(const double asides[ASIDES], char *text, size_t room);

#endif
