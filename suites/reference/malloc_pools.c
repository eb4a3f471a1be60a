/* malloc_pools.c - a pool by itself, and what its walker notices. */
#include <criterion/criterion.h>
#include <string.h>

#include "pool.h"

static _Alignas(65536) char pages[65536];
static struct pool_marks marks;

static void assert_sound(const struct pool *pool)
{
    struct fault fault = pool_verify(pool, &marks);
    cr_assert(!fault.what, "%s: %zu, expected %zu", fault.what, fault.found,
              fault.expected);
}

static struct block *take_all(struct pool *pool, uint32_t *ret_count)
{
    struct block *all = NULL;
    uint32_t count;
    struct block *chain;
    *ret_count = 0;
    while ((chain = pool_take(pool, 4096, &count)) != NULL) {
        *ret_count += count;
        while (chain) {
            struct block *next = chain->next;
            chain->next = all;
            all = chain;
            chain = next;
        }
    }
    return all;
}

static void push_all(struct pool *pool, struct block *all)
{
    while (all) {
        struct block *next = all->next;
        pool_push(pool, all);
        assert_sound(pool);
        all = next;
    }
}

Test(malloc_pools, a_pool_gives_as_many_blocks_as_fit_and_then_none)
{
    for (size_t bytes = 16; bytes <= 32768; bytes += 16) {
        struct pool pool;
        uint32_t count;
        pool_init(&pool, pages, sizeof pages, bytes);
        take_all(&pool, &count);
        cr_assert(count == sizeof pages / bytes, "%zu: %u blocks", bytes,
                  count);
        cr_assert(pool_is_spent(&pool));
        assert_sound(&pool);
    }
}

Test(malloc_pools, what_was_pushed_comes_back_in_one_chain)
{
    struct pool pool;
    uint32_t count, again;
    pool_init(&pool, pages, sizeof pages, 48);
    struct block *all = take_all(&pool, &count);
    push_all(&pool, all);
    cr_assert(pool_is_empty(&pool));
    cr_assert(pool_take(&pool, 1, &again) != NULL);
    cr_assert(again == count);
}

Test(malloc_pools, at_least_one_block_is_carved_however_large)
{
    struct pool pool;
    uint32_t count;
    pool_init(&pool, pages, sizeof pages, 32768);
    cr_assert(pool_take(&pool, 16, &count) != NULL);
    cr_assert(count == 1);
}

static struct pool spoiled(void)
{
    struct pool pool;
    uint32_t count;
    pool_init(&pool, pages, sizeof pages, 64);
    struct block *chain = pool_take(&pool, 4096, &count);
    for (int i = 0; i < 3; i++) {
        struct block *next = chain->next;
        pool_push(&pool, chain);
        chain = next;
    }
    return pool;
}

static void assert_named(const struct pool *pool, const char *what)
{
    struct fault fault = pool_verify(pool, &marks);
    cr_assert(fault.what, "nothing was found");
    cr_assert(strcmp(fault.what, what) == 0, "found: %s", fault.what);
}

Test(malloc_pools, the_walker_names_a_block_freed_twice)
{
    struct pool pool = spoiled();
    pool.free->next->next->next = pool.free;
    assert_named(&pool, "block is free twice");
}

Test(malloc_pools, the_walker_names_a_block_off_its_boundary)
{
    struct pool pool = spoiled();
    struct block *off = (struct block *)(pages + 24);
    off->next = pool.free;
    pool.free = off;
    assert_named(&pool, "free block is off its boundary");
}

Test(malloc_pools, the_walker_names_a_block_that_was_never_carved)
{
    struct pool pool = spoiled();
    struct block *beyond = (struct block *)(pages + 60 * 1024);
    beyond->next = NULL;
    pool.free->next = beyond;
    assert_named(&pool, "free block lies outside the carved part");
}

Test(malloc_pools, the_walker_names_a_miscount)
{
    struct pool pool = spoiled();
    pool.free_count++;
    assert_named(&pool, "pool miscounts its free blocks");
    pool_recount(&pool);
    assert_sound(&pool);
}
