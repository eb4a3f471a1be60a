/* subject_plugin.c - plug-ins, and the settings that they are run with. */
#include "subject_plugin.h"

#include <stdlib.h>
#include <string.h>

#include "places.h"
#include "text.h"

#define AROUND "plugin:"
#define MODULE "assay-plugin-malloc.so"

bool subject_plugin_is_around(const char *given)
{
    return strncmp(given, AROUND, strlen(AROUND)) == 0;
}

void subject_plugin_loads(struct subject *subject, const char *library)
{
    subject->environment =
        text_list_add(subject->environment,
                      text_format("ASSAY_PLUGIN_LIBRARY=%s", library));
}

void subject_plugin_settings(struct subject *subject)
{
    subject->environment = text_list_add(
        subject->environment,
        text_copy("GLIBC_TUNABLES=glibc.rtld.optional_static_tls=65536"));
}

/* What stands before "malloc" in the name of its malloc; "" where that is its
 * whole name. NULL when it is named otherwise. */
static char *plugin_prefix(const struct subject *subject)
{
    const char *name = subject->functions.name[FUNCTION_MALLOC];
    size_t size = strlen(name), word = strlen("malloc");
    char *prefix;

    if (size == 0)
        return subject->exports[KIND_MALLOC] ? text_copy("") : NULL;
    if (size < word || strcmp(name + size - word, "malloc") != 0)
        return NULL;
    prefix = text_copy(name);
    prefix[size - word] = '\0';
    return prefix;
}

/* The library keeps its digest, version and package: it is what is looked at;
 * the module only carries it. */
static void plugin_take(struct subject *subject, char *module,
                        const char *prefix)
{
    char *name = text_format("%s%s", AROUND, subject->name);

    subject_plugin_loads(subject, subject->path);
    if (*prefix != '\0')
        subject->environment =
            text_list_add(subject->environment,
                          text_format("ASSAY_PLUGIN_PREFIX=%s", prefix));
    free(subject->name);
    free(subject->path);
    free(subject->contract);
    subject->name = name;
    subject->path = module;
    subject->contract = NULL;
    subject->functions = (struct functions){ 0 };
    memset(subject->exports, 0, sizeof(subject->exports));
    subject->exports[KIND_ALLOCATOR] = true;
}

static int plugin_refuse(const struct subject *subject, const char *module,
                         struct failure *ret_error)
{
    if (module == NULL)
        return failure_set(ret_error,
                           "the plug-in around a malloc (%s) is not there: "
                           "build or install Assay again",
                           MODULE);
    return failure_set(ret_error,
                       "%s has no malloc, realloc and free of one prefix\nGive "
                       "a library that replaces malloc, or PATH@my_ for "
                       "my_malloc and its kin.",
                       subject->path);
}

int subject_plugin_around(const char *given, struct subject *ret_subject,
                          struct failure *ret_error)
{
    char *module = place_of_program(MODULE), *prefix;
    struct subject found;

    if (subject_find(given + strlen(AROUND), &found, ret_error) != 0) {
        free(module);
        return -1;
    }
    prefix = plugin_prefix(&found);
    if (prefix == NULL || module == NULL) {
        plugin_refuse(&found, module, ret_error);
        subject_free(&found);
        free(module);
        free(prefix);
        return -1;
    }
    plugin_take(&found, module, prefix);
    free(prefix);
    *ret_subject = found;
    return 0;
}
