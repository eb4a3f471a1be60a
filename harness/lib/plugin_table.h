/* plugin_table.h - what a plug-in's table must be: held to what it claims, by
 * whoever loads one.
 *
 * Threads: any. Errors: false, and in `ret_why` a sentence that says what to
 * change. */
#ifndef ASSAY_PLUGIN_TABLE_H
#define ASSAY_PLUGIN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a contract says of its table, so that one place can hold it to that.
 * Every table begins with abi, can and name. */
struct plugin_contract {
    const char *header; /* "assay/allocator.h" */
    uint32_t abi;
    const char *const *bits; /* names, from the lowest; ended by NULL */
    const struct plugin_entry *entries;
    size_t entry_count;
};

/* A function of the table, and the bits any of which promises it; 0: every
 * plug-in has it. */
struct plugin_entry {
    const char *name;
    size_t at; /* its offset in the table */
    uint32_t can;
};

#define PLUGIN_ENTRY(type, entry, bits)            \
    {                                              \
#entry, offsetof(struct type, entry), bits \
    }

/* Whether the table can be used: its ABI, its name, and an entry wherever one
 * is promised. Nothing is called. */
bool plugin_table_is_sound(const void *table,
                           const struct plugin_contract *contract,
                           char *ret_why, size_t room);

/* Whether nothing stands in the table that is not claimed: entries that no
 * bit promises, and bits that the header does not know. Not needed to use it,
 * but whoever wrote it meant something else. */
bool plugin_table_is_plain(const void *table,
                           const struct plugin_contract *contract,
                           char *ret_why, size_t room);

#endif
