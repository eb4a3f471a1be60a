/* gc_edition.c - what the editions of CPython have otherwise.
 *
 * From: Modules/gcmodule.c, Objects/listobject.c, Objects/tupleobject.c
 * and Objects/dictobject.c of 2.7, 3.8, 3.11 and 3.13. Dicts and sets of the
 * classic editions are those of py38. */
#include "collector.h"

#include <string.h>

static const struct gc_edition table[] = {
    { "py311", { 700, 10, 10 }, false, false, 19, 20, 32, true },
    { "py313", { 2000, 10, 10 }, false, false, 20, 20, 32, true },
    { "py38", { 700, 10, 10 }, true, true, 19, 19, 40, false },
    { "classic-256", { 700, 10, 10 }, true, true, 19, 19, 40, false },
    { "classic-512", { 700, 10, 10 }, true, true, 19, 19, 40, false },
};

const struct gc_edition *gc_edition_find(const char *name)
{
    if (!name)
        return &table[0];
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}
