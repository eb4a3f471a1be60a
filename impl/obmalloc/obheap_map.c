/* obheap_map.c - enters arenas into the map, and takes them out. */
#include "obheap_map.h"

#include "os.h"

#define LEAF_BYTES (sizeof(struct obheap_granule) << OBHEAP_LEAF_BITS)

static size_t map_top_entries(const struct obheap_map *map)
{
    return (size_t)1 << (OBHEAP_ADDRESS_BITS - OBHEAP_LEAF_BITS -
                         map->granule_log);
}

bool obheap_map_create(struct obheap_map *map, size_t arena_bytes)
{
    map->granule_log = (unsigned)__builtin_ctzl(arena_bytes);
    map->top = os_map(map_top_entries(map) * sizeof *map->top);
    return map->top != NULL;
}

void obheap_map_destroy(struct obheap_map *map)
{
    for (size_t i = 0; i < map_top_entries(map); i++)
        if (map->top[i])
            os_unmap(map->top[i], LEAF_BYTES);
    os_unmap(map->top, map_top_entries(map) * sizeof *map->top);
    map->top = NULL;
}

/* The entry of a granule; makes its leaf. NULL for want of memory. */
static struct obheap_granule *map_make(struct obheap_map *map,
                                       uintptr_t granule)
{
    struct obheap_granule **leaf = &map->top[granule >> OBHEAP_LEAF_BITS];
    if (!*leaf)
        *leaf = os_map(LEAF_BYTES);
    if (!*leaf)
        return NULL;
    return &(*leaf)[granule & (((uintptr_t)1 << OBHEAP_LEAF_BITS) - 1)];
}

bool obheap_map_enter(struct obheap_map *map, struct obarena *arena,
                      const char *address)
{
    uintptr_t start = (uintptr_t)address;
    uintptr_t granule = start >> map->granule_log;
    bool aligned = start == granule << map->granule_log;
    if (start >> OBHEAP_ADDRESS_BITS ||
        (granule + 1) >> (OBHEAP_ADDRESS_BITS - map->granule_log))
        return false;
    struct obheap_granule *begun = map_make(map, granule);
    struct obheap_granule *after = aligned ? NULL : map_make(map, granule + 1);
    if (!begun || (!aligned && !after))
        return false;
    begun->begun = arena;
    if (after)
        after->before = arena;
    return true;
}

void obheap_map_remove(struct obheap_map *map, const char *address)
{
    uintptr_t start = (uintptr_t)address;
    uintptr_t granule = start >> map->granule_log;
    map_make(map, granule)->begun = NULL;
    if (start != granule << map->granule_log)
        map_make(map, granule + 1)->before = NULL;
}
