/* aside.c - pauses and garbage in words. */
#include "aside.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const aside_figures[ASIDES] = {
    [ASIDE_GAPS] = "gap_count",
    [ASIDE_GAP_P50] = "gap_p50_ns",
    [ASIDE_GAP_P99] = "gap_p99_ns",
    [ASIDE_GAP_MAX] = "gap_max_ns",
    [ASIDE_HEARD_MAX] = "heard_max_ns",
    [ASIDE_RAN_10MS] = "utilisation_10ms_share",
    [ASIDE_LIVE_END] = "live_end_objects",
    [ASIDE_REACHABLE_END] = "reachable_end_objects",
};

enum { DURATION_ROOM = 32 };

static const char *duration(double ns, char *text)
{
    if (ns < 1e6)
        snprintf(text, DURATION_ROOM, "%.0f us", ns / 1e3);
    else
        snprintf(text, DURATION_ROOM, "%.2f ms", ns / 1e6);
    return text;
}

static void put_pauses(const double asides[ASIDES], char *text, size_t room)
{
    char half[DURATION_ROOM], most[DURATION_ROOM], longest[DURATION_ROOM];
    char heard[DURATION_ROOM];
    size_t used;

    if (asides[ASIDE_GAPS] < 1) {
        snprintf(text, room, "no pauses");
        return;
    }
    snprintf(text, room, "%.0f pauses, p50 %s, p99 %s, longest %s",
             asides[ASIDE_GAPS], duration(asides[ASIDE_GAP_P50], half),
             duration(asides[ASIDE_GAP_P99], most),
             duration(asides[ASIDE_GAP_MAX], longest));
    used = strlen(text);
    if (!isnan(asides[ASIDE_HEARD_MAX]))
        snprintf(text + used, room - used, " (%s as the listener heard it)",
                 duration(asides[ASIDE_HEARD_MAX], heard));
    used = strlen(text);
    snprintf(text + used, room - used,
             "; of the worst 10 ms the program had %.0f %%",
             100 * asides[ASIDE_RAN_10MS]);
}

bool aside_text(const double asides[ASIDES], char *text, size_t room)
{
    double garbage = asides[ASIDE_LIVE_END] - asides[ASIDE_REACHABLE_END];
    bool pauses = !isnan(asides[ASIDE_GAPS]);
    size_t used;

    text[0] = '\0';
    if (pauses)
        put_pauses(asides, text, room);
    used = strlen(text);
    if (garbage > 0) /* not NaN */
        snprintf(text + used, room - used,
                 "%s%.0f objects of garbage at the end, beside %.0f that "
                 "could be reached",
                 pauses ? "; " : "", garbage, asides[ASIDE_REACHABLE_END]);
    return text[0] != '\0';
}
