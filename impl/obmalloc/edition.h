/* edition.h - the editions as constants, so that what is compiled for one of
 * them computes with numbers and not with fields. */
#ifndef ASSAY_OBMALLOC_EDITION_H
#define ASSAY_OBMALLOC_EDITION_H

#include <assay/memory.h>

#define EDITION_KIB(count) ((size_t)(count) << 10)

#define EDITION_CLASSIC_256                                            \
    {                                                                  \
        .name = "classic-256", .step_bytes = 8, .limit_bytes = 256,    \
        .pool_bytes = EDITION_KIB(4), .arena_bytes = EDITION_KIB(256), \
        .release = ARENA_RELEASE_ALWAYS, .arenas_from_raw = true,      \
        .mem_is_raw = true,                                            \
    }
#define EDITION_CLASSIC_512                                            \
    {                                                                  \
        .name = "classic-512", .step_bytes = 8, .limit_bytes = 512,    \
        .pool_bytes = EDITION_KIB(4), .arena_bytes = EDITION_KIB(256), \
        .release = ARENA_RELEASE_ALWAYS, .mem_is_raw = true,           \
    }
#define EDITION_PY38                                                   \
    {                                                                  \
        .name = "py38", .step_bytes = 16, .limit_bytes = 512,          \
        .pool_bytes = EDITION_KIB(4), .arena_bytes = EDITION_KIB(256), \
        .release = ARENA_RELEASE_ALWAYS,                               \
    }
#define EDITION_PY311                                                    \
    {                                                                    \
        .name = "py311", .step_bytes = 16, .limit_bytes = 512,           \
        .pool_bytes = EDITION_KIB(16), .arena_bytes = EDITION_KIB(1024), \
        .release = ARENA_RELEASE_KEEP_LAST,                              \
    }
#define EDITION_PY313                                                    \
    {                                                                    \
        .name = "py313", .step_bytes = 16, .limit_bytes = 512,           \
        .pool_bytes = EDITION_KIB(16), .arena_bytes = EDITION_KIB(1024), \
        .release = ARENA_RELEASE_KEEP_LAST,                              \
    }

/* Every edition's pool begins with this much that is no block: CPython's
 * header. Ours lies elsewhere (obheap.h), but blocks lie where CPython has
 * them. */
#define EDITION_HEADER_BYTES ((size_t)48)

/* The blocks of a pool of one class. */
static inline size_t edition_blocks(const struct edition *edition,
                                    unsigned class)
{
    return (edition->pool_bytes - EDITION_HEADER_BYTES) /
           edition_class_bytes(edition, class);
}

#endif
