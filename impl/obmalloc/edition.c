/* edition.c - the constants of each generation of CPython.
 *
 * Sources: Objects/obmalloc.c of 2.4.6, 2.7.3, 3.6.0, 3.8.18, 3.11.2 and
 * 3.13.0. Between 2.5 and 3.2 the limit was 256 bytes, then 512; steps grew
 * from 8 to 16 bytes with 2.7.17 and 3.7.4, pools and arenas fourfold with
 * 3.10. */
#include <string.h>

#include "edition.h"

const struct edition editions[] = {
    EDITION_CLASSIC_256, EDITION_CLASSIC_512, EDITION_PY38,
    EDITION_PY311,       EDITION_PY313,       { 0 },
};

const struct edition *edition_find(const char *name)
{
    for (const struct edition *at = editions; at->name; at++)
        if (strcmp(at->name, name) == 0)
            return at;
    return NULL;
}
