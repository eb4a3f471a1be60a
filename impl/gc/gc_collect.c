/* gc_collect.c - a collection from beginning to end, and when one is due.
 *
 * Source: gc_collect_main() and its callers in Modules/gcmodule.c. */
#include "collector.h"

#include <time.h>

/* The oldest generation is collected only when what entered it since is at
 * least a quarter of what survived then; so the whole work is linear in the
 * number of objects. */
#define LONG_LIVED_PART 4

/* What one collection is about. */
struct collection {
    struct gc *gc;
    int generation;
    struct head *young; /* the list that is collected */
    struct head *old;   /* where survivors go; the same for the oldest */
    struct timespec started;
    size_t collected;
    size_t uncollectable;
};

/* ---- what the debug flags say ---- */

static void say_start(struct collection *c)
{
    const struct gc *gc = c->gc;
    if (!(gc->debug & GC_DEBUG_STATS))
        return;
    fprintf(gc->log, "gc: collecting generation %d...\n", c->generation);
    fprintf(gc->log, "gc: objects in each generation:");
    for (int i = 0; i < GC_GENERATIONS; i++)
        fprintf(gc->log, " %zu", gc_list_size(&gc->generation[i].list));
    fprintf(gc->log, "\ngc: objects in permanent generation: %zu\n",
            gc_list_size(&gc->permanent));
    clock_gettime(CLOCK_MONOTONIC, &c->started);
}

static void say_stop(const struct collection *c)
{
    struct timespec now;
    if (!(c->gc->debug & GC_DEBUG_STATS))
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double elapsed_s = (double)(now.tv_sec - c->started.tv_sec) +
                       1e-9 * (double)(now.tv_nsec - c->started.tv_nsec);
    fprintf(c->gc->log,
            "gc: done, %zu unreachable, %zu uncollectable, %.4fs elapsed\n",
            c->collected + c->uncollectable, c->uncollectable, elapsed_s);
}

static void say_each(const struct gc *gc, unsigned flag, const char *word,
                     struct head *list)
{
    if (!(gc->debug & flag))
        return;
    for (struct head *h = head_next(list); h != list; h = head_next(h))
        gc_say(gc, flag, word, head_object(h));
}

/* ---- the steps ---- */

static void gather(struct collection *c)
{
    struct generation *generation = c->gc->generation;
    if (c->generation < GC_OLDEST)
        generation[c->generation + 1].count++;
    for (int i = 0; i <= c->generation; i++)
        generation[i].count = 0;
    for (int i = 0; i < c->generation; i++)
        gc_list_merge(&generation[i].list, c->young);
}

/* Their counts say nothing, so they are kept out of all collections: as roots
 * (update_refs() of 3.12 and 3.13). */
static void put_immortals_away(struct collection *c)
{
    struct gc *gc = c->gc;
    struct head *next;
    if (!gc->has_immortals)
        return;
    for (struct head *h = head_next(c->young); h != c->young; h = next) {
        next = head_next(h);
        if (object_is_immortal(head_object(h)))
            gc_list_move(h, &gc->permanent);
    }
    gc->has_immortals = c->generation < GC_OLDEST;
}

/* Asks those that can be untracked: the ones whose type asks at every
 * collection, or the ones that ask at the oldest generation's only. */
static void untrack_all(struct head *list, bool when_old)
{
    struct head *next;
    for (struct head *h = head_next(list); h != list; h = next) {
        struct object *object = head_object(h);
        bool is_when_old = object->type->flags & OBJECT_UNTRACKED_WHEN_OLD;
        next = head_next(h);
        if (object->type->untrack && is_when_old == when_old)
            object->type->untrack(object);
    }
}

/* Untracks what can be; how many survivors are left in the list. */
static size_t untrack_survivors(struct collection *c,
                                const struct gc_reachable *survivors)
{
    if (!survivors->any_untrack)
        return survivors->count;
    untrack_all(c->young, false);
    if (c->generation == GC_OLDEST)
        untrack_all(c->young, true);
    return c->generation < GC_OLDEST - 1 ? 0 : gc_list_size(c->young);
}

static void age_survivors(struct collection *c,
                          const struct gc_reachable *survivors)
{
    struct gc *gc = c->gc;
    size_t count = untrack_survivors(c, survivors);
    if (c->generation == GC_OLDEST) {
        gc->long_lived_pending = 0;
        gc->long_lived_total = count;
        return;
    }
    if (c->generation == GC_OLDEST - 1)
        gc->long_lived_pending += count;
    gc_list_merge(c->young, c->old);
}

/* Nothing runs between finding them and clearing them: none is resurrected,
 * and none changes its place. */
static void end_plain(struct collection *c, struct head *unreachable,
                      size_t count)
{
    say_each(c->gc, GC_DEBUG_COLLECTABLE, "collectable", unreachable);
    c->collected += count;
    gc_delete_all(c->gc, unreachable, c->old);
}

/* Nothing of the unreachable has been touched yet. */
static void end_unreachable(struct collection *c, struct head *unreachable)
{
    struct gc *gc = c->gc;
    struct head final;
    say_each(gc, GC_DEBUG_COLLECTABLE, "collectable", unreachable);
    c->collected += gc_clear_weak(gc, unreachable, c->old);
    gc_finalize_all(unreachable);
    gc_spare_resurrected(gc, unreachable, &final, c->old);
    c->collected += gc_list_size(&final);
    gc_delete_all(gc, &final, c->old);
}

/* The list to be collected has all that is tracked. */
static bool is_whole(const struct collection *c)
{
    return c->generation == GC_OLDEST && gc_list_is_empty(&c->gc->permanent);
}

static void collect_main(struct collection *c)
{
    struct gc *gc = c->gc;
    struct head unreachable, legacy;
    say_start(c);
    gather(c);
    put_immortals_away(c);
    struct gc_reachable survivors =
        gc_deduce(c->young, is_whole(c), &unreachable);
    age_survivors(c, &survivors);
    struct gc_unreachable dead = gc_unreachable_settle(&unreachable);
    gc_list_init(&legacy);
    if (dead.is_plain) {
        end_plain(c, &unreachable, dead.count);
    } else {
        gc_move_legacy(&unreachable, &legacy);
        end_unreachable(c, &unreachable);
    }
    c->uncollectable = gc_list_size(&legacy);
    say_each(gc, GC_DEBUG_UNCOLLECTABLE, "uncollectable", &legacy);
    say_stop(c);
    gc_keep_legacy(gc, &legacy, c->old);
    if (c->generation == GC_OLDEST)
        gc_types_clear_free(gc);
}

static void count_stats(const struct collection *c)
{
    struct gc_stats *stats = &c->gc->stats[c->generation];
    stats->collections++;
    stats->collected += c->collected;
    stats->uncollectable += c->uncollectable;
}

static intptr_t collect_with_callbacks(struct gc *gc, int generation)
{
    struct generation *young = &gc->generation[generation];
    struct generation *old = generation < GC_OLDEST ? young + 1 : young;
    struct collection c = {
        .gc = gc,
        .generation = generation,
        .young = &young->list,
        .old = &old->list,
    };
    struct gc_info info = { .generation = generation };
    gc->collecting = true;
    gc_callbacks_call(gc, &info);
    collect_main(&c);
    count_stats(&c);
    info.stop = true;
    info.collected = c.collected;
    info.uncollectable = c.uncollectable;
    gc_callbacks_call(gc, &info);
    gc->collecting = false;
    return (intptr_t)(c.collected + c.uncollectable);
}

/* ---- who asks ---- */

intptr_t gc_collect(struct gc *gc, int generation)
{
    if (generation < 0 || generation > GC_OLDEST)
        return -1;
    return gc->collecting ? 0 : collect_with_callbacks(gc, generation);
}

static bool is_due(const struct gc *gc, int generation)
{
    const struct generation *g = &gc->generation[generation];
    if (g->count <= g->threshold)
        return false;
    return generation < GC_OLDEST ||
           gc->long_lived_pending >= gc->long_lived_total / LONG_LIVED_PART;
}

static bool collect_oldest_due(struct gc *gc)
{
    for (int i = GC_OLDEST; i >= 0; i--) {
        if (is_due(gc, i)) {
            collect_with_callbacks(gc, i);
            return true;
        }
    }
    return false;
}

void gc_collect_if_due(struct gc *gc)
{
    if (!gc->enabled || gc->collecting || gc->error_pending ||
        gc->generation[0].threshold == 0 ||
        gc->generation[0].count <= gc->generation[0].threshold)
        return;
    if (gc->edition->waits_for_safe_point)
        gc->scheduled = true;
    else
        collect_oldest_due(gc);
}

bool gc_safe_point(struct gc *gc)
{
    if (!gc->scheduled)
        return false;
    gc->scheduled = false;
    return gc->enabled && !gc->collecting && collect_oldest_due(gc);
}
