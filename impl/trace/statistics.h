/* statistics.h - groups of traces, before they are sorted.
 *
 * Threads, Errors, Owner: as trace.h. */
#ifndef ASSAY_TRACE_STATISTICS_H
#define ASSAY_TRACE_STATISTICS_H

#include "snapshot.h"

/* Equal to CPython: by files and lines. Functions are not looked at. */
bool trace_frames_equal(const struct trace_statistic *a,
                        const struct trace_statistic *b);
uint32_t trace_frames_hash(const struct trace_statistic *statistic);

/* Groups in no order of meaning, with an index of them. */
int trace_group(const struct trace_snapshot *snapshot, enum trace_key key,
                bool cumulative, struct trace_statistics *ret,
                struct trace_index *ret_index);

#endif
