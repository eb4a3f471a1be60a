/* collector_table.c - what the header of collectors says of a table. */
#include "collector_table.h"

#include <stdint.h>
#include <stdio.h>

#include "plugin_table.h"

const char *const collector_table_bits[] = {
    "COUNTS",
    "GENERATIONS",
    "AUTOMATIC",
    "THRESHOLDS",
    "FREEZE",
    "FINALIZE",
    "FINALIZE_AT_END",
    "ENDED",
    "TRAVERSE",
    "WEAK",
    "WEAK_CALLBACK",
    "STATS",
    "LISTEN",
    "VERIFY",
    "BACKEND",
    "CONSERVATIVE",
    "MOVES",
    "THREADS",
    "EPHEMERON",
    "LIMIT",
    "PIN",
    "FORK",
    NULL,
};

#define ENTRY(entry, bits) PLUGIN_ENTRY(assay_collector, entry, bits)

static const struct plugin_entry table_entries[] = {
    ENTRY(create, 0),
    ENTRY(destroy, 0),
    ENTRY(type_add, 0),
    ENTRY(new_object, 0),
    ENTRY(payload, 0),
    ENTRY(load, 0),
    ENTRY(store, 0),
    ENTRY(push, 0),
    ENTRY(pop, 0),
    ENTRY(root, 0),
    ENTRY(set_root, 0),
    ENTRY(collect, 0),
    ENTRY(incref, ASSAY_COLLECTOR_COUNTS),
    ENTRY(decref, ASSAY_COLLECTOR_COUNTS),
    ENTRY(count, ASSAY_COLLECTOR_COUNTS),
    ENTRY(automatic, ASSAY_COLLECTOR_AUTOMATIC),
    ENTRY(threshold, ASSAY_COLLECTOR_THRESHOLDS),
    ENTRY(set_threshold, ASSAY_COLLECTOR_THRESHOLDS),
    ENTRY(freeze, ASSAY_COLLECTOR_FREEZE),
    ENTRY(unfreeze, ASSAY_COLLECTOR_FREEZE),
    ENTRY(store_at, ASSAY_COLLECTOR_TRAVERSE),
    ENTRY(weak_new, ASSAY_COLLECTOR_WEAK),
    ENTRY(weak_get, ASSAY_COLLECTOR_WEAK),
    ENTRY(ephemeron_new, ASSAY_COLLECTOR_EPHEMERON),
    ENTRY(ephemeron_key, ASSAY_COLLECTOR_EPHEMERON),
    ENTRY(ephemeron_value, ASSAY_COLLECTOR_EPHEMERON),
    ENTRY(set_limit, ASSAY_COLLECTOR_LIMIT),
    ENTRY(pin, ASSAY_COLLECTOR_PIN),
    ENTRY(unpin, ASSAY_COLLECTOR_PIN),
    ENTRY(attach, ASSAY_COLLECTOR_THREADS),
    ENTRY(detach, ASSAY_COLLECTOR_THREADS),
    ENTRY(stats, ASSAY_COLLECTOR_STATS),
    ENTRY(listen, ASSAY_COLLECTOR_LISTEN),
    ENTRY(verify, ASSAY_COLLECTOR_VERIFY),
};

static const struct plugin_contract table_contract = {
    .header = "assay/collector.h",
    .abi = ASSAY_COLLECTOR_ABI,
    .bits = collector_table_bits,
    .entries = table_entries,
    .entry_count = sizeof(table_entries) / sizeof(*table_entries),
};

static bool table_has_sense(const struct assay_collector *table, char *ret_why,
                            size_t room)
{
    size_t align = table->align;

    if (table->generations < 1 || table->generations > ASSAY_GENERATIONS_MAX) {
        snprintf(ret_why, room,
                 "has %u generations: there are 1 to %d, and 1 says that all "
                 "objects are collected together",
                 table->generations, ASSAY_GENERATIONS_MAX);
        return false;
    }
    if (align == 0 || (align & (align - 1)) != 0) {
        snprintf(ret_why, room,
                 "has align %zu: the alignment of payloads is a power of two",
                 align);
        return false;
    }
    if (table->slots_max == 0) {
        snprintf(ret_why, room,
                 "has slots_max 0: objects without slots refer to nothing, and "
                 "no graph can be made of them");
        return false;
    }
    return true;
}

/* Bits that have a meaning only with others. */
static bool table_agrees(const struct assay_collector *table, char *ret_why,
                         size_t room)
{
    uint32_t can = table->can;
    const char *wrong = NULL;

    if ((can & ASSAY_COLLECTOR_GENERATIONS) != 0 && table->generations < 2)
        wrong = "claims GENERATIONS and has one: set `generations`, or leave "
                "the bit out";
    else if ((can & ASSAY_COLLECTOR_WEAK_CALLBACK) != 0 &&
             (can & ASSAY_COLLECTOR_WEAK) == 0)
        wrong = "claims WEAK_CALLBACK without WEAK: add that bit";
    else if ((can & ASSAY_COLLECTOR_FINALIZE_AT_END) != 0 &&
             (can & ASSAY_COLLECTOR_FINALIZE) == 0)
        wrong = "claims FINALIZE_AT_END without FINALIZE: add that bit";
    if (wrong != NULL)
        snprintf(ret_why, room, "%s", wrong);
    return wrong == NULL;
}

bool collector_table_is_sound(const struct assay_collector *table,
                              char *ret_why, size_t room)
{
    return plugin_table_is_sound(table, &table_contract, ret_why, room) &&
           table_has_sense(table, ret_why, room) &&
           table_agrees(table, ret_why, room);
}

bool collector_table_is_plain(const struct assay_collector *table,
                              char *ret_why, size_t room)
{
    return plugin_table_is_plain(table, &table_contract, ret_why, room);
}
