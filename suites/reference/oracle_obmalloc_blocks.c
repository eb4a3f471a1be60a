/* oracle_obmalloc_blocks.c - which blocks the script holds. */
#include "oracle_obmalloc.h"

#include <assert.h>
#include <stdlib.h>

/* Not from a heap under test: the C library's, which is raw to both. */
static void *blocks_array(size_t member_bytes)
{
    void *array = calloc(BLOCKS_MAX, member_bytes);

    if (array == NULL)
        oracle_give_up("no memory for the table of blocks");
    return array;
}

void blocks_open(struct blocks *blocks)
{
    *blocks = (struct blocks){
        .block = blocks_array(sizeof *blocks->block),
        .live = blocks_array(sizeof *blocks->live),
        .position = blocks_array(sizeof *blocks->position),
        .spare = blocks_array(sizeof *blocks->spare),
        .spare_count = BLOCKS_MAX,
    };
    for (uint32_t i = 0; i < BLOCKS_MAX; i++)
        blocks->spare[i] = BLOCKS_MAX - 1 - i;
}

uint32_t blocks_next(const struct blocks *blocks)
{
    assert(blocks->spare_count > 0);
    return blocks->spare[blocks->spare_count - 1];
}

bool blocks_is_live(const struct blocks *blocks, uint32_t id)
{
    return blocks->block[id].start[REAL] != NULL;
}

void blocks_add(struct blocks *blocks)
{
    uint32_t id = blocks_next(blocks);

    blocks->spare_count--;
    blocks->position[id] = blocks->live_count;
    blocks->live[blocks->live_count++] = id;
}

void blocks_drop(struct blocks *blocks, uint32_t id)
{
    uint32_t hole = blocks->position[id];
    uint32_t last = blocks->live[--blocks->live_count];

    blocks->live[hole] = last;
    blocks->position[last] = hole;
    blocks->spare[blocks->spare_count++] = id;
    blocks->block[id] = (struct block){ 0 };
}
