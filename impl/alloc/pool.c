/* pool.c - carving blocks from pages, and the walker that checks a pool. */
#include "pool.h"

#include <string.h>

void pool_init(struct pool *pool, void *start, size_t bytes, size_t block_bytes)
{
    memset(pool, 0, sizeof *pool);
    pool->start = start;
    pool->block_bytes = (uint32_t)block_bytes;
    pool->capacity = (uint32_t)(bytes / block_bytes);
}

/* Links `count` neighbours in address order, so that a loop that allocates
 * walks forward through memory. */
static struct block *pool_link(char *start, size_t block_bytes, uint32_t count)
{
    char *at = start;
    for (uint32_t i = 1; i < count; i++, at += block_bytes)
        ((struct block *)at)->next = (struct block *)(at + block_bytes);
    ((struct block *)at)->next = NULL;
    return (struct block *)start;
}

static struct block *pool_carve(struct pool *pool, size_t carve_bytes,
                                uint32_t *ret_count)
{
    uint32_t left = pool->capacity - pool->carved;
    uint32_t count = (uint32_t)(carve_bytes / pool->block_bytes);
    if (count == 0)
        count = 1;
    if (count > left)
        count = left;
    if (count == 0)
        return NULL;
    char *start = pool->start + (size_t)pool->carved * pool->block_bytes;
    pool->carved += count;
    *ret_count = count;
    return pool_link(start, pool->block_bytes, count);
}

struct block *pool_take(struct pool *pool, size_t carve_bytes,
                        uint32_t *ret_count)
{
    struct block *chain = pool->free;
    if (!chain)
        return pool_carve(pool, carve_bytes, ret_count);
    *ret_count = pool->free_count;
    pool->free = NULL;
    pool->free_count = 0;
    return chain;
}

void pool_recount(struct pool *pool)
{
    uint32_t count = 0;
    for (struct block *b = pool->free; b; b = b->next)
        count++;
    pool->free_count = count;
}

void pool_list_append(struct pool_list *list, struct pool *pool)
{
    pool->next = NULL;
    pool->prev = list->last;
    if (list->last)
        list->last->next = pool;
    else
        list->first = pool;
    list->last = pool;
    pool->listed = 1;
}

void pool_list_remove(struct pool_list *list, struct pool *pool)
{
    if (pool->prev)
        pool->prev->next = pool->next;
    else
        list->first = pool->next;
    if (pool->next)
        pool->next->prev = pool->prev;
    else
        list->last = pool->prev;
    pool->next = pool->prev = NULL;
    pool->listed = 0;
}

static struct fault pool_check_block(const struct pool *pool,
                                     const struct block *block,
                                     struct pool_marks *marks)
{
    size_t offset = (size_t)((const char *)block - pool->start);
    size_t index = offset / pool->block_bytes;
    if (index >= pool->carved)
        return fault_at("free block lies outside the carved part", block, index,
                        pool->carved);
    if (offset % pool->block_bytes != 0)
        return fault_at("free block is off its boundary", block,
                        offset % pool->block_bytes, 0);
    uint64_t bit = (uint64_t)1 << (index % 64);
    if (marks->word[index / 64] & bit)
        return fault_at("block is free twice", block, index, 0);
    marks->word[index / 64] |= bit;
    return FAULT_NONE;
}

struct fault pool_verify(const struct pool *pool, struct pool_marks *marks)
{
    if (pool->capacity > POOL_BLOCKS_MAX)
        return fault_at("pool holds more blocks than a pool may", pool,
                        pool->capacity, POOL_BLOCKS_MAX);
    if (pool->carved > pool->capacity)
        return fault_at("pool is carved beyond its end", pool, pool->carved,
                        pool->capacity);
    memset(marks, 0, sizeof *marks);
    size_t count = 0;
    for (const struct block *b = pool->free; b; b = b->next, count++) {
        struct fault fault = pool_check_block(pool, b, marks);
        if (fault.what)
            return fault;
    }
    if (count != pool->free_count)
        return fault_at("pool miscounts its free blocks", pool,
                        pool->free_count, count);
    return FAULT_NONE;
}
