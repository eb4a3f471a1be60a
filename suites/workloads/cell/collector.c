/* collector.c - a collector plug-in in this process. */
#include "collector.h"

#include <dlfcn.h>
#include <stdio.h>

#include "assay/collector.h"
#include "backing.h"

/* Entries that a row may call, and the bits that promise them; 0: every
 * plug-in has it. The whole of a table is `assay check`'s affair. */
static const char *collector_lacks(const struct assay_collector *table)
{
    const struct {
        const char *name;
        uint32_t can;
        bool there;
    } entries[] = {
#define ENTRY(entry, bits) { #entry "()", bits, table->entry != NULL }
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
        ENTRY(set_threshold, ASSAY_COLLECTOR_THRESHOLDS),
        ENTRY(weak_new, ASSAY_COLLECTOR_WEAK),
        ENTRY(weak_get, ASSAY_COLLECTOR_WEAK),
        ENTRY(stats, ASSAY_COLLECTOR_STATS),
        ENTRY(listen, ASSAY_COLLECTOR_LISTEN),
#undef ENTRY
    };

    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
        if (!entries[i].there &&
            (entries[i].can == 0 || table->can & entries[i].can))
            return entries[i].name;
    return NULL;
}

/* What is wrong with the table for rows, in `text`; false when nothing is. */
static bool collector_fault(const struct assay_collector *table, char *text,
                            size_t room)
{
    const char *lacking;

    if (table->abi != ASSAY_COLLECTOR_ABI) {
        snprintf(text, room,
                 "was made for ABI %u of collector.h, and this is %u: compile "
                 "it anew",
                 table->abi, ASSAY_COLLECTOR_ABI);
        return true;
    }
    lacking = collector_lacks(table);
    if (lacking != NULL)
        snprintf(text, room,
                 "has no %s, which it claims or every plug-in has: see "
                 "`assay check`",
                 lacking);
    return lacking != NULL;
}

static int collector_refuse(struct provider *provider, const char *who,
                            const char *what)
{
    snprintf(provider->mismatch, sizeof(provider->mismatch), "%.250s %.250s",
             who, what);
    return -1;
}

int cell_collector_load(const char *path, struct run *run,
                        struct provider *ret_provider)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct assay_collector *table;
    char fault[128];

    if (library == NULL)
        return collector_refuse(ret_provider, "not loaded:", dlerror());
    table = dlsym(library, ASSAY_COLLECTOR_SYMBOL);
    if (table == NULL)
        return collector_refuse(ret_provider, path, "exports no collector");
    if (collector_fault(table, fault, sizeof(fault)))
        return collector_refuse(ret_provider, path, fault);
    snprintf(ret_provider->path, sizeof(ret_provider->path), "%s", path);
    run->collector = table;
    run->backend = &cell_backing;
    return 0;
}
