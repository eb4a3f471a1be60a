/* calls.c - the entry points, as the dynamic linker resolves them. */
#include <dlfcn.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"
#include "check.h"

static struct subject_calls calls;
static struct stat calls_subject;

const volatile struct subject_calls *const subject = &calls;

static const struct {
    const char *name;
    size_t at;
} calls_names[] = {
#define CALLS_ENTRY(function)                               \
    {                                                       \
#function, offsetof(struct subject_calls, function) \
    }
    CALLS_ENTRY(malloc),         CALLS_ENTRY(calloc),
    CALLS_ENTRY(realloc),        CALLS_ENTRY(free),
    CALLS_ENTRY(reallocarray),   CALLS_ENTRY(aligned_alloc),
    CALLS_ENTRY(posix_memalign), CALLS_ENTRY(memalign),
    CALLS_ENTRY(valloc),         CALLS_ENTRY(pvalloc),
    CALLS_ENTRY(free_sized),     CALLS_ENTRY(free_aligned_sized),
    CALLS_ENTRY(malloc_trim),    CALLS_ENTRY(malloc_usable_size),
};

void calls_resolve(const char *subject_path)
{
    stat(subject_path, &calls_subject);
    for (size_t i = 0; i < sizeof(calls_names) / sizeof(*calls_names); i++) {
        void *address = dlsym(RTLD_DEFAULT, calls_names[i].name);

        memcpy((char *)&calls + calls_names[i].at, &address, sizeof(address));
    }
}

bool subject_has(const char *function)
{
    void *address = dlsym(RTLD_DEFAULT, function);
    struct stat file;
    Dl_info info;

    return address != NULL && dladdr(address, &info) != 0 &&
           stat(info.dli_fname, &file) == 0 &&
           file.st_dev == calls_subject.st_dev &&
           file.st_ino == calls_subject.st_ino;
}
