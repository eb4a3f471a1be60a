/* collector.c - a collector plug-in in this process. */
#include "collector.h"

#include <dlfcn.h>
#include <stdio.h>

#include "assay/collector.h"
#include "backing.h"

static int collector_refuse(struct provider *provider, const char *who,
                            const char *what)
{
    snprintf(provider->mismatch, sizeof(provider->mismatch), "%s%s", who, what);
    return -1;
}

int cell_collector_load(const char *path, struct run *run,
                        struct provider *ret_provider)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct assay_collector *table;

    if (library == NULL)
        return collector_refuse(ret_provider, "", dlerror());
    table = dlsym(library, ASSAY_COLLECTOR_SYMBOL);
    if (table == NULL)
        return collector_refuse(ret_provider, path, " exports no collector");
    if (table->abi != ASSAY_COLLECTOR_ABI)
        return collector_refuse(ret_provider, path,
                                " was made for another ABI of collector.h");
    snprintf(ret_provider->path, sizeof(ret_provider->path), "%s", path);
    run->collector = table;
    run->backend = &cell_backing;
    return 0;
}
