/* trace_table.h - which blocks are alive: from an address to its trace.
 *
 * Open addressing, linear; an entry that goes is filled by those behind it, so
 * that there are no gravestones.
 *
 * Threads: one at a time.
 * Errors:  false for want of memory; the table is as it was.
 * Owner:   trace_table_end(). All zero is an empty table. */
#ifndef ASSAY_TRACE_TRACE_TABLE_H
#define ASSAY_TRACE_TRACE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_entry {
    uintptr_t block;
    size_t bytes;
    uint32_t traceback; /* and one; 0: empty */
    uint32_t domain;
};

struct trace_table {
    struct trace_entry *entry;
    unsigned room_log2; /* entries; of no meaning without any */
    size_t count;       /* at most three quarters of the room */
};

static inline size_t trace_table_room(const struct trace_table *table)
{
    return table->entry ? (size_t)1 << table->room_log2 : 0;
}

/* NULL: not there. */
struct trace_entry *trace_table_find(const struct trace_table *table,
                                     unsigned domain, uintptr_t block);

/* Makes sure that one more can be put in. */
bool trace_table_reserve(struct trace_table *table);

/* It must not be there, and there must be room. */
void trace_table_put(struct trace_table *table, struct trace_entry entry);

/* The table keeps its room, so that what was removed can be put back. */
void trace_table_remove(struct trace_table *table, struct trace_entry *entry);

/* Makes a nearly empty table smaller, if there is memory for that. */
void trace_table_relax(struct trace_table *table);
void trace_table_end(struct trace_table *table);

#endif
