/* obheap_map.c - enters pools into the map, and takes them out. */
#include "obheap_map.h"

#include "os.h"

#define LEAF_BYTES os_round_up(sizeof(struct obheap_leaf), OS_PAGE_BYTES)

/* No address has this tag. */
static const uintptr_t no_tag = UINTPTR_MAX;

static size_t map_tags(const struct obheap_map *map)
{
    return (size_t)1 << (OBHEAP_ADDRESS_BITS - OBHEAP_LEAF_BITS -
                         map->place_log);
}

static size_t map_top_bytes(const struct obheap_map *map)
{
    return os_round_up(map_tags(map) * sizeof *map->top, OS_PAGE_BYTES);
}

bool obheap_map_create(struct obheap_map *map, size_t pool_bytes)
{
    map->place_log = (unsigned)__builtin_ctzl(pool_bytes);
    map->leaf_tag = no_tag;
    map->leaf = NULL;
    map->top = os_map(map_top_bytes(map));
    return map->top != NULL;
}

void obheap_map_destroy(struct obheap_map *map)
{
    for (size_t tag = 0; tag < map_tags(map); tag++)
        if (map->top[tag])
            os_unmap(map->top[tag], LEAF_BYTES);
    os_unmap(map->top, map_top_bytes(map));
    map->top = NULL;
}

/* Makes the leaf of a place that has none. */
static bool map_make(struct obheap_map *map, uintptr_t place)
{
    uintptr_t tag = place >> OBHEAP_LEAF_BITS;

    if (tag >= map_tags(map))
        return false;
    if (!map->top[tag])
        map->top[tag] = os_map(LEAF_BYTES);
    if (!map->top[tag])
        return false;
    map->leaf = map->top[tag];
    map->leaf_tag = tag;
    return true;
}

bool obheap_map_reserve(struct obheap_map *map, const char *first, size_t bytes)
{
    uintptr_t start = (uintptr_t)first, end = start + bytes - 1;

    /* An arena is far smaller than a leaf: its ends tell of all it touches. */
    return map_make(map, end >> map->place_log) &&
           map_make(map, start >> map->place_log);
}

static struct obheap_leaf *map_leaf(const struct obheap_map *map,
                                    const char *start, size_t *ret_place)
{
    return obheap_map_leaf(map, (uintptr_t)start, map->place_log, ret_place);
}

void obheap_map_set(struct obheap_map *map, const char *start,
                    struct obpool *pool)
{
    size_t place;
    struct obheap_leaf *leaf = map_leaf(map, start, &place);

    leaf->pool[place] = pool;
    leaf->number[place] = 0;
}

void obheap_map_set_class(struct obheap_map *map, const char *start,
                          unsigned class)
{
    size_t place;
    struct obheap_leaf *leaf = map_leaf(map, start, &place);

    leaf->number[place] = (uint8_t)(class + 1);
}
