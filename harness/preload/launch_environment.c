/* launch_environment.c - the environment that the program alone receives.
 *
 * It is built beside the launcher's own and handed to execve: nothing that
 * the launcher itself does may ever be under the subject. */
#include "launch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* LD_PRELOAD, ASSAY_WITNESS, ASSAY_PAD and the NULL at the end. */
enum { ENTRIES_OWN = 4 };

struct environment {
    char **entries;
    size_t count;
};

static void environment_add(struct environment *to, char *entry)
{
    to->entries[to->count++] = entry;
    to->entries[to->count] = NULL;
}

/* Names the last setting of a name: like putenv, the later one holds. */
static void environment_set(struct environment *to, char *entry)
{
    size_t name_length = (size_t)(strchrnul(entry, '=') - entry) + 1;
    for (size_t i = 0; i < to->count; i++)
        if (strncmp(to->entries[i], entry, name_length) == 0) {
            to->entries[i] = entry;
            return;
        }
    environment_add(to, entry);
}

/* What the program must not inherit: a preload meant for somebody else, and
 * the padding that hyperfine draws anew for each run (ours is seeded). */
static const char *const dropped[] = {
    "LD_PRELOAD=",
    "HYPERFINE_RANDOMIZED_ENVIRONMENT_OFFSET=",
};

static int environment_is_dropped(const char *entry)
{
    for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
        if (strncmp(entry, dropped[i], strlen(dropped[i])) == 0)
            return 1;
    return 0;
}

static void environment_inherit(struct environment *to, char *const *from)
{
    for (; *from != NULL; from++)
        if (!environment_is_dropped(*from))
            environment_add(to, *from);
}

static char *preload_setting(const struct launch *launch)
{
    const char *subject = launch->subject != NULL ? launch->subject : "";
    const char *witness = launch->witness != NULL ? launch->witness : "";
    const char *colon = *subject != '\0' && *witness != '\0' ? ":" : "";
    char *entry;
    if (asprintf(&entry, "LD_PRELOAD=%s%s%s", subject, colon, witness) < 0)
        return NULL;
    return entry;
}

static char *pad_setting(unsigned bytes)
{
    static const char name[] = "ASSAY_PAD=";
    size_t name_length = sizeof(name) - 1;
    char *entry = malloc(name_length + bytes + 1);
    if (entry == NULL)
        return NULL;
    memcpy(entry, name, name_length);
    memset(entry + name_length, 'x', bytes);
    entry[name_length + bytes] = '\0';
    return entry;
}

static char *witness_setting(const char *path)
{
    char *entry;
    return asprintf(&entry, "ASSAY_WITNESS=%s", path) < 0 ? NULL : entry;
}

/* Adds a setting of our own, where one was made. */
static int environment_own(struct environment *to, char *entry)
{
    if (entry == NULL)
        return -1;
    environment_set(to, entry);
    return 0;
}

/* What was taken when it fails is not given back: the launcher ends then.
 * NOLINTBEGIN(clang-analyzer-unix.Malloc) */
char **launch_environment(const struct launch *launch)
{
    size_t inherited = 0;
    while (environ[inherited] != NULL)
        inherited++;
    size_t most = inherited + (size_t)launch->setting_count + ENTRIES_OWN;
    struct environment to = { calloc(most, sizeof(char *)), 0 };
    if (to.entries == NULL)
        return NULL;
    environment_inherit(&to, environ);
    if ((launch->subject != NULL || launch->witness != NULL) &&
        environment_own(&to, preload_setting(launch)) < 0)
        return NULL;
    if (launch->witness_file != NULL &&
        environment_own(&to, witness_setting(launch->witness_file)) < 0)
        return NULL;
    if (launch->pad_bytes > 0 &&
        environment_own(&to, pad_setting(launch->pad_bytes)) < 0)
        return NULL;
    for (int i = 0; i < launch->setting_count; i++)
        environment_set(&to, (char *)launch->settings[i]);
    return to.entries;
}
/* NOLINTEND(clang-analyzer-unix.Malloc) */
