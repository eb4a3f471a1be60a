/* oracle_obmalloc_sweep.c - phases that free blocks by where they lie.
 *
 * No arena is released and no order of arenas changes much unless whole pools
 * and whole arenas empty, which frees at random hardly ever do. */
#include "oracle_obmalloc_script.h"

#include <stdlib.h>

/* Which blocks a sweep takes, by the phase's draws. */
typedef bool sweep_chooses(const struct script *script, struct place place);

static bool chooses_all(const struct script *script, struct place place)
{
    (void)script, (void)place;
    return true;
}

/* Arenas first..last, but for a share of blocks that pin them. */
static bool chooses_range(const struct script *script, struct place place)
{
    uint64_t word = (uint64_t)place.ordinal << 32 | place.offset;

    return place.kind == PLACE_ARENA && place.ordinal >= script->first &&
           place.ordinal <= script->last &&
           digest_add(script->key, word) % 1000 >= script->share;
}

/* Whole pools; each arena loses another share of its pools. */
static bool chooses_pools(const struct script *script, struct place place)
{
    uint64_t arena = digest_add(script->key, place.ordinal);

    return place.kind == PLACE_ARENA &&
           digest_add(arena, place.offset / POOL_BYTES) % 1000 <
               arena % 1000 * script->share / 1000;
}

static uint64_t sweep_key(const struct blocks *blocks, uint32_t id)
{
    struct place place = blocks->block[id].place;

    return (uint64_t)place.ordinal << 32 | place.offset;
}

static int sweep_compare(const void *a, const void *b, void *blocks)
{
    uint64_t left = sweep_key(blocks, *(const uint32_t *)a);
    uint64_t right = sweep_key(blocks, *(const uint32_t *)b);

    return left < right ? -1 : left > right;
}

static void sweep_reverse(struct script *script)
{
    for (uint32_t i = 0, j = script->queue_count; i + 1 < j; i++) {
        uint32_t swapped = script->queue[i];

        script->queue[i] = script->queue[--j];
        script->queue[j] = swapped;
    }
}

static void sweep_order(struct script *script)
{
    uint32_t way = draw(script, 3);

    if (way == 0) {
        queue_shuffle(script);
        return;
    }
    qsort_r(script->queue, script->queue_count, sizeof *script->queue,
            sweep_compare, (void *)script->blocks);
    if (way == 1)
        sweep_reverse(script);
}

static void sweep_begin(struct script *script, sweep_chooses *chooses)
{
    const struct blocks *blocks = script->blocks;

    script->key = random_next(&script->random);
    script->queue_count = 0;
    for (uint32_t i = 0; i < blocks->live_count; i++) {
        uint32_t id = blocks->live[i];

        if (chooses(script, blocks->block[id].place))
            script->queue[script->queue_count++] = id;
    }
    sweep_order(script);
    script->left = script->queue_count;
    sizes_any(script);
}

void begin_range(struct script *script)
{
    uint32_t live = script->blocks->live_count;

    script->first =
        live > 0 ? script->blocks->block[draw_live(script)].place.ordinal : 0;
    script->last = script->first + draw(script, 6);
    script->share = chance(script, 500) ? 0 : draw(script, 30);
    sweep_begin(script, chooses_range);
}

void begin_pools(struct script *script)
{
    script->share = draw_from(script, 300, 1300);
    sweep_begin(script, chooses_pools);
}

void begin_drain(struct script *script)
{
    sweep_begin(script, chooses_all);
}

/* Now and then a block is taken, which looks where the first free pool is. */
struct operation next_sweep(struct script *script)
{
    if (chance(script, 20))
        return request_malloc(script, draw_size(script));
    while (script->queue_count > 0) {
        uint32_t id = script->queue[--script->queue_count];

        if (blocks_is_live(script->blocks, id))
            return request_free(id);
    }
    return request_malloc(script, draw_size(script));
}
