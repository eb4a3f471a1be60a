/* library.c - loads what the environment names. */
#include "library.h"

#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *library_open(void)
{
    const char *path = getenv("ASSAY_PLUGIN_LIBRARY");
    void *library;

    if (path == NULL) {
        fputs("ASSAY_PLUGIN_LIBRARY names no library\n", stderr);
        return NULL;
    }
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (library == NULL)
        fprintf(stderr, "%s\n", dlerror());
    return library;
}

/* dlsym() also looks where the library itself would: in the C library. */
static bool library_holds(void *library, void *address)
{
    struct link_map *map;
    Dl_info info;

    return address != NULL && dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 &&
           dladdr(address, &info) != 0 &&
           (uintptr_t)info.dli_fbase == (uintptr_t)map->l_addr;
}

/* ISO C has no conversion from data to functions; POSIX asks for this one. */
bool library_find(void *library, const char *name, void *ret_function)
{
    const char *prefix = getenv("ASSAY_PLUGIN_PREFIX");
    char whole[256];
    void *address;

    snprintf(whole, sizeof(whole), "%s%s", prefix != NULL ? prefix : "", name);
    address = dlsym(library, whole);
    if (!library_holds(library, address)) {
        fprintf(stderr, "the library has no %s\n", whole);
        return false;
    }
    memcpy(ret_function, &address, sizeof(address));
    return true;
}

bool library_load(const struct library_function *functions)
{
    static bool loaded;
    void *library = loaded ? NULL : library_open();

    if (loaded || library == NULL)
        return loaded;
    for (; functions->name != NULL; functions++)
        if (!library_find(library, functions->name, functions->ret_function))
            return false;
    loaded = true;
    return true;
}
