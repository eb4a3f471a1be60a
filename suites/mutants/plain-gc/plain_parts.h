/* plain_parts.h - what the plain collectors have in common: memory, kinds, an
 * array of roots that grows, and their figures. */
#ifndef ASSAY_PLAIN_PARTS_H
#define ASSAY_PLAIN_PARTS_H

#include <string.h>

#include "assay/collector.h"
#include "planted.h"

#define SLOTS_MAX ((size_t)1 << 28)
#define BYTES_MAX ((size_t)1 << 40)

struct assay_type {
    struct assay_type *next;
    struct assay_kind kind;
};

/* The beginning of each one's heap. */
struct plain_parts {
    const struct assay_backend *backend;
    struct assay_type *types;
    size_t live_objects, live_bytes;
    size_t collections[2], collected[2]; /* a generation */
};

struct plain_roots {
    struct assay_object **root;
    size_t count, room;
};

/* Aligned to 16. */
static inline void *parts_take(struct plain_parts *parts, size_t bytes)
{
    return parts->backend->take(parts->backend->context, bytes, 16);
}

static inline void parts_give(struct plain_parts *parts, void *start,
                              size_t bytes)
{
    parts->backend->give(parts->backend->context, start, bytes);
}

static inline const struct assay_type *parts_type_add(
    struct plain_parts *parts, const struct assay_kind *kind)
{
    struct assay_type *type = parts_take(parts, sizeof(*type));

    if (type == NULL && !PLANTED(type_unchecked))
        return NULL;
    *type = (struct assay_type){ parts->types, *kind };
    parts->types = type;
    return type;
}

static inline void parts_types_end(struct plain_parts *parts)
{
    for (struct assay_type *type = parts->types, *next; type; type = next) {
        next = type->next;
        parts_give(parts, type, sizeof(*type));
    }
}

/* False: no memory, and nothing was pushed. */
static inline bool parts_push(struct plain_parts *parts,
                              struct plain_roots *roots,
                              struct assay_object *object)
{
    size_t room = roots->room > 0 ? 2 * roots->room : 64;
    struct assay_object **grown;

    if (roots->count == roots->room) {
        grown = parts_take(parts, room * sizeof(*grown));
        if (grown == NULL)
            return false;
        if (roots->room > 0) {
            memcpy(grown, roots->root, roots->room * sizeof(*grown));
            parts_give(parts, roots->root, roots->room * sizeof(*grown));
        }
        roots->root = grown;
        roots->room = room;
    }
    roots->root[roots->count++] = object;
    return true;
}

static inline void parts_roots_end(struct plain_parts *parts,
                                   struct plain_roots *roots)
{
    if (roots->room > 0)
        parts_give(parts, roots->root, roots->room * sizeof(*roots->root));
}

/* All are young. */
static inline void parts_stats(const struct plain_parts *parts,
                               struct assay_collector_stats *ret_stats)
{
    *ret_stats =
        (struct assay_collector_stats){ .live_objects = parts->live_objects,
                                        .live_bytes = parts->live_bytes };
    for (unsigned i = 0; i < 2; i++) {
        ret_stats->generation[i].collections = parts->collections[i];
        ret_stats->generation[i].collected = parts->collected[i];
    }
    ret_stats->generation[0].objects = parts->live_objects;
}

#endif
