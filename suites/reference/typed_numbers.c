/* typed_numbers.c - the ints and floats of 2.x: blocks of 41, the order in
 * them, and when one is given back. (F4) */
#include "typed_fixture.h"

#define PER_BLOCK 41
#define BLOCKS    6
#define NUMBERS   ((size_t)(PER_BLOCK * BLOCKS))

static const enum typed_kind kinds[] = { TYPED_INT, TYPED_FLOAT };

/* Lists whose blocks of this kind have no free object, so that the next one
 * opens a block: the small ints leave 25. */
static void begin_full(struct fixture *f, enum typed_kind kind)
{
    fixture_begin(f, "classic-256");
    for (size_t i = list_count(f, kind, 0); i > 0; i--)
        typed_alloc(f->lists, kind, 0);
}

static size_t blocks_now(struct fixture *f, enum typed_kind kind)
{
    struct typed_stats stats;
    typed_stats(f->lists, &stats);
    return stats.blocks[kind];
}

Test(typed_numbers, a_block_of_992_bytes_holds_41)
{
    cr_assert(sizeof(struct typed_block) == 992);
    for (size_t k = 0; k < 2; k++) {
        struct fixture f;
        begin_full(&f, kinds[k]);
        size_t before = blocks_now(&f, kinds[k]), raw = f.raw.out;
        for (int i = 0; i < PER_BLOCK; i++)
            typed_alloc(f.lists, kinds[k], 0);
        cr_expect(blocks_now(&f, kinds[k]) == before + 1);
        typed_alloc(f.lists, kinds[k], 0);
        cr_expect(blocks_now(&f, kinds[k]) == before + 2);
        cr_expect(f.raw.out == raw + 2);
        fixture_end(&f);
    }
}

Test(typed_numbers, addresses_fall_within_a_block)
{
    for (size_t k = 0; k < 2; k++) {
        struct fixture f;
        begin_full(&f, kinds[k]);
        char *first = typed_alloc(f.lists, kinds[k], 0);
        for (int i = 1; i < PER_BLOCK; i++) {
            char *next = typed_alloc(f.lists, kinds[k], 0);
            cr_expect(next == first - (ptrdiff_t)24 * i, "%d", i);
        }
        fixture_end(&f);
    }
}

Test(typed_numbers, what_was_dropped_last_is_made_first)
{
    for (size_t k = 0; k < 2; k++) {
        struct fixture f;
        void *numbers[100];
        fixture_begin(&f, "classic-512");
        for (int i = 0; i < 100; i++)
            numbers[i] = typed_alloc(f.lists, kinds[k], 0);
        for (int i = 0; i < 100; i++)
            typed_free(f.lists, kinds[k], numbers[i]);
        for (int i = 99; i >= 0; i--)
            cr_expect(typed_alloc(f.lists, kinds[k], 0) == numbers[i]);
        fixture_end(&f);
    }
}

/* Kill a block's numbers one by one: only the last death frees it. */
Test(typed_numbers, a_block_goes_when_all_of_it_is_dead_and_not_before)
{
    for (size_t k = 0; k < 2; k++) {
        struct fixture f;
        void *numbers[NUMBERS];
        begin_full(&f, kinds[k]);
        size_t before = blocks_now(&f, kinds[k]);
        size_t others = typed_clear(f.lists, kinds[k]);
        for (size_t i = 0; i < NUMBERS; i++)
            numbers[i] = typed_alloc(f.lists, kinds[k], 0);
        for (size_t dead = 1; dead <= PER_BLOCK; dead++) {
            typed_free(f.lists, kinds[k], numbers[2 * PER_BLOCK + dead - 1]);
            size_t used = typed_clear(f.lists, kinds[k]);
            cr_expect(used == others + NUMBERS - dead, "%zu used", used);
            cr_expect(blocks_now(&f, kinds[k]) ==
                      before + BLOCKS - (dead == PER_BLOCK));
            fixture_verify(&f, "clear", dead);
        }
        cr_expect(list_count(&f, kinds[k], 0) == 0);
        fixture_end(&f);
    }
}

static bool dies(int i)
{
    return i % PER_BLOCK >= 2;
}

/* A clearing walks the blocks, relinks each from its front, and turns their
 * order round: the list then begins with the last dead number of the block
 * walked last, which is the oldest after one clearing and the newest after
 * two. */
Test(typed_numbers, each_clearing_turns_the_blocks_that_stay_round)
{
    struct fixture f;
    char *numbers[2 * PER_BLOCK];
    begin_full(&f, TYPED_FLOAT);
    for (int i = 0; i < 2 * PER_BLOCK; i++)
        numbers[i] = typed_alloc(f.lists, TYPED_FLOAT, 0);
    for (int clearing = 1; clearing <= 3; clearing++) {
        for (int i = 0; i < 2 * PER_BLOCK; i++)
            if (dies(i))
                typed_free(f.lists, TYPED_FLOAT, numbers[i]);
        cr_expect(typed_clear(f.lists, TYPED_FLOAT) == 4);
        int first = clearing % 2 == 1 ? 0 : PER_BLOCK;
        for (int i = 0; i < 2 * PER_BLOCK; i++) {
            int at = (first + i) % (2 * PER_BLOCK);
            if (dies(at))
                cr_expect(typed_alloc(f.lists, TYPED_FLOAT, 0) == numbers[at],
                          "clearing %d: %d", clearing, at);
        }
    }
    fixture_end(&f);
}

Test(typed_numbers, the_262_small_ints_keep_their_7_blocks)
{
    struct fixture f;
    fixture_begin(&f, "classic-256");
    cr_expect(blocks_now(&f, TYPED_INT) == 7);
    cr_expect(typed_clear(f.lists, TYPED_INT) == 262);
    cr_expect(typed_collect(f.lists, 2) == 0);
    cr_expect(blocks_now(&f, TYPED_INT) == 7);
    for (long value = -5; value <= 256; value++) {
        struct typed_number *number = typed_small_int(f.lists, value);
        cr_expect(number && number->value == value);
        cr_expect(typed_small_int(f.lists, value) == number);
        typed_free(f.lists, TYPED_INT, number);
        typed_free(f.lists, TYPED_INT, number);
    }
    cr_expect(typed_clear(f.lists, TYPED_INT) == 262);
    cr_expect(!typed_small_int(f.lists, -6));
    cr_expect(!typed_small_int(f.lists, 257));
    fixture_end(&f);
}

Test(typed_numbers, a_full_collection_gives_back_the_dead_blocks)
{
    struct fixture f;
    void *numbers[NUMBERS];
    begin_full(&f, TYPED_INT);
    for (size_t i = 0; i < NUMBERS; i++)
        numbers[i] = typed_alloc(f.lists, TYPED_INT, 0);
    for (size_t i = 0; i < NUMBERS; i++)
        typed_free(f.lists, TYPED_INT, numbers[i]);
    cr_expect(typed_collect(f.lists, 1) == 0);
    cr_expect(typed_collect(f.lists, 2) == NUMBERS);
    fixture_end(&f);
}

Test(typed_numbers, later_editions_have_no_list_of_ints)
{
    for (unsigned edition = 2; edition < EDITIONS; edition++) {
        struct fixture f;
        fixture_begin(&f, edition_name[edition]);
        void *number = typed_alloc(f.lists, TYPED_INT, 1);
        cr_expect(typed_bytes(f.lists, TYPED_INT, 1) == 28);
        cr_expect(typed_bytes(f.lists, TYPED_INT, 0) ==
                  (edition == 2 ? 24 : 28));
        typed_free(f.lists, TYPED_INT, number);
        cr_expect(f.object.out == 0);
        cr_expect(!typed_small_int(f.lists, 1));
        fixture_end(&f);
    }
}
