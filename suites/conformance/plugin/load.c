/* load.c - opens the library of a plug-in. */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_id.h"
#include "plugin.h"

static const char *load_path(struct check_run *run, const char *path)
{
    static char resolved[PATH_MAX];

    if (realpath(path, resolved) == NULL)
        return NULL;
    run->subject_path = resolved;
    snprintf(run->record->provider, sizeof(run->record->provider), "%.511s",
             resolved);
    return resolved;
}

/* Every symbol at once: one that is missing is told here, not by a crash in
 * the middle of a check. */
const void *plugin_load(struct check_run *run, const char *path,
                        const char *symbol, char *ret_why, size_t room)
{
    const char *resolved = load_path(run, path);
    void *library =
        resolved == NULL ? NULL : dlopen(resolved, RTLD_NOW | RTLD_LOCAL);
    const void *table;

    if (library == NULL) {
        snprintf(ret_why, room, "cannot be loaded: %s",
                 resolved == NULL ? "there is no such file" : dlerror());
        return NULL;
    }
    table = dlsym(library, symbol);
    if (table == NULL)
        snprintf(ret_why, room,
                 "exports no %s: define `const struct %s %s = { ... };` and "
                 "let it be visible",
                 symbol, symbol, symbol);
    else
        build_id_of(table, run->record->build_id,
                    sizeof(run->record->build_id));
    return table;
}
