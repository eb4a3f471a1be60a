/* gc.c - a collector: made, ended, and set. */
#include "collector.h"

#include <stdlib.h>

static void gc_start(struct gc *gc)
{
    for (int i = 0; i < GC_GENERATIONS; i++) {
        gc_list_init(&gc->generation[i].list);
        gc->generation[i].threshold = gc->edition->threshold[i];
    }
    gc_list_init(&gc->permanent);
    gc_raw_start(&gc->raw);
    gc->types_end = &gc->types;
    gc->enabled = true;
}

/* A heap of the edition on memory that can be given back at once. */
static bool gc_take_heap(struct gc *gc)
{
    struct memory_allocator raw = gc_raw_allocator(&gc->raw);
    struct memory_arenas arenas = gc_arenas_hook(&gc->arenas);
    struct obheap_config config = {
        .edition = edition_find(gc->edition->name),
        .raw = &raw,
        .arenas =
            edition_find(gc->edition->name)->arenas_from_raw ? NULL : &arenas,
    };
    gc->heap = obheap_create(&config);
    if (!gc->heap)
        return false;
    gc->memory = obheap_allocator(gc->heap);
    return true;
}

struct gc *gc_create(const struct gc_config *config)
{
    static const struct gc_config defaults = { 0 };
    if (!config)
        config = &defaults;
    const struct gc_edition *edition = gc_edition_find(config->edition);
    struct gc *gc = edition ? calloc(1, sizeof *gc) : NULL;
    if (!gc)
        return NULL;
    gc->edition = edition;
    gc->log = config->log ? config->log : stderr;
    gc_start(gc);
    if (config->memory) {
        gc->memory = *config->memory;
    } else if (!gc_take_heap(gc)) {
        free(gc);
        return NULL;
    }
    return gc;
}

void gc_destroy(struct gc *gc)
{
    if (!gc)
        return;
    gc_types_end(gc);
    if (gc->heap)
        obheap_destroy(gc->heap);
    gc_arenas_end(&gc->arenas);
    gc_raw_end(&gc->raw);
    for (struct gc_type *t = gc->types, *next; t; t = next) {
        next = t->next;
        free(t);
    }
    free(gc->garbage);
    free(gc->hooks);
    free(gc);
}

struct memory_allocator gc_memory(struct gc *gc)
{
    return gc->memory;
}

/* ---- settings ---- */

void gc_enable(struct gc *gc)
{
    gc->enabled = true;
}

void gc_disable(struct gc *gc)
{
    gc->enabled = false;
}

bool gc_is_enabled(const struct gc *gc)
{
    return gc->enabled;
}

void gc_set_thresholds(struct gc *gc, const int threshold[GC_GENERATIONS])
{
    for (int i = 0; i < GC_GENERATIONS; i++)
        gc->generation[i].threshold = threshold[i];
}

void gc_thresholds(const struct gc *gc, int ret_threshold[GC_GENERATIONS])
{
    for (int i = 0; i < GC_GENERATIONS; i++)
        ret_threshold[i] = gc->generation[i].threshold;
}

void gc_counts(const struct gc *gc, int ret_count[GC_GENERATIONS])
{
    for (int i = 0; i < GC_GENERATIONS; i++)
        ret_count[i] = gc->generation[i].count;
}

void gc_long_lived(const struct gc *gc, size_t *ret_pending, size_t *ret_total)
{
    *ret_pending = gc->long_lived_pending;
    *ret_total = gc->long_lived_total;
}

void gc_set_error_pending(struct gc *gc, bool pending)
{
    gc->error_pending = pending;
}

void gc_stats(const struct gc *gc, struct gc_stats ret_stats[GC_GENERATIONS])
{
    for (int i = 0; i < GC_GENERATIONS; i++)
        ret_stats[i] = gc->stats[i];
}

void gc_set_debug(struct gc *gc, unsigned flags)
{
    gc->debug = flags;
}

unsigned gc_debug(const struct gc *gc)
{
    return gc->debug;
}

/* ---- the permanent generation ---- */

void gc_freeze(struct gc *gc)
{
    for (int i = 0; i < GC_GENERATIONS; i++) {
        gc_list_merge(&gc->generation[i].list, &gc->permanent);
        gc->generation[i].count = 0;
    }
}

void gc_unfreeze(struct gc *gc)
{
    gc_list_merge(&gc->permanent, &gc->generation[GC_OLDEST].list);
    gc->has_immortals = gc->edition->immortals;
}

size_t gc_freeze_count(const struct gc *gc)
{
    return gc_list_size(&gc->permanent);
}
