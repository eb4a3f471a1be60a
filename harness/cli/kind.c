/* kind.c - the kinds of subjects. */
#include "kind.h"

#include <string.h>

static const struct {
    const char *word;
    const char *probe;
    const char *symbol;
    const char *profile;
} kinds[KINDS] = {
    [KIND_MALLOC] = { "malloc", "assay-probe", "malloc", "dropin" },
    [KIND_ALLOCATOR] = { "allocator", "assay-probe-allocator",
                         "assay_allocator", "contract" },
    [KIND_COLLECTOR] = { "collector", "assay-probe-collector",
                         "assay_collector", "contract" },
};

const char *kind_word(enum kind kind)
{
    return kinds[kind].word;
}

const char *kind_article(enum kind kind)
{
    return kind == KIND_ALLOCATOR ? "an" : "a";
}

int kind_from_word(const char *word)
{
    for (int kind = 0; kind < KINDS; kind++)
        if (strcmp(word, kinds[kind].word) == 0)
            return kind;
    return -1;
}

const char *kind_probe(enum kind kind)
{
    return kinds[kind].probe;
}

const char *kind_symbol(enum kind kind)
{
    return kinds[kind].symbol;
}

const char *kind_profile(enum kind kind)
{
    return kinds[kind].profile;
}

bool kind_is_plugin(enum kind kind)
{
    return kind != KIND_MALLOC;
}
