/* plugin.c - a plug-in in this process: its table, path and build. */
#include "plugin.h"

#include <dlfcn.h>
#include <stdio.h>

#include "build_id.h"

int cell_plugin_refuse(struct provider *provider, const char *path,
                       const char *why)
{
    snprintf(provider->mismatch, sizeof(provider->mismatch), "%.250s %.250s",
             path, why);
    return -1;
}

/* Every symbol at once: one that is missing is told here, not by a crash in
 * the middle of a row. */
const void *cell_plugin_load(const char *path, const char *symbol,
                             struct provider *ret_provider)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const void *table;
    char why[80];

    if (library == NULL) {
        cell_plugin_refuse(ret_provider, "not loaded:", dlerror());
        return NULL;
    }
    table = dlsym(library, symbol);
    if (table == NULL) {
        snprintf(why, sizeof(why), "exports no %s", symbol);
        cell_plugin_refuse(ret_provider, path, why);
        return NULL;
    }
    snprintf(ret_provider->path, sizeof(ret_provider->path), "%s", path);
    build_id_of(table, ret_provider->build_id, sizeof(ret_provider->build_id));
    return table;
}
