/* realloc_zero.c - realloc to nothing, realloc elsewhere, and what it costs.
 * (RLC) */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "tools/blocks.h"
#include "tools/resident.h"
#include "pattern.h"

/* How realloc(p, 0) answered, and whether p was freed by it. */
struct zero_answer {
    unsigned nulls, errors; /* of `count`; errno set where NULL */
    unsigned count;
    double grown_bytes; /* resident, if what errno says is believed */
};

enum { ZERO_ROUNDS = 4000, ZERO_BYTES = 32 * 1024 };

/* Believes POSIX: NULL with errno set means that p is still alive. */
static struct zero_answer zero_ask(void)
{
    struct zero_answer answer = { 0 };
    double before = resident_bytes();

    for (int i = 0; i < ZERO_ROUNDS; i++) {
        void *block = subject->malloc(ZERO_BYTES), *small;

        if (block == NULL)
            break;
        touch_pages(block, ZERO_BYTES, 1);
        errno = 0;
        small = subject->realloc(block, 0);
        answer.count++;
        answer.nulls += small == NULL;
        if (small != NULL) {
            subject->free(small);
        } else if (errno != 0) {
            answer.errors++;
            subject->free(block);
        }
    }
    answer.grown_bytes = resident_bytes() - before;
    return answer;
}

static const char *zero_word(const struct zero_answer *answer)
{
    return answer->nulls == 0    ? "minimal-block"
           : answer->errors == 0 ? "frees"
                                 : "keeps-with-errno";
}

/* Live blocks around, looked at afterwards: freed twice, or not at all by the
 * lists' idea, shows as two owners. */
static enum verdict zero_integrity(struct check_run *run)
{
    unsigned char *blocks[64];

    for (size_t i = 0; i < 64; i++) {
        blocks[i] = subject->malloc(ZERO_BYTES);
        if (blocks[i] == NULL)
            return fail(run, "malloc returned NULL after realloc(p, 0)");
        pattern_fill(blocks[i], i, 0, ZERO_BYTES);
    }
    for (size_t i = 0; i < 64; i++)
        if (pattern_mismatch(blocks[i], i, 0, ZERO_BYTES) < ZERO_BYTES)
            return fail(run, "after realloc(p, 0) two live blocks share bytes");
    for (size_t i = 0; i < 64; i++)
        subject->free(blocks[i]);
    return pass(run);
}

CHECK(RLC_5, MUST,
      "NULL from realloc(p, 0) means freed, unless errno says otherwise",
      "POSIX.1-2024 realloc() APPLICATION USAGE: errno is set \"if a null "
      "pointer is returned and the space has not been freed\"",
      .profiles = "posix2024",
      .why = "A program can tell by errno alone whether p is still its own. "
             "What errno says is believed 4000 times with 32 KiB each; "
             "leaking them all would make 125 MiB resident, freeing them "
             "twice gives a block two owners. (RETURN VALUE also wants errno "
             "EINVAL with NULL, which no malloc of Linux does; it is reported "
             "by RLC-5b and not required here.)")
{
    struct zero_answer answer = zero_ask();

    figure(run, "grown_bytes", answer.grown_bytes);
    if (answer.count < ZERO_ROUNDS)
        return fail(run, "malloc is NULL after %u times realloc(p, 0)",
                    answer.count);
    if (answer.grown_bytes > 64.0 * (double)MIB)
        return fail(run,
                    "%u of %u times NULL, %u times with errno: %.0f MiB "
                    "were not freed",
                    answer.nulls, answer.count, answer.errors,
                    answer.grown_bytes / (double)MIB);
    return zero_integrity(run);
}

CHECK(RLC_5b, QUALITY, "what realloc(p, 0) does",
      "C17 7.22.3.5: implementation-defined; C23 7.24.3.7: undefined",
      .why = "glibc frees and returns NULL, the BSDs and musl return a minimal "
             "block. A choice of the profile, never a deviation.")
{
    struct zero_answer answer = zero_ask();

    return outcome(run, zero_word(&answer),
                   "%u of %u NULL, %u of them with errno set", answer.nulls,
                   answer.count, answer.errors);
}

CHECK(RLC_4, QUALITY, "realloc that shrinks gives the rest back",
      "quality of implementation", .flags = CHECK_WAITS,
      .why = "64 MiB cut to 64 bytes and kept: a block that stays where it "
             "was pins them all. Looked at for three seconds.")
{
    const struct timespec rest = { 0, 100000000 };
    unsigned char *block = subject->malloc(64 * MIB);
    double full, now = 0;

    if (block == NULL)
        return fail(run, "malloc(64 MiB) returned NULL");
    touch_pages(block, 64 * MIB, 1);
    full = resident_bytes();
    block = subject->realloc(block, 64);
    for (int i = 0; i < 30; i++) {
        now = resident_bytes();
        if (full - now > 32.0 * (double)MIB)
            break;
        nanosleep(&rest, NULL);
        subject->free(subject->malloc(1000));
    }
    subject->free(block);
    figure(run, "returned_bytes", full - now);
    if (full - now > 32.0 * (double)MIB)
        return pass(run);
    return fail(run, "%.0f of 64 MiB were given back within 3 s",
                (full - now) / (double)MIB);
}

static void *zero_grow_in_thread(void *argument)
{
    unsigned char **blocks = argument;

    for (size_t i = 0; i < 64; i++) {
        if (blocks[i] == NULL) {
            blocks[i] = subject->malloc(100 * i + 1);
            pattern_fill(blocks[i], i, 0, 100 * i + 1);
        } else {
            blocks[i] = subject->realloc(blocks[i], 1000 * i + 50);
        }
    }
    return NULL;
}

static enum verdict zero_compare(struct check_run *run, unsigned char **blocks,
                                 const char *words)
{
    for (size_t i = 0; i < 64; i++) {
        size_t size = 100 * i + 1;

        if (blocks[i] == NULL)
            return fail(run, "realloc of %zu bytes %s returned NULL", size,
                        words);
        if (i > 0 && pattern_mismatch(blocks[i], i, 0, size) < size)
            return fail(run, "realloc of %zu bytes %s lost bytes", size, words);
        subject->free(blocks[i]);
        blocks[i] = NULL;
    }
    return pass(run);
}

static bool zero_in_thread(unsigned char **blocks)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, zero_grow_in_thread, blocks) != 0)
        return false;
    pthread_join(thread, NULL);
    return true;
}

CHECK(RLC_8, MUST, "realloc takes blocks of another thread, alive or ended",
      "C23 7.24.3p2, 7.24.3.7", .flags = CHECK_THREADS,
      .why = "The old block belongs to another heap than the new one.")
{
    unsigned char *blocks[64] = { NULL };

    for (int round = 0; round < 20; round++) {
        zero_grow_in_thread(blocks);
        if (!zero_in_thread(blocks))
            return error(run, "no thread");
        if (zero_compare(run, blocks, "of a thread that is alive"))
            return VERDICT_FAIL;
        if (!zero_in_thread(blocks))
            return error(run, "no thread");
        zero_grow_in_thread(blocks);
        if (zero_compare(run, blocks, "of a thread that ended"))
            return VERDICT_FAIL;
    }
    return pass(run);
}

static double zero_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

CHECK(RLC_9, QUALITY, "growing a 64 MiB buffer by little is not quadratic",
      "quality of implementation",
      .why = "A buffer that grows by 16 bytes at a time from 64 MiB on: each "
             "step that copies costs 10 ms (filed: jemalloc/jemalloc 126 and "
             "335). 4096 steps, which is 64 KiB.")
{
    unsigned char *block = subject->malloc(64 * MIB);
    unsigned moves = 0;
    double start;
    size_t step;

    if (block == NULL)
        return fail(run, "malloc(64 MiB) returned NULL");
    touch_pages(block, 64 * MIB, 1);
    start = zero_seconds();
    for (step = 1; step <= 4096 && zero_seconds() - start < 2; step++) {
        uintptr_t old = (uintptr_t)block;

        block = subject->realloc(block, 64 * MIB + 16 * step);
        if (block == NULL)
            return fail(run, "realloc returned NULL");
        moves += (uintptr_t)block != old;
    }
    start = zero_seconds() - start;
    subject->free(block);
    figure(run, "moves", moves);
    figure(run, "steps", (double)step - 1);
    figure(run, "growing_seconds", start);
    if (step <= 4096)
        return fail(run, "%zu of 4096 steps of 16 bytes took %.1f s, %u moved",
                    step - 1, start, moves);
    return pass(run);
}

CHECK(RLC_11, QUALITY, "recallocarray zeroes what it adds",
      "recallocarray(3) of OpenBSD; no standard",
      .why = "Only for who has it: after shrinking and growing again the tail "
             "is zero, not what was there (filed: microsoft/mimalloc 763 for "
             "its rezalloc).")
{
    void *(*recallocarray)(void *block, size_t before, size_t now, size_t size);

    *(void **)&recallocarray = dlsym(RTLD_DEFAULT, "recallocarray");
    if (recallocarray == NULL || !subject_has("recallocarray"))
        return skip(run, "the subject has no recallocarray");
    for (size_t size = 8; size <= 100000; size *= 2) {
        unsigned char *block = subject->malloc(size);

        memset(block, 0xa5, size);
        block = recallocarray(block, size, size / 4, 1);
        block = recallocarray(block, size / 4, size, 1);
        if (block == NULL ||
            first_nonzero(block + size / 4, size - size / 4) < size - size / 4)
            return fail(run,
                        "%zu bytes cut to %zu and grown again are not "
                        "zero at the end",
                        size, size / 4);
        subject->free(block);
    }
    return pass(run);
}
