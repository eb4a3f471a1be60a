/* inspect_leaks.c - of what there is more than before, and what holds it.
 *
 * An object is held from outside when its count is higher than the number of
 * references that are seen. From all of these the references are walked at
 * once, in breadth: so each object is met by the fewest references that lead
 * to it, and remembers from where. */
#include "inspect_heap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- the walk ---- */

/* For each object who led to it (itself: it is held from outside; TRACE_NONE:
 * nobody), and how far out it is. */
struct holders {
    uint32_t *from;
    uint32_t *distance;
    uint32_t *queue;
};

static void holders_end(struct holders *holders)
{
    memory_system.free(NULL, holders->from);
    memory_system.free(NULL, holders->distance);
    memory_system.free(NULL, holders->queue);
}

static bool holders_begin(struct holders *holders, size_t count)
{
    size_t bytes = (count + 1) * sizeof(uint32_t);
    holders->from = memory_system.malloc(NULL, bytes);
    holders->distance = memory_system.malloc(NULL, bytes);
    holders->queue = memory_system.malloc(NULL, bytes);
    if (!holders->from || !holders->distance || !holders->queue) {
        holders_end(holders);
        return false;
    }
    memset(holders->from, 0xFF, bytes); /* TRACE_NONE */
    return true;
}

static void holders_walk(struct holders *holders,
                         const struct inspect_heap *heap)
{
    size_t end = 0;
    for (uint32_t i = 0; i < heap->count; i++) {
        if (heap->object[i].references <= heap->object[i].references_in)
            continue;
        holders->from[i] = i;
        holders->distance[i] = 0;
        holders->queue[end++] = i;
    }
    for (size_t next = 0; next < end; next++) {
        uint32_t at = holders->queue[next];
        const struct inspect_object *object = &heap->object[at];
        for (size_t i = 0; i < object->referent_count; i++) {
            uint32_t to = heap->referent[object->first_referent + i];
            if (holders->from[to] != TRACE_NONE)
                continue;
            holders->from[to] = at;
            holders->distance[to] = holders->distance[at] + 1;
            holders->queue[end++] = to;
        }
    }
}

/* ---- one type ---- */

static bool is_new(const struct inspect_heap *older,
                   const struct inspect_object *object)
{
    uint32_t found = inspect_find(older, object->object);
    return found == TRACE_NONE || older->object[found].type != object->type;
}

/* For each type the new object that is nearest; TRACE_NONE: all are in cycles
 * only. */
static void find_nearest(const struct inspect_heap *older,
                         const struct inspect_heap *newer,
                         const struct inspect_sums *sums,
                         const struct holders *holders, uint32_t *nearest)
{
    for (uint32_t i = 0; i < newer->count; i++) {
        const struct inspect_object *object = &newer->object[i];
        if (holders->from[i] == TRACE_NONE || !is_new(older, object))
            continue;
        uint32_t *best =
            &nearest[inspect_sum_find(sums, object->type) - sums->item];
        if (*best == TRACE_NONE ||
            holders->distance[i] < holders->distance[*best])
            *best = i;
    }
}

static void put_path(struct inspect_leak *leak, struct inspect_step *steps,
                     const struct inspect_heap *heap,
                     const struct holders *holders, uint32_t at)
{
    leak->path = steps;
    for (bool last = at == TRACE_NONE; !last; at = holders->from[at]) {
        const struct inspect_object *object = &heap->object[at];
        steps[leak->path_count++] =
            (struct inspect_step){ object->type->name, object->object };
        last = holders->from[at] == at;
    }
}

/* ---- all types ---- */

struct growth {
    const struct inspect_heap *newer;
    struct inspect_sums then;
    struct inspect_sums now;
    struct holders holders;
    uint32_t *nearest; /* by number of the type in `now` */
};

static size_t steps_needed(const struct growth *growth)
{
    size_t count = 1;
    for (size_t i = 0; i < growth->now.count; i++)
        if (growth->nearest[i] != TRACE_NONE)
            count += growth->holders.distance[growth->nearest[i]] + 1;
    return count;
}

static void put_leak(const struct growth *growth, size_t number,
                     struct inspect_leaks *leaks, size_t *step_count)
{
    const struct inspect_sum *now = &growth->now.item[number];
    const struct inspect_sum *then = inspect_sum_find(&growth->then, now->type);
    size_t count = then ? then->count : 0, bytes = then ? then->bytes : 0;
    if (now->count <= count)
        return;
    struct inspect_leak *leak = &leaks->item[leaks->count++];
    *leak = (struct inspect_leak){
        .type = now->type->name,
        .count = now->count - count,
        .bytes = now->bytes > bytes ? now->bytes - bytes : 0,
    };
    put_path(leak, leaks->steps + *step_count, growth->newer, &growth->holders,
             growth->nearest[number]);
    *step_count += leak->path_count;
}

static int order_leaks(const void *left, const void *right)
{
    const struct inspect_leak *a = left, *b = right;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? 1 : -1;
    return strcmp(a->type, b->type);
}

static int put_leaks(const struct growth *growth, struct inspect_leaks *ret)
{
    struct inspect_leaks leaks = { 0 };
    size_t step_count = 0;
    leaks.item =
        memory_system.calloc(NULL, growth->now.count + 1, sizeof leaks.item[0]);
    leaks.steps =
        memory_system.calloc(NULL, steps_needed(growth), sizeof leaks.steps[0]);
    if (!leaks.item || !leaks.steps) {
        inspect_leaks_end(&leaks);
        return -ENOMEM;
    }
    for (size_t i = 0; i < growth->now.count; i++)
        put_leak(growth, i, &leaks, &step_count);
    qsort(leaks.item, leaks.count, sizeof leaks.item[0], order_leaks);
    *ret = leaks;
    return 0;
}

static int growth_begin(struct growth *growth, const struct inspect_heap *older,
                        const struct inspect_heap *newer)
{
    int error = inspect_sum_up(older, &growth->then);
    if (!error)
        error = inspect_sum_up(newer, &growth->now);
    if (error)
        return error;
    size_t bytes = (growth->now.count + 1) * sizeof growth->nearest[0];
    growth->nearest = memory_system.malloc(NULL, bytes);
    if (!growth->nearest || !holders_begin(&growth->holders, newer->count))
        return -ENOMEM;
    memset(growth->nearest, 0xFF, bytes); /* TRACE_NONE */
    holders_walk(&growth->holders, newer);
    find_nearest(older, newer, &growth->now, &growth->holders, growth->nearest);
    return 0;
}

int inspect_leaks(const struct inspect_heap *older,
                  const struct inspect_heap *newer, struct inspect_leaks *ret)
{
    struct growth growth = { .newer = newer };
    int error = growth_begin(&growth, older, newer);
    if (!error) {
        error = put_leaks(&growth, ret);
        holders_end(&growth.holders);
    }
    inspect_sums_end(&growth.then);
    inspect_sums_end(&growth.now);
    memory_system.free(NULL, growth.nearest);
    return error;
}

void inspect_leaks_end(struct inspect_leaks *leaks)
{
    memory_system.free(NULL, leaks->item);
    memory_system.free(NULL, leaks->steps);
    *leaks = (struct inspect_leaks){ 0 };
}

void inspect_leaks_print(const struct inspect_leaks *leaks, FILE *file)
{
    for (size_t i = 0; i < leaks->count; i++) {
        const struct inspect_leak *leak = &leaks->item[i];
        fprintf(file, "%s: %zu more, %zu B: ", leak->type, leak->count,
                leak->bytes);
        for (size_t j = 0; j < leak->path_count; j++)
            fprintf(file, "%s%s", j ? " <- " : "", leak->path[j].type);
        fprintf(file, "%s\n",
                leak->path_count ? ", held from outside" : "only cycles");
    }
}
