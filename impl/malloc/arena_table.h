/* arena_table.h - what arena.c and arena_purge.c share: the table of arenas.
 *
 * For every arena one word says which slots are free, another which were used
 * since the system last gave them zeroed. A slot that is free and dirty holds
 * memory for nothing, and arena_dirty_free counts those.
 *
 * Everything here is under arena_lock. */
#ifndef ASSAY_MALLOC_ARENA_TABLE_H
#define ASSAY_MALLOC_ARENA_TABLE_H

#include "arena.h"

/* 256 GiB in arenas; beyond that small requests fail with ENOMEM. */
#define ARENA_TABLE_LENGTH ((size_t)1 << 16)

/* Slot 0 describes and is never lent. */
#define ARENA_ALL_FREE (~(uint64_t)1)

struct arena_entry {
    struct arena *arena; /* NULL when this entry is unused */
    uint64_t free;
    uint64_t dirty;
    uint64_t freed_ms; /* when something was last given back */
};

extern struct arena_entry arena_table[ARENA_TABLE_LENGTH];
extern size_t arena_table_end;  /* entries from here on were never used */
extern size_t arena_first_free; /* no entry before it has a free slot */
extern size_t arena_dirty_free; /* slots */

void arena_map_set(const struct arena *arena, bool present);

/* Called after slots became free: gives memory back if there is too much. */
void arena_purge_some(struct arena_entry *freed);

#endif
