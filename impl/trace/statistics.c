/* statistics.c - groups sorted, and the difference of two snapshots.
 *
 * Source: Snapshot.statistics(), compare_to() and the _sort_key()s of
 * CPython's Lib/tracemalloc.py. */
#include "statistics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- order ---- */

/* The order of CPython's Traceback: from the oldest frame on. */
static int order_frames(const struct trace_statistic *a,
                        const struct trace_statistic *b)
{
    for (size_t i = 1; i <= a->frame_count && i <= b->frame_count; i++) {
        const struct trace_frame *x = &a->frame[a->frame_count - i];
        const struct trace_frame *y = &b->frame[b->frame_count - i];
        int order = strcmp(x->file, y->file);
        if (order == 0)
            order = (x->line > y->line) - (x->line < y->line);
        if (order != 0)
            return order;
    }
    return (a->frame_count > b->frame_count) -
           (a->frame_count < b->frame_count);
}

static int order_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* The last word is the traceback's, and no two are equal. Largest first. */
static int order_statistics(const void *left, const void *right)
{
    const struct trace_statistic *a = left, *b = right;
    int order = order_numbers(b->bytes, a->bytes);
    if (order == 0)
        order = order_numbers(b->count, a->count);
    return order ? order : order_frames(b, a);
}

static int order_diffs(const void *left, const void *right)
{
    const struct trace_statistic *a = left, *b = right;
    int order = order_numbers(llabs(b->bytes_diff), llabs(a->bytes_diff));
    if (order == 0)
        order = order_numbers(b->bytes, a->bytes);
    if (order == 0)
        order = order_numbers(llabs(b->count_diff), llabs(a->count_diff));
    return order ? order : order_statistics(a, b);
}

static void sort(struct trace_statistics *statistics,
                 int (*order)(const void *, const void *))
{
    if (statistics->count > 1)
        qsort(statistics->item, statistics->count, sizeof statistics->item[0],
              order);
}

int trace_statistics(const struct trace_snapshot *snapshot, enum trace_key key,
                     bool cumulative, struct trace_statistics *ret)
{
    struct trace_statistics result = { 0 };
    struct trace_index index = { 0 };
    int error = trace_group(snapshot, key, cumulative, &result, &index);
    if (error)
        return error;
    trace_index_end(&index);
    sort(&result, order_statistics);
    *ret = result;
    return 0;
}

/* ---- two snapshots ---- */

struct group_sought {
    const struct trace_statistics *among;
    const struct trace_statistic *key;
};

static bool group_is(const void *context, uint32_t item)
{
    const struct group_sought *sought = context;
    return trace_frames_equal(&sought->among->item[item], sought->key);
}

/* What is left of an older group when the newer is taken off is nothing, and
 * a count of 0 marks it: no group has that. */
static void subtract(struct trace_statistics *newer,
                     struct trace_statistics *older,
                     const struct trace_index *index)
{
    for (size_t i = 0; i < newer->count; i++) {
        struct trace_statistic *item = &newer->item[i];
        struct group_sought sought = { older, item };
        uint32_t found =
            trace_index_find(index, trace_frames_hash(item), group_is, &sought);
        item->bytes_diff = item->bytes;
        item->count_diff = item->count;
        if (found == TRACE_NONE)
            continue;
        item->bytes_diff -= older->item[found].bytes;
        item->count_diff -= older->item[found].count;
        older->item[found].count = 0;
    }
}

static size_t count_gone(const struct trace_statistics *older)
{
    size_t gone = 0;
    for (size_t i = 0; i < older->count; i++)
        gone += older->item[i].count != 0;
    return gone;
}

static size_t count_frames(const struct trace_statistics *statistics)
{
    size_t count = 0;
    for (size_t i = 0; i < statistics->count; i++)
        count += statistics->item[i].frame_count;
    return count;
}

static void merge_put(struct trace_statistics *all, size_t *frames,
                      const struct trace_statistic *item)
{
    struct trace_statistic *put = &all->item[all->count++];
    struct trace_frame *frame = all->frames + *frames;
    *put = *item;
    memcpy(frame, item->frame, item->frame_count * sizeof frame[0]);
    put->frame = frame;
    *frames += item->frame_count;
}

/* One array of the newer ones and those that are gone. */
static int merge(const struct trace_statistics *newer,
                 const struct trace_statistics *older,
                 struct trace_statistics *ret)
{
    size_t frames = 0;
    struct trace_statistics all = { .compared = true };
    all.item = memory_system.calloc(NULL, newer->count + count_gone(older) + 1,
                                    sizeof all.item[0]);
    all.frames =
        memory_system.calloc(NULL,
                             count_frames(newer) + count_frames(older) + 1,
                             sizeof all.frames[0]);
    if (!all.item || !all.frames) {
        trace_statistics_end(&all);
        return -ENOMEM;
    }
    for (size_t i = 0; i < newer->count; i++)
        merge_put(&all, &frames, &newer->item[i]);
    for (size_t i = 0; i < older->count; i++) {
        struct trace_statistic gone = older->item[i];
        gone.bytes_diff = -gone.bytes;
        gone.count_diff = -gone.count;
        gone.bytes = gone.count = 0;
        if (gone.count_diff != 0)
            merge_put(&all, &frames, &gone);
    }
    *ret = all;
    return 0;
}

int trace_compare(const struct trace_snapshot *newer,
                  const struct trace_snapshot *older, enum trace_key key,
                  bool cumulative, struct trace_statistics *ret)
{
    struct trace_statistics now = { 0 }, then = { 0 }, all = { 0 };
    struct trace_index now_index = { 0 }, then_index = { 0 };
    int error = trace_group(newer, key, cumulative, &now, &now_index);
    if (!error)
        error = trace_group(older, key, cumulative, &then, &then_index);
    if (!error) {
        subtract(&now, &then, &then_index);
        error = merge(&now, &then, &all);
    }
    trace_index_end(&now_index);
    trace_index_end(&then_index);
    trace_statistics_end(&now);
    trace_statistics_end(&then);
    if (error)
        return error;
    sort(&all, order_diffs);
    *ret = all;
    return 0;
}
