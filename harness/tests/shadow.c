/* shadow.c - the shadow model names what is planted, and passes what is right.
 *
 * The allocators here are fakes over one static range of memory, so that what
 * is right and what is wrong about them is known exactly. */
#include "shadow.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "random.h"

enum { KIB = 1024, MIB = 1024 * KIB, FAKE_BYTES = 64 * MIB, EVERY = 64 };

/* What the fake does wrong at every 64th request. */
enum fault {
    RIGHT,
    OVERLAPS,
    MISALIGNS,
    MISALIGNS_SMALL,
    IGNORES_ALIGNMENT,
    SCRIBBLES,
    UNMAPPED,
    READ_ONLY,
    CALLOC_DIRTY,
    REALLOC_LOSES,
    REALLOC_FAILS,
};

static struct {
    enum fault fault;
    unsigned char *memory;
    size_t used;
    unsigned requests;
    unsigned char *last; /* the block handed out before this one */
    unsigned char *hole; /* two pages that cannot be written */
} fake;

static bool fake_is_due(enum fault fault)
{
    return fake.fault == fault && fake.requests % EVERY == 0;
}

static unsigned char *fake_bump(size_t size, size_t alignment)
{
    unsigned char *block;

    fake.requests++;
    fake.used = (fake.used + alignment - 1) / alignment * alignment;
    block = fake.memory + fake.used;
    fake.used += size + 16; /* a size is kept in front of the next block */
    cr_assert(fake.used < FAKE_BYTES);
    if (fake_is_due(OVERLAPS))
        block = fake.last + 16; /* inside it, not at its start */
    if (fake_is_due(MISALIGNS))
        block += 8;
    if (fake_is_due(MISALIGNS_SMALL))
        block += 2;
    if (fake_is_due(SCRIBBLES) && fake.last != NULL)
        fake.last[5] ^= 1;
    if (fake_is_due(UNMAPPED) || fake_is_due(READ_ONLY))
        return fake.hole;
    fake.last = block;
    return block;
}

static void *fake_malloc(size_t size)
{
    return fake_bump(size, 16);
}

static void *fake_calloc(size_t count, size_t size)
{
    unsigned char *block = fake_bump(count * size, 16);

    memset(block, 0, count * size);
    if (fake_is_due(CALLOC_DIRTY))
        block[count * size - 1] = 1;
    return block;
}

/* Sizes are not known here: copies as if both were as large as the new one,
 * which lies within the range of memory. */
static void *fake_realloc(void *old, size_t size)
{
    unsigned char *block;

    if (fake.fault == REALLOC_FAILS)
        return NULL;
    block = fake_bump(size, 16);
    if (old != NULL)
        memmove(block, old, size);
    if (fake_is_due(REALLOC_LOSES))
        block[3] = 0;
    return block;
}

static void fake_free(void *block)
{
    (void)block;
}

static void *fake_aligned_alloc(size_t alignment, size_t size)
{
    unsigned char *block = fake_bump(size, alignment);

    return fake_is_due(IGNORES_ALIGNMENT) ? block + 16 : block;
}

static const struct calls fake_calls = {
    fake_malloc, fake_calloc, fake_realloc, fake_free, fake_aligned_alloc,
};

/* alignment: that of every block; 0 for a malloc's. */
static struct shadow *begin_aligned(enum fault fault, enum touch touch,
                                    size_t alignment)
{
    struct shadow_options options = { .seed = 7,
                                      .blocks_max = 10000,
                                      .touch = touch,
                                      .alignment = alignment,
                                      .one_thread = true };
    struct shadow *shadow;

    memset(&fake, 0, sizeof(fake));
    fake.fault = fault;
    fake.memory = mmap(NULL, FAKE_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    fake.hole = mmap(NULL, 2 * 4096, fault == READ_ONLY ? PROT_READ : PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    shadow = shadow_create(&fake_calls, &options);
    cr_assert(shadow != NULL && fake.memory != MAP_FAILED);
    return shadow;
}

static struct shadow *begin(enum fault fault, enum touch touch)
{
    return begin_aligned(fault, touch, 0);
}

/* A hundred blocks of every kind, sizes from 1; half are freed on the way. */
static void exercise(struct shadow *shadow, size_t size_min)
{
    void *blocks[100];

    for (size_t round = 0; round < 4; round++) {
        for (size_t i = 0; i < 100; i++) {
            size_t size = size_min + i * 3;

            if (i % 4 == 0)
                blocks[i] = shadow_calloc(shadow, 1, size);
            else if (i % 4 == 1)
                blocks[i] = shadow_aligned_alloc(shadow, 64, size);
            else
                blocks[i] = shadow_malloc(shadow, size);
            if (i % 4 == 3)
                blocks[i] = shadow_realloc(shadow, blocks[i], size + round);
        }
        for (size_t i = 0; i < 100; i++)
            shadow_free(shadow, blocks[i]);
    }
}

static void expect(struct shadow *shadow, const char *requirement,
                   const char *words)
{
    cr_assert(shadow_requirement(shadow) != NULL, "nothing was found");
    cr_assert_str_eq(shadow_requirement(shadow), requirement, "%s: %s",
                     shadow_requirement(shadow), shadow_message(shadow));
    cr_assert(strstr(shadow_message(shadow), words) != NULL, "%s",
              shadow_message(shadow));
    shadow_destroy(shadow);
}

Test(shadow, a_right_allocator_passes)
{
    struct shadow *shadow = begin(RIGHT, TOUCH_NONE);

    exercise(shadow, 1);
    cr_assert(shadow_verify(shadow));
    cr_assert_null(shadow_requirement(shadow), "%s", shadow_message(shadow));
    cr_assert_eq(shadow_live_blocks(shadow), 0);
    cr_assert_eq(shadow_live_bytes(shadow), 0);
    shadow_destroy(shadow);
}

Test(shadow, overlapping_blocks_break_INT_1)
{
    struct shadow *shadow = begin(OVERLAPS, TOUCH_NONE);

    exercise(shadow, 16);
    expect(shadow, "INT-1", "within the live block");
}

Test(shadow, a_misaligned_block_breaks_ALN_2)
{
    struct shadow *shadow = begin(MISALIGNS, TOUCH_NONE);

    for (int i = 0; i < EVERY; i++)
        shadow_malloc(shadow, 24);
    expect(shadow, "ALN-2", "not a multiple of 16");
}

Test(shadow, a_small_block_needs_only_the_alignment_of_its_size)
{
    struct shadow *shadow = begin(MISALIGNS, TOUCH_NONE);

    for (int i = 0; i < EVERY; i++)
        shadow_malloc(shadow, 8);
    cr_assert_null(shadow_requirement(shadow), "%s", shadow_message(shadow));
    shadow_destroy(shadow);
}

Test(shadow, a_misaligned_small_block_breaks_ALN_1)
{
    struct shadow *shadow = begin(MISALIGNS_SMALL, TOUCH_NONE);

    for (int i = 0; i < EVERY; i++)
        shadow_malloc(shadow, 12);
    expect(shadow, "ALN-1", "not a multiple of 8");
}

/* What the fake gives is 16. */
Test(shadow, where_all_blocks_have_one_alignment_small_ones_have_it_too)
{
    struct shadow *shadow = begin_aligned(RIGHT, TOUCH_NONE, 64);

    shadow_malloc(shadow, 8);
    shadow_malloc(shadow, 8);
    expect(shadow, "ALN-2", "for 8 bytes: not a multiple of 64");
}

Test(shadow, where_all_blocks_have_one_alignment_no_other_is_asked_for)
{
    struct shadow *shadow = begin_aligned(MISALIGNS, TOUCH_NONE, 8);

    for (int i = 0; i < EVERY; i++)
        shadow_malloc(shadow, 24);
    cr_assert_null(shadow_requirement(shadow), "%s", shadow_message(shadow));
    shadow_destroy(shadow);
}

Test(shadow, an_alignment_not_given_breaks_ALN_4)
{
    struct shadow *shadow = begin(IGNORES_ALIGNMENT, TOUCH_NONE);

    for (int i = 0; i < EVERY; i++)
        shadow_aligned_alloc(shadow, 4096, 64);
    expect(shadow, "ALN-4", "not a multiple of 4096");
}

Test(shadow, a_byte_changed_by_the_allocator_breaks_INT_2_at_free)
{
    struct shadow *shadow = begin(SCRIBBLES, TOUCH_ENDS);
    void *blocks[EVERY];

    for (int i = 0; i < EVERY; i++)
        blocks[i] = shadow_malloc(shadow, 100);
    for (int i = 0; i < EVERY; i++)
        shadow_free(shadow, blocks[i]);
    expect(shadow, "INT-2", "byte 5 of block 63");
}

Test(shadow, a_byte_changed_is_seen_while_the_block_still_lives)
{
    struct shadow *shadow = begin(SCRIBBLES, TOUCH_NONE);

    for (int i = 0; i < EVERY; i++)
        shadow_malloc(shadow, 100);
    cr_assert_not(shadow_verify(shadow));
    expect(shadow, "INT-2", "byte 5 of block 63");
}

Test(shadow, what_the_owner_may_write_is_no_violation)
{
    struct shadow *shadow = begin(RIGHT, TOUCH_ENDS);
    unsigned char *block = shadow_malloc(shadow, 100);

    block[0] = block[99] = TOUCH_BYTE;
    block = shadow_realloc(shadow, block, 300);
    block[299] = TOUCH_BYTE;
    shadow_free(shadow, block);
    cr_assert_null(shadow_requirement(shadow), "%s", shadow_message(shadow));
    shadow_destroy(shadow);
}

Test(shadow, what_the_owner_may_not_write_is_one)
{
    struct shadow *shadow = begin(RIGHT, TOUCH_ENDS);
    unsigned char *block = shadow_malloc(shadow, 100);

    block[50] = TOUCH_BYTE;
    shadow_free(shadow, block);
    expect(shadow, "INT-2", "byte 50");
}

Test(shadow, a_block_that_is_not_mapped_breaks_INT_3)
{
    struct shadow *shadow = begin(UNMAPPED, TOUCH_NONE);

    for (int i = 0; i < EVERY; i++)
        shadow_malloc(shadow, 100);
    expect(shadow, "INT-3", "cannot be written");
}

Test(shadow, a_block_that_cannot_be_written_breaks_INT_3)
{
    struct shadow *shadow = begin(READ_ONLY, TOUCH_NONE);

    for (int i = 0; i < EVERY; i++)
        shadow_malloc(shadow, 100);
    expect(shadow, "INT-3", "cannot be written");
}

Test(shadow, calloc_that_is_not_zero_breaks_ZER_1)
{
    struct shadow *shadow = begin(CALLOC_DIRTY, TOUCH_NONE);

    for (int i = 0; i < EVERY; i++)
        shadow_calloc(shadow, 100, 50);
    expect(shadow, "ZER-1", "byte 4999 is 0x01");
}

Test(shadow, realloc_that_loses_a_byte_breaks_RLC_1)
{
    struct shadow *shadow = begin(REALLOC_LOSES, TOUCH_NONE);
    void *block = NULL;

    for (size_t i = 0; i < EVERY; i++)
        block = shadow_realloc(shadow, block, 50 + i);
    expect(shadow, "RLC-1", "byte 3 of block 1");
}

Test(shadow, a_failed_realloc_leaves_the_block_alive)
{
    struct shadow *shadow = begin(REALLOC_FAILS, TOUCH_NONE);
    void *block = shadow_malloc(shadow, 100);

    cr_assert_null(shadow_realloc(shadow, block, 200));
    cr_assert_eq(shadow_live_bytes(shadow), 100);
    shadow_free(shadow, block);
    cr_assert_null(shadow_requirement(shadow), "%s", shadow_message(shadow));
    shadow_destroy(shadow);
}

Test(shadow, freeing_what_is_not_alive_is_the_callers_own_error)
{
    struct shadow *shadow = begin(RIGHT, TOUCH_NONE);
    void *block = shadow_malloc(shadow, 100);

    shadow_free(shadow, block);
    shadow_free(shadow, block);
    expect(shadow, "", "the caller's error");
}

Test(shadow, only_the_first_violation_is_kept)
{
    struct shadow *shadow = begin(OVERLAPS, TOUCH_NONE);

    for (int i = 0; i < EVERY; i++)
        shadow_malloc(shadow, 100);
    fake.fault = CALLOC_DIRTY;
    for (int i = 0; i < EVERY; i++)
        shadow_calloc(shadow, 1, 100);
    expect(shadow, "INT-1", "malloc gave");
}

static uint64_t digest_of(size_t size_min)
{
    struct shadow *shadow = begin(RIGHT, TOUCH_NONE);
    uint64_t digest;

    fake.used = size_min * 1000; /* other addresses, the same requests */
    exercise(shadow, size_min);
    digest = shadow_digest(shadow);
    shadow_destroy(shadow);
    return digest;
}

Test(shadow, the_digest_tells_requests_apart_and_not_addresses)
{
    cr_assert_eq(digest_of(20), digest_of(20));
    cr_assert_neq(digest_of(20), digest_of(21));
}

enum { THREADS = 4, STEPS = 20000, SLOTS = 50 };

static void *churn(void *given)
{
    struct shadow *shadow = given;
    struct random random = random_stream((uintptr_t)&random, 0);
    void *slots[SLOTS] = { NULL };

    for (int i = 0; i < STEPS; i++) {
        void **slot = &slots[random_below(&random, SLOTS)];

        shadow_free(shadow, *slot);
        *slot = shadow_malloc(shadow, 1 + random_below(&random, 300));
    }
    for (int i = 0; i < SLOTS; i++)
        shadow_free(shadow, slots[i]);
    return NULL;
}

/* This one runs over the system's malloc: its addresses come back at once. */
Test(shadow, threads_share_one_model)
{
    struct calls system = { malloc, calloc, realloc, free, aligned_alloc };
    struct shadow_options options = { .blocks_max = 1000 };
    struct shadow *shadow = shadow_create(&system, &options);
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, churn, shadow);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    cr_assert_null(shadow_requirement(shadow), "%s", shadow_message(shadow));
    cr_assert_eq(shadow_live_blocks(shadow), 0);
    shadow_destroy(shadow);
}
