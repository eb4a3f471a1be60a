/* library.c - loads what the environment names. */
#include "library.h"

#include <dlfcn.h>
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

/* ISO C has no conversion from data to functions; POSIX asks for this one. */
bool library_find(void *library, const char *name, void *ret_function)
{
    const char *prefix = getenv("ASSAY_PLUGIN_PREFIX");
    char whole[256];
    void *address;

    snprintf(whole, sizeof(whole), "%s%s", prefix != NULL ? prefix : "", name);
    address = dlsym(library, whole);
    if (address == NULL) {
        fprintf(stderr, "the library has no %s\n", whole);
        return false;
    }
    memcpy(ret_function, &address, sizeof(address));
    return true;
}
