/* obheap_rules.c - the rules by which CPython gives out blocks, each seen by
 * where a block lies: A1 to A8 and A10 of the reference's specification. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "obheap.h"
#include "recorded_arenas.h"

enum { POOL = 16 << 10, ARENA = 1 << 20, POOLS = 64, MANY = 200000 };

static struct recorded_arenas arenas;
static struct obheap *heap;
static void *block[MANY];

static void rules_open(const char *edition)
{
    memset(&arenas, 0, sizeof arenas);
    heap = recorded_heap(&arenas, edition);
    cr_assert(heap);
}

static void rules_open_py311(void)
{
    rules_open("py311");
}

static void rules_close(void)
{
    struct fault fault = obheap_verify(heap);
    cr_assert(!fault.what, "%s (%zu, %zu)", fault.what, fault.found,
              fault.expected);
    obheap_destroy(heap);
    cr_assert(arenas.taken == arenas.released && arenas.strange == 0);
}

TestSuite(obheap_rules, .init = rules_open_py311, .fini = rules_close);

/* Tests that open a heap of their own. */
TestSuite(obheap_opened, .fini = rules_close);

static void *take(size_t bytes)
{
    void *fresh = obheap_malloc(heap, bytes);
    cr_assert(fresh, "%zu bytes", bytes);
    return fresh;
}

static void take_many(size_t first, size_t count, size_t bytes)
{
    for (size_t i = first; i < first + count; i++)
        block[i] = take(bytes);
}

static void drop_many(size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++)
        obheap_free(heap, block[i]);
}

static int arena_of(const void *address)
{
    size_t offset;
    return recorded_place(&arenas, address, &offset);
}

static size_t offset_of(const void *address)
{
    size_t offset = 0;
    cr_assert(recorded_place(&arenas, address, &offset) >= 0);
    return offset;
}

static size_t pool_of(const void *address)
{
    return offset_of(address) / POOL;
}

/* ---- blocks of a pool ---- */

Test(obheap_rules, a_virgin_pool_gives_its_blocks_in_order_behind_48_bytes)
{
    static const size_t offsets[] = { 48, 80, 112, 144, 176, 208 };
    for (size_t i = 0; i < 6; i++)
        cr_assert(offset_of(take(32)) == offsets[i]);
}

Test(obheap_rules, the_block_freed_last_is_given_first)
{
    take_many(0, 6, 32);
    obheap_free(heap, block[2]);
    obheap_free(heap, block[4]);
    cr_assert(offset_of(take(20)) == 176);
    cr_assert(offset_of(take(32)) == 112);
    cr_assert(offset_of(take(32)) == 240, "then the next virgin block");
}

Test(obheap_rules, a_pool_serves_one_class_only)
{
    void *small = take(32), *large = take(33);
    cr_assert(pool_of(small) != pool_of(large));
    cr_assert(offset_of(large) == POOL + 48);
}

Test(obheap_rules, an_emptied_pool_of_the_same_class_keeps_its_order)
{
    take_many(0, 3, 32);
    obheap_free(heap, block[1]);
    obheap_free(heap, block[0]);
    obheap_free(heap, block[2]);
    cr_assert(take(32) == block[2]);
    cr_assert(take(32) == block[0]);
    cr_assert(take(32) == block[1]);
}

Test(obheap_rules, an_emptied_pool_serves_another_class_from_its_beginning)
{
    take_many(0, 3, 32);
    drop_many(0, 3);
    cr_assert(offset_of(take(400)) == 48);
    cr_assert(offset_of(take(400)) == 448);
}

/* ---- lists of pools ---- */

enum { IN_A_POOL = 31 }; /* blocks of 512 bytes */

Test(obheap_rules, a_new_pool_is_taken_only_when_all_others_are_full)
{
    take_many(0, IN_A_POOL, 512);
    for (size_t i = 0; i < IN_A_POOL; i++)
        cr_assert(pool_of(block[i]) == 0);
    cr_assert(pool_of(take(512)) == 1);
}

Test(obheap_rules, a_pool_that_was_full_is_the_next_to_give)
{
    take_many(0, 3 * IN_A_POOL - 1, 512);
    obheap_free(heap, block[3]); /* of pool 0, which was full */
    obheap_free(heap, block[IN_A_POOL + 3]);
    cr_assert(take(512) == block[IN_A_POOL + 3]);
    cr_assert(take(512) == block[3]);
    cr_assert(pool_of(take(512)) == 2, "pool 2 had one virgin block");
}

Test(obheap_rules, a_pool_that_was_not_full_stays_where_it_is_in_its_list)
{
    take_many(0, 2 * IN_A_POOL, 512);
    obheap_free(heap, block[0]);
    obheap_free(heap, block[IN_A_POOL]);
    obheap_free(heap, block[1]); /* pool 0 again: behind pool 1 still */
    cr_assert(take(512) == block[IN_A_POOL]);
    cr_assert(take(512) == block[1]);
    cr_assert(take(512) == block[0]);
}

Test(obheap_rules, the_pool_emptied_last_is_used_first)
{
    take_many(0, 3 * IN_A_POOL, 512);
    drop_many(IN_A_POOL, IN_A_POOL);
    drop_many(0, IN_A_POOL);
    cr_assert(pool_of(take(100)) == 0);
    cr_assert(pool_of(take(200)) == 1);
    cr_assert(pool_of(take(300)) == 3, "then what was never used");
}

/* ---- arenas ---- */

/* Three arenas full of blocks of 512 bytes. */
static void fill_arenas(size_t count)
{
    take_many(0, count * POOLS * IN_A_POOL, 512);
    cr_assert(arenas.taken == count);
}

static void empty_pools(size_t arena, size_t first, size_t count)
{
    drop_many((arena * POOLS + first) * IN_A_POOL, count * IN_A_POOL);
}

Test(obheap_rules, an_arena_has_64_pools)
{
    fill_arenas(1);
    take(512);
    cr_assert(arenas.taken == 2);
}

Test(obheap_rules, the_fullest_arena_gives_first)
{
    fill_arenas(3);
    empty_pools(0, 0, 32);
    empty_pools(1, 0, 63);
    empty_pools(2, 0, 1);
    cr_assert(arena_of(take(64)) == 2);
    cr_assert(arena_of(take(128)) == 0);
}

Test(obheap_rules, the_last_usable_arena_stays_though_it_is_empty)
{
    fill_arenas(3);
    empty_pools(1, 0, 64);
    cr_assert(arenas.released == 0);
    empty_pools(0, 0, 1);
    cr_assert(arenas.released == 0, "only the arena that changes is looked at");
    cr_assert(arena_of(take(16)) == 0, "the fuller of the two");
}

Test(obheap_rules, an_empty_arena_at_the_end_of_the_order_stays)
{
    fill_arenas(3);
    empty_pools(0, 0, 1);
    empty_pools(1, 0, 64);
    cr_assert(arenas.released == 0);
}

Test(obheap_rules, an_empty_arena_goes_back_when_another_stands_behind_it)
{
    fill_arenas(3);
    empty_pools(0, 0, 63);
    empty_pools(1, 0, 63);
    cr_assert(arenas.released == 0);
    empty_pools(1, 63, 1);
    cr_assert(arenas.released == 1 && !arenas.address[1]);
}

Test(obheap_rules, an_arena_with_its_first_free_pool_becomes_the_first)
{
    fill_arenas(3);
    empty_pools(0, 0, 1);
    empty_pools(1, 0, 1); /* to the head, since it had none */
    empty_pools(2, 0, 1);
    cr_assert(arena_of(take(64)) == 2);
    cr_assert(arena_of(take(128)) == 1);
    cr_assert(arena_of(take(192)) == 0);
}

Test(obheap_rules, one_block_pins_an_arena)
{
    fill_arenas(2);
    empty_pools(1, 0, 63);
    drop_many(1, POOLS * IN_A_POOL - 1);
    cr_assert(arenas.released == 0, "one block of arena 0 is left");
    obheap_free(heap, block[0]);
    cr_assert(arenas.released == 1 && !arenas.address[0]);
}

Test(obheap_opened, an_arena_that_is_not_aligned_loses_a_pool)
{
    memset(&arenas, 0, sizeof arenas);
    arenas.skew_bytes = 0x1000;
    heap = recorded_heap(&arenas, "py311");
    cr_assert(offset_of(take(16)) == POOL - 0x1000 + 48, "12336");
    take_many(0, 63 * IN_A_POOL - IN_A_POOL, 512);
    cr_assert(arenas.taken == 1);
    take(512);
    cr_assert(arenas.taken == 2, "63 pools, one of them for 16 bytes");
}

/* ---- what lies where an arena was, or beside it, is raw's ---- */

static void *raw_block;
static unsigned raw_freed;

static void *raw_malloc(void *context, size_t bytes)
{
    (void)context;
    return bytes == 1000 ? raw_block : malloc(bytes);
}

static void raw_free(void *context, void *given)
{
    (void)context;
    if (given == raw_block)
        raw_freed++;
    else
        free(given);
}

/* A heap whose raw layer answers 1000 bytes with `place`. */
static void check_is_raws(void *place)
{
    struct memory_allocator raw = memory_system;
    raw.malloc = raw_malloc;
    raw.free = raw_free;
    raw_block = place;
    obheap_set_raw(heap, &raw);
    cr_assert(take(1000) == place);
    obheap_free(heap, place);
    cr_assert(raw_freed == 1);
    obheap_set_raw(heap, &memory_system);
}

Test(obheap_opened, a_block_of_raw_where_an_arena_was_is_raws)
{
    rules_open("py38");
    char *small = take(64);
    obheap_free(heap, small);
    cr_assert(arenas.released == 1);
    char *page = (char *)((uintptr_t)small & ~(uintptr_t)4095);
    cr_assert(mmap(page, 4096, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page);
    check_is_raws(small);
    munmap(page, 4096);
}

Test(obheap_opened, a_block_of_raw_in_the_pool_that_an_arena_lost_is_raws)
{
    memset(&arenas, 0, sizeof arenas);
    arenas.skew_bytes = 0x1000;
    heap = recorded_heap(&arenas, "py311");
    take(64);
    check_is_raws(arenas.address[0] + ARENA - 0x800);
    raw_freed = 0;
    check_is_raws(arenas.address[0] + 0x800);
}

/* ---- editions: when arenas go back ---- */

static void fill_and_drop(const char *edition)
{
    rules_open(edition);
    size_t step = edition_find(edition)->limit_bytes;
    size_t count = 3 * edition_find(edition)->arena_bytes / step;
    take_many(0, count, step);
    cr_assert(arenas.taken == 4, "headers push a little into a fourth");
    drop_many(0, count);
}

Test(obheap_opened, classic_and_py38_return_every_empty_arena)
{
    static const char *const names[] = { "classic-256", "classic-512", "py38" };
    for (size_t i = 0; i < 3; i++) {
        if (i)
            rules_close();
        fill_and_drop(names[i]);
        cr_assert(arenas.released == 4, "%s", names[i]);
    }
}

Test(obheap_opened, py311_and_py313_keep_the_last)
{
    fill_and_drop("py313");
    cr_assert(arenas.released == 3);
    rules_close();
    fill_and_drop("py311");
    cr_assert(arenas.released == 3);
}

Test(obheap_opened, releasing_can_be_switched_off)
{
    struct memory_arenas hook = recorded_hook(&arenas);
    struct obheap_config config = { .arenas = &hook,
                                    .release = ARENA_RELEASE_NEVER };
    memset(&arenas, 0, sizeof arenas);
    heap = obheap_create(&config);
    take_many(0, 3 * POOLS * IN_A_POOL, 512);
    drop_many(0, 3 * POOLS * IN_A_POOL);
    cr_assert(arenas.taken == 3 && arenas.released == 0);
}

Test(obheap_opened, spare_arenas_are_used_again_until_trimmed)
{
    struct memory_arenas hook = recorded_hook(&arenas);
    struct obheap_config config = { .arenas = &hook, .spare_arenas = 2 };
    memset(&arenas, 0, sizeof arenas);
    heap = obheap_create(&config);
    take_many(0, 4 * POOLS * IN_A_POOL, 512);
    drop_many(0, 4 * POOLS * IN_A_POOL);
    cr_assert(arenas.released == 1, "one usable, two spare, one given back");
    take_many(0, 3 * POOLS * IN_A_POOL, 512);
    cr_assert(arenas.taken == 4);
    drop_many(0, 3 * POOLS * IN_A_POOL);
    obheap_trim(heap);
    cr_assert(arenas.released == 3);
}

Test(obheap_opened, trimming_empties_the_front_lists_too)
{
    struct memory_arenas hook = recorded_hook(&arenas);
    struct obheap_config config = { .arenas = &hook, .front_blocks = 256 };
    memset(&arenas, 0, sizeof arenas);
    heap = obheap_create(&config);
    take_many(0, 20 * POOLS * IN_A_POOL, 512);
    for (size_t i = 0; i < 20 * POOLS * IN_A_POOL; i += POOLS * 5)
        obheap_free(heap, block[i]); /* a few of each arena, to the list */
    for (size_t i = 0; i < 20 * POOLS * IN_A_POOL; i++)
        if (i % (POOLS * 5) != 0)
            obheap_free(heap, block[i]);
    cr_assert(arenas.released < 19, "the list pins some");
    obheap_trim(heap);
    cr_assert(arenas.released == 19 && obheap_allocated_blocks(heap) == 0);
}

/* Blocks of malloc are given back to malloc, whoever stands behind raw now. */
static void *no_malloc(void *context, size_t bytes)
{
    (void)context;
    (void)bytes;
    return NULL;
}

static void no_free(void *context, void *given)
{
    (void)context;
    cr_assert_null(given, "an arena went to a layer that did not give it");
}

Test(obheap_opened, classic_arenas_go_back_to_whom_they_came_from)
{
    struct obheap_config config = { .edition = edition_find("classic-256") };
    struct memory_allocator other = { NULL, no_malloc, NULL, NULL, no_free };
    memset(&arenas, 0, sizeof arenas);
    heap = obheap_create(&config);
    void *only = take(8);
    obheap_set_raw(heap, &other);
    obheap_free(heap, only);
    cr_assert(obheap_allocated_blocks(heap) == 0);
}

/* ---- realloc, calloc, sizes ---- */

Test(obheap_rules, realloc_stays_above_three_quarters_of_the_class)
{
    void *first = take(512);
    cr_assert(obheap_realloc(heap, first, 400) == first);
    cr_assert(obheap_realloc(heap, first, 385) == first);
    void *moved = obheap_realloc(heap, first, 384);
    cr_assert(moved != first, "4 * 384 is not above 3 * 512");
    cr_assert(obheap_usable_bytes(heap, moved) == 384);
    cr_assert(obheap_realloc(heap, moved, 289) == moved);
    cr_assert(obheap_realloc(heap, moved, 288) != moved, "of 384");
}

Test(obheap_rules, realloc_to_zero_is_a_block_of_raw_and_no_free)
{
    void *first = take(48);
    void *zero = obheap_realloc(heap, first, 0);
    cr_assert(zero && !obheap_owns(heap, zero));
    cr_assert(obheap_allocated_blocks(heap) == 1);
    obheap_free(heap, zero);
}

Test(obheap_rules, a_block_of_raw_never_moves_into_a_pool)
{
    void *large = take(600);
    large = obheap_realloc(heap, large, 32);
    cr_assert(large && !obheap_owns(heap, large));
    obheap_free(heap, large);
}

Test(obheap_rules, what_is_too_large_is_refused)
{
    void *small = take(32);
    size_t max = PTRDIFF_MAX;
    cr_assert(!obheap_malloc(heap, max + 1));
    cr_assert(!obheap_calloc(heap, 2, max));
    cr_assert(!obheap_calloc(heap, max / 2 + 1, 4));
    cr_assert(!obheap_realloc(heap, small, max + 1));
    cr_assert(obheap_owns(heap, small), "and the block is as it was");
    cr_assert(obheap_allocated_blocks(heap) == 1);
}

Test(obheap_rules, zero_bytes_are_blocks_of_their_own)
{
    void *a = take(0), *b = take(0), *c = obheap_calloc(heap, 0, 8);
    cr_assert(a != b && b != c && a != c && c);
    cr_assert(obheap_allocated_blocks(heap) == 3);
    obheap_free(heap, a);
    obheap_free(heap, b);
    obheap_free(heap, c);
}

Test(obheap_rules, free_of_null_does_nothing)
{
    obheap_free(heap, NULL);
    cr_assert(obheap_allocated_blocks(heap) == 0);
}

Test(obheap_rules, allocated_blocks_count_up_and_down_exactly)
{
    take_many(0, 1000, 40);
    take_many(1000, 10, 4000);
    cr_assert(obheap_allocated_blocks(heap) == 1010);
    drop_many(100, 905);
    cr_assert(obheap_allocated_blocks(heap) == 105);
    drop_many(1005, 5);
}

Test(obheap_rules, an_edition_that_is_a_copy_is_refused)
{
    struct edition copy = *edition_find("py311");
    struct obheap_config config = { .edition = &copy };
    cr_assert_null(obheap_create(&config));
}

/* ---- refusals ---- */

Test(obheap_rules, when_no_arena_is_to_be_had_raw_serves)
{
    arenas.refuse_to = 1;
    void *first = take(32);
    cr_assert(!obheap_owns(heap, first));
    void *second = take(32);
    cr_assert(obheap_owns(heap, second), "the next request asks again");
    cr_assert(offset_of(second) == 48);
    cr_assert(obheap_allocated_blocks(heap) == 2);
    obheap_free(heap, first);
}

/* Found by the fuzzer: requests went on looking at a pool that had left. */
Test(obheap_opened, with_front_lists_a_refusal_leaves_no_pool_behind)
{
    struct memory_arenas hook = recorded_hook(&arenas);
    struct obheap_config config = { .arenas = &hook, .front_blocks = 15 };
    memset(&arenas, 0, sizeof arenas);
    heap = obheap_create(&config);
    take_many(0, POOLS * IN_A_POOL, 512);
    arenas.refuse_to = 100;
    void *large = take(512);
    cr_assert(!obheap_owns(heap, large));
    struct fault fault = obheap_verify(heap);
    cr_assert(!fault.what, "%s", fault.what);
    obheap_free(heap, large);
}

Test(obheap_rules, heaps_side_by_side_share_nothing)
{
    struct recorded_arenas others = { 0 };
    struct obheap *other = recorded_heap(&others, "py311");
    void *mine = take(32), *theirs = obheap_malloc(other, 32);
    cr_assert(obheap_owns(heap, mine) && !obheap_owns(heap, theirs));
    cr_assert(obheap_owns(other, theirs) && !obheap_owns(other, mine));
    obheap_destroy(other);
    cr_assert(others.released == 1 && arenas.released == 0);
}

Test(obheap_rules, addresses_that_are_nobodys_are_not_owned)
{
    char local;
    char *mine = take(32);
    cr_assert(!obheap_owns(heap, NULL) && !obheap_owns(heap, &local));
    cr_assert(!obheap_owns(heap, (void *)UINTPTR_MAX));
    cr_assert(!obheap_owns(heap, mine - 1), "the pool's header");
    cr_assert(!obheap_owns(heap, mine + 32), "not carved yet");
    cr_assert(obheap_owns(heap, mine + 31), "inside");
    cr_assert(!obheap_owns(heap, mine + ((size_t)1 << 48)), "beyond 48 bits");
}
