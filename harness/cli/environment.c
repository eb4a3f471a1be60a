/* environment.c - a fixed environment, so that two runs differ in nothing
 * but what was asked for. */
#include "environment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "subject.h"
#include "text.h"

enum { PAD_BYTES = 4096 };

/* What allocators read. The user may tune a subject through these. */
static const char *const option_prefixes[] = {
    "MALLOC_",   "GLIBC_TUNABLES=", "JE_MALLOC_",  "MIMALLOC_",
    "TCMALLOC_", "SCUDO_OPTIONS=",  "TBB_MALLOC_",
};

static const char *const fixed[] = {
    "PATH=/usr/local/bin:/usr/bin:/bin",
    "HOME=/",
    "LANG=C",
    "LC_ALL=C",
    "TZ=UTC",
};

size_t environment_pad_bytes(uint64_t pad_seed)
{
    /* The multiplier of splitmix64 (Steele et al., OOPSLA 2014). */
    uint64_t mixed = (pad_seed + 1) * 0x9e3779b97f4a7c15u;

    return (size_t)((mixed ^ (mixed >> 29)) % PAD_BYTES);
}

char **environment_allocator_options(void)
{
    char **list = text_split("");

    for (char **entry = environ; *entry != NULL; entry++)
        for (size_t i = 0; i < TEXT_COUNT(option_prefixes); i++)
            if (strncmp(*entry, option_prefixes[i],
                        strlen(option_prefixes[i])) == 0)
                list = text_list_add(list, text_copy(*entry));
    return list;
}

static char *environment_pad(uint64_t pad_seed)
{
    size_t size = environment_pad_bytes(pad_seed);
    char *pad = text_format("ASSAY_PAD=%*s", (int)size, "");

    memset(pad + strlen("ASSAY_PAD="), 'x', size);
    return pad;
}

char **environment_plain(uint64_t pad_seed)
{
    char **list = environment_allocator_options();

    for (size_t i = 0; i < TEXT_COUNT(fixed); i++)
        list = text_list_add(list, text_copy(fixed[i]));
    return text_list_add(list, environment_pad(pad_seed));
}

char **environment_for(const struct subject *subject, uint64_t pad_seed)
{
    char **list = environment_plain(pad_seed);

    for (size_t i = 0; subject->environment[i] != NULL; i++)
        list = text_list_add(list, text_copy(subject->environment[i]));
    if (kind_is_plugin(subject->kind))
        return list;
    return text_list_add(list, text_format("LD_PRELOAD=%s", subject->path));
}
