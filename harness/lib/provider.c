/* provider.c - traces the calls to the object they lie in. */
#include "provider.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "build_id.h"

struct provider_function {
    const char *name; /* the subject's; "" where it has none */
    void *address;
    bool required;
};

/* What replaces malloc may leave aligned_alloc to the C library; what has
 * names of its own has what it names. */
static void provider_resolve(struct provider_function *found,
                             const struct functions *functions)
{
    bool own = functions_are_own(functions);

    for (int i = 0; i < FUNCTIONS; i++) {
        const char *name = own ? functions->name[i] : function_word(i);

        found[i].name = name;
        found[i].address = *name == '\0' ? NULL : dlsym(RTLD_DEFAULT, name);
        found[i].required = own ? *name != '\0' : i != FUNCTION_ALIGNED_ALLOC;
    }
}

/* ISO C has no conversion from data to functions; POSIX asks for this one. */
static void provider_take_calls(struct calls *calls,
                                const struct provider_function *found)
{
    memcpy(&calls->malloc, &found[FUNCTION_MALLOC].address, sizeof(void *));
    memcpy(&calls->calloc, &found[FUNCTION_CALLOC].address, sizeof(void *));
    memcpy(&calls->realloc, &found[FUNCTION_REALLOC].address, sizeof(void *));
    memcpy(&calls->free, &found[FUNCTION_FREE].address, sizeof(void *));
    memcpy(&calls->aligned_alloc, &found[FUNCTION_ALIGNED_ALLOC].address,
           sizeof(void *));
}

static const char *provider_object(void *address)
{
    Dl_info info;

    if (address == NULL || dladdr(address, &info) == 0)
        return "no object";
    return info.dli_fname;
}

static bool provider_is_file(const char *object, const struct stat *subject)
{
    struct stat file;

    return stat(object, &file) == 0 && file.st_dev == subject->st_dev &&
           file.st_ino == subject->st_ino;
}

static int provider_compare(struct provider *provider, const char *subject,
                            const struct provider_function *found)
{
    struct stat file;

    if (stat(subject, &file) != 0) {
        snprintf(provider->mismatch, sizeof(provider->mismatch),
                 "the subject %.400s is not there", subject);
        return -1;
    }
    for (int i = 0; i < FUNCTIONS; i++) {
        const char *object = provider_object(found[i].address);
        bool same = provider_is_file(object, &file);

        if (i == FUNCTION_ALIGNED_ALLOC)
            provider->aligned_alloc_is_subject = same;
        if (same || !found[i].required)
            continue;
        snprintf(provider->mismatch, sizeof(provider->mismatch),
                 "%s is served by %.360s: was the subject preloaded?",
                 found[i].name, object);
        return -1;
    }
    return 0;
}

static void provider_name(struct provider *provider, const char *object)
{
    char resolved[PATH_MAX];

    if (realpath(object, resolved) == NULL)
        snprintf(resolved, sizeof(resolved), "%s", object);
    snprintf(provider->path, sizeof(provider->path), "%.*s",
             (int)sizeof(provider->path) - 1, resolved);
}

int provider_find(struct provider *ret_provider, const char *subject,
                  const struct functions *functions)
{
    struct provider_function found[FUNCTIONS];

    memset(ret_provider, 0, sizeof(*ret_provider));
    provider_resolve(found, functions);
    provider_take_calls(&ret_provider->calls, found);
    provider_name(ret_provider,
                  provider_object(found[FUNCTION_MALLOC].address));
    build_id_of(found[FUNCTION_MALLOC].address, ret_provider->build_id,
                sizeof(ret_provider->build_id));
    return provider_compare(ret_provider, subject, found);
}
