/* profile.c - the five profiles of mallocs, and that of plug-ins. */
#include "profile.h"

#include <string.h>

#include "text.h"

const struct profile profiles[] = {
    { "dropin", "what programs on Linux and glibc rely on" },
    { "c17", "the C standard of 2018" },
    { "c23", "the C standard of 2024: sized free, alignments checked" },
    { "posix2024", "POSIX.1-2024: errno on failure, kept by free" },
    { "hardened", "misuse of the heap is noticed" },
    { "contract", "what a plug-in's header promises, as far as it claims it" },
    { 0 },
};

const struct profile *profile_find(const char *name)
{
    for (const struct profile *profile = profiles; profile->name != NULL;
         profile++)
        if (strcmp(profile->name, name) == 0)
            return profile;
    return NULL;
}

char **profile_names(void)
{
    char **names = text_split("");

    for (const struct profile *profile = profiles; profile->name != NULL;
         profile++)
        names = text_list_add(names, text_copy(profile->name));
    return names;
}
