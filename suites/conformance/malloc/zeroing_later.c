/* zeroing_later.c - calloc after memory was given back, and after other
 * threads. (ZER) */
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "tools/blocks.h"

enum { LATER_DIRT = 0xa5 };

/* What is dirtied and freed together: blocks of every kind of size. */
static const struct {
    size_t size, count;
} later_kinds[] = {
    { 48, 20000 },     { 512, 8000 }, { 4000, 2000 },
    { 40 * KIB, 200 }, { MIB, 16 },   { 64 * MIB, 1 },
};

enum {
    LATER_KINDS = sizeof(later_kinds) / sizeof(*later_kinds),
    LATER_BLOCKS = 20000 + 8000 + 2000 + 200 + 16 + 1
};

/* As if transparent huge pages were on everywhere: pages that are given back
 * then come in pieces of 2 MiB. */
static void later_huge_pages(unsigned char *block, size_t size)
{
    uintptr_t page = ((uintptr_t)block + 4095) & ~(uintptr_t)4095;

    if (size > 4 * MIB)
        madvise((void *)page, size - 8192, MADV_HUGEPAGE);
}

static bool later_fill(unsigned char **blocks)
{
    size_t at = 0;

    for (size_t kind = 0; kind < LATER_KINDS; kind++)
        for (size_t i = 0; i < later_kinds[kind].count; i++, at++) {
            blocks[at] = subject->malloc(later_kinds[kind].size);
            if (blocks[at] == NULL)
                return false;
            later_huge_pages(blocks[at], later_kinds[kind].size);
            memset(blocks[at], LATER_DIRT, later_kinds[kind].size);
        }
    return true;
}

static void later_free(unsigned char **blocks)
{
    for (size_t at = 0; at < LATER_BLOCKS; at++)
        subject->free(blocks[at]);
}

static enum verdict later_look(struct check_run *run, unsigned char **blocks,
                               const char *after)
{
    size_t at = 0;

    for (size_t kind = 0; kind < LATER_KINDS; kind++)
        for (size_t i = 0; i < later_kinds[kind].count; i++, at++) {
            size_t size = later_kinds[kind].size, dirty;

            blocks[at] = subject->calloc(1, size);
            if (blocks[at] == NULL)
                return fail(run, "calloc(1, %zu) returned NULL %s", size,
                            after);
            dirty = first_nonzero(blocks[at], size);
            if (dirty < size)
                return fail(run, "calloc(1, %zu) %s: byte %zu is 0x%02x", size,
                            after, dirty, blocks[at][dirty]);
            memset(blocks[at], LATER_DIRT, size);
        }
    later_free(blocks);
    return pass(run);
}

/* Frees in between: allocators look at the clock when they are called. */
static void later_rest(double seconds)
{
    const struct timespec rest = { 0, 50000000 };

    for (double waited = 0; waited < seconds; waited += 0.05) {
        nanosleep(&rest, NULL);
        subject->free(subject->malloc(100));
    }
}

CHECK(ZER_3, MUST, "calloc gives zeros after memory was given back",
      "C23 7.24.3.2", .flags = CHECK_WAITS, .timeout_s = 40,
      .why = "Pages given back by MADV_FREE keep their contents until the "
             "system needs them, and a purge may stop half way: looked at "
             "right after free, after malloc_trim(0), after 1 s and after 11 "
             "s (filed: jemalloc/jemalloc pull 1302, mjansson/rpmalloc 210, "
             "GrapheneOS/hardened_malloc 310).")
{
    static const double rests_s[] = { 0, 1.1, 11 };
    unsigned char **blocks = check_map(LATER_BLOCKS * sizeof(*blocks));

    if (blocks == NULL)
        return error(run, "no memory for the list");
    if (!later_fill(blocks))
        return fail(run, "malloc returned NULL");
    later_free(blocks);
    if (later_look(run, blocks, "right after free"))
        return VERDICT_FAIL;
    subject->malloc_trim(0);
    if (later_look(run, blocks, "after malloc_trim(0)"))
        return VERDICT_FAIL;
    for (size_t i = 1; i < sizeof(rests_s) / sizeof(*rests_s); i++) {
        later_rest(rests_s[i]);
        if (later_look(run, blocks,
                       i == 1 ? "1 s after free" : "11 s after free"))
            return VERDICT_FAIL;
    }
    return pass(run);
}

/* Blocks that one thread dirties and another frees, or nobody does. */
struct later_hand {
    unsigned char **blocks;
    size_t count, size;
    bool frees;
};

static void *later_thread(void *argument)
{
    struct later_hand *hand = argument;

    for (size_t i = 0; i < hand->count; i++) {
        if (hand->frees) {
            subject->free(hand->blocks[i]);
            continue;
        }
        hand->blocks[i] = subject->malloc(hand->size);
        if (hand->blocks[i] != NULL)
            memset(hand->blocks[i], LATER_DIRT, hand->size);
    }
    return NULL;
}

static bool later_in_thread(struct later_hand *hand)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, later_thread, hand) != 0)
        return false;
    pthread_join(thread, NULL);
    return true;
}

enum { LATER_HANDED = 300 };

static enum verdict later_handed(struct check_run *run, bool other_allocates,
                                 const char *after)
{
    unsigned char *blocks[LATER_HANDED];

    for (size_t size = 16; size <= 128 * KIB; size += size / 2) {
        struct later_hand hand = { blocks, LATER_HANDED, size,
                                   !other_allocates };

        if (other_allocates) {
            if (!later_in_thread(&hand))
                return error(run, "no thread");
            for (size_t i = 0; i < LATER_HANDED; i++)
                subject->free(blocks[i]);
        } else {
            hand.frees = false;
            later_thread(&hand);
            hand.frees = true;
            if (!later_in_thread(&hand))
                return error(run, "no thread");
        }
        for (size_t i = 0; i < LATER_HANDED; i++) {
            size_t dirty;

            blocks[i] = subject->calloc(1, size);
            if (blocks[i] == NULL)
                return fail(run, "calloc(1, %zu) returned NULL", size);
            dirty = first_nonzero(blocks[i], size);
            if (dirty < size)
                return fail(run, "calloc(1, %zu) %s: byte %zu is 0x%02x", size,
                            after, dirty, blocks[i][dirty]);
        }
        for (size_t i = 0; i < LATER_HANDED; i++)
            subject->free(blocks[i]);
    }
    return pass(run);
}

CHECK(ZER_2e, MUST, "calloc zeroes what another thread freed", "C23 7.24.3.2",
      .flags = CHECK_THREADS,
      .why = "Blocks freed by others come home by a list of their own, with "
             "links written into them.")
{
    return later_handed(run, false, "freed by another thread");
}

CHECK(ZER_2f, MUST, "calloc zeroes what a thread that ended has left",
      "C23 7.24.3.2", .flags = CHECK_THREADS,
      .why = "The pages of a dead thread are adopted, and what is known about "
             "them with them.")
{
    return later_handed(run, true, "of a thread that ended");
}
