/* trace_table.c - blocks by address, spread by a multiplication. */
#include "trace_table.h"

#include <assay/memory.h>

enum { TRACE_TABLE_FIRST_LOG2 = 8 };

/* Where an entry would like to be (Knuth, The Art of Computer Programming 6.4:
 * multiplicative hashing). */
static size_t trace_table_home(const struct trace_table *table, unsigned domain,
                               uintptr_t block)
{
    uint64_t key = (uint64_t)block + (uint64_t)domain * 0xD6E8FEB86659FD93u;
    return (size_t)((key * 0x9E3779B97F4A7C15u) >> (64 - table->room_log2));
}

static size_t trace_table_mask(const struct trace_table *table)
{
    return trace_table_room(table) - 1;
}

struct trace_entry *trace_table_find(const struct trace_table *table,
                                     unsigned domain, uintptr_t block)
{
    if (table->count == 0)
        return NULL;
    size_t mask = trace_table_mask(table);
    size_t i = trace_table_home(table, domain, block);
    for (; table->entry[i].traceback; i = (i + 1) & mask)
        if (table->entry[i].block == block && table->entry[i].domain == domain)
            return &table->entry[i];
    return NULL;
}

void trace_table_put(struct trace_table *table, struct trace_entry entry)
{
    size_t mask = trace_table_mask(table);
    size_t i = trace_table_home(table, entry.domain, entry.block);
    while (table->entry[i].traceback)
        i = (i + 1) & mask;
    table->entry[i] = entry;
    table->count++;
}

static bool trace_table_resize(struct trace_table *table, unsigned room_log2)
{
    struct trace_table other = { .room_log2 = room_log2 };
    other.entry = memory_system.calloc(NULL, (size_t)1 << room_log2,
                                       sizeof other.entry[0]);
    if (!other.entry)
        return false;
    for (size_t i = 0; i < trace_table_room(table); i++)
        if (table->entry[i].traceback)
            trace_table_put(&other, table->entry[i]);
    memory_system.free(NULL, table->entry);
    *table = other;
    return true;
}

bool trace_table_reserve(struct trace_table *table)
{
    if (!table->entry)
        return trace_table_resize(table, TRACE_TABLE_FIRST_LOG2);
    if (table->count < trace_table_room(table) / 4 * 3)
        return true;
    return trace_table_resize(table, table->room_log2 + 1);
}

/* An entry behind the hole may fill it unless it would then stand before its
 * home (Knuth 6.4, algorithm R). */
void trace_table_remove(struct trace_table *table, struct trace_entry *entry)
{
    size_t mask = trace_table_mask(table);
    size_t hole = (size_t)(entry - table->entry);
    for (size_t i = (hole + 1) & mask; table->entry[i].traceback;
         i = (i + 1) & mask) {
        const struct trace_entry *next = &table->entry[i];
        size_t home = trace_table_home(table, next->domain, next->block);
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        table->entry[hole] = *next;
        hole = i;
    }
    table->entry[hole] = (struct trace_entry){ 0 };
    table->count--;
}

void trace_table_relax(struct trace_table *table)
{
    if (table->room_log2 > TRACE_TABLE_FIRST_LOG2 &&
        table->count < trace_table_room(table) / 16)
        trace_table_resize(table, table->room_log2 - 2);
}

void trace_table_end(struct trace_table *table)
{
    memory_system.free(NULL, table->entry);
    *table = (struct trace_table){ 0 };
}
