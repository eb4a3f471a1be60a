/* collector.c - a collector plug-in in this process. */
#include "collector.h"

#include <dlfcn.h>
#include <stdio.h>

#include "assay/collector.h"
#include "backing.h"
#include "collector_table.h"

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
    char fault[256];

    if (library == NULL)
        return collector_refuse(ret_provider, "not loaded:", dlerror());
    table = dlsym(library, ASSAY_COLLECTOR_SYMBOL);
    if (table == NULL)
        return collector_refuse(ret_provider, path, "exports no collector");
    if (!collector_table_is_sound(table, fault, sizeof(fault)))
        return collector_refuse(ret_provider, path, fault);
    snprintf(ret_provider->path, sizeof(ret_provider->path), "%s", path);
    run->collector = table;
    run->backend = &cell_backing;
    return 0;
}
