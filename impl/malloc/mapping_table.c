/* mapping_table.c - open addressing with linear probing, at most half full.
 *
 * Removal shifts later entries back (Knuth, TAOCP 3, 6.4, algorithm R), so
 * that a table in use for years is as fast as a new one. */
#include "mapping_table.h"

#include <stdint.h>

#include "os.h"

#define TABLE_FIRST_LENGTH 256u

static struct mapping table_first[TABLE_FIRST_LENGTH];
static struct mapping *table = table_first;
static size_t table_length = TABLE_FIRST_LENGTH;
static size_t table_count;
static size_t table_reserved;
static size_t table_bytes;

static size_t table_home(const void *start)
{
    uint64_t page = (uintptr_t)start / OS_PAGE_BYTES;
    return (size_t)((page * 0x9e3779b97f4a7c15u) >> 32) & (table_length - 1);
}

static size_t table_next(size_t at)
{
    return (at + 1) & (table_length - 1);
}

static void table_put(struct mapping mapping)
{
    size_t at = table_home(mapping.start);
    while (table[at].start)
        at = table_next(at);
    table[at] = mapping;
}

static bool table_grow(void)
{
    struct mapping *old = table;
    size_t old_length = table_length;
    struct mapping *wide = os_map(2 * old_length * sizeof *wide);
    if (!wide)
        return false;
    table = wide;
    table_length = 2 * old_length;
    for (size_t i = 0; i < old_length; i++)
        if (old[i].start)
            table_put(old[i]);
    if (old != table_first)
        os_unmap(old, old_length * sizeof *old);
    return true;
}

bool mapping_reserve(void)
{
    size_t wanted = table_count + table_reserved + 1;
    if (wanted > table_length / 2 && !table_grow())
        return false;
    table_reserved++;
    return true;
}

void mapping_unreserve(void)
{
    table_reserved--;
}

void mapping_insert(struct mapping mapping)
{
    table_put(mapping);
    table_reserved--;
    table_count++;
    table_bytes += mapping.bytes;
}

struct mapping *mapping_find(const void *start)
{
    if (!start)
        return NULL;
    for (size_t at = table_home(start); table[at].start; at = table_next(at))
        if (table[at].start == start)
            return &table[at];
    return NULL;
}

/* Whether an entry whose home is `home`, now at `at`, may move to `hole`:
 * not if its home lies cyclically behind the hole. */
static bool table_may_move(size_t home, size_t hole, size_t at)
{
    size_t mask = table_length - 1;
    return ((at - home) & mask) >= ((at - hole) & mask);
}

static void table_close_hole(size_t hole)
{
    for (size_t at = table_next(hole); table[at].start; at = table_next(at)) {
        if (!table_may_move(table_home(table[at].start), hole, at))
            continue;
        table[hole] = table[at];
        hole = at;
    }
    table[hole] = (struct mapping){ NULL, 0 };
}

struct mapping mapping_remove(struct mapping *found, bool reserve)
{
    struct mapping mapping = *found;
    table_close_hole((size_t)(found - table));
    table_count--;
    table_reserved += reserve;
    table_bytes -= mapping.bytes;
    return mapping;
}

size_t mapping_count(void)
{
    return table_count;
}

size_t mapping_bytes(void)
{
    return table_bytes;
}

struct fault mapping_verify(void)
{
    size_t count = 0;
    size_t bytes = 0;
    for (size_t i = 0; i < table_length; i++) {
        if (!table[i].start)
            continue;
        count++;
        bytes += table[i].bytes;
        if (mapping_find(table[i].start) != &table[i])
            return fault_at("mapping cannot be found again", table[i].start, i,
                            table_home(table[i].start));
    }
    if (count != table_count)
        return fault_at("mappings are miscounted", table, table_count, count);
    if (bytes != table_bytes)
        return fault_at("mapped bytes are miscounted", table, table_bytes,
                        bytes);
    return FAULT_NONE;
}
