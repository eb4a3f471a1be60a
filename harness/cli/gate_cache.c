/* gate_cache.c - remembers passes between campaigns. */
#include "gate_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sha2.h>
#include <unistd.h>

#include "environment.h"
#include "places.h"
#include "subject.h"
#include "text.h"

static bool cache_is_off(const struct subject *subject)
{
    char **options = environment_allocator_options();
    bool off = options[0] != NULL || subject->environment[0] != NULL;

    text_list_free(options);
    return off;
}

/* The folder, made if it can be; NULL where there is no home for it. */
static char *cache_folder(void)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char *above, *folder;

    if (cache != NULL && *cache == '/')
        above = text_copy(cache);
    else if (home != NULL && *home == '/')
        above = text_format("%s/.cache", home);
    else
        return NULL;
    folder = text_format("%s/assay", above);
    mkdir(above, 0700);
    mkdir(folder, 0700);
    free(above);
    return folder;
}

/* By the digests of both, and the version: what the library loads itself
 * comes with the same package. */
static char *cache_path(const struct subject *subject)
{
    char *probe = place_of_program("assay-probe");
    char *folder = cache_folder();
    char digest[65] = "", *path = NULL;

    if (probe != NULL && folder != NULL && SHA256File(probe, digest) != NULL)
        path = text_format("%s/gate-%.32s-%.32s-%s.json", folder,
                           subject->sha256, digest,
                           *subject->version != '\0' ? subject->version
                                                     : "unknown");
    free(folder);
    free(probe);
    return path;
}

json_t *gate_cache_read(const struct subject *subject)
{
    char *path = cache_is_off(subject) ? NULL : cache_path(subject);
    json_t *passed = path == NULL ? NULL : json_load_file(path, 0, NULL);

    free(path);
    if (json_is_object(passed))
        return passed;
    json_decref(passed);
    return json_object();
}

/* Written beside and renamed: two campaigns may end at once. */
void gate_cache_write(const struct subject *subject, const json_t *passed)
{
    char *path = cache_is_off(subject) ? NULL : cache_path(subject);
    char *fresh;

    if (path == NULL)
        return;
    fresh = text_format("%s.%d", path, (int)getpid());
    if (json_dump_file(passed, fresh, JSON_INDENT(1)) != 0 ||
        rename(fresh, path) != 0)
        unlink(fresh);
    free(fresh);
    free(path);
}
