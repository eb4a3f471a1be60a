/* places.c - the build tree first, then the installed folders. */
#include "places.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

/* The rooms of the build tree that hold programs and libraries, as seen from
 * the folder of the assay program itself (harness/cli). */
static const char *const program_rooms[] = {
    "../../suites/workloads",
    "../../suites/micro",
    "../../suites/conformance/malloc",
    "../../suites/conformance/allocator",
    "../../suites/conformance/collector",
    "../preload",
    "../../impl/malloc",
    "../../impl/obmalloc",
    "../../impl/plugins",
    "../../impl/peers",
    "."
};

/* The rooms of the source tree that hold data. They no longer exist where an
 * installed assay runs, and are not asked there. */
static const char *const data_rooms[] = {
    ASSAY_SOURCE_DIR "/impl/peers",
    ASSAY_SOURCE_DIR "/suites",
    ASSAY_SOURCE_DIR "/harness/cli",
};

/* The folder of the running program; the caller frees. */
static char *place_self(void)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);
    char *slash;

    if (size <= 0)
        return NULL;
    path[size] = '\0';
    slash = strrchr(path, '/');
    *slash = '\0';
    return strdup(path);
}

/* `folder`/`name` made absolute if it exists, else NULL. */
static char *place_if_there(const char *folder, const char *name)
{
    char *path = text_format("%s/%s", folder, name);
    char *real = realpath(path, NULL);

    free(path);
    return real;
}

static char *place_beside(const char *room, const char *name)
{
    char *self = place_self();
    char *folder = text_format("%s/%s", self != NULL ? self : ".", room);
    char *found = place_if_there(folder, name);

    free(folder);
    free(self);
    return found;
}

char *place_of_program(const char *name)
{
    const char *override = getenv("ASSAY_PLACES");
    char *found = NULL;

    if (override != NULL)
        return place_if_there(override, name);
    for (size_t i = 0; i < TEXT_COUNT(program_rooms) && found == NULL; i++)
        found = place_beside(program_rooms[i], name);
    if (found == NULL) /* installed, wherever the whole prefix was moved to */
        found = place_beside("../libexec/assay", name);
    return found != NULL ? found : place_if_there(ASSAY_LIBEXEC_DIR, name);
}

char *place_of_data(const char *name)
{
    const char *override = getenv("ASSAY_PLACES");
    char *found;

    if (override != NULL)
        return place_if_there(override, name);
    found = place_beside("../share/assay", name);
    for (size_t i = 0; i < TEXT_COUNT(data_rooms) && found == NULL; i++)
        found = place_if_there(data_rooms[i], name);
    return found != NULL ? found : place_if_there(ASSAY_DATA_DIR, name);
}
