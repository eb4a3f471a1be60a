/* region.c - regions from the inside: marks, chunks, and what they cost. */
#include <criterion/criterion.h>
#include <string.h>

#include "backend.h"
#include "pattern.h"
#include "poison.h"
#include "region.h"

#define BOUND .timeout = 60

static struct counting_backend backend;
static struct region region;

static void open_region(void)
{
    counting_backend_init(&backend);
    region_init(&region, &backend.backend, NULL);
}

static void close_region(void)
{
    region_destroy(&region);
    cr_assert(backend.outstanding_pieces == 0, "%zu pieces left",
              backend.outstanding_pieces);
    const char *misuse = counting_backend_misuse(&backend);
    cr_assert(!misuse, "%s", misuse);
    counting_backend_destroy(&backend);
}

TestSuite(region, .init = open_region, .fini = close_region, BOUND);

static void assert_sound(void)
{
    struct fault fault = region_verify(&region);

    cr_assert(!fault.what, "%s (%p): %zu, expected %zu", fault.what,
              fault.where, fault.found, fault.expected);
}

static unsigned char *filled(size_t bytes, size_t align, uint64_t key)
{
    unsigned char *block = region_alloc(&region, bytes, align);

    cr_assert(block, "no %zu bytes at %zu", bytes, align);
    cr_assert((uintptr_t)block % align == 0, "%p is not aligned to %zu",
              (void *)block, align);
    pattern_fill(block, key, 0, bytes);
    assert_sound();
    return block;
}

static void assert_kept(const unsigned char *block, uint64_t key, size_t bytes)
{
    cr_assert(pattern_mismatch(block, key, 0, bytes) == bytes);
}

/* ---- one request ---- */

Test(region, nothing_is_taken_before_the_first_request)
{
    cr_assert(backend.takes == 0);
    region_reset(&region);
    region_rewind(&region, region_mark(&region));
    assert_sound();
    cr_assert(backend.takes == 0);
}

Test(region, empty_blocks_are_blocks_of_their_own)
{
    char *a = region_alloc(&region, 0, 1), *b = region_alloc(&region, 0, 1);

    cr_assert(a && b && a != b);
    cr_assert(region_owns(&region, a) && region_owns(&region, b));
    cr_assert(!region_owns(&region, b + 1));
}

Test(region, every_alignment_is_kept_after_every_odd_size)
{
    for (size_t align = 1; align <= REGION_ALIGN_MAX; align *= 2)
        for (size_t bytes = 1; bytes <= 41; bytes += 5) {
            unsigned char *odd = filled(bytes, 1, bytes);
            filled(bytes + align / 2, align, align);
            assert_kept(odd, bytes, bytes);
        }
}

Test(region, the_first_block_of_a_chunk_is_aligned_as_asked)
{
    for (size_t align = 1; align <= REGION_ALIGN_MAX; align *= 2) {
        region_destroy(&region);
        filled(3, align, 1);
        while (region.chunk_count < 3)
            filled(700, align, 2);
    }
}

Test(region, what_cannot_be_is_refused)
{
    size_t huge[] = { SIZE_MAX, SIZE_MAX - 47, PTRDIFF_MAX,
                      (size_t)PTRDIFF_MAX + 1 };

    filled(10, 1, 1);
    for (size_t align = 1; align <= REGION_ALIGN_MAX; align *= 2)
        for (size_t i = 0; i < sizeof huge / sizeof *huge; i++)
            cr_assert(!region_alloc(&region, huge[i], align));
    cr_assert(!region_alloc(&region, 1, 2 * REGION_ALIGN_MAX));
    cr_assert(!region_alloc(&region, 1, SIZE_MAX / 2 + 1));
    cr_assert(backend.takes == 1);
    assert_sound();
}

Test(region, a_large_request_leaves_the_current_chunk_current)
{
    unsigned char *small = filled(16, 16, 1);
    unsigned char *large = filled(1 << 20, 16, 2);
    unsigned char *next = filled(16, 16, 3);

    cr_assert(next == small + 16, "%p, then %p", (void *)small, (void *)next);
    assert_kept(large, 2, 1 << 20);
    cr_assert(region.chunk_count == 2);
    cr_assert(backend.outstanding_bytes < (1 << 20) + REGION_FIRST_BYTES + 100);
}

Test(region, a_refused_request_changes_nothing)
{
    unsigned char *block = filled(100, 1, 1);
    struct region before = region;

    counting_backend_refuse(&backend, 0, 3);
    cr_assert(!region_alloc(&region, 5000, 1));
    cr_assert(!region_alloc(&region, 1 << 20, 4096));
    cr_assert(!region_resize(&region, block, 100, 5000, 1));
    cr_assert(memcmp(&before, &region, sizeof region) == 0);
    assert_kept(block, 1, 100);
    cr_assert(region_resize(&region, block, 100, 120, 1) == block);
}

/* ---- chunks ---- */

Test(region, chunks_double_up_to_the_bound)
{
    size_t last = 0, chunks = 0;

    for (size_t i = 0; i < 20000; i++) {
        size_t bytes = region.chunk_bytes;

        region_alloc(&region, 100, 4);
        if (region.chunk_bytes == bytes)
            continue;
        bytes = region.chunk_bytes - bytes;
        cr_assert(chunks == 0 || bytes == 2 * last ||
                  bytes == REGION_CHUNK_BYTES_MAX);
        cr_assert(bytes <= REGION_CHUNK_BYTES_MAX);
        last = bytes, chunks++;
    }
    cr_assert(last == REGION_CHUNK_BYTES_MAX && chunks < 16);
    assert_sound();
}

Test(region, a_thousand_resets_take_nothing_more)
{
    size_t takes = 0;

    for (unsigned round = 0; round < 1000; round++) {
        for (size_t i = 0; i < 60; i++)
            region_alloc(&region, 100 + i, 8);
        region_reset(&region);
        assert_sound();
        if (round == 1)
            takes = backend.takes;
    }
    cr_assert(backend.takes == takes, "%zu takes, then %zu", takes,
              backend.takes);
    cr_assert(region.chunk_count == 2 && region.live_blocks == 0);
}

Test(region, a_reset_keeps_the_first_chunk_and_the_largest)
{
    char *first = region_alloc(&region, 1, 1);

    for (size_t i = 0; i < 5000; i++)
        region_alloc(&region, 100, 4);
    region_alloc(&region, 3 << 20, 4);
    region_reset(&region);
    cr_assert(region_alloc(&region, 1, 1) == first);
    cr_assert(backend.outstanding_bytes ==
              REGION_FIRST_BYTES + REGION_CHUNK_BYTES_MAX);
    assert_sound();
}

/* ---- marks ---- */

Test(region, a_rewind_frees_what_is_later_and_nothing_else)
{
    unsigned char *kept = filled(100, 1, 1);
    struct region_mark mark = region_mark(&region);
    unsigned char *later = filled(200, 8, 2);

    filled(3000, 8, 3);
    filled(70000, 8, 4);
    region_rewind(&region, mark);
    assert_sound();
    assert_kept(kept, 1, 100);
    cr_assert(region_owns(&region, kept) && !region_owns(&region, later));
    cr_assert(filled(200, 8, 5) == later);
}

Test(region, a_mark_tells_what_came_before_a_large_block_from_what_came_after)
{
    struct region_mark before = region_mark(&region);
    unsigned char *large = filled(100000, 8, 1);
    struct region_mark after = region_mark(&region);

    filled(200000, 8, 2);
    region_rewind(&region, after);
    assert_kept(large, 1, 100000);
    cr_assert(region.live_blocks == 1);
    region_rewind(&region, before);
    cr_assert(region.live_blocks == 0 && backend.outstanding_bytes == 0);
}

/* How many blocks of 16 bytes fill the first chunk to its last byte. */
static size_t blocks_of_a_chunk(void)
{
    size_t count = 0;

    while (region.chunk_count < 2) {
        region_alloc(&region, 16, 16);
        count++;
    }
    region_destroy(&region);
    return count - 1;
}

Test(region, a_mark_at_the_very_end_of_a_chunk_is_kept)
{
    size_t count = blocks_of_a_chunk();
    unsigned char *last = NULL;

    for (size_t i = 0; i < count; i++)
        last = filled(16, 16, i);
    struct region_mark mark = region_mark(&region);
    unsigned char *next = filled(16, 16, count);
    cr_assert(region.chunk_count == 2);
    region_rewind(&region, mark);
    assert_sound();
    assert_kept(last, count - 1, 16);
    cr_assert(region_owns(&region, last) && !region_owns(&region, next));
    cr_assert(filled(16, 16, count) == next, "the spare was not opened");
}

Test(region, nested_marks_end_in_order)
{
    struct region_mark mark[8];
    unsigned char *block[8];

    for (size_t i = 0; i < 8; i++) {
        mark[i] = region_mark(&region);
        block[i] = filled(900 + 1000 * i, 16, i);
    }
    for (size_t i = 8; i-- > 0;) {
        for (size_t k = 0; k <= i; k++)
            assert_kept(block[k], k, 900 + 1000 * k);
        region_rewind(&region, mark[i]);
        assert_sound();
        cr_assert(region.live_blocks == i);
    }
}

Test(region, a_rewind_over_chunks_keeps_one_of_them)
{
    struct region_mark mark;
    size_t chunks;

    filled(10, 1, 1);
    mark = region_mark(&region);
    for (size_t i = 0; i < 1000; i++)
        region_alloc(&region, 100, 4);
    chunks = region.chunk_count;
    region_rewind(&region, mark);
    cr_assert(chunks > 3 && region.chunk_count == 2);
    assert_sound();
}

/* ---- resizing ---- */

Test(region, the_newest_block_grows_and_shrinks_in_place)
{
    unsigned char *block = filled(100, 16, 1);

    cr_assert(region_resize(&region, block, 100, 3000, 16) == block);
    assert_kept(block, 1, 100);
    cr_assert(region_resize(&region, block, 3000, 50, 16) == block);
    cr_assert(filled(10, 1, 2) == block + 50);
    cr_assert(region.live_bytes == 60 && region.peak_bytes == 3000);
}

Test(region, an_older_block_is_copied_when_it_grows)
{
    unsigned char *block = filled(100, 16, 1);
    unsigned char *next = filled(100, 16, 2);
    unsigned char *moved = region_resize(&region, block, 100, 400, 16);

    cr_assert(moved && moved != block);
    assert_kept(moved, 1, 100);
    assert_kept(next, 2, 100);
    cr_assert(region_resize(&region, next, 100, 7, 16) == next);
    assert_kept(next, 2, 7);
    cr_assert(region.live_blocks == 2 && region.live_bytes == 407);
}

Test(region, a_marked_block_does_not_grow_into_what_a_rewind_frees)
{
    unsigned char *block = filled(100, 16, 1);
    struct region_mark mark = region_mark(&region);
    unsigned char *moved = region_resize(&region, block, 100, 200, 16);

    cr_assert(moved != block);
    region_rewind(&region, mark);
    cr_assert(!region_owns(&region, moved));
}

Test(region, a_resized_block_is_aligned_as_asked)
{
    for (size_t align = 1; align <= 4096; align *= 2) {
        unsigned char *block = filled(3, 1, align);
        unsigned char *moved = region_resize(&region, block, 3, 2, align);

        cr_assert((uintptr_t)moved % align == 0);
        assert_kept(moved, align, 2);
        assert_sound();
    }
}

/* ---- what the walker and the sanitizer see ---- */

/* The seal is the last thing of a head but for eight bytes. */
Test(region, the_walker_names_a_head_that_was_overwritten)
{
    unsigned char *seal = filled(100, 16, 1) - 16;
    unsigned char was = *seal;

    *seal ^= 0x41;
    struct fault fault = region_verify(&region);
    *seal = was;
    cr_assert(fault.what &&
              strcmp(fault.what, "the head of a chunk was overwritten") == 0);
    assert_sound();
}

Test(region, the_walker_names_a_miscount)
{
    filled(100, 16, 1);
    region.chunk_count++;
    struct fault fault = region_verify(&region);
    region.chunk_count--;
    cr_assert(fault.what &&
              strcmp(fault.what, "region miscounts its chunks") == 0);
}

#ifdef POISON_WORKS
Test(region, what_is_not_allocated_is_poisoned)
{
    struct region_mark mark = region_mark(&region);
    unsigned char *block = filled(100, 16, 1);

    cr_assert(poison_is(block, false) && poison_is(block + 99, false));
    cr_assert(poison_is(block + 104, true));
    unsigned char *old = filled(100, 16, 1);
    filled(8, 8, 1);
    cr_assert(region_resize(&region, old, 100, 300, 16) != old);
    cr_assert(poison_is(old, true));
    region_rewind(&region, mark);
    cr_assert(poison_is(block, true));
}
#endif
