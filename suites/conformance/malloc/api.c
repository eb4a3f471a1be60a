/* api.c - what malloc, calloc, realloc and free promise by themselves. (API)
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tools/blocks.h"
#include "interval.h"
#include "pattern.h"

enum { API_LIVE = 64 };

/* Writes and reads back every byte up to 2 MiB, beyond that some of each
 * MiB, and always the last page. */
static bool api_holds(unsigned char *block, size_t size, uint64_t key)
{
    size_t last = size > 4096 ? size - 4096 : 0;
    size_t until = size <= 2 * MIB ? 0 : last;

    for (size_t at = 0; at < until; at += MIB)
        pattern_fill(block, key, at, at + 64);
    pattern_fill(block, key, size <= 2 * MIB ? 0 : last, size);
    for (size_t at = 0; at < until; at += MIB)
        if (pattern_mismatch(block, key, at, at + 64) != at + 64)
            return false;
    return pattern_mismatch(block, key, size <= 2 * MIB ? 0 : last, size) ==
           size;
}

static enum verdict api_try_size(struct check_run *run, size_t size)
{
    unsigned char *block = subject->malloc(size);

    if (block == NULL && size > 64 * MIB)
        return skip(run, "malloc(%zu) returned NULL: too little memory?", size);
    if (block == NULL)
        return fail(run, "malloc(%zu) returned NULL", size);
    if (!api_holds(block, size, size))
        return fail(run, "malloc(%zu): what was written is not read back",
                    size);
    subject->free(block);
    return pass(run);
}

CHECK(API_1, MUST, "malloc gives memory of every size, all of it usable",
      "C23 7.24.3.6 (C17 7.22.3.4)", .timeout_s = 20,
      .why = "Every size to 5000, then each power of two and each page with "
             "its neighbours to 256 MiB: borders of size classes are where a "
             "block comes out one class too small.")
{
    enum verdict verdict = VERDICT_PASS;

    for (size_t size = 1; size <= 5000 && verdict == VERDICT_PASS; size++)
        verdict = api_try_size(run, size);
    for (size_t page = 8 * KIB; page <= 256 * KIB; page += 4 * KIB)
        for (size_t size = page - 1; size <= page + 1; size++)
            if (verdict == VERDICT_PASS)
                verdict = api_try_size(run, size);
    for (size_t power = 512 * KIB; power <= 256 * MIB; power *= 2)
        for (size_t size = power - 1; size <= power + 1; size++)
            if (verdict == VERDICT_PASS)
                verdict = api_try_size(run, size);
    return verdict;
}

enum { API_CROWD = 20000 };

static size_t api_crowd_size(size_t i)
{
    static const size_t sizes[] = { 1,   7,   16,   24,   48,    64,   100,
                                    256, 512, 1000, 4096, 10000, 33000 };

    return sizes[i % (sizeof(sizes) / sizeof(*sizes))];
}

CHECK(API_2, MUST, "an allocated object shares no byte with another live one",
      "C23 7.24.3p1 (C17 7.22.3p1): \"disjoint from any other object\"",
      .why = "20 000 live blocks of mixed sizes, each held against all others "
             "in an ordered set; every third is freed and allocated anew.")
{
    unsigned char **blocks = check_map(API_CROWD * sizeof(*blocks));
    struct interval_set set;

    if (blocks == NULL || interval_set_create(&set, 2 * API_CROWD) != 0)
        return error(run, "no memory for the model");
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < API_CROWD; i++) {
            size_t size = api_crowd_size(i + round);
            struct interval range = { .span = size, .size = size };
            const struct interval *other;

            if (blocks[i] != NULL)
                continue;
            blocks[i] = subject->malloc(size);
            if (blocks[i] == NULL)
                return fail(run, "malloc(%zu) returned NULL", size);
            range.start = (uintptr_t)blocks[i];
            other = interval_overlapping(&set, range.start, size);
            if (other != NULL)
                return fail(run,
                            "malloc(%zu) = %p lies in the live %zu bytes "
                            "at %p",
                            size, (void *)blocks[i], other->size,
                            (void *)other->start);
            interval_insert(&set, &range);
        }
        for (size_t i = round; i < API_CROWD; i += 3) {
            struct interval gone;

            interval_remove(&set, (uintptr_t)blocks[i], &gone);
            subject->free(blocks[i]);
            blocks[i] = NULL;
        }
    }
    return pass(run);
}

static enum verdict api_compare(struct check_run *run, unsigned char **blocks,
                                size_t size, const char *after)
{
    for (size_t i = 0; i < API_LIVE; i++) {
        size_t wrong = pattern_mismatch(blocks[i], i, 0, size);

        if (wrong < size)
            return fail(run,
                        "byte %zu of block %zu of %zu bytes was changed "
                        "%s",
                        wrong, i, size, after);
    }
    return pass(run);
}

/* One size: all are filled, then every other one again, then those freed. */
static enum verdict api_neighbours(struct check_run *run, size_t size)
{
    unsigned char *blocks[API_LIVE];

    for (size_t i = 0; i < API_LIVE; i++) {
        blocks[i] = subject->malloc(size);
        if (blocks[i] == NULL)
            return fail(run, "malloc(%zu) returned NULL", size);
        pattern_fill(blocks[i], i, 0, size);
    }
    if (api_compare(run, blocks, size, "by a write to a neighbour"))
        return VERDICT_FAIL;
    for (size_t i = 0; i < API_LIVE; i += 2) {
        subject->free(blocks[i]);
        blocks[i] = subject->malloc(size);
        if (blocks[i] == NULL)
            return fail(run, "malloc(%zu) returned NULL", size);
        pattern_fill(blocks[i], i, 0, size);
    }
    if (api_compare(run, blocks, size, "by free and malloc of a neighbour"))
        return VERDICT_FAIL;
    for (size_t i = 0; i < API_LIVE; i++)
        subject->free(blocks[i]);
    return pass(run);
}

CHECK(API_3, MUST, "a write to all of an object changes nothing else",
      "C23 7.24.3p1: the pointer is \"the lowest byte address\" of an object",
      .why = "A block that begins too late or is too short shows when every "
             "byte of all its neighbours is looked at.")
{
    for (size_t size = 1; size <= 128 * KIB; size += size < 300 ? 1 : size / 6)
        if (api_neighbours(run, size) != VERDICT_PASS)
            return VERDICT_FAIL;
    return pass(run);
}

static void *api_calloc_no_members(void)
{
    return subject->calloc(0, 24);
}

static void *api_calloc_no_size(void)
{
    return subject->calloc(24, 0);
}

static void *api_calloc_nothing(void)
{
    return subject->calloc(0, 0);
}

static void *api_malloc_zero(void)
{
    return subject->malloc(0);
}

/* How a request for nothing is answered, 64 times with all alive. */
struct api_zero {
    unsigned nulls;
    void *twice; /* an address that was given out twice, or NULL */
};

static struct api_zero api_ask_zero(void *(*ask)(void))
{
    struct api_zero answer = { 0 };
    void *blocks[API_LIVE];

    for (size_t i = 0; i < API_LIVE; i++) {
        blocks[i] = ask();
        answer.nulls += blocks[i] == NULL;
        for (size_t j = 0; j < i; j++)
            if (blocks[i] != NULL && blocks[i] == blocks[j])
                answer.twice = blocks[i];
    }
    for (size_t i = 0; i < API_LIVE; i++)
        if (answer.twice == NULL && i % 2 == 0)
            subject->free(blocks[i]);
        else if (answer.twice == NULL)
            subject->free(subject->realloc(blocks[i], 100));
    return answer;
}

CHECK(API_4, MUST,
      "malloc(0) is NULL or a pointer of its own that free and realloc take",
      "C23 7.24.3p1; POSIX.1-2024 malloc() RETURN VALUE",
      .why = "Which of the two is the implementation's choice; a pointer that "
             "two callers own is freed twice.")
{
    struct api_zero answer = api_ask_zero(api_malloc_zero);

    if (answer.twice != NULL)
        return fail(run, "two live malloc(0) are both %p", answer.twice);
    if (answer.nulls != 0 && answer.nulls != API_LIVE)
        return fail(run,
                    "%u of %d malloc(0) are NULL: neither one nor the "
                    "other",
                    answer.nulls, API_LIVE);
    return outcome(run, answer.nulls != 0 ? "null" : "unique-pointer",
                   "%u of %d malloc(0) are NULL", answer.nulls, API_LIVE);
}

CHECK(API_5, SHOULD, "malloc(0) is a pointer of its own, never NULL",
      "malloc(3), glibc and the BSDs", .profiles = "dropin",
      .why = "Programs take NULL for lack of memory whatever they asked for.")
{
    struct api_zero answer = api_ask_zero(api_malloc_zero);

    if (answer.twice != NULL)
        return fail(run, "two live malloc(0) are both %p", answer.twice);
    if (answer.nulls != 0)
        return fail(run, "%u of %d malloc(0) are NULL", answer.nulls, API_LIVE);
    return pass(run);
}

CHECK(API_6, MUST,
      "calloc of nothing is NULL or a pointer of its own that free takes",
      "C23 7.24.3p1, 7.24.3.2",
      .why = "The overflow check of calloc often divides by a factor that may "
             "be zero.")
{
    static void *(*const asks[])(void) = { api_calloc_no_members,
                                           api_calloc_no_size,
                                           api_calloc_nothing };
    static const char *const words[] = { "calloc(0, 24)", "calloc(24, 0)",
                                         "calloc(0, 0)" };

    for (size_t i = 0; i < 3; i++) {
        struct api_zero answer = api_ask_zero(asks[i]);

        if (answer.twice != NULL)
            return fail(run, "two live %s are both %p", words[i], answer.twice);
        if (answer.nulls != 0 && answer.nulls != API_LIVE)
            return fail(run, "%u of %d %s are NULL: neither one nor the other",
                        answer.nulls, API_LIVE, words[i]);
    }
    return pass(run);
}

CHECK(API_7, MUST, "calloc(n, m) gives n * m bytes, all zero", "C23 7.24.3.2",
      .why = "A calloc that takes one factor for the whole gives too little, "
             "or zeroes too little.")
{
    for (size_t count = 1; count <= 3000; count += 1 + count / 4)
        for (size_t size = 1; size <= 3000; size += 1 + size / 4) {
            unsigned char *block = subject->malloc(count * size);
            size_t dirty;

            if (block != NULL)
                memset(block, 0xa5, count * size);
            subject->free(block);
            block = subject->calloc(count, size);
            if (block == NULL)
                return fail(run, "calloc(%zu, %zu) returned NULL", count, size);
            dirty = first_nonzero(block, count * size);
            if (dirty < count * size)
                return fail(run, "calloc(%zu, %zu): byte %zu is 0x%02x", count,
                            size, dirty, block[dirty]);
            memset(block, 0xa5, count * size);
            subject->free(block);
        }
    return pass(run);
}

static void api_free_null(void *unused)
{
    (void)unused;
    for (int i = 0; i < 1000; i++)
        subject->free(NULL);
}

static void *api_free_null_in_thread(void *key)
{
    pthread_setspecific(*(pthread_key_t *)key, key);
    api_free_null(NULL);
    return NULL;
}

CHECK(API_8, MUST, "free(NULL) does nothing", "C23 7.24.3.3",
      .why = "Also as the first call of a thread, and in its last moments: a "
             "free that looks up its thread's heap first may make one there.")
{
    void *block = subject->malloc(100);
    pthread_key_t key;
    pthread_t thread;

    if (block == NULL)
        return fail(run, "malloc(100) returned NULL");
    pattern_fill(block, 1, 0, 100);
    api_free_null(NULL);
    if (pthread_key_create(&key, api_free_null) != 0 ||
        pthread_create(&thread, NULL, api_free_null_in_thread, &key) != 0)
        return error(run, "no thread");
    pthread_join(thread, NULL);
    for (int i = 0; i < 1000; i++)
        if (subject->malloc(64) == NULL)
            return fail(run, "malloc(64) returned NULL after free(NULL)");
    if (pattern_mismatch(block, 1, 0, 100) < 100)
        return fail(run, "free(NULL) changed a live block");
    subject->free(block);
    return pass(run);
}
