/* allocator_table.c - what the header of object allocators says of a table. */
#include "allocator_table.h"

#include <stdint.h>
#include <stdio.h>

#include "plugin_table.h"

const char *const allocator_table_bits[] = {
    "FREE",    "RESIZE", "RESET",      "MARK",  "OWNS",    "USABLE",
    "STATS",   "VERIFY", "ZEROED",     "FIXED", "BOUNDED", "THREADS",
    "BACKEND", "MERGES", "CONSTRUCTS", NULL,
};

#define ENTRY(entry, bits) PLUGIN_ENTRY(assay_allocator, entry, bits)

static const struct plugin_entry table_entries[] = {
    ENTRY(create, 0),
    ENTRY(destroy, 0),
    ENTRY(alloc, 0),
    ENTRY(free, ASSAY_ALLOCATOR_FREE),
    ENTRY(resize, ASSAY_ALLOCATOR_RESIZE),
    ENTRY(reset, ASSAY_ALLOCATOR_RESET),
    ENTRY(mark, ASSAY_ALLOCATOR_MARK),
    ENTRY(rewind, ASSAY_ALLOCATOR_MARK),
    ENTRY(owns, ASSAY_ALLOCATOR_OWNS),
    ENTRY(usable_bytes, ASSAY_ALLOCATOR_USABLE),
    ENTRY(stats, ASSAY_ALLOCATOR_STATS),
    ENTRY(verify, ASSAY_ALLOCATOR_VERIFY),
};

static const struct plugin_contract table_contract = {
    .header = "assay/allocator.h",
    .abi = ASSAY_ALLOCATOR_ABI,
    .bits = allocator_table_bits,
    .entries = table_entries,
    .entry_count = sizeof(table_entries) / sizeof(*table_entries),
};

static bool table_is_power(size_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

static bool table_aligns(const struct assay_allocator *table, char *ret_why,
                         size_t room)
{
    if (!table_is_power(table->align_min) ||
        !table_is_power(table->align_max) ||
        table->align_min > table->align_max) {
        snprintf(ret_why, room,
                 "has align_min %zu and align_max %zu: both must be powers of "
                 "two, and align_max no less",
                 table->align_min, table->align_max);
        return false;
    }
    if (table->size_max > PTRDIFF_MAX) {
        snprintf(ret_why, room,
                 "has size_max %zu: no object is larger than PTRDIFF_MAX; 0 "
                 "says that there is no limit but memory",
                 table->size_max);
        return false;
    }
    return true;
}

/* Bits that have a meaning only with others. */
static bool table_agrees(const struct assay_allocator *table, char *ret_why,
                         size_t room)
{
    bool fixed = (table->can & ASSAY_ALLOCATOR_FIXED) != 0;
    const char *wrong = NULL;

    if ((table->can & ASSAY_ALLOCATOR_CONSTRUCTS) != 0 && !fixed)
        wrong = "claims CONSTRUCTS without FIXED: blocks that are constructed "
                "have one size; add the bit";
    else if ((table->can & ASSAY_ALLOCATOR_MERGES) != 0 && fixed)
        wrong = "claims MERGES and FIXED: blocks of one size have nothing to "
                "merge into; leave one of them out";
    if (wrong != NULL)
        snprintf(ret_why, room, "%s", wrong);
    return wrong == NULL;
}

bool allocator_table_is_sound(const struct assay_allocator *table,
                              char *ret_why, size_t room)
{
    return plugin_table_is_sound(table, &table_contract, ret_why, room) &&
           table_aligns(table, ret_why, room) &&
           table_agrees(table, ret_why, room);
}

bool allocator_table_is_plain(const struct assay_allocator *table,
                              char *ret_why, size_t room)
{
    return plugin_table_is_plain(table, &table_contract, ret_why, room);
}
