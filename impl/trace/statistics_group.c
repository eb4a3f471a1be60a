/* statistics_group.c - traces with one key summed up.
 *
 * First traces are summed up by traceback, then tracebacks by key: names are
 * compared once a traceback and not once a trace.
 *
 * Source: Snapshot._group_by() of CPython's Lib/tracemalloc.py. */
#include "statistics.h"

#include <errno.h>
#include <string.h>

struct group_sum {
    int64_t bytes;
    int64_t count;
};

struct grouping {
    const struct trace_snapshot *snapshot;
    struct trace_statistics *result;
    struct trace_index *index;
    size_t room;       /* of the result's items */
    size_t frame_used; /* of the result's frames */
};

/* ---- keys ---- */

bool trace_frames_equal(const struct trace_statistic *a,
                        const struct trace_statistic *b)
{
    if (a->frame_count != b->frame_count)
        return false;
    for (size_t i = 0; i < a->frame_count; i++)
        if (a->frame[i].line != b->frame[i].line ||
            strcmp(a->frame[i].file, b->frame[i].file) != 0)
            return false;
    return true;
}

uint32_t trace_frames_hash(const struct trace_statistic *statistic)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < statistic->frame_count; i++)
        hash = trace_hash_text(trace_hash(hash, statistic->frame[i].line),
                               statistic->frame[i].file);
    return hash;
}

struct group_sought {
    const struct trace_statistics *among;
    const struct trace_statistic *key;
};

static bool group_is(const void *context, uint32_t item)
{
    const struct group_sought *sought = context;
    return trace_frames_equal(&sought->among->item[item], sought->key);
}

/* ---- groups ---- */

static int group_sum_up(struct trace_statistic *group, struct group_sum sum)
{
    int64_t bytes = 0, count = 0;
    if (__builtin_add_overflow(group->bytes, sum.bytes, &bytes) ||
        __builtin_add_overflow(group->count, sum.count, &count))
        return -EOVERFLOW;
    group->bytes = bytes;
    group->count = count;
    return 0;
}

/* The key's frames are the last of those used, and stay if it is new. */
static int group_add(struct grouping *g, size_t frame_count,
                     struct group_sum sum)
{
    struct trace_statistic key = { .frame = g->result->frames + g->frame_used,
                                   .frame_count = frame_count,
                                   .bytes = sum.bytes,
                                   .count = sum.count };
    struct group_sought sought = { g->result, &key };
    uint32_t hash = trace_frames_hash(&key);
    uint32_t found = trace_index_find(g->index, hash, group_is, &sought);
    if (found != TRACE_NONE)
        return group_sum_up(&g->result->item[found], sum);
    struct trace_statistic *item =
        trace_array_grow(g->result->item, g->result->count, &g->room,
                         sizeof item[0]);
    if (!item)
        return -ENOMEM;
    g->result->item = item;
    if (!trace_index_add(g->index, hash, (uint32_t)g->result->count))
        return -ENOMEM;
    item[g->result->count++] = key;
    g->frame_used += frame_count;
    return 0;
}

static void group_put_frame(struct grouping *g, size_t at,
                            struct snapshot_frame frame, enum trace_key key)
{
    struct trace_frame *put = &g->result->frames[g->frame_used + at];
    *put = snapshot_frame_read(g->snapshot, frame);
    if (key == TRACE_BY_FILE)
        *put = (struct trace_frame){ put->file, NULL, 0 };
}

/* Every frame counts, and one that is there twice counts twice. */
static int group_each_frame(struct grouping *g,
                            const struct snapshot_traceback *traceback,
                            enum trace_key key, struct group_sum sum)
{
    int error = 0;
    for (size_t i = 0; i < traceback->frame_count && !error; i++) {
        group_put_frame(g, 0, traceback->frame[i], key);
        error = group_add(g, 1, sum);
    }
    return error;
}

static int group_traceback(struct grouping *g,
                           const struct snapshot_traceback *traceback,
                           enum trace_key key, struct group_sum sum)
{
    size_t count = key == TRACE_BY_TRACEBACK ? traceback->frame_count : 1;
    for (size_t i = 0; i < count; i++)
        group_put_frame(g, i, traceback->frame[i], key);
    return group_add(g, count, sum);
}

/* ---- all of them ---- */

/* No sum can overflow here: all bytes of a snapshot fit. */
static struct group_sum *sum_by_traceback(const struct trace_snapshot *snapshot)
{
    struct group_sum *sums =
        memory_system.calloc(NULL, snapshot->traceback_count + 1,
                             sizeof sums[0]);
    for (size_t i = 0; sums && i < snapshot->trace_count; i++) {
        struct group_sum *sum = &sums[snapshot->trace[i].traceback];
        sum->bytes += (int64_t)snapshot->trace[i].bytes;
        sum->count++;
    }
    return sums;
}

/* As many frames as keys may need at most, and one to try. */
static size_t frames_needed(const struct trace_snapshot *snapshot)
{
    size_t count = 1;
    for (size_t i = 0; i < snapshot->traceback_count; i++)
        count += snapshot->traceback[i].frame_count;
    return count;
}

static int group_all(struct grouping *g, enum trace_key key, bool cumulative)
{
    const struct trace_snapshot *snapshot = g->snapshot;
    struct group_sum *sums = sum_by_traceback(snapshot);
    int error = sums ? 0 : -ENOMEM;
    for (size_t i = 0; i < snapshot->traceback_count && !error; i++) {
        const struct snapshot_traceback *traceback = &snapshot->traceback[i];
        if (sums[i].count > 0)
            error = cumulative ? group_each_frame(g, traceback, key, sums[i])
                               : group_traceback(g, traceback, key, sums[i]);
    }
    memory_system.free(NULL, sums);
    return error;
}

int trace_group(const struct trace_snapshot *snapshot, enum trace_key key,
                bool cumulative, struct trace_statistics *ret,
                struct trace_index *ret_index)
{
    if ((unsigned)key > TRACE_BY_TRACEBACK ||
        (cumulative && key == TRACE_BY_TRACEBACK))
        return -EINVAL;
    struct trace_statistics result = {
        .frames = memory_system.calloc(NULL, frames_needed(snapshot),
                                       sizeof(struct trace_frame))
    };
    struct trace_index index = { 0 };
    struct grouping g = { snapshot, &result, &index, 0, 0 };
    int error = result.frames ? group_all(&g, key, cumulative) : -ENOMEM;
    if (error) {
        trace_statistics_end(&result);
        trace_index_end(&index);
        return error;
    }
    *ret = result;
    *ret_index = index;
    return 0;
}

void trace_statistics_end(struct trace_statistics *statistics)
{
    memory_system.free(NULL, statistics->item);
    memory_system.free(NULL, statistics->frames);
    *statistics = (struct trace_statistics){ 0 };
}
