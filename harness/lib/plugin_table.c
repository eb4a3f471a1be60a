/* plugin_table.c - holds a plug-in's table to what its header says. */
#include "plugin_table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* What every table begins with. */
struct table_head {
    uint32_t abi;
    uint32_t can;
    const char *name;
};

static bool table_has(const void *table, const struct plugin_entry *entry)
{
    void *function;

    memcpy(&function, (const char *)table + entry->at, sizeof(function));
    return function != NULL;
}

/* The name of the lowest bit of the set. */
static const char *table_bit(const struct plugin_contract *contract,
                             uint32_t set)
{
    for (unsigned i = 0; contract->bits[i] != NULL; i++)
        if ((set >> i & 1) != 0)
            return contract->bits[i];
    return "?";
}

static uint32_t table_known(const struct plugin_contract *contract)
{
    uint32_t known = 0;

    for (unsigned i = 0; contract->bits[i] != NULL; i++)
        known |= UINT32_C(1) << i;
    return known;
}

static bool table_is_word(const char *name)
{
    if (name == NULL || *name == '\0')
        return false;
    for (; *name != '\0'; name++)
        if (!islower((unsigned char)*name) && !isdigit((unsigned char)*name) &&
            *name != '-')
            return false;
    return true;
}

/* Why an entry must be there: always, or for a bit that is set. */
static const struct plugin_entry *table_missing(
    const void *table, const struct plugin_contract *contract)
{
    const struct table_head *head = table;

    for (size_t i = 0; i < contract->entry_count; i++) {
        const struct plugin_entry *entry = &contract->entries[i];
        bool promised = entry->can == 0 || (entry->can & head->can) != 0;

        if (promised && !table_has(table, entry))
            return entry;
    }
    return NULL;
}

static void table_say_missing(const void *table,
                              const struct plugin_contract *contract,
                              const struct plugin_entry *entry, char *ret_why,
                              size_t room)
{
    const struct table_head *head = table;

    if (entry->can == 0)
        snprintf(ret_why, room,
                 "its %s() is NULL, which every plug-in has: set it, see %s",
                 entry->name, contract->header);
    else
        snprintf(ret_why, room,
                 "claims %s and its %s() is NULL: set it, or leave the bit out "
                 "of `can`",
                 table_bit(contract, entry->can & head->can), entry->name);
}

bool plugin_table_is_sound(const void *table,
                           const struct plugin_contract *contract,
                           char *ret_why, size_t room)
{
    const struct table_head *head = table;
    const struct plugin_entry *missing;

    if (head->abi != contract->abi) {
        snprintf(ret_why, room,
                 "has ABI %u, and %s of this Assay is ABI %u: compile it anew "
                 "with that header",
                 head->abi, contract->header, contract->abi);
        return false;
    }
    if (!table_is_word(head->name)) {
        snprintf(ret_why, room,
                 "has no name: set `name` to a word of lower-case letters, "
                 "digits and dashes");
        return false;
    }
    missing = table_missing(table, contract);
    if (missing != NULL)
        table_say_missing(table, contract, missing, ret_why, room);
    return missing == NULL;
}

bool plugin_table_is_plain(const void *table,
                           const struct plugin_contract *contract,
                           char *ret_why, size_t room)
{
    const struct table_head *head = table;
    uint32_t unknown = head->can & ~table_known(contract);

    if (unknown != 0) {
        snprintf(ret_why, room, "claims the bits 0x%x, which %s does not have",
                 unknown, contract->header);
        return false;
    }
    for (size_t i = 0; i < contract->entry_count; i++) {
        const struct plugin_entry *entry = &contract->entries[i];

        if (entry->can == 0 || (entry->can & head->can) != 0 ||
            !table_has(table, entry))
            continue;
        snprintf(ret_why, room,
                 "has a %s() and does not claim %s: add the bit to `can`, or "
                 "leave the entry NULL",
                 entry->name, table_bit(contract, entry->can));
        return false;
    }
    return true;
}
