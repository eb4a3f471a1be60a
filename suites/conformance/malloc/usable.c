/* usable.c - what malloc_usable_size says is there. (USZ) */
#include <string.h>

#include "tools/blocks.h"
#include "pattern.h"

enum { USABLE_LIVE = 24 };

static size_t usable_next(size_t size)
{
    return size < 600 ? size + 1 : size + size / 7;
}

CHECK(USZ_1, SHOULD, "malloc_usable_size(NULL) is 0", "malloc_usable_size(3)",
      .why = "Counting wrappers pass on whatever free gets (filed: "
             "google/tcmalloc 197, koute/bytehound 75).")
{
    size_t usable = subject->malloc_usable_size(NULL);

    return usable == 0 ? pass(run)
                       : fail(run, "malloc_usable_size(NULL) is %zu", usable);
}

CHECK(USZ_2, SHOULD, "the usable size is never less than what was asked for",
      "malloc_usable_size(3)",
      .why = "Of every function, the aligning ones too (filed: "
             "mjansson/rpmalloc 64, microsoft/mimalloc 231; dmalloc says 0).")
{
    struct findings findings = { 0 };

    for (size_t way = 0; way < WAY_COUNT; way++) {
        if (!way_is_subjects(&ways[way]))
            continue;
        for (size_t size = 1; size <= 16 * MIB; size = usable_next(size)) {
            void *block = ways[way].get(size);
            size_t usable;

            if (block == NULL)
                return fail(run, "%s of %zu bytes returned NULL",
                            ways[way].name, size);
            usable = subject->malloc_usable_size(block);
            if (usable < size)
                finding(&findings, "%s(%zu): %zu", ways[way].name, size,
                        usable);
            subject->free(block);
        }
    }
    return verdict_of(run, &findings, "usable size covers the request");
}

/* Live blocks of one size, filled to the usable size and looked at. */
static enum verdict usable_fill(struct check_run *run, const struct way *way,
                                size_t size)
{
    unsigned char *blocks[USABLE_LIVE];
    size_t usable[USABLE_LIVE];

    for (size_t i = 0; i < USABLE_LIVE; i++) {
        blocks[i] = way->get(size);
        if (blocks[i] == NULL)
            return fail(run, "%s of %zu bytes returned NULL", way->name, size);
        usable[i] = subject->malloc_usable_size(blocks[i]);
        pattern_fill(blocks[i], i, 0, usable[i]);
    }
    for (size_t i = 0; i < USABLE_LIVE; i++) {
        size_t wrong = pattern_mismatch(blocks[i], i, 0, usable[i]);

        if (wrong < usable[i])
            return fail(run,
                        "%s(%zu): byte %zu of %zu usable was changed by "
                        "filling another block",
                        way->name, size, wrong, usable[i]);
    }
    for (size_t i = 0; i < USABLE_LIVE; i++)
        subject->free(blocks[i * 7 % USABLE_LIVE]);
    return pass(run);
}

CHECK(USZ_3, SHOULD, "every usable byte may be written without harm",
      "malloc_usable_size(3), older editions: the excess can be overwritten "
      "\"without ill effects\"",
      .why = "A usable size that counts a header makes its users overwrite "
             "the next block's (filed: gperftools/gperftools 738 for "
             "memalign). All live blocks are filled to the end, looked at, "
             "and freed.")
{
    for (size_t way = 0; way < WAY_COUNT; way++) {
        if (!way_is_subjects(&ways[way]))
            continue;
        for (size_t size = 1; size <= 256 * KIB;
             size = way == 0 || size > 700 ? usable_next(size) : size + 13)
            if (usable_fill(run, &ways[way], size))
                return VERDICT_FAIL;
    }
    return pass(run);
}

CHECK(USZ_4, SHOULD, "the usable size of a block does not change",
      "malloc_usable_size(3): a property of the block",
      .why = "Between two calls, and when neighbours are freed, resized and "
             "allocated: a size that is computed from the next block's header "
             "moves with it.")
{
    for (size_t size = 1; size <= MIB; size += 1 + size / 5) {
        unsigned char *blocks[USABLE_LIVE];
        size_t usable[USABLE_LIVE];

        for (size_t i = 0; i < USABLE_LIVE; i++) {
            blocks[i] = subject->malloc(size);
            usable[i] = subject->malloc_usable_size(blocks[i]);
            if (subject->malloc_usable_size(blocks[i]) != usable[i])
                return fail(run, "malloc(%zu): %zu usable, and then not", size,
                            usable[i]);
        }
        for (size_t i = 1; i < USABLE_LIVE; i += 3)
            subject->free(blocks[i]);
        for (size_t i = 2; i < USABLE_LIVE; i += 3)
            blocks[i] = subject->realloc(blocks[i], size / 2 + 1);
        for (size_t i = 0; i < USABLE_LIVE; i += 3) {
            size_t now = subject->malloc_usable_size(blocks[i]);

            if (now != usable[i])
                return fail(run,
                            "malloc(%zu): %zu usable at first, %zu after "
                            "its neighbours changed",
                            size, usable[i], now);
        }
        for (size_t i = 0; i < USABLE_LIVE; i++)
            if (i % 3 != 1)
                subject->free(blocks[i]);
    }
    return pass(run);
}

CHECK(USZ_5, SHOULD, "realloc to the usable size or less keeps the contents",
      "malloc_usable_size(3); C23 7.24.3.7 for the contents",
      .why = "Growing into what is there anyway is the usual reason to ask. "
             "The bytes beyond the request count as contents only as far as "
             "they were asked for.")
{
    for (size_t size = 1; size <= MIB; size = usable_next(size)) {
        unsigned char *block = subject->malloc(size);
        size_t usable = subject->malloc_usable_size(block);
        size_t wrong;

        pattern_fill(block, size, 0, size);
        block = subject->realloc(block, usable);
        if (block == NULL)
            return fail(run, "realloc(malloc(%zu), %zu) returned NULL", size,
                        usable);
        wrong = pattern_mismatch(block, size, 0, size);
        if (wrong < size)
            return fail(run, "realloc(malloc(%zu), %zu usable) lost byte %zu",
                        size, usable, wrong);
        pattern_fill(block, size, 0, usable);
        block = subject->realloc(block, (size + usable) / 2 + 1);
        if (block == NULL || pattern_mismatch(block, size, 0, size) < size)
            return fail(run, "realloc back to %zu of %zu usable lost bytes",
                        (size + usable) / 2 + 1, usable);
        subject->free(block);
    }
    return pass(run);
}

CHECK(USZ_6, QUALITY, "little more is usable than was asked for",
      "size classes 12.5 to 25 % apart",
      .why = "What a class rounds up is lost to every caller who does not "
             "ask. On average over sizes spread evenly by their logarithm, "
             "and at worst from 64 bytes on.")
{
    double sum = 0, worst = 0;
    size_t worst_size = 0;
    unsigned count = 0;

    for (size_t size = 64; size <= 8 * MIB; size += 1 + size / 50) {
        void *block = subject->malloc(size);
        double ratio =
            (double)subject->malloc_usable_size(block) / (double)size;

        sum += ratio;
        count++;
        if (ratio > worst) {
            worst = ratio;
            worst_size = size;
        }
        subject->free(block);
    }
    figure(run, "mean_ratio", sum / count);
    figure(run, "worst_ratio", worst);
    figure(run, "worst_size_bytes", (double)worst_size);
    if (sum / count > 1.25 || worst > 2)
        return fail(run,
                    "usable / requested is %.2f on average and %.2f at "
                    "%zu bytes",
                    sum / count, worst, worst_size);
    return pass(run);
}

CHECK(USZ_7, SHOULD, "malloc_usable_size takes what malloc(0) gave",
      "malloc_usable_size(3)",
      .why = "A block without a byte is a block (filed: jemalloc/jemalloc "
             "2592, an assertion).")
{
    unsigned char *blocks[USABLE_LIVE];

    for (size_t i = 0; i < USABLE_LIVE; i++) {
        blocks[i] = subject->malloc(0);
        if (blocks[i] != NULL)
            pattern_fill(blocks[i], i, 0,
                         subject->malloc_usable_size(blocks[i]));
    }
    for (size_t i = 0; i < USABLE_LIVE; i++) {
        size_t usable = subject->malloc_usable_size(blocks[i]);

        if (usable > 0 && pattern_mismatch(blocks[i], i, 0, usable) < usable)
            return fail(run,
                        "malloc(0) has %zu usable bytes that another "
                        "block shares",
                        usable);
        subject->free(blocks[i]);
    }
    return pass(run);
}
