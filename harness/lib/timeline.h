/* timeline.h - what a tree of processes holds of memory, look by look. */
#ifndef ASSAY_TIMELINE_H
#define ASSAY_TIMELINE_H

#include <stdint.h>
#include <sys/types.h>

struct memory_timeline;
struct record;

/* Adds one look: the sums over the descendants of `root`, or of the first of
 * them that is named `below` (NULL: of `root`). `record` may be NULL. */
void timeline_look(struct memory_timeline *timeline, pid_t root,
                   const char *below, const struct record *record,
                   uint32_t time_ms);

#endif
